/*
 * The plan: which calls are needed for the rows that were accepted. Rows are grouped by
 * target whatever their order, repeats are dropped, and each target's IDs are packed
 * into the fewest batches that the limits of the operation allow.
 *
 * An item is one distinct (target, ID). Items are numbered in the order in which they
 * are sent: batches are runs of items. The numbering depends only on the rows and on
 * the batch size, so a later run over the same file finds the same items.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "ops/op.h"

#define PLAN_NO_ITEM UINT32_MAX /* a rejected row */

struct plan_target {
    const struct op *op;
    char *key; /* as op->check made it */
    uint32_t first_item;
    uint32_t items;
};

struct plan_batch {
    uint32_t target;
    uint32_t first_item;
    uint32_t items;
};

struct plan {
    uint64_t rows, rejected, duplicates;
    uint64_t distinct_targets; /* where calls carry one ID, each ID is a target */
    uint32_t *item_of_row;     /* [rows], by row number - 1 */
    uint64_t *id_at;           /* [items]: where the ID stands in `ids` */
    uint32_t *first_row;       /* [items]: number of the first row that names it */
    uint32_t item_count;
    char *ids; /* a length byte before each */
    struct plan_target *targets;
    uint32_t target_count;
    struct plan_batch *batches;
    uint32_t batch_count;
};

struct planner;

struct planner *planner_open(void);
void planner_free(struct planner *planner);

/* The next row: accepted, with what op->check returned (`id` at most 255 bytes), ... */
void planner_accept(struct planner *planner, const struct op *op, struct span target,
                    struct span id);
/* ... or rejected. */
void planner_reject(struct planner *planner);

/* Make the plan of all rows told so far, with at most `batch_size` IDs a call; the
 * planner is used up. The caller frees the plan. */
struct plan *planner_finish(struct planner *planner, size_t batch_size);
void plan_free(struct plan *plan);

struct span plan_id(const struct plan *plan, uint32_t item);

/* The target of an item. */
const struct plan_target *plan_target_of(const struct plan *plan, uint32_t item);

#endif
