/*
 * Plans of parts of a job, bound into one: their items are numbered on, their arrays
 * put on shelves one after the other. A target that goes on in the next part goes on
 * here too.
 */
#ifndef PLAN_BINDER_H
#define PLAN_BINDER_H

#include "plan/plan.h"

struct err;
struct binder;

/* `dir` (borrowed): where the shelves go. `counts_only`: the plan gets no arrays. */
struct binder *binder_open(const char *dir, bool counts_only, struct err *err);
void binder_free(struct binder *binder);

/*
 * Add a part. `rows`: the numbers of its rows (NULL if counts only); `id_bytes`: of its
 * IDs with their length bytes, repeats too. `cut`: 0: its batches are taken over as they
 * are; else its targets' IDs are cut anew, `cut` a batch, also across parts.
 */
int binder_add(struct binder *binder, const struct plan *part, const uint32_t *rows,
               uint64_t id_bytes, uint32_t cut, struct err *err);

/* Items so far: the number of the next part's first. */
uint32_t binder_items(const struct binder *binder);

/* The next row of the job is of that item, or PLAN_NO_ITEM. */
int binder_add_row(struct binder *binder, uint32_t item, struct err *err);

/* The plan of `rows` rows; the binder is used up. NULL on error. */
struct plan *binder_finish(struct binder *binder, uint64_t rows, uint64_t rejected,
                           struct err *err);

#endif
