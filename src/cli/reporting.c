#include "cli/session.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/terminal.h"
#include "cli/definition.h"
#include "cli/job_name.h"
#include "report/closing.h"
#include "report/html.h"
#include "report/results.h"
#include "run/replay.h"

#include <errno.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Paths of settings, as they are from any folder; the caller frees those that are new. */
static void
make_absolute(struct options *saved)
{
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        if (option_rows[id].type != TYPE_FILE || !saved->text[id])
            continue;
        char *path = file_absolute(saved->text[id]);
        if (text_is_utf8(path, strlen(path)))
            saved->text[id] = path;
        else
            free(path);
    }
}

/* The settings as `resume` and `report` need them: the job file by its absolute path. They
 * get their name later. */
static int
prepare_settings(struct session *session, const char *path, struct err *err)
{
    struct options saved = *session->options;
    make_absolute(&saved);
    saved.job = job_path(session->options);
    char *spool = rundir_join(session->rundir, RUNDIR_INPUT);
    char *input = strcmp(session->input_path, spool) == 0
                      ? mem_strdup(RUNDIR_INPUT)
                      : file_absolute(session->input_path);
    saved.input = input;
    saved.desk_org_id = session->desk_org_id;
    char *text = definition_write(&saved);
    int rc = text_is_utf8(input, strlen(input))
                 ? file_prepare(path, text, strlen(text), err)
                 : err_set(err, EXIT_USAGE,
                           "the path of %s is not UTF-8, so it cannot be "
                           "saved for `resume`; nothing was sent",
                           session->input_name);
    for (enum option_id id = 0; id < OPTION_COUNT; id++)
        if (saved.text[id] != session->options->text[id])
            free(saved.text[id]);
    free(saved.job);
    free(text);
    free(input);
    free(spool);
    return rc;
}

static void
add_begin(struct session *session)
{
    struct journal_entry begin = {.type = JOURNAL_BEGIN,
                                  .time_ms = clock_utc_ms(),
                                  .message = span_of(replay_boot_name())};
    journal_add(session->journal, &begin);
}

static int
take_lost_row(struct session *session, const char *line, const char *path,
              struct err *err)
{
    const struct plan *plan = session->plan;
    unsigned long long row;
    size_t len = strcspn(line, "\n");
    bool silent = line[0] == '0' + LOST_SILENT;
    if (len < 3 || !text_number((struct span){line + 2, len - 2}, plan->rows, &row) ||
        !row)
        return err_set(err, EXIT_INTERNAL, "%s: damaged", path);
    uint32_t item = plan->item_of_row[row - 1];
    if (item != PLAN_NO_ITEM)
        books_note_lost(&session->books, item, silent ? LOST_SILENT : LOST_ANSWERED);
    return 0;
}

/* A retry knows of rows that may have been applied in the run before. */
static int
take_lost_rows(struct session *session, struct err *err)
{
    enum { RELAX_EVERY = 1 << 12 /* lines */ };
    char *path = rundir_join(session->rundir, RUNDIR_LOST);
    FILE *file = fopen(path, "re");
    char line[64];
    int rc = file || errno == ENOENT ? 0 : err_set_errno(err, EXIT_INTERNAL, "%s", path);
    for (uint64_t count = 0; rc == 0 && file && fgets(line, sizeof(line), file);
         count++) {
        rc = take_lost_row(session, line, path, err);
        if (count % RELAX_EVERY == 0) {
            plan_relax(session->plan);
            books_relax(&session->books);
        }
    }
    if (rc == 0 && file && ferror(file))
        rc = err_set_errno(err, EXIT_INTERNAL, "%s: cannot read", path);
    if (file)
        (void)fclose(file);
    free(path);
    return rc;
}

/* Is there room for what the run will put into its folder? */
static int
check_room(const struct session *session, struct err *err)
{
    const char *dir = rundir_path(session->rundir);
    struct statvfs disk;
    uint64_t need = results_spill_bytes(session->plan) - session->plan->shelf_bytes;
    if (statvfs(dir, &disk))
        return 0; /* then it shows when it is used */
    uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (need <= left)
        return 0;
    return err_set(
        err, EXIT_INTERNAL,
        "%s/: this job needs %llu MB of disk there, besides its results; %llu MB are "
        "left. Nothing was sent",
        dir, (unsigned long long)(need >> 20), (unsigned long long)(left >> 20));
}

