/*
 * report.html: the run for people. One file, no script, nothing from outside; readable
 * on a phone, in print, light and dark. Whatever came from a service or a job file is
 * escaped: hostile text stays text.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "base/buf.h"
#include "plan/plan.h"
#include "report/timeline.h"
#include "report/totals.h"

/* A setting of the run, to be shown. */
struct html_setting {
    const char *name;
    const char *value;
};

struct html_facts {
    const struct totals *totals;
    const struct plan *plan;
    const struct timeline *timeline;
    const struct html_setting *settings; /* ended by a NULL name; no secrets */
    const char *results_ending;          /* "csv", "jsonl.gz", ... */
};

void html_add_report(const struct html_facts *facts, struct buf *out);

#endif
