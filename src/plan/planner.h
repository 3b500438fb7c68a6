/*
 * The planner: takes the rows of a job file one by one and makes the plan of them. Rows
 * are kept in memory up to a bound; beyond it they go to disk, and the plan is made a
 * part at a time, so that memory stays bounded for any number of rows.
 */
#ifndef PLAN_PLANNER_H
#define PLAN_PLANNER_H

#include "plan/plan.h"

struct err;

struct planner_settings {
    size_t batch_size;     /* IDs of a call at most */
    const char *spill_dir; /* folder for what exceeds memory; borrowed */
    uint64_t memory_bytes; /* bound; 0: PLANNER_MEMORY_BYTES */
    bool counts_only;      /* of a large job, only totals are asked for: its plan has
                              no arrays */
    bool (*stopped)(void); /* asked while a large job is planned: then that fails;
                              NULL: never */
};

/* What a plan in memory may take. Resuming a run depends on it: another number changes
 * how the items of large jobs are numbered. (Tests build the program with a small one.) */
#ifndef PLANNER_MEMORY_BYTES
#define PLANNER_MEMORY_BYTES (96 << 20)
#endif

struct planner;

struct planner *planner_open(const struct planner_settings *settings);
void planner_free(struct planner *planner);

/* The next row: accepted, with what op->check returned (`id` at most 255 bytes), ...
 * EXIT_INTERNAL if the disk is full, EXIT_INPUT if there are too many rows. */
int planner_accept(struct planner *planner, const struct op *op, struct span target,
                   struct span id, struct err *err);
/* The number of the last accepted row's target, for rows of the same; PLANNER_NO_TARGET where
 * targets have none, as in a job that exceeds memory. */
#define PLANNER_NO_TARGET UINT32_MAX
uint32_t planner_target(const struct planner *planner);
/* The next row, accepted, of the target with that number. False: it could not be taken that
 * way, planner_accept has to be called. */
bool planner_accept_again(struct planner *planner, uint32_t target, struct span id);
/* ... or rejected. */
int planner_reject(struct planner *planner, struct err *err);

/* Make the plan of all rows told so far; the planner is used up. The caller frees the
 * plan; NULL on error. */
struct plan *planner_finish(struct planner *planner, struct err *err);

#endif
