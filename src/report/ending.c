#include "report/ending.h"

#include "base/err.h"
#include "base/shown.h"
#include "report/closing.h"

#include <signal.h>

enum { NAME_BYTES_MAX = 300 };

/* Why a run stopped, and when to carry on, by its exit code. */
struct stop_words {
    int exit_code;
    const char *words, *when;
};

static const struct stop_words stops[] = {
    {EXIT_CREDENTIALS, "Stopped: the service refused the credentials",
     "when the credentials are mended (see above)"},
    {EXIT_HALTED, "Stopped: too many calls in a row without one success",
     "when the cause is mended (see above)"},
    {EXIT_BUDGET, "Stopped: the limit of calls was reached",
     "when more calls may be made; --max-calls N gives a new budget"},
    {EXIT_WINDOW, "Stopped: the time to send in was over", "when the next window begins"},
    {EXIT_ROWS, "Not finished: the run was killed",
     "carries on where it stopped; what was answered is not sent again"},
    {EXIT_SIGNAL, "Stopped by a signal",
     "carries on where it stopped; what was answered is not sent again"},
    {0, "Stopped before the end", "carries on where it stopped"},
};

static const struct stop_words *
find_stop(int exit_code)
{
    const struct stop_words *stop = stops;
    while (stop->exit_code && stop->exit_code != exit_code &&
           !(stop->exit_code == EXIT_SIGNAL && exit_code > EXIT_SIGNAL))
        stop++;
    return stop;
}

enum ending
ending_of(const struct totals *totals)
{
    if (!totals->finished && totals->exit_code == EXIT_INPUT)
        return ENDING_REFUSED;
    if (!totals->finished)
        return ENDING_STOPPED;
    return totals->by_status[STATUS_SUCCESS] == totals->rows ? ENDING_GOOD : ENDING_MIXED;
}

static void
add_signal(int number, struct buf *out)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {{SIGINT, "SIGINT, Ctrl-C"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].number == number) {
            buf_addf(out, " (%s)", names[i].name);
            return;
        }
    buf_addf(out, " (%d)", number);
}

void
ending_add_words(const struct totals *totals, struct buf *out)
{
    switch (ending_of(totals)) {
    case ENDING_GOOD:
        buf_add_text(out, totals->rows ? "Done" : "Done: there was nothing to do");
        break;
    case ENDING_MIXED:
        buf_add_text(out, totals->by_status[STATUS_REJECTED] == totals->rows
                              ? "Nothing was sent: every row was rejected"
                              : "Finished, but not every row succeeded");
        break;
    case ENDING_STOPPED:
        buf_add_text(out, find_stop(totals->exit_code)->words);
        if (totals->exit_code > EXIT_SIGNAL)
            add_signal(totals->exit_code - EXIT_SIGNAL, out);
        break;
    case ENDING_REFUSED:
        buf_add_text(out, "Nothing was sent: there are rejected rows, and --on-invalid "
                          "is stop");
        break;
    }
}

bool
ending_tells_why(const struct totals *totals)
{
    return ending_of(totals) == ENDING_STOPPED && totals->exit_code != EXIT_ROWS &&
           totals->exit_code <= EXIT_SIGNAL;
}

void
ending_add_counts(const struct totals *totals, struct buf *out)
{
    static const struct {
        enum status status;
        const char *word;
    } others[] = {{STATUS_FAILED, "failed"},
                  {STATUS_UNKNOWN, "unknown"},
                  {STATUS_REJECTED, "rejected"},
                  {STATUS_UNSENT, "not sent"}};
    const char *gap = "; ";
    if (totals->by_status[STATUS_SUCCESS] == totals->rows && totals->rows > 1)
        buf_add_text(out, "All ");
    else {
        closing_add_count(out, totals->by_status[STATUS_SUCCESS]);
        buf_add_text(out, " of ");
    }
    closing_add_count(out, totals->rows);
    buf_add_text(out, totals->rows == 1 ? " row succeeded" : " rows succeeded");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (totals->by_status[others[i].status]) {
            buf_add_text(out, gap);
            closing_add_count(out, totals->by_status[others[i].status]);
            buf_addf(out, " %s", others[i].word);
            gap = ", ";
        }
}

