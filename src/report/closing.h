/*
 * What a person reads when a run or a plan has ended: what was done, what failed and
 * why, where the files are, what to type next.
 */
#ifndef REPORT_CLOSING_H
#define REPORT_CLOSING_H

#include "base/buf.h"
#include "report/totals.h"

/* How long the plan takes: what bounds it. */
struct plan_pace {
    size_t concurrency;
    int64_t interval_us; /* of --rate; 0: none */
};

/* The end of a run. `results_ending` is "csv", "jsonl.gz", ... */
void closing_add_run(const struct totals *totals, const char *results_ending,
                     struct buf *out);

void closing_add_plan(const struct totals *totals, struct plan_pace pace,
                      struct buf *out);

/* Counts with thousands separators, for people. */
void closing_add_count(struct buf *out, uint64_t n);

#endif
