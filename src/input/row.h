/*
 * One row of a job file as a reader hands it out. Everything is borrowed from the
 * reader and valid until its next row.
 */
#ifndef INPUT_ROW_H
#define INPUT_ROW_H

#include "base/text.h"

#include <stdint.h>

struct row {
    uint64_t number;     /* from 1; a header is no row, nor is a blank line */
    uint64_t line;       /* physical line where it starts, from 1 */
    struct span raw;     /* its bytes; for JSONL without blanks around */
    struct span dropped; /* JSONL: an earlier "result" and its comma, in raw */
    struct span *cells;  /* text of each column; absent: not in this row */
    size_t cell_count;
    bool plain;        /* raw may be copied as it is: no problem, nothing dropped; CSV: as
                          many cells as columns, no quotes */
    char problem[160]; /* why it is bad-syntax, or "" */
};

/* Note why the row is bad-syntax; the first reason stays. */
__attribute__((format(printf, 2, 3))) void row_problem(struct row *row,
                                                       const char *format, ...);

#endif
