#include "report/closing.h"

#include "base/clock.h"
#include "base/shown.h"
#include "report/ending.h"

/* A call to these services takes about this long; the plan says so beside its guess. */
enum { TYPICAL_CALL_MS = 500 };

void
closing_add_count(struct buf *out, uint64_t n)
{
    if (n >= 1000) {
        closing_add_count(out, n / 1000);
        buf_addf(out, ",%03u", (unsigned)(n % 1000));
    } else {
        buf_add_number(out, n);
    }
}

static void
add_counted(struct buf *out, uint64_t n, const char *one, const char *many)
{
    closing_add_count(out, n);
    buf_addf(out, " %s", n == 1 ? one : many);
}

enum {
    LINE_WIDTH = 80,
    CODE_COLUMN = 14,
    CODE_SHOWN = 60,
    WORDS_SHOWN = 60,
    CODES_SHOWN = 12, /* of each status */
    MESSAGE_SHOWN = 600,
    PATH_SHOWN = 1000
};

/* Behind what stands on the line if there is room, else on a line of its own. */
static void
add_part(struct buf *line, const char *part)
{
    const char *newline = line->data ? strrchr(line->data, '\n') : NULL;
    bool first = !newline && CODE_COLUMN + line->len + 2 + strlen(part) <= LINE_WIDTH;
    if (first)
        buf_addf(line, "  %s", part);
    else
        buf_addf(line, "\n%*s%s", CODE_COLUMN, "", part);
}

/* How many rows, what the service said, what it means, what to do. */
static void
add_code(const struct totals *totals, const struct code_count *count, struct buf *out)
{
    const struct code_row *row = ops_explain(count->op, span_of(count->code),
                                             count->http);
    struct buf line = {0}, part = {0};
    closing_add_count(&line, count->rows);
    buf_addf(out, "  %10s  ", line.data);
    buf_reset(&line);
    shown_add(&line, count->code, CODE_SHOWN);
    if (totals->mixed && count->op)
        add_part(&line, count->op->name);
    if (count->words[0]) {
        buf_add_char(&part, '"');
        shown_add(&part, count->words, WORDS_SHOWN);
        buf_add_char(&part, '"');
        add_part(&line, part.data);
    } else if (count->various) {
        add_part(&line, "(in other words)");
    }
    if (row)
        add_part(&line, row->meaning);
    if (row && row->advice[0] &&
        (totals->retryable || !strstr(row->advice, "`unhitch retry`"))) {
        buf_reset(&part);
        buf_addf(&part, "-> %s", row->advice);
        buf_addf(&line, "\n%*s%s", CODE_COLUMN, "", part.data);
    }
    buf_addf(out, "%s\n", line.data);
    buf_clear(&line);
    buf_clear(&part);
}

static void
add_codes(const struct totals *totals, enum status status, struct buf *out)
{
    uint64_t codes = 0, rows = 0;
    for (size_t i = 0; i < totals->code_count; i++) {
        const struct code_count *count = &totals->codes[i];
        if (count->status != status)
            continue;
        if (codes++ < CODES_SHOWN)
            add_code(totals, count, out);
        else
            rows += count->rows;
    }
    if (codes > CODES_SHOWN) {
        struct buf number = {0};
        closing_add_count(&number, rows);
        buf_addf(out, "  %10s  of ", number.data);
        add_counted(out, codes - CODES_SHOWN, "other code or wording",
                    "other codes and wordings");
        buf_add_char(out, '\n');
        buf_clear(&number);
    }
}

static void
add_status(const struct totals *totals, enum status status, const char *title,
           struct buf *out)
{
    if (!totals->by_status[status])
        return;
    buf_addf(out, "%s: ", title);
    closing_add_count(out, totals->by_status[status]);
    buf_add_char(out, '\n');
    add_codes(totals, status, out);
}

static void
add_headline(const struct totals *totals, struct buf *out)
{
    char span[CLOCK_STAMP_BYTES];
    clock_format_span((int64_t)(totals->seconds * 1000), span);
    ending_add_words(totals, out);
    buf_add_text(out, ".\n");
    ending_add_counts(totals, out);
    buf_add_text(out, ". ");
    add_counted(out, totals->calls, "call", "calls");
    buf_addf(out, " in %s.\n", span);
    if (totals->stop_code && ending_tells_why(totals)) {
        buf_add_text(out, "Why: ");
        shown_add(out, totals->stop_message, MESSAGE_SHOWN);
        buf_add_text(out, ".\n");
    }
}

