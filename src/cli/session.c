#include "cli/session.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/checking.h"
#include "cli/definition.h"
#include "report/closing.h"
#include "report/results.h"
#include "run/signals.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REJECTED_SHOWN = 5, READING_EVERY = 4096 };

static enum format
format_of(const char *name)
{
    static const char *const names[] = {"auto", "csv", "tsv", "jsonl"};
    enum format format = FORMAT_AUTO;
    while (strcmp(names[format], name) != 0)
        format++;
    return format;
}

static int
find_input(struct session *session, struct err *err)
{
    const char *input = session->options->input;
    struct stat st;
    if (!input)
        return err_set(err, EXIT_USAGE,
                       "no job file; name a CSV, TSV or JSONL file, or - "
                       "for standard input");
    bool standard_input = strcmp(input, "-") == 0;
    if (!standard_input && stat(input, &st))
        return err_set_errno(err, EXIT_USAGE, "%s: cannot open the job file", input);
    if (!standard_input && S_ISDIR(st.st_mode))
        return err_set(err, EXIT_USAGE, "%s: is a folder; name a CSV, TSV or JSONL file",
                       input);
    if (!standard_input && access(input, R_OK))
        return err_set_errno(err, EXIT_USAGE, "%s: cannot read the job file", input);
    session->input_path = mem_strdup(input);
    session->input_name = mem_strdup(standard_input ? "standard input" : input);
    return 0;
}

/* The organisation of rows without org_id. One that cannot be read, or is no number, is
 * complained about only if it is needed. */
static void
find_org(struct session *session)
{
    unsigned long long number;
    const char *saved = session->options->desk_org_id;
    if (saved)
        session->desk_org_id = mem_strdup(saved);
    else
        (void)secret_read("ZOHO_DESK_ORG_ID", true, &session->desk_org_id,
                          &session->org_fault);
    if (session->desk_org_id &&
        text_number(span_of(session->desk_org_id), UINT64_MAX / 2, &number))
        session->ops.desk_org_id = session->desk_org_id;
}

int
session_configure(struct session *session, const struct options *options, struct err *err)
{
    *session = (struct session){.options = options};
    session->started_ms = clock_mono_ms();
    session->started_utc_ms = session->first_utc_ms = clock_utc_ms();
    bool quiet = options_on(options, OPTION_QUIET);
    log_set_level(quiet                                 ? LOG_QUIET
                  : options_on(options, OPTION_VERBOSE) ? LOG_VERBOSE
                                                        : LOG_NORMAL);
    progress_init(&session->progress, options_text(options, OPTION_PROGRESS), quiet);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        session->fields.column[i] = options->field_columns[i];
        session->fields.value[i] = options->field_values[i];
    }
    session->reader = (struct reader_settings){
        .format = format_of(options_text(options, OPTION_FORMAT)),
        .delimiter = options_delimiter(options),
        .fields = &session->fields,
    };
    session->ops = (struct op_settings){
        .default_operation = options_text(options, OPTION_OPERATION),
        .api_version = options_text(options, OPTION_API_VERSION),
        .allow_relations = (const char *const *)options->relations,
        .allow_relation_count = options->relation_count,
        .desk_post = options_is(options, OPTION_DESK_FORM, "post"),
        .verba_get = options_is(options, OPTION_VERBA_METHOD, "get"),
    };
    session->ops.default_op = ops_find(span_of(session->ops.default_operation));
    session->services = (struct service_settings){
        .data_center = options_text(options, OPTION_DATA_CENTER),
        .base_url = options_text(options, OPTION_BASE_URL),
        .url = {options_text(options, OPTION_CRM_URL),
                options_text(options, OPTION_DESK_URL),
                options_text(options, OPTION_VERBA_URL),
                options_text(options, OPTION_ACCOUNTS_URL)},
    };
    find_org(session);
    return find_input(session, err);
}

void
session_forget_rows(struct session *session)
{
    plan_free(session->plan);
    session->plan = NULL;
    books_clear(&session->books);
}

void
session_release(struct session *session)
{
    journal_free(session->journal);
    rundir_free(session->rundir);
    session->journal = NULL;
    session->rundir = NULL;
}

void
session_clear(struct session *session)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        service_url_clear(&session->urls[i]);
    progress_clear(&session->progress);
    auth_free(session->zoho);
    auth_free(session->verba);
    free(session->desk_org_id);
    session_forget_rows(session);
    columns_clear(&session->columns);
    totals_clear(&session->totals);
    session_release(session);
    free(session->input_path);
    free(session->input_name);
    free(session->stop_code);
    free(session->stop_message);
}

void
session_note_stop(struct session *session, int exit_code, const char *code,
                  const char *message)
{
    session->totals.exit_code = exit_code;
    session->totals.stop_code = session->stop_code = mem_strdup(code);
    session->totals.stop_message = session->stop_message = mem_strdup(message);
}

/* Reading failed because a signal broke it off: say that instead. */
static void
blame_signal(struct err *err)
{
    if (!signals_count())
        return;
    *err = (struct err){0};
    err_set(err, EXIT_SIGNAL + signals_first(),
            "stopped by signal %d while reading; nothing was sent", signals_first());
}

