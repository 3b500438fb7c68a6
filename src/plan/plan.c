#include "plan/plan.h"

#include "base/mem.h"
#include "plan/shelves.h"

#include <assert.h>

static void
free_arrays(struct plan *plan)
{
    free((void *)plan->item_of_row);
    free((void *)plan->id_at);
    free((void *)plan->first_row);
    free((void *)plan->ids);
    free((void *)plan->targets);
    free((void *)plan->keys);
    free((void *)plan->batches);
}

void
plan_free(struct plan *plan)
{
    if (!plan)
        return;
    if (!plan->shelves)
        free_arrays(plan);
    for (size_t i = 0; plan->shelves && i < PLAN_ARRAY_COUNT; i++)
        shelf_clear(&plan->shelves->of[i]);
    free(plan->shelves);
    free(plan);
}

struct span
plan_id(const struct plan *plan, uint32_t item)
{
    const char *id = plan->ids + plan->id_at[item];
    return (struct span){id + 1, (uint8_t)id[0]};
}

const char *
plan_key(const struct plan *plan, const struct plan_target *target)
{
    return plan->keys + target->key_at;
}

const struct plan_target *
plan_target_of(const struct plan *plan, uint32_t item)
{
    uint32_t low = 0, high = plan->target_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (plan->targets[middle].first_item <= item)
            low = middle;
        else
            high = middle;
    }
    return &plan->targets[low];
}

const struct plan_use *
plan_use_of(const struct plan *plan, const struct op *op)
{
    for (size_t i = 0; i < plan->use_count; i++)
        if (plan->uses[i].op == op)
            return &plan->uses[i];
    return NULL;
}

void
plan_note_use(struct plan *plan, const struct op *op, bool unnamed)
{
    size_t i = 0;
    while (i < plan->use_count && plan->uses[i].op != op)
        i++;
    assert(i < PLAN_OPS_MAX);
    if (i == plan->use_count)
        plan->uses[plan->use_count++] = (struct plan_use){.op = op};
    plan->uses[i].unnamed |= unnamed;
}

void
plan_relax(const struct plan *plan)
{
    for (size_t i = 0; plan->shelves && i < PLAN_ARRAY_COUNT; i++)
        shelf_relax(&plan->shelves->of[i]);
}
