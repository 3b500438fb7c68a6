#include "plan/planner.h"

#include "base/mem.h"
#include "plan/grouper.h"

struct planner {
    struct planner_settings settings;
    struct grouper *grouper;
};

struct planner *
planner_open(const struct planner_settings *settings)
{
    struct planner *planner = mem_alloc(1, sizeof(*planner));
    planner->settings = *settings;
    planner->grouper = grouper_open();
    return planner;
}

void
planner_free(struct planner *planner)
{
    if (!planner)
        return;
    grouper_free(planner->grouper);
    free(planner);
}

int
planner_accept(struct planner *planner, const struct op *op, struct span target,
               struct span id, struct err *err)
{
    (void)err;
    grouper_add(planner->grouper, grouper_target(planner->grouper, op, target), id);
    return 0;
}

int
planner_reject(struct planner *planner, struct err *err)
{
    (void)err;
    grouper_reject(planner->grouper);
    return 0;
}

struct plan *
planner_finish(struct planner *planner, struct err *err)
{
    (void)err;
    struct plan *plan = grouper_finish(planner->grouper, planner->settings.batch_size);
    planner->grouper = NULL;
    planner_free(planner);
    return plan;
}