/* Fresh books, where the plan lies: in memory or on disk. */
static int
open_books(struct session *session, struct err *err)
{
    uint32_t items = session->plan->item_count;
    if (!session->plan->shelves)
        books_init(&session->books, items, rundir_path(session->rundir));
    else if (check_room(session, err) ||
             books_init_on_disk(&session->books, items, rundir_path(session->rundir),
                                err))
        return -1;
    return take_lost_rows(session, err);
}

/* One that tells what its item numbers will refer to. */
static int
create_journal(struct session *session, const char *path, struct err *err)
{
    session->journal = journal_create(path, err);
    if (!session->journal)
        return -1;
    struct journal_entry plan = {.type = JOURNAL_PLAN,
                                 .rows = session->plan->rows,
                                 .items = session->plan->item_count,
                                 .fingerprint = session->fingerprint};
    journal_add(session->journal, &plan);
    return 0;
}

int
session_begin(struct session *session, int (*last)(void *context, struct err *err),
              void *context, struct err *err)
{
    char *settings = rundir_join(session->rundir, RUNDIR_SETTINGS);
    char *journal = rundir_join(session->rundir, RUNDIR_JOURNAL);
    int rc = prepare_settings(session, settings, err) || open_books(session, err) ||
                     create_journal(session, journal, err)
                 ? -1
                 : 0;
    if (rc == 0) {
        session->sends = true;
        add_begin(session);
        rc = journal_sync(session->journal, err);
    }
    if (rc == 0 && last)
        rc = last(context, err);
    if (rc == 0)
        rc = file_put_in_place(settings, err) ||
                     file_sync_dir(rundir_path(session->rundir), err)
                 ? -1
                 : 0;
    else
        file_discard(settings);
    free(settings);
    free(journal);
    return rc;
}

void
session_give_up_unsafe(struct session *session)
{
    for (uint32_t i = 0; i < session->plan->target_count; i++) {
        const struct plan_target *target = &session->plan->targets[i];
        if (i % PLAN_RELAX_EVERY == 0)
            plan_relax(session->plan);
        if (!ops_may_resend(target->op, span_of(plan_key(session->plan, target))))
            books_give_up(&session->books, target->first_item, target->items);
    }
}

static void
note_old_stop(struct session *session, const struct replay *replay)
{
    bool told = replay->stop_exit_code != 0;
    session_note_stop(session, told ? replay->stop_exit_code : EXIT_ROWS,
                      told ? replay->stop_code : "interrupted",
                      told ? replay->stop_message
                           : "the run was killed, or is not yet resumed");
}

static int
replay_old(struct session *session, const char *path, bool to_send, struct err *err)
{
    struct replay replay = {.plan = session->plan,
                            .fingerprint = session->fingerprint,
                            .input_name = session->input_name,
                            .books = &session->books};
    if (replay_journal(path, !to_send, &replay, err))
        return -1;
    session->totals.calls = replay.calls;
    session->latency = replay.latency;
    session->first_utc_ms = replay.first_ms ? replay.first_ms : session->started_utc_ms;
    session->journal_bytes = replay.whole_bytes;
    session_give_up_unsafe(session);
    if (!to_send && session->books.waiting)
        note_old_stop(session, &replay);
    if (!to_send)
        return 0;
    session->journal = journal_reopen(path, replay.whole_bytes, err);
    if (!session->journal)
        return -1;
    session->sends = true;
    add_begin(session);
    return 0;
}

int
session_take_up(struct session *session, bool to_send, struct err *err)
{
    char *path = rundir_join(session->rundir, RUNDIR_JOURNAL);
    int rc = journal_is_blank(path)
                 ? err_set(err, EXIT_INTERNAL,
                           "%s: is gone, so what was sent is not known. Restore the file "
                           "from a backup, or start a new run with --missing-ok",
                           path)
             : open_books(session, err) || replay_old(session, path, to_send, err) ? -1
                                                                                   : 0;
    free(path);
    return rc;
}