int
session_spool(struct session *session, struct err *err)
{
    struct stat st;
    bool standard_input = strcmp(session->input_path, "-") == 0;
    if (!standard_input && (stat(session->input_path, &st) || S_ISREG(st.st_mode)))
        return 0;
    char *path = rundir_join(session->rundir, RUNDIR_INPUT);
    int in = standard_input ? dup(STDIN_FILENO) : open(session->input_path, O_RDONLY);
    int out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    char *block = mem_alloc(1, 1 << 18);
    struct progress_view view = {.phase = PROGRESS_READING};
    int rc = in < 0 || out < 0
                 ? err_set_errno(err, EXIT_INTERNAL, "%s: cannot keep the input", path)
                 : 0;
    while (rc == 0 && !signals_count()) {
        progress_show(&session->progress, &view, clock_mono_ms());
        ssize_t got = read(in, block, 1 << 18);
        if (got < 0)
            rc = err_set_errno(err, EXIT_INPUT, "%s: cannot read", session->input_name);
        else if (got == 0)
            break;
        else
            rc = file_write_all(out, block, (size_t)got, path, err);
        view.done += got > 0 ? (uint64_t)got : 0;
    }
    progress_end(&session->progress);
    if (rc == 0 && file_sync(out))
        rc = err_set_errno(err, EXIT_INTERNAL, "%s: cannot sync", path);
    if (signals_count())
        rc = -1;
    if (rc)
        blame_signal(err);
    if (in >= 0)
        (void)close(in);
    if (out >= 0)
        (void)close(out);
    free(block);
    free(session->input_path);
    session->input_path = path;
    return rc;
}

/* Does anything say what operation the rows are for? */
static int
check_operation_known(const struct session *session, const struct reader *reader,
                      struct err *err)
{
    if (session->ops.default_operation || session->fields.value[FIELD_OPERATION] ||
        reader_format(reader) == FORMAT_JSONL)
        return 0;
    const struct columns *columns = reader_columns(reader);
    for (size_t i = 0; i < columns->count; i++)
        if (columns->list[i].fields & 1u << FIELD_OPERATION)
            return 0;
    return err_set(
        err, EXIT_USAGE,
        "%s: which operation? There is no column `operation`; give --operation "
        "(crm.delink, ...)",
        session->input_name);
}

static void
tell_rejected(const struct session *session, const struct row *row,
              const struct problem *problem, uint64_t rejected)
{
    if (session->silent)
        return;
    if (rejected <= REJECTED_SHOWN)
        log_note("%s:%llu: %s (row %llu, %s)", session->input_name,
                 (unsigned long long)row->line, problem->text,
                 (unsigned long long)row->number, problem->code);
}

static void
tell_more_rejected(uint64_t rows)
{
    struct buf count = {0};
    closing_add_count(&count, rows);
    log_note("... and %s more rejected %s; a run writes them all to its rejected file",
             count.data, rows == 1 ? "row" : "rows");
    buf_clear(&count);
}

/* A field that no row can have: name the column that may have been meant. */
static void
tell_missing_column(const struct session *session, const struct reader *reader,
                    const struct problem *problem)
{
    const struct columns *columns = reader_columns(reader);
    if (strcmp(problem->code, "missing-field") != 0 || problem->field == FIELD_NONE)
        return;
    for (size_t i = 0; i < columns->count; i++)
        if (columns->list[i].fields & 1u << problem->field)
            return;
    const char *name = field_names[problem->field];
    const char *nearest = columns_nearest(columns, problem->field);
    if (nearest)
        log_warn("%s: no column is named %s; the nearest is '%s': --map '%s=%s'",
                 session->input_name, name, nearest, name, nearest);
    else
        log_warn("%s: no column is named %s; give --map %s=COLUMN or --set %s=VALUE",
                 session->input_name, name, name, name);
}

static void
tell_reading(struct session *session, const struct reader *reader, uint64_t rows)
{
    struct stat st;
    bool known = stat(session->input_path, &st) == 0 && S_ISREG(st.st_mode);
    struct progress_view view = {.phase = PROGRESS_READING,
                                 .rows = rows,
                                 .done = reader_fingerprint(reader).bytes,
                                 .total = known ? (uint64_t)st.st_size : 0};
    progress_show(&session->progress, &view, clock_mono_ms());
}

_Static_assert(RECALL_NONE == PLANNER_NO_TARGET, "no number is none to both");

