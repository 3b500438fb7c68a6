/*
 * Rows that are like one that was accepted. Of a long list of IDs each row has the same
 * bytes as the row before, but for the digits of the two IDs: then what was checked of the
 * one holds for the other, and its cells need not be found and looked at one by one.
 *
 * Only rows of crm.delink are remembered, plain ones in which both IDs are 1 to 20 digits as
 * they stand: everything else about the row is the same, so the outcome is, too.
 */
#ifndef OPS_LIKENESS_H
#define OPS_LIKENESS_H

#include "base/buf.h"
#include "input/columns.h"
#include "input/row.h"
#include "ops/op.h"

/* Where the digits of an ID stand in a row. */
struct likeness_run {
    size_t at, len;
};

/* What a row of the same length has to be, eight bytes at a time. */
struct likeness_word {
    size_t at;       /* in the row */
    uint64_t bytes;  /* as they have to be; for a digit '0' */
    uint64_t fixed;  /* mask: all of a byte, or the high half of a digit */
    uint64_t digits; /* mask: the high half of a digit */
};

/* Zeroed: nothing is remembered. */
struct likeness {
    const struct op *op; /* NULL: nothing */
    struct buf row;
    struct likeness_run runs[2]; /* in their order */
    struct likeness_word *words;
    size_t word_count;       /* 0: rows are not compared that way */
    bool related_first;      /* runs[0] is related_id */
    uint32_t kind;           /* counts what was remembered so far */
    struct buf target, tail; /* record_id's digits stand before the tail */
    size_t target_at;
    size_t hits, misses;
};

void likeness_clear(struct likeness *likeness);

/* Is the row, of which only the line was read, like the one that is remembered? Then the
 * operation, the ID as op->check would give it and the digits of record_id; else NULL. */
const struct op *likeness_find(struct likeness *likeness, struct span row,
                               struct span *record, struct span *id);

/* The target of a row like the one that is remembered, as op->check would give it; valid until
 * the next call. */
struct span likeness_target(struct likeness *likeness, struct span record);

/* Remember an accepted row whose cells were looked into, if others can be like it. */
void likeness_note(struct likeness *likeness, const struct op *op, const struct row *row,
                   const struct columns *columns, struct span target, struct span id);

#endif
