/*
 * The rows of a job file, checked one after the other: those that are like the last one by
 * their line alone, the others cell by cell. The outcome is the same.
 */
#ifndef CLI_CHECKING_H
#define CLI_CHECKING_H

#include "input/reader.h"
#include "ops/likeness.h"

struct checking {
    struct reader *reader;              /* borrowed, as are */
    const struct op_settings *settings; /* these */
    struct likeness likeness;
    struct buf target;
};

void checking_clear(struct checking *checking);

/*
 * Check a row that reader_next_line gave. As ops_check_row; `target` and `id` are valid
 * until the next row. NULL, too, if reading failed: then `err` is set.
 */
const struct op *checking_row(struct checking *checking, struct row *row,
                              struct span *target, struct span *id,
                              struct problem *problem, struct err *err);

#endif