static int
check_rows(struct session *session, struct reader *reader, struct planner *planner,
           struct err *err)
{
    struct row row;
    struct checking checking = {.reader = reader, .settings = &session->ops};
    struct span id;
    struct problem problem;
    int got;
    uint32_t number;
    uint64_t rejected = 0;
    while ((got = reader_next_line(reader, &row, err)) == 1) {
        const struct op *op = checking_row(&checking, &row, &number, &id, &problem, err);
        if (op && planner_accept_again(planner, number, id)) {
            got = 1;
        } else if (op) {
            got = planner_accept(planner, op, checking_target(&checking), id, err);
            checking_learn(&checking, planner_target(planner));
        } else if (err->exit_code) {
            got = -1;
        } else {
            got = planner_reject(planner, err);
            if (++rejected == 1 && !session->silent)
                tell_missing_column(session, reader, &problem);
            tell_rejected(session, &row, &problem, rejected);
            (void)totals_count(&session->totals, STATUS_REJECTED, NULL, problem.code, "");
        }
        if (row.number % READING_EVERY == 0)
            tell_reading(session, reader, row.number);
        if (signals_count())
            got = -1;
        if (got < 0)
            break;
    }
    checking_clear(&checking);
    if (got < 0)
        blame_signal(err);
    progress_end(&session->progress);
    if (got == 0 && rejected > REJECTED_SHOWN && !session->silent)
        tell_more_rejected(rejected - REJECTED_SHOWN);
    totals_sort(&session->totals);
    return got;
}

static bool
was_signalled(void)
{
    return signals_count() > 0;
}

/* For what exceeds memory where there is no run directory; not in /tmp, which may itself
 * be memory. */
static const char *
spill_dir(void)
{
    const char *dir = getenv("TMPDIR");
    return dir && dir[0] ? dir : "/var/tmp";
}

int
session_read(struct session *session, struct err *err)
{
    struct planner *planner = NULL;
    struct planner_settings planning = {
        .batch_size = options_number(session->options, OPTION_BATCH_SIZE),
        .spill_dir = session->rundir ? rundir_path(session->rundir) : spill_dir(),
        .counts_only = !session->rundir,
        .stopped = was_signalled,
    };
    int rc = -1;
    struct reader *reader = reader_open(session->input_path, session->input_name,
                                        &session->reader, err);
    if (!reader)
        blame_signal(err);
    if (!reader || check_operation_known(session, reader, err))
        goto out;
    planner = planner_open(&planning);
    if (check_rows(session, reader, planner, err))
        goto out;
    session->plan = planner_finish(planner, err);
    planner = NULL;
    if (!session->plan) {
        blame_signal(err);
        goto out;
    }
    session->fingerprint = reader_fingerprint(reader);
    session->all_plain = reader_all_plain(reader);
    session->format = reader_format(reader);
    session->delimiter = reader_delimiter(reader);
    session->columns.settings = &session->fields;
    for (size_t i = 0; i < reader_columns(reader)->count; i++)
        (void)columns_add(&session->columns,
                          span_of(reader_columns(reader)->list[i].name),
                          session->format == FORMAT_JSONL, err);
    session->totals.input = session->input_name;
    session->totals.rows = session->plan->rows;
    session->totals.duplicates = session->plan->duplicates;
    session->totals.targets = session->plan->distinct_targets;
    session->totals.planned_calls = session->plan->batch_count;
    session->totals.spill_bytes = results_spill_bytes(session->plan);
    rc = 0;
out:
    planner_free(planner);
    reader_free(reader);
    return rc;
}

bool
session_may_send(const struct session *session)
{
    return session->plan->rejected == 0 ||
           options_is(session->options, OPTION_ON_INVALID, "skip");
}

static int
open_rundir(struct session *session, struct options *options, struct err *err)
{
    *session = (struct session){.options = options,
                                .started_ms = clock_mono_ms(),
                                .started_utc_ms = clock_utc_ms()};
    if (!options->run_dir)
        return err_set(err, EXIT_USAGE, "which run? Name its run directory");
    session->rundir = rundir_open(options->run_dir, err);
    return session->rundir ? 0 : -1;
}

/* The saved settings beneath what was given anew. */
static int
load_settings(struct session *session, struct options *options, struct err *err)
{
    struct rundir *rundir = session->rundir;
    char *path = rundir_join(rundir, RUNDIR_SETTINGS);
    int rc = definition_read(path, options, err);
    free(path);
    if (rc == 0)
        rc = session_configure(session, options, err);
    session->rundir = rundir;
    return rc;
}

int
session_open_run(struct session *session, struct options *options, struct err *err)
{
    return open_rundir(session, options, err) || load_settings(session, options, err) ? -1
                                                                                      : 0;
}

static int
refuse_invalid(struct session *session, struct err *err)
{
    struct buf text = {0};
    buf_addf(&text,
             "%llu of %llu rows were rejected, and --on-invalid is stop; nothing was "
             "sent",
             (unsigned long long)session->plan->rejected,
             (unsigned long long)session->plan->rows);
    session_note_stop(session, EXIT_INPUT, "halted", text.data);
    struct journal_entry end = {.type = JOURNAL_END,
                                .time_ms = clock_utc_ms(),
                                .exit_code = EXIT_INPUT,
                                .code = span_of("halted"),
                                .message = {text.data, text.len}};
    journal_add(session->journal, &end);
    int rc = journal_sync(session->journal, err);
    buf_clear(&text);
    return rc;
}

int
session_carry_out(struct session *session, struct err *err)
{
    int rc = session_may_send(session) ? session_send(session, err)
                                       : refuse_invalid(session, err);
    return rc || session_audit(session, err) || session_report(session, err) ? -1 : 0;
}
