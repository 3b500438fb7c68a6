/*
 * The members of one row of JSONL: an object whose keys are the columns, in any order. A key
 * that was not met before becomes a column.
 */
#ifndef INPUT_MEMBERS_H
#define INPUT_MEMBERS_H

#include "base/buf.h"
#include "input/columns.h"
#include "input/row.h"

/* Start with a zeroed struct that has its columns. */
struct members {
    struct columns *columns;    /* borrowed */
    struct span *values;        /* as many as there are columns */
    struct spelling *spellings; /* of each column */
    size_t values_cap;          /* and that of spellings */
    struct buf spelled;
    struct buf decoded; /* keys and texts that had escapes */
};

void members_clear(struct members *members);

/* Fill in the cells of `row` from its bytes; what is malformed becomes its problem. 0, or -1:
 * the file is refused (EXIT_INPUT), since it has too many columns. */
int members_read(struct members *members, struct row *row, struct err *err);

#endif
