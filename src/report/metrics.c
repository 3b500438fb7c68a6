#include "report/metrics.h"

#include "base/buf.h"
#include "base/version.h"

static const enum status statuses[] = {STATUS_SUCCESS, STATUS_FAILED, STATUS_UNKNOWN,
                                       STATUS_REJECTED, STATUS_UNSENT};

enum { STATUSES = sizeof(statuses) / sizeof(statuses[0]) };

void
metrics_add_value(const char *text, struct buf *out)
{
    bool utf8 = text_is_utf8(text, strlen(text));
    for (; *text; text++) {
        if (*text == '\n')
            buf_add_text(out, "\\n");
        else if (!utf8 && (unsigned char)*text >= 0x80)
            buf_add_char(out, '?');
        else if (*text == '\\' || *text == '"')
            buf_addf(out, "\\%c", *text);
        else
            buf_add_char(out, *text);
    }
}

static void
add_head(struct buf *out, const char *name, const char *help)
{
    buf_addf(out, "# HELP unhitch_%s %s\n# TYPE unhitch_%s gauge\n", name, help, name);
}

/* Everything up to the value; `labels` is "" or begins with a comma. */
static void
add_sample(const struct metrics_facts *facts, const char *name, const char *labels,
           struct buf *out)
{
    buf_addf(out, "unhitch_%s{job_name=\"", name);
    metrics_add_value(facts->job, out);
    buf_addf(out, "\"%s} ", labels);
}

static void
add_gauge(const struct metrics_facts *facts, const char *name, const char *help,
          double value, struct buf *out)
{
    add_head(out, name, help);
    add_sample(facts, name, "", out);
    buf_addf(out, "%.15g\n", value);
}

static void
add_rows(const struct metrics_facts *facts, struct buf *out)
{
    char labels[64];
    add_head(out, "last_run_rows", "Rows of the last run by status.");
    for (size_t i = 0; i < STATUSES; i++) {
        (void)snprintf(labels, sizeof(labels), ",status=\"%s\"",
                       status_names[statuses[i]]);
        add_sample(facts, "last_run_rows", labels, out);
        buf_addf(out, "%llu\n",
                 (unsigned long long)facts->totals->by_status[statuses[i]]);
    }
}

static void
add_code(const struct metrics_facts *facts, enum status status, const char *code,
         uint64_t rows, struct buf *out)
{
    struct buf labels = {0};
    buf_addf(&labels, ",status=\"%s\",code=\"", status_names[status]);
    metrics_add_value(code, &labels);
    buf_add_char(&labels, '"');
    add_sample(facts, "last_run_code_rows", labels.data, out);
    buf_addf(out, "%llu\n", (unsigned long long)rows);
    buf_clear(&labels);
}

/* Rows of one code may be counted apart by their words. */
static void
add_codes_of(const struct metrics_facts *facts, enum status status, struct buf *out)
{
    const struct totals *totals = facts->totals;
    const char *codes[METRICS_CODES_MAX];
    uint64_t rows[METRICS_CODES_MAX], others = 0;
    size_t count = 0;
    for (size_t i = 0; i < totals->code_count; i++) {
        const struct code_count *one = &totals->codes[i];
        size_t k = 0;
        if (one->status != status)
            continue;
        while (k < count && strcmp(codes[k], one->code) != 0)
            k++;
        if (k == METRICS_CODES_MAX) {
            others += one->rows;
            continue;
        }
        codes[k] = one->code;
        rows[k] = one->rows + (k < count ? rows[k] : 0);
        count += k == count;
    }
    for (size_t i = 0; i < count; i++)
        add_code(facts, status, codes[i], rows[i], out);
    if (others)
        add_code(facts, status, "other", others, out);
}

static void
add_latency(const struct metrics_facts *facts, struct buf *out)
{
    static const int percents[] = {50, 90, 99, 100};
    char labels[64];
    add_head(out, "last_run_call_latency_seconds",
             "How long calls of the last run took, at most, by share of the calls.");
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        double ms = latency_percentile_ms(facts->totals->latency, percents[i]);
        (void)snprintf(labels, sizeof(labels), ",percent=\"%d\"", percents[i]);
        add_sample(facts, "last_run_call_latency_seconds", labels, out);
        buf_addf(out, "%.6g\n", ms / 1000);
    }
}

void
metrics_add(const struct metrics_facts *facts, struct buf *out)
{
    const struct totals *totals = facts->totals;
    add_gauge(facts, "last_run_timestamp_seconds", "When the last run ended.",
              (double)facts->ended_utc_ms / 1000, out);
    add_gauge(facts, "last_run_exit_code",
              "Exit code of the last run; 0: every row succeeded.", totals->exit_code,
              out);
    add_gauge(facts, "last_run_finished",
              "1: the last run came to its end, 0: it was stopped or could not be done.",
              totals->finished, out);
    add_gauge(facts, "last_run_duration_seconds", "How long the last run took.",
              totals->seconds, out);
    if (facts->counted) {
        add_rows(facts, out);
        add_head(out, "last_run_code_rows", "Rows of the last run by status and code.");
        for (size_t i = 0; i < STATUSES; i++)
            add_codes_of(facts, statuses[i], out);
        add_gauge(facts, "last_run_planned_calls", "Calls that the last run planned.",
                  (double)totals->planned_calls, out);
        add_gauge(facts, "last_run_calls",
                  "Calls that the last run sent, tries included.", (double)totals->calls,
                  out);
        add_latency(facts, out);
    }
    add_head(out, "info", "Version of unhitch that did the last run.");
    add_sample(facts, "info", ",version=\"" UNHITCH_VERSION "\"", out);
    buf_add_text(out, "1\n");
}
