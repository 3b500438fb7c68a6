/*
 * report.html: the run for people. One file, no script, nothing from outside; readable
 * on a phone, in print, light and dark. Its size and the memory to make it are bounded,
 * whatever the run.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "base/buf.h"
#include "plan/plan.h"
#include "report/timeline.h"
#include "report/totals.h"

/* A setting of the run, to be shown. */
struct html_setting {
    const char *group; /* "set", "map"; NULL: none */
    const char *name;
    const char *value;
    bool is_default;
};

struct html_facts {
    const struct totals *totals;
    const struct plan *plan;
    const struct books *books;
    const struct timeline *timeline;
    const struct html_setting *settings; /* ended by a NULL name; no secrets */
    const char *run_dir;                 /* for commands: absolute */
    const char *results_ending;          /* "csv", "jsonl.gz", ... */
};

void html_add_report(const struct html_facts *facts, struct buf *out);

#endif