/* Failed rows by what helps them. */
struct failures {
    uint64_t permission; /* somebody gives a permission */
    uint64_t stop;       /* what is wrong is the settings, not the rows */
    uint64_t data;       /* the rows are corrected */
};

static struct failures
count_failures(const struct totals *totals)
{
    struct failures failures = {0, 0, 0};
    for (size_t i = 0; i < totals->code_count; i++) {
        const struct code_count *count = &totals->codes[i];
        const struct code_row *row = ops_explain(count->op, span_of(count->code),
                                                 count->http);
        if (count->status != STATUS_FAILED || code_may_pass(count->code, count->http))
            continue;
        if (row && row->class == CLASS_FIX_PERMISSION)
            failures.permission += count->rows;
        else if (row && row->class == CLASS_STOP)
            failures.stop += count->rows;
        else
            failures.data += count->rows;
    }
    return failures;
}

static void
add_command(const char *command, const char *run_dir, struct buf *out)
{
    buf_addf(out, "unhitch %s ", command);
    shown_add_path(out, run_dir);
    buf_add_char(out, '\n');
}

/* "# correct 1,204 failed rows in 'a b/failed.csv', then run that file as a job file". Of
 * `unknown` rows in it a new run would not know that they may have been applied. */
static void
add_mending(const char *what, uint64_t rows, uint64_t unknown, const char *run_dir,
            const char *file, const char *ending, struct buf *out)
{
    struct buf path = {0};
    buf_addf(out, "# %s ", what);
    closing_add_count(out, rows);
    buf_addf(out, " %s %s in ", file, rows == 1 ? "row" : "rows");
    buf_addf(&path, "%s/%s.%s", run_dir, file, ending);
    shown_add_path(out, path.data);
    if (unknown) {
        buf_add_text(out, ", take out the ");
        closing_add_count(out, unknown);
        buf_addf(out, " unknown %s", unknown == 1 ? "row" : "rows");
    }
    buf_add_text(out, ", then run that file as a job file\n");
    buf_clear(&path);
}

static void
add_next_of_finished(const struct totals *totals, const char *run_dir, const char *ending,
                     struct buf *out)
{
    struct failures failures = count_failures(totals);
    uint64_t unknown = totals->by_status[STATUS_UNKNOWN];
    if (totals->retryable) {
        buf_add_text(out, "# sends again what may go well now: ");
        closing_add_count(out, totals->retryable);
        buf_addf(out, " %s\n", totals->retryable == 1 ? "row" : "rows");
        add_command("retry", run_dir, out);
    }
    if (failures.permission) {
        buf_add_text(out,
                     "# when the permission is given: sends all failed rows again\n");
        add_command("retry --all", run_dir, out);
    }
    if (failures.stop)
        add_mending("mend the cause of", failures.stop, unknown, run_dir, "failed",
                    ending, out);
    if (failures.data)
        add_mending("correct", failures.data, unknown, run_dir, "failed", ending, out);
    if (totals->by_status[STATUS_REJECTED])
        add_mending("mend", totals->by_status[STATUS_REJECTED], 0, run_dir, "rejected",
                    ending, out);
}

void
ending_add_next(const struct totals *totals, const char *run_dir, const char *ending,
                struct buf *out)
{
    switch (ending_of(totals)) {
    case ENDING_GOOD:
        return;
    case ENDING_MIXED:
        add_next_of_finished(totals, run_dir, ending, out);
        return;
    case ENDING_STOPPED:
        buf_addf(out, "# %s\n", find_stop(totals->exit_code)->when);
        add_command("resume", run_dir, out);
        if (totals->by_status[STATUS_REJECTED])
            add_mending("mend", totals->by_status[STATUS_REJECTED], 0, run_dir,
                        "rejected", ending, out);
        return;
    case ENDING_REFUSED:
        buf_add_text(out, "# mend the rejected rows in ");
        shown_add(out, totals->input, NAME_BYTES_MAX);
        buf_add_text(out,
                     ", then run it again; or let it skip them: --on-invalid skip\n");
        return;
    }
}
