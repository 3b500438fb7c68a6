/*
 * --metrics: the totals of the last run in Prometheus' text format, for the textfile
 * collector of its node exporter. All of them are gauges: a batch job has no counters that
 * outlive it. Every sample has the label `job_name` (`job` is Prometheus' own and would be
 * renamed); one file for each job.
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

#include "report/totals.h"

enum { METRICS_CODES_MAX = 50 }; /* of one status; rows of further codes: code="other" */

struct metrics_facts {
    const struct totals *totals;
    const char *job; /* name */
    int64_t ended_utc_ms;
    bool counted; /* rows were: there are results */
};

void metrics_add(const struct metrics_facts *facts, struct buf *out);

/* A label's value: `\`, `"` and line ends escaped; what is not UTF-8 becomes `?`. */
void metrics_add_value(const char *text, struct buf *out);

#endif
