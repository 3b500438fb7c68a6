#include "plan/planner.h"

#include "base/err.h"
#include "base/mem.h"
#include "plan/grouper.h"
#include "plan/splitter.h"

struct planner {
    struct planner_settings settings;
    struct grouper *grouper;   /* until the rows exceed memory, */
    struct splitter *splitter; /* and then */
    uint64_t rows;
};

struct planner *
planner_open(const struct planner_settings *settings)
{
    struct planner *planner = mem_alloc(1, sizeof(*planner));
    planner->settings = *settings;
    if (!planner->settings.memory_bytes)
        planner->settings.memory_bytes = PLANNER_MEMORY_BYTES;
    planner->grouper = grouper_open();
    return planner;
}

void
planner_free(struct planner *planner)
{
    if (!planner)
        return;
    grouper_free(planner->grouper);
    splitter_free(planner->splitter);
    free(planner);
}

/* The rows so far go to disk, and those to come. */
static int
leave_memory(struct planner *planner, struct err *err)
{
    struct grouper_row row = {0};
    planner->splitter = splitter_open(&planner->settings, err);
    if (!planner->splitter)
        return -1;
    while (grouper_next(planner->grouper, &row))
        if (row.rejected
                ? splitter_reject(planner->splitter, err)
                : splitter_accept(planner->splitter, row.op, row.key, row.id, err))
            return -1;
    grouper_free(planner->grouper);
    planner->grouper = NULL;
    return 0;
}

static bool
is_full(const struct planner *planner)
{
    return grouper_bytes(planner->grouper) > planner->settings.memory_bytes;
}

/* Another row is told. */
static int
make_room(struct planner *planner, struct err *err)
{
    if (planner->rows == PLAN_ROWS_MAX)
        return err_set(err, EXIT_INPUT,
                       "more than %u rows; split the file. Nothing was sent",
                       PLAN_ROWS_MAX);
    planner->rows++;
    return planner->grouper && is_full(planner) ? leave_memory(planner, err) : 0;
}

int
planner_accept(struct planner *planner, const struct op *op, struct span target,
               struct span id, struct err *err)
{
    if (make_room(planner, err))
        return -1;
    if (planner->splitter)
        return splitter_accept(planner->splitter, op, target, id, err);
    grouper_add(planner->grouper, grouper_target(planner->grouper, op, target), id);
    return 0;
}

uint32_t
planner_target(const struct planner *planner)
{
    return planner->grouper ? grouper_last_target(planner->grouper) : PLANNER_NO_TARGET;
}

bool
planner_accept_again(struct planner *planner, uint32_t target, struct span id)
{
    if (target == PLANNER_NO_TARGET || !planner->grouper || is_full(planner) ||
        planner->rows == PLAN_ROWS_MAX)
        return false;
    planner->rows++;
    grouper_add(planner->grouper, target, id);
    return true;
}

int
planner_reject(struct planner *planner, struct err *err)
{
    if (make_room(planner, err))
        return -1;
    if (planner->splitter)
        return splitter_reject(planner->splitter, err);
    grouper_reject(planner->grouper);
    return 0;
}

struct plan *
planner_finish(struct planner *planner, struct err *err)
{
    struct plan *plan;
    if (planner->splitter)
        plan = splitter_finish(planner->splitter, err);
    else
        plan = grouper_finish(planner->grouper, planner->settings.batch_size);
    planner->splitter = NULL;
    planner->grouper = NULL;
    planner_free(planner);
    return plan;
}
