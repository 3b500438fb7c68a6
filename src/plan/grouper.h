/*
 * Making a plan in memory: rows are noted in order, then each target's IDs are moved
 * together, repeats among them dropped, and what remains is packed.
 */
#ifndef PLAN_GROUPER_H
#define PLAN_GROUPER_H

#include "plan/plan.h"

struct grouper;

struct grouper *grouper_open(void);
void grouper_free(struct grouper *grouper);

/* The number of a target, from 0 in the order of their appearance. */
uint32_t grouper_target(struct grouper *grouper, const struct op *op, struct span key);

/* The one that was asked for last. */
uint32_t grouper_last_target(const struct grouper *grouper);

/* The next row, of that target (`id` at most 255 bytes), or a rejected one. */
void grouper_add(struct grouper *grouper, uint32_t target, struct span id);
void grouper_reject(struct grouper *grouper);

/* The memory that planning takes at most: an estimate on the safe side. */
uint64_t grouper_bytes(const struct grouper *grouper);
uint64_t grouper_bytes_of(uint64_t rows, uint64_t id_bytes, uint64_t targets,
                          uint64_t key_bytes);

/* The rows told so far, in order. Start with a zeroed struct. */
struct grouper_row {
    bool rejected;
    const struct op *op;
    struct span key, id; /* borrowed */
    uint64_t rows;       /* looked at so far */
    uint64_t id_at;
};

bool grouper_next(const struct grouper *grouper, struct grouper_row *row);

/* The plan of all rows, with at most `batch_size` IDs a call; the grouper is used up. */
struct plan *grouper_finish(struct grouper *grouper, size_t batch_size);

#endif