static int
write_handed(struct session *session, const uint32_t *items, size_t count,
             const char *retry, struct err *err)
{
    for (size_t i = 0; i < count;) {
        struct journal_entry handed = {.type = JOURNAL_HANDED,
                                       .time_ms = clock_utc_ms(),
                                       .first_item = items[i],
                                       .message = span_of(retry)};
        for (; i < count && items[i] <= handed.first_item + handed.items; i++)
            handed.items = items[i] - handed.first_item + 1;
        journal_add(session->journal, &handed);
        if (journal_flush_much(session->journal, err))
            return -1;
    }
    return journal_sync(session->journal, err);
}

int
session_hand_over(struct session *session, const uint32_t *items, size_t count,
                  const char *retry, struct err *err)
{
    char *path = rundir_join(session->rundir, RUNDIR_JOURNAL);
    session->journal = journal_reopen(path, session->journal_bytes, err);
    int rc = session->journal ? write_handed(session, items, count, retry, err) : -1;
    if (rc && session->journal) { /* what was written is cut off again */
        struct err unheard = {0};
        journal_free(session->journal);
        session->journal = journal_reopen(path, session->journal_bytes, &unheard);
    }
    free(path);
    return rc;
}

static bool
writes_jsonl(const struct session *session)
{
    const char *given = options_text(session->options, OPTION_RESULTS);
    return given ? strcmp(given, "jsonl") == 0 : session->format == FORMAT_JSONL;
}

/* Of the result files: "csv", "jsonl.gz", ... */
static void
add_ending(const struct session *session, struct buf *out)
{
    buf_addf(out, "%s%s", writes_jsonl(session) ? "jsonl" : "csv",
             options_on(session->options, OPTION_GZIP) ? ".gz" : "");
}

static int
exit_code_of(const struct totals *totals)
{
    if (totals->exit_code)
        return totals->exit_code;
    return totals->by_status[STATUS_SUCCESS] == totals->rows ? EXIT_OK : EXIT_ROWS;
}

/* The last file of a report: with its name those of the others are made durable. */
static int
write_summary(struct session *session, struct err *err)
{
    char *path = rundir_join(session->rundir, "summary.json");
    char *text = totals_json(&session->totals);
    int rc = file_replace(path, text, strlen(text), err);
    free(text);
    free(path);
    return rc;
}

static void
list_fields(char *const *values, const char *group, struct html_setting *list,
            size_t *count)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (values[i])
            list[(*count)++] = (struct html_setting){group, field_names[i], values[i],
                                                     false};
}

/* What --help lists, as it was set, what differs from the defaults first; credentials are
 * not among it, nor is the notify command, which may hold the address of somebody's
 * chat. */
static void
list_settings(const struct options *options, struct html_setting *list)
{
    size_t count = 0;
    list_fields(options->field_values, "set", list, &count);
    list_fields(options->field_columns, "map", list, &count);
    for (size_t i = 0; i < options->relation_count; i++)
        list[count++] = (struct html_setting){NULL, "allow-relation",
                                              options->relations[i], false};
    for (int is_default = 0; is_default < 2; is_default++)
        for (enum option_id id = 0; id < OPTION_COUNT; id++) {
            const struct option_row *row = &option_rows[id];
            const char *text = options->text[id];
            if (!row->flag_only && text && id != OPTION_NOTIFY &&
                is_default == (row->default_text && strcmp(text, row->default_text) == 0))
                list[count++] = (struct html_setting){NULL, row->name, text,
                                                      is_default != 0};
        }
    list[count] = (struct html_setting){0};
}

static int
write_html(struct session *session, const struct timeline *timeline, struct err *err)
{
    struct html_setting settings[OPTION_COUNT + 2 * FIELD_COUNT + RELATIONS_MAX + 1];
    struct buf ending = {0}, text = {0};
    char *path = rundir_join(session->rundir, "report.html");
    char *run_dir = file_absolute(rundir_path(session->rundir));
    list_settings(session->options, settings);
    add_ending(session, &ending);
    struct html_facts facts = {.totals = &session->totals,
                               .plan = session->plan,
                               .books = &session->books,
                               .timeline = timeline,
                               .settings = settings,
                               .run_dir = run_dir,
                               .results_ending = ending.data};
    html_add_report(&facts, &text);
    int rc = file_write_whole(path, text.data, text.len, err);
    buf_clear(&ending);
    buf_clear(&text);
    free(run_dir);
    free(path);
    return rc;
}

