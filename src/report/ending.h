/*
 * How a run ended, in a sentence that is true for each kind of end, and what to do next:
 * the same words on the terminal and on the page.
 */
#ifndef REPORT_ENDING_H
#define REPORT_ENDING_H

#include "base/buf.h"
#include "report/totals.h"

enum ending {
    ENDING_GOOD,    /* every row succeeded */
    ENDING_MIXED,   /* through, but not every row succeeded */
    ENDING_STOPPED, /* there is more to send */
    ENDING_REFUSED  /* nothing was sent: rows to mend, and --on-invalid is stop */
};

enum ending ending_of(const struct totals *totals);

/* "Stopped: the service refused the credentials", without a full stop. */
void ending_add_words(const struct totals *totals, struct buf *out);

/* Does the stop's message tell more than those words? */
bool ending_tells_why(const struct totals *totals);

/* "1,190 of 1,204 rows succeeded; 10 failed, 4 unknown", without a full stop. */
void ending_add_counts(const struct totals *totals, struct buf *out);

/*
 * What to type next, a line each, to be pasted into a shell: commands, and "# ..." that
 * says when or why. Nothing if all is done. `run_dir` is the path to name. `ending`: of
 * the result files, "csv", "jsonl.gz", ...
 */
void ending_add_next(const struct totals *totals, const char *run_dir, const char *ending,
                     struct buf *out);

#endif
