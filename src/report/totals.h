/*
 * The totals of a run: what summary.json, the closing summary and the exit code are
 * made from. Counted in the same pass that writes the results.
 */
#ifndef REPORT_TOTALS_H
#define REPORT_TOTALS_H

#include "ops/op.h"
#include "run/books.h"
#include "run/latency.h"

/* A row to show; strings are owned. */
struct row_sample {
    uint64_t row, line;
    char *id, *message;
    bool cut; /* there was more of the message */
};

enum { ROW_SAMPLES = 3 };

/* Rows of one operation and code, and of one wording where the words tell more: of a code
 * whose words differ from row to row, the first few have a count each. */
struct code_count {
    char *code;
    char *words;   /* of the service, for failed and unknown rows; or "" */
    bool various;  /* rows of further wordings are among them */
    uint64_t hash; /* of status, operation and code */
    enum status status;
    uint64_t rows;
    const struct op *op;                    /* NULL: rejected, of no operation */
    long http;                              /* of the first row with it */
    struct row_sample samples[ROW_SAMPLES]; /* the first rows, but of successes */
    size_t sample_count;
};

struct totals {
    uint64_t rows;
    uint64_t by_status[STATUS_COUNT];
    uint64_t retryable; /* rows that `unhitch retry` would take */
    struct code_count *codes;
    size_t code_count, code_cap;
    uint32_t *table;         /* of codes, by hash: index + 1 */
    size_t table_size, last; /* `last`: the count of the row before */
    const struct op *first_op;
    bool mixed; /* rows of more than one operation were counted */

    /* Not counted but known: filled in by the command. */
    const char *input;  /* job file */
    const char *parent; /* of a retry; NULL: none */
    uint64_t duplicates, targets, planned_calls, calls;
    uint64_t spill_bytes; /* disk that a run needs for what exceeds memory */
    const struct latency *latency;
    int64_t started_utc_ms;
    double seconds;
    bool finished;
    int exit_code;
    const char *stop_code; /* NULL: not stopped early */
    const char *stop_message;
    const char *run_dir;
};

void totals_clear(struct totals *totals);

/* Count a row. Returns the count of its code and words, for what only its first row
 * tells. */
struct code_count *totals_count(struct totals *totals, enum status status,
                                const struct op *op, const char *code, const char *words);

/* The same for a row of the same status, operation, code and words as the row before. */
struct code_count *totals_count_again(struct totals *totals);

/* Keep the row as a sample, while there is room and it is no success; long words are
 * cut. */
void totals_sample(const struct totals *totals, struct code_count *count, uint64_t row,
                   uint64_t line, struct span id, const char *message);

/* Order the counts by status, the most frequent first. */
void totals_sort(struct totals *totals);

/* summary.json, with a line end; the caller frees it. */
char *totals_json(const struct totals *totals);

/* What `plan --json` prints; the caller frees it. */
char *totals_plan_json(const struct totals *totals);

#endif
