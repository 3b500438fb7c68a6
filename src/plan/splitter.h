/*
 * Planning what does not fit in memory. Rows are dealt to lists by the hash of their
 * target; each list is planned on its own and bound to the ones before. A list that is
 * still too large is dealt again: by further bits of the hash, and where all its rows are
 * of one target, by the hash of the ID, or by row where the order counts. So every
 * (target, ID) lies whole in one part, and the parts of a target follow one another.
 *
 * The batches are the fewest, as in memory, with one exception: a target that alone is
 * too large, whose IDs are of several lengths that matter (20 digits among shorter ones),
 * is packed part by part, which may take one batch more for each.
 */
#ifndef PLAN_SPLITTER_H
#define PLAN_SPLITTER_H

#include "plan/planner.h"

struct splitter;

/* NULL on error: EXIT_INTERNAL. */
struct splitter *splitter_open(const struct planner_settings *settings, struct err *err);
void splitter_free(struct splitter *splitter);

int splitter_accept(struct splitter *splitter, const struct op *op, struct span target,
                    struct span id, struct err *err);
int splitter_reject(struct splitter *splitter, struct err *err);

/* The plan; the splitter is used up. NULL on error. */
struct plan *splitter_finish(struct splitter *splitter, struct err *err);

#endif
