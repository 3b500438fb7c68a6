#include "plan/binder.h"

#include "base/mem.h"
#include "plan/shelves.h"

struct binder {
    struct plan *plan; /* its counts; the shelves, NULL if counts only */
    bool target_open;  /* the last target may go on */
    struct plan_target target;
    struct buf key; /* of it */
    struct plan_batch
        batch; /* the last one, not on its shelf yet; no items: there is none */
    uint64_t ids_bytes, keys_bytes;
};

struct binder *
binder_open(const char *dir, bool counts_only, struct err *err)
{
    struct binder *binder = mem_alloc(1, sizeof(*binder));
    struct plan *plan = binder->plan = mem_alloc(1, sizeof(*plan));
    plan->shelves = counts_only ? NULL : mem_alloc(1, sizeof(*plan->shelves));
    for (size_t i = 0; plan->shelves && i < PLAN_ARRAY_COUNT; i++)
        if (shelf_open(&plan->shelves->of[i], dir, err)) {
            binder_free(binder);
            return NULL;
        }
    return binder;
}

void
binder_free(struct binder *binder)
{
    if (!binder)
        return;
    plan_free(binder->plan);
    buf_clear(&binder->key);
    free(binder);
}

static int
put(struct binder *binder, enum plan_array array, const void *bytes, size_t len,
    struct err *err)
{
    struct plan_shelves *shelves = binder->plan->shelves;
    return shelves ? shelf_add(&shelves->of[array], bytes, len, err) : 0;
}

static int
end_batch(struct binder *binder, struct err *err)
{
    if (!binder->batch.items)
        return 0;
    binder->plan->batch_count++;
    int rc = put(binder, PLAN_BATCHES, &binder->batch, sizeof(binder->batch), err);
    binder->batch.items = 0;
    return rc;
}

static int
end_target(struct binder *binder, struct err *err)
{
    struct plan *plan = binder->plan;
    const struct plan_target *target = &binder->target;
    if (!binder->target_open)
        return 0;
    binder->target_open = false;
    plan->target_count++;
    plan->distinct_targets += target->op->batch_max > 1 ? 1 : target->items;
    plan_note_use(plan, target->op, binder->key.len == 1);
    return end_batch(binder, err) ||
                   put(binder, PLAN_TARGETS, target, sizeof(*target), err)
               ? -1
               : 0;
}

/* The part's target is the last one, going on, or a new one. */
static int
take_target(struct binder *binder, const struct plan *part,
            const struct plan_target *target, struct err *err)
{
    const char *key = plan_key(part, target);
    if (binder->target_open && binder->target.op == target->op &&
        strcmp(binder->key.data, key) == 0) {
        binder->target.items += target->items;
        return 0;
    }
    if (end_target(binder, err))
        return -1;
    binder->target_open = true;
    binder->target = *target;
    binder->target.first_item = binder->plan->item_count + target->first_item;
    binder->target.key_at = binder->keys_bytes;
    buf_reset(&binder->key);
    buf_add(&binder->key, key, strlen(key) + 1);
    binder->keys_bytes += binder->key.len;
    return put(binder, PLAN_KEYS, binder->key.data, binder->key.len, err);
}

/* Items that follow those of the last batch. */
static int
take_items(struct binder *binder, uint32_t first, uint32_t count, uint32_t cut,
           struct err *err)
{
    while (count) {
        if (binder->batch.items == cut && end_batch(binder, err))
            return -1;
        struct plan_batch *batch = &binder->batch;
        if (!batch->items)
            *batch = (struct plan_batch){binder->plan->target_count, first, 0};
        uint32_t taken = count < cut - batch->items ? count : cut - batch->items;
        batch->items += taken;
        first += taken;
        count -= taken;
    }
    return 0;
}

static int
take_batch(struct binder *binder, const struct plan_batch *batch, struct err *err)
{
    if (end_batch(binder, err))
        return -1;
    binder->batch = (struct plan_batch){binder->plan->target_count,
                                        binder->plan->item_count + batch->first_item,
                                        batch->items};
    return 0;
}

static int
take_ids(struct binder *binder, const struct plan *part, const uint32_t *rows,
         struct err *err)
{
    for (uint32_t i = 0; i < part->item_count; i++) {
        const char *id = part->ids + part->id_at[i];
        size_t len = (size_t)(unsigned char)id[0] + 1;
        const uint32_t *first_row = &rows[part->first_row[i] - 1];
        if (put(binder, PLAN_IDS, id, len, err) ||
            put(binder, PLAN_ID_AT, &binder->ids_bytes, sizeof(uint64_t), err) ||
            put(binder, PLAN_FIRST_ROW, first_row, sizeof(uint32_t), err))
            return -1;
        binder->ids_bytes += len;
    }
    return 0;
}

int
binder_add(struct binder *binder, const struct plan *part, const uint32_t *rows,
           uint64_t id_bytes, uint32_t cut, struct err *err)
{
    const struct plan_batch *batch = part->batches;
    for (uint32_t i = 0; i < part->target_count; i++) {
        const struct plan_target *target = &part->targets[i];
        if (take_target(binder, part, target, err) ||
            (cut && take_items(binder, binder->plan->item_count + target->first_item,
                               target->items, cut, err)))
            return -1;
        for (; batch < part->batches + part->batch_count && batch->target == i; batch++)
            if (!cut && take_batch(binder, batch, err))
                return -1;
    }
    if (binder->plan->shelves && take_ids(binder, part, rows, err))
        return -1;
    if (!binder->plan->shelves)
        binder->ids_bytes += id_bytes;
    binder->plan->item_count += part->item_count;
    return 0;
}

uint32_t
binder_items(const struct binder *binder)
{
    return binder->plan->item_count;
}

int
binder_add_row(struct binder *binder, uint32_t item, struct err *err)
{
    return put(binder, PLAN_ITEM_OF_ROW, &item, sizeof(item), err);
}

static int
map_arrays(struct plan *plan, struct err *err)
{
    struct shelf *of = plan->shelves->of;
    for (size_t i = 0; i < PLAN_ARRAY_COUNT; i++)
        if (shelf_map(&of[i], err))
            return -1;
    plan->item_of_row = of[PLAN_ITEM_OF_ROW].data;
    plan->id_at = of[PLAN_ID_AT].data;
    plan->first_row = of[PLAN_FIRST_ROW].data;
    plan->ids = of[PLAN_IDS].data;
    plan->targets = of[PLAN_TARGETS].data;
    plan->keys = of[PLAN_KEYS].data;
    plan->batches = of[PLAN_BATCHES].data;
    return 0;
}

struct plan *
binder_finish(struct binder *binder, uint64_t rows, uint64_t rejected, struct err *err)
{
    struct plan *plan = binder->plan;
    if (end_target(binder, err) || (plan->shelves && map_arrays(plan, err))) {
        binder_free(binder);
        return NULL;
    }
    plan->rows = rows;
    plan->rejected = rejected;
    plan->duplicates = rows - rejected - plan->item_count;
    plan->shelf_bytes = rows * sizeof(*plan->item_of_row) + binder->ids_bytes +
                        plan->item_count *
                            (sizeof(*plan->id_at) + sizeof(*plan->first_row)) +
                        plan->target_count * sizeof(*plan->targets) + binder->keys_bytes +
                        plan->batch_count * sizeof(*plan->batches);
    binder->plan = NULL;
    binder_free(binder);
    return plan;
}
