#include "cli/commands.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/followup.h"
#include "report/extract.h"
#include "report/gather.h"
#include "report/outfile.h"
#include "run/signals.h"

#include <sys/stat.h>

/* Which rows of the old run go into the new one. */
struct selection {
    struct session *old;
    bool all;
    uint64_t rows; /* chosen so far: the number of the last in the new run */
    struct gather *gather;
    struct outfile *lost; /* rows of the new run that may have been applied: a line
                             each, enum lost and the number; NULL: none yet */
    const char *dir;      /* of the new run */
    uint32_t *handed;     /* items that must not be sent twice: the old run has to know */
    size_t handed_count, handed_cap;
    bool is_handed; /* and it does */
};

static void
note_handed(struct selection *selection, uint32_t item)
{
    const struct plan *plan = selection->old->plan;
    const struct plan_target *target = plan_target_of(plan, item);
    if (ops_may_resend(target->op, span_of(plan_key(plan, target))))
        return;
    if (selection->handed_count == selection->handed_cap) {
        selection->handed_cap = selection->handed_cap ? selection->handed_cap * 2 : 64;
        selection->handed = mem_resize(selection->handed, selection->handed_cap,
                                       sizeof(*selection->handed));
    }
    selection->handed[selection->handed_count++] = item;
}

static int
note_lost(struct selection *selection, enum lost lost, struct err *err)
{
    char line[32];
    if (!selection->lost)
        selection->lost = outfile_open(selection->dir, RUNDIR_LOST, false, err);
    int len = snprintf(line, sizeof(line), "%d %llu\n", lost,
                       (unsigned long long)selection->rows);
    return selection->lost ? outfile_write(selection->lost, line, (size_t)len, err) : -1;
}

static int
choose(uint64_t row, void *context, struct err *err)
{
    struct selection *selection = context;
    struct row_fate fate = {0};
    uint32_t item;
    if (row > selection->old->plan->rows)
        return 0; /* the file has grown: its fingerprint will tell */
    if (gather_next(selection->gather, &item, &fate, err))
        return -1;
    if (!fate.worth)
        return 0;
    selection->rows++;
    note_handed(selection, item);
    enum lost lost = fate.outcome.in_flight ? LOST_SILENT : (enum lost)fate.outcome.lost;
    return lost != LOST_NOT && note_lost(selection, lost, err) ? -1 : 1;
}

/* The old directory's name with -retry1, -retry2, ... */
static char *
default_out(const char *old)
{
    struct buf path = {0};
    struct stat st;
    size_t len = strlen(old);
    while (len > 1 && old[len - 1] == '/')
        len--;
    for (int n = 1;; n++) {
        buf_reset(&path);
        buf_addf(&path, "%.*s-retry%d", (int)len, old, n);
        if (stat(path.data, &st))
            return buf_take(&path);
    }
}

/* Write the chosen rows into the new run directory, as its job file. */
static int
extract(struct session *old, struct rundir *rundir, struct selection *selection,
        struct err *err)
{
    char *path = rundir_join(rundir, RUNDIR_INPUT);
    struct extract_settings settings = {
        .input_path = old->input_path,
        .input_name = old->input_name,
        .reader = &old->reader,
        .fingerprint = old->fingerprint,
        .path = path,
        .wants = choose,
        .context = selection,
    };
    selection->dir = rundir_path(rundir);
    selection->gather = gather_open(old->plan, &old->books, selection->all,
                                    selection->dir, err);
    int rc = selection->gather ? extract_rows(&settings, err) : -1;
    if (rc == 0 && selection->lost)
        rc = outfile_finish(selection->lost, err) || outfile_publish(selection->lost, err)
                 ? -1
                 : 0;
    outfile_free(selection->lost);
    gather_free(selection->gather);
    free(path);
    return rc;
}

/* The new run reads its own job file; the form of it is known, not to be guessed. */
static int
point_to_input(struct options *options, const struct session *old,
               const struct rundir *rundir, struct err *err)
{
    static const char *const formats[] = {"auto", "csv", "csv", "jsonl"};
    char delimiter[] = {old->delimiter, '\0'};
    free(options->input);
    free(options->parent);
    options->input = rundir_join(rundir, RUNDIR_INPUT);
    options->parent = mem_strdup(options->run_dir);
    return options_set(options, OPTION_FORMAT, formats[old->format], ORIGIN_FLAG,
                       "format", err) ||
                   options_set(options, OPTION_DELIMITER, delimiter, ORIGIN_FLAG,
                               "delimiter", err)
               ? -1
               : 0;
}

static int
compare_items(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* What the new run may send from now on, the old one will not. */
static int
hand_over(void *context, struct err *err)
{
    struct selection *selection = context;
    int rc = 0;
    if (selection->handed_count) {
        char *path = file_absolute(selection->dir);
        qsort(selection->handed, selection->handed_count, sizeof(*selection->handed),
              compare_items);
        rc = session_hand_over(selection->old, selection->handed, selection->handed_count,
                               path, err);
        selection->is_handed = rc == 0;
        free(path);
    }
    session_release(selection->old);
    return rc;
}

static int
run_again(struct options *options, struct rundir *rundir, struct selection *selection,
          struct err *err)
{
    struct session session;
    int rc = session_configure(&session, options, err);
    session.rundir = rundir;
    selection->dir = rundir_path(rundir);
    if (rc == 0)
        rc = session_read(&session, err) || session_sign_in(&session, err) ||
             session_begin(&session, hand_over, selection, err);
    if (rc) {
        /* A folder that never began is the sign that it took nothing over. */
        if (selection->is_handed)
            rundir_free(rundir);
        else
            rundir_abandon(rundir);
        session.rundir = NULL;
    } else {
        rc = session_carry_out(&session, err);
    }
    if (rc == 0) {
        session_tell(&session);
        rc = session.totals.exit_code;
    }
    if (rc >= 0 && selection->is_handed)
        log_note(
            "%s: rows by extension are now this retry's; `unhitch report %s` brings the "
            "files there up to date",
            options->parent, options->parent);
    followup_run(&session, err);
    session_clear(&session);
    return rc;
}

static struct rundir *
make_rundir(const struct options *options, struct err *err)
{
    const char *given = options_text(options, OPTION_OUT);
    char *path = given ? mem_strdup(given) : default_out(options->run_dir);
    struct rundir *rundir = rundir_create(path, err);
    free(path);
    return rundir;
}

int
command_retry(struct options *options, struct err *err)
{
    struct session old;
    struct selection selection = {.old = &old, .all = options_on(options, OPTION_ALL)};
    struct rundir *rundir = NULL;
    int rc = -1;
    signals_catch();
    if (session_open_run(&old, options, err))
        goto out;
    old.silent = true;
    if (session_read(&old, err) || session_take_up(&old, false, err))
        goto out;
    books_close(&old.books, "interrupted", "");
    rundir = make_rundir(options, err);
    if (!rundir || extract(&old, rundir, &selection, err) ||
        point_to_input(options, &old, rundir, err))
        goto out;
    if (selection.rows == 0)
        log_note("%s: no row is worth trying again%s", options->run_dir,
                 selection.all ? "" : " (--all takes every failed one)");
    session_forget_rows(&old);
    rc = selection.rows ? run_again(options, rundir, &selection, err) : EXIT_OK;
    if (selection.rows == 0)
        rundir_abandon(rundir);
    free(selection.handed);
    session_clear(&old);
    return rc;
out:
    followup_run(&old, err);
    rundir_abandon(rundir);
    free(selection.handed);
    session_clear(&old);
    return rc;
}