static int
read_timeline(const struct session *session, struct timeline *timeline, struct err *err)
{
    char *journal = rundir_join(session->rundir, RUNDIR_JOURNAL);
    *timeline = (struct timeline){0};
    int rc = timeline_read(journal, &session->books, timeline, err);
    free(journal);
    return rc;
}

/* At work in all sessions; of one that is under way the whole process counts. */
static double
seconds_of(const struct session *session, const struct timeline *timeline)
{
    int64_t newest_ms = session->sends ? clock_mono_ms() - session->started_ms
                                       : timeline->newest_ms;
    return (double)(timeline->before_ms + newest_ms) / 1000;
}

/* Fits results_settings.progress. */
static void
tell_written(uint64_t rows, void *context)
{
    struct session *session = context;
    struct progress_view view = {.phase = PROGRESS_WRITING,
                                 .rows = rows,
                                 .done = rows,
                                 .total = session->plan->rows};
    progress_show(&session->progress, &view, clock_mono_ms());
}

int
session_report(struct session *session, struct err *err)
{
    struct totals *totals = &session->totals;
    totals_clear(totals);
    totals->rows = totals->retryable = 0;
    memset(totals->by_status, 0, sizeof(totals->by_status));
    totals->finished = session->books.waiting == 0 && !totals->exit_code;
    totals->latency = &session->latency;
    totals->started_utc_ms = session->first_utc_ms;
    totals->run_dir = rundir_path(session->rundir);
    totals->parent = session->options->parent;
    books_close(&session->books, totals->stop_code ? totals->stop_code : "interrupted",
                totals->stop_message ? totals->stop_message : "");
    if (verdicts_check(session->books.verdicts, err))
        return -1;
    struct results_settings settings = {
        .run_dir = rundir_path(session->rundir),
        .input_path = session->input_path,
        .input_name = session->input_name,
        .reader = &session->reader,
        .columns = &session->columns,
        .all_plain = session->all_plain,
        .fingerprint = session->fingerprint,
        .ops = &session->ops,
        .plan = session->plan,
        .books = &session->books,
        .jsonl = writes_jsonl(session),
        .gzip = options_on(session->options, OPTION_GZIP),
        .progress = tell_written,
        .context = session,
    };
    int rc = results_write(&settings, totals, err);
    progress_end(&session->progress);
    if (rc)
        return -1;
    totals_sort(totals);
    totals->exit_code = exit_code_of(totals);
    struct timeline timeline;
    if (read_timeline(session, &timeline, err))
        return -1;
    totals->seconds = seconds_of(session, &timeline);
    return write_html(session, &timeline, err) || write_summary(session, err) ? -1 : 0;
}

/* Its first words, up to the colon, in the colour of how the run went. */
static void
print_closing(const char *text, const struct totals *totals, FILE *out)
{
    bool colours = terminal_look(fileno(out)).colours;
    enum tint tint = !totals->finished   ? TINT_RED
                     : totals->exit_code ? TINT_YELLOW
                                         : TINT_GREEN;
    size_t head = strcspn(text, ":");
    (void)fprintf(out, "%s%.*s%s%s", terminal_tint(colours, tint), (int)head, text,
                  terminal_tint(colours, TINT_NONE), text + head);
}

void
session_tell(const struct session *session)
{
    const struct totals *totals = &session->totals;
    bool json = options_on(session->options, OPTION_JSON);
    struct buf text = {0}, ending = {0};
    add_ending(session, &ending);
    if (json) {
        char *summary = totals_json(totals);
        (void)fputs(summary, stdout);
        free(summary);
    }
    closing_add_run(totals, ending.data, &text);
    if (!json)
        print_closing(text.data, totals, stdout);
    else if (!options_on(session->options, OPTION_QUIET))
        print_closing(text.data, totals, stderr);
    buf_clear(&ending);
    buf_clear(&text);
}