static void
add_files(const struct totals *totals, const char *ending, struct buf *out)
{
    static const struct {
        const char *name;
        enum status status, or_status;
        const char *what;
    } files[] = {
        {"results", STATUS_COUNT, STATUS_COUNT, "every row and what became of it"},
        {"failed", STATUS_FAILED, STATUS_UNKNOWN, "the rows failed or unknown"},
        {"rejected", STATUS_REJECTED, STATUS_REJECTED, "the rows to mend"},
        {"unsent", STATUS_UNSENT, STATUS_UNSENT, "the rows not sent"},
    };
    buf_add_text(out, "Files in ");
    shown_add(out, totals->run_dir, PATH_SHOWN);
    buf_add_char(out, '\n');
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (files[i].status != STATUS_COUNT && !totals->by_status[files[i].status] &&
            !totals->by_status[files[i].or_status])
            continue;
        char name[32];
        (void)snprintf(name, sizeof(name), "%s.%s", files[i].name, ending);
        buf_addf(out, "  %-18s %s\n", name, files[i].what);
    }
    buf_addf(out, "  %-18s %s\n", "report.html", "the same, to look at");
    buf_addf(out, "  %-18s %s\n", "summary.json", "the totals, for scripts");
}

static void
add_next(const struct totals *totals, const char *ending, struct buf *out)
{
    struct buf next = {0};
    ending_add_next(totals, totals->run_dir, ending, &next);
    if (next.len)
        buf_add_text(out, "Next\n");
    for (const char *line = next.data; line && *line; line += strcspn(line, "\n") + 1)
        buf_addf(out, "  %.*s\n", (int)strcspn(line, "\n"), line);
    buf_clear(&next);
}

void
closing_add_run(const struct totals *totals, const char *results_ending, struct buf *out)
{
    add_headline(totals, out);
    add_status(totals, STATUS_SUCCESS, "Succeeded", out);
    add_status(totals, STATUS_FAILED, "Failed", out);
    add_status(totals, STATUS_UNKNOWN, "Unknown", out);
    add_status(totals, STATUS_REJECTED, "Rejected before sending", out);
    add_status(totals, STATUS_UNSENT, "Not sent", out);
    if (totals->duplicates) {
        buf_add_text(out, "Repeated rows, sent once: ");
        closing_add_count(out, totals->duplicates);
        buf_add_char(out, '\n');
    }
    if (totals->latency->total)
        buf_addf(out,
                 "A call took %.0f ms (median), %.0f ms (90 %%), %.0f ms (longest).\n",
                 latency_percentile_ms(totals->latency, 50),
                 latency_percentile_ms(totals->latency, 90),
                 latency_percentile_ms(totals->latency, 100));
    add_files(totals, results_ending, out);
    add_next(totals, results_ending, out);
}

static void
add_line(struct buf *out, const char *title, uint64_t n, const char *note)
{
    struct buf number = {0};
    closing_add_count(&number, n);
    buf_addf(out, "  %-10s %12s%s%s\n", title, number.data, note[0] ? "  " : "", note);
    buf_clear(&number);
}

void
closing_add_plan(const struct totals *totals, struct plan_pace pace, struct buf *out)
{
    buf_add_text(out, "Plan for ");
    shown_add(out, totals->input, PATH_SHOWN);
    buf_add_text(out, " (nothing was sent)\n");
    add_line(out, "rows", totals->rows, "");
    add_line(out, "rejected", totals->by_status[STATUS_REJECTED], "");
    add_codes(totals, STATUS_REJECTED, out);
    add_line(out, "repeats", totals->duplicates, totals->duplicates ? "sent once" : "");
    add_line(out, "targets", totals->targets, "");
    add_line(out, "calls", totals->planned_calls, "the fewest possible");
    int64_t rounds = ((int64_t)totals->planned_calls + (int64_t)pace.concurrency - 1) /
                     (int64_t)pace.concurrency;
    int64_t by_calls = rounds * TYPICAL_CALL_MS;
    int64_t by_rate = (int64_t)totals->planned_calls * pace.interval_us / 1000;
    char span[CLOCK_STAMP_BYTES];
    clock_format_span(by_calls > by_rate ? by_calls : by_rate, span);
    if (by_rate > by_calls)
        buf_addf(out, "  %-10s %12s  at the given --rate\n", "time", span);
    else
        buf_addf(out, "  %-10s %12s  with %zu in flight, if a call takes half a second\n",
                 "time", span, pace.concurrency);
    if (totals->spill_bytes)
        add_line(out, "disk", (totals->spill_bytes >> 20) + 1,
                 "MB in the run directory for what exceeds memory, besides the results");
}
