/*
 * The result files: a second pass over the job file, in input order, each row with its
 * original columns and ours after them. `results` has every row, `failed`, `rejected`
 * and `unsent` those of that kind, if there are any.
 */
#ifndef REPORT_RESULTS_H
#define REPORT_RESULTS_H

#include "input/reader.h"
#include "plan/plan.h"
#include "report/totals.h"
#include "run/books.h"

struct results_settings {
    const char *run_dir;
    const char *input_path; /* where the bytes are */
    const char *input_name; /* what messages call it */
    const struct reader_settings *reader;
    const struct columns *columns;  /* all of them, */
    bool all_plain;                 /* what reader_all_plain said, */
    struct fingerprint fingerprint; /* and the file's, from the first pass */
    const struct op_settings *ops;
    const struct plan *plan;
    struct books *books; /* closed: every item has a final word */
    bool jsonl;          /* format of the files */
    bool gzip;
    /* Told how many rows are written, now and then; NULL: nobody asks. */
    void (*progress)(uint64_t rows, void *context);
    void *context;
};

/*
 * Write the files and count `totals`. Either all files get their names or none does.
 * EXIT_INPUT if the job file has changed since the first pass, EXIT_INTERNAL if a file
 * cannot be written or the books do not balance.
 */
int results_write(const struct results_settings *settings, struct totals *totals,
                  struct err *err);

/* The disk that a run needs in its folder, besides journal and results, for what exceeds
 * memory. */
uint64_t results_spill_bytes(const struct plan *plan);

/* Is that the name of a result file? */
bool results_is_file(const char *name);

#endif
