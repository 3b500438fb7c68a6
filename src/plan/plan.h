/*
 * The plan: which calls are needed for the rows that were accepted. Rows are grouped by
 * target whatever their order, repeats are dropped, and each target's IDs are packed
 * into the fewest batches that the limits of the operation allow.
 *
 * An item is one distinct (target, ID). Items are numbered in the order in which they
 * are sent: batches are runs of items. The numbering depends only on the rows and on
 * the batch size, so a later run over the same file finds the same items.
 *
 * The arrays of a large job lie in files (plan/shelf.h). They are read like those of a
 * small one; who walks along them calls plan_relax now and then.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "ops/op.h"

#define PLAN_NO_ITEM UINT32_MAX         /* a rejected row */
#define PLAN_ROWS_MAX (UINT32_MAX - 1u) /* of a job file */

enum { PLAN_OPS_MAX = 16, PLAN_RELAX_EVERY = 1024 /* batches looked at */ };

struct plan_target {
    const struct op *op;
    uint64_t key_at; /* where the key stands in `keys` */
    uint32_t first_item;
    uint32_t items;
};

struct plan_batch {
    uint32_t target;
    uint32_t first_item;
    uint32_t items;
};

/* An operation that is planned. */
struct plan_use {
    const struct op *op;
    bool unnamed; /* a target of it has the empty key */
};

struct plan {
    uint64_t rows, rejected, duplicates;
    uint64_t distinct_targets;   /* where calls carry one ID, each ID is a target */
    uint64_t shelf_bytes;        /* of a large job: disk that its arrays take, */
    uint64_t deal_bytes;         /* and that making them took besides */
    const uint32_t *item_of_row; /* [rows], by row number - 1 */
    const uint64_t *id_at;       /* [items]: where the ID stands in `ids` */
    const uint32_t *first_row;   /* [items]: number of the first row that names it */
    uint32_t item_count;
    const char *ids; /* a length byte before each */
    const struct plan_target *targets;
    const char *keys; /* of targets, as op->check made them, each with a NUL */
    uint32_t target_count;
    const struct plan_batch *batches;
    uint32_t batch_count;
    struct plan_use uses[PLAN_OPS_MAX];
    size_t use_count;
    struct plan_shelves *shelves; /* where the arrays lie; NULL: in memory */
};

void plan_free(struct plan *plan);

struct span plan_id(const struct plan *plan, uint32_t item);

const char *plan_key(const struct plan *plan, const struct plan_target *target);

/* The target of an item. */
const struct plan_target *plan_target_of(const struct plan *plan, uint32_t item);

/* How the operation is used; NULL: it is not. */
const struct plan_use *plan_use_of(const struct plan *plan, const struct op *op);

/* Of a large job: what was read of the arrays need not stay in memory. */
void plan_relax(const struct plan *plan);

/* For those who make plans: note a target of the operation. */
void plan_note_use(struct plan *plan, const struct op *op, bool unnamed);

#endif
