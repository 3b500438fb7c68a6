/*
 * The rows of a job file, checked one after the other: those that are like the last one by
 * their line alone, the others cell by cell. The outcome is the same.
 */
#ifndef CLI_CHECKING_H
#define CLI_CHECKING_H

#include "input/reader.h"
#include "ops/likeness.h"
#include "ops/recall.h"

struct checking {
    struct reader *reader;              /* borrowed, as are */
    const struct op_settings *settings; /* these */
    struct likeness likeness;
    struct recall recall;
    bool by_likeness;   /* the last row was taken; */
    struct span record; /* its digits */
    struct buf target;  /* else its target */
};

void checking_clear(struct checking *checking);

/*
 * Check a row that reader_next_line gave. As ops_check_row; `id` is valid until the next row.
 * `number`: of the row's target, as checking_learn told it; RECALL_NONE if that is not known.
 * NULL, too, if reading failed: then `err` is set.
 */
const struct op *checking_row(struct checking *checking, struct row *row,
                              uint32_t *number, struct span *id, struct problem *problem,
                              struct err *err);

/* Of the row that was just accepted, the target; valid until the next row. */
struct span checking_target(struct checking *checking);

/* The number of that target, for rows that name it again (RECALL_NONE: it has none). It must
 * never become another's. */
void checking_learn(struct checking *checking, uint32_t number);

#endif
