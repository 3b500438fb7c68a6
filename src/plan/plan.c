#include "plan/plan.h"

#include "base/mem.h"
#include "plan/pack.h"

/*
 * Rows are noted in order: their target's number and, one after the other, their IDs.
 * planner_finish then moves the IDs of each target together (a counting sort), which
 * makes all later work local to a target, drops repeats within it and packs it.
 */

struct planner {
    uint64_t rows, rejected;
    uint32_t *target_of_row;
    size_t rows_cap;
    struct buf ids;              /* a length byte before each, in row order */
    struct plan_target *targets; /* `items` counts rows until repeats are dropped */
    uint64_t *target_bytes;      /* [targets]: bytes of its IDs, length bytes too */
    uint32_t target_count;
    size_t targets_cap;
    uint32_t *table;   /* open addressing: target number + 1, 0 is free */
    size_t table_size; /* a power of two */
    uint32_t last;     /* target of the last accepted row */
};

struct planner *
planner_open(void)
{
    struct planner *planner = mem_alloc(1, sizeof(*planner));
    planner->table_size = 1024;
    planner->table = mem_alloc(planner->table_size, sizeof(*planner->table));
    return planner;
}

void
planner_free(struct planner *planner)
{
    if (!planner)
        return;
    for (uint32_t i = 0; i < planner->target_count; i++)
        free(planner->targets[i].key);
    free(planner->target_of_row);
    buf_clear(&planner->ids);
    free(planner->targets);
    free(planner->target_bytes);
    free(planner->table);
    free(planner);
}

static bool
is_target(const struct planner *planner, uint32_t number, const struct op *op,
          struct span key)
{
    return planner->targets[number].op == op &&
           span_is(key, planner->targets[number].key);
}

static uint32_t *
find_slot(const struct planner *planner, const struct op *op, struct span key)
{
    size_t mask = planner->table_size - 1;
    size_t slot = text_hash(key.ptr, key.len) & mask;
    while (planner->table[slot] && !is_target(planner, planner->table[slot] - 1, op, key))
        slot = (slot + 1) & mask;
    return &planner->table[slot];
}

static void
grow_table(struct planner *planner)
{
    free(planner->table);
    planner->table_size *= 2;
    planner->table = mem_alloc(planner->table_size, sizeof(*planner->table));
    for (uint32_t i = 0; i < planner->target_count; i++)
        *find_slot(planner, planner->targets[i].op,
                   span_of(planner->targets[i].key)) = i + 1;
}

static uint32_t
intern_target(struct planner *planner, const struct op *op, struct span key)
{
    if (planner->target_count && is_target(planner, planner->last, op, key))
        return planner->last;
    uint32_t *slot = find_slot(planner, op, key);
    if (*slot)
        return *slot - 1;
    if (planner->target_count == planner->targets_cap) {
        planner->targets_cap = planner->targets_cap ? planner->targets_cap * 2 : 256;
        planner->targets = mem_resize(planner->targets, planner->targets_cap,
                                      sizeof(*planner->targets));
        planner->target_bytes = mem_resize(planner->target_bytes, planner->targets_cap,
                                           sizeof(*planner->target_bytes));
    }
    uint32_t number = planner->target_count++;
    planner->targets[number] = (struct plan_target){.op = op,
                                                    .key = mem_copy(key.ptr, key.len)};
    planner->target_bytes[number] = 0;
    *slot = planner->target_count;
    if (planner->target_count * 2 > planner->table_size)
        grow_table(planner);
    return number;
}

static void
note_row(struct planner *planner, uint32_t target)
{
    if (planner->rows == planner->rows_cap) {
        planner->rows_cap = planner->rows_cap ? planner->rows_cap * 2 : 4096;
        planner->target_of_row = mem_resize(planner->target_of_row, planner->rows_cap,
                                            sizeof(*planner->target_of_row));
    }
    planner->target_of_row[planner->rows++] = target;
}

void
planner_accept(struct planner *planner, const struct op *op, struct span target,
               struct span id)
{
    uint32_t number = intern_target(planner, op, target);
    planner->last = number;
    note_row(planner, number);
    planner->targets[number].items++;
    planner->target_bytes[number] += id.len + 1;
    buf_add_char(&planner->ids, (char)(unsigned char)id.len);
    buf_add(&planner->ids, id.ptr, id.len);
}

void
planner_reject(struct planner *planner)
{
    note_row(planner, PLAN_NO_ITEM);
    planner->rejected++;
}

static uint8_t
id_len(const char *id)
{
    return (uint8_t)id[0];
}

static bool
is_same_id(const char *a, const char *b)
{
    return a[0] == b[0] && memcmp(a + 1, b + 1, id_len(a)) == 0;
}

/* The IDs of all rows, target by target, in row order within each. */
struct sorted {
    char *ids;
    uint32_t *row;       /* row number - 1 of each */
    uint64_t *bytes_end; /* [targets]: where each target's IDs end */
};

static void
sort_by_target(struct planner *planner, struct sorted *sorted)
{
    uint64_t *bytes_at = mem_alloc(planner->target_count, sizeof(*bytes_at));
    uint32_t *row_at = mem_alloc(planner->target_count, sizeof(*row_at));
    uint64_t bytes = 0;
    uint32_t rows = 0;
    for (uint32_t i = 0; i < planner->target_count; i++) {
        bytes_at[i] = bytes;
        row_at[i] = rows;
        bytes += planner->target_bytes[i];
        rows += planner->targets[i].items;
    }
    sorted->ids = mem_resize(NULL, bytes, 1);
    sorted->row = mem_resize(NULL, rows, sizeof(*sorted->row));
    const char *id = planner->ids.data;
    for (uint64_t row = 0; row < planner->rows; row++) {
        uint32_t target = planner->target_of_row[row];
        if (target == PLAN_NO_ITEM)
            continue;
        size_t len = (size_t)id_len(id) + 1;
        memcpy(sorted->ids + bytes_at[target], id, len);
        sorted->row[row_at[target]++] = (uint32_t)row;
        bytes_at[target] += len;
        id += len;
    }
    sorted->bytes_end = bytes_at;
    free(row_at);
}

/* Work space for one target at a time. */
struct scratch {
    uint32_t *table; /* distinct ID number + 1 */
    size_t table_cap;
    uint64_t *id_at; /* of each distinct ID, in order of appearance */
    uint32_t *first_row;
    uint8_t *lens;
    uint32_t *order, *sizes, *place;
    size_t cap;
};

static void
scratch_clear(struct scratch *scratch)
{
    free(scratch->table);
    free(scratch->id_at);
    free(scratch->first_row);
    free(scratch->lens);
    free(scratch->order);
    free(scratch->sizes);
    free(scratch->place);
}

static void
scratch_reserve(struct scratch *scratch, size_t count)
{
    size_t table = 16;
    while (table < count * 2)
        table *= 2;
    if (table > scratch->table_cap) {
        scratch->table = mem_resize(scratch->table, table, sizeof(*scratch->table));
        scratch->table_cap = table;
    }
    memset(scratch->table, 0, table * sizeof(*scratch->table));
    if (count <= scratch->cap)
        return;
    scratch->cap = count;
    scratch->id_at = mem_resize(scratch->id_at, count, sizeof(*scratch->id_at));
    scratch->first_row = mem_resize(scratch->first_row, count, sizeof(uint32_t));
    scratch->lens = mem_resize(scratch->lens, count, 1);
    scratch->order = mem_resize(scratch->order, count, sizeof(uint32_t));
    scratch->sizes = mem_resize(scratch->sizes, count, sizeof(uint32_t));
    scratch->place = mem_resize(scratch->place, count, sizeof(uint32_t));
}

/*
 * The distinct IDs of a target (all of them unless `merge`) into scratch; item_of_row
 * gets their number within the target. Returns how many there are.
 */
static uint32_t
drop_repeats(struct plan *plan, const struct sorted *sorted, uint64_t bytes_at,
             const uint32_t *rows, uint32_t row_count, bool merge,
             struct scratch *scratch)
{
    size_t mask = 15;
    while (mask + 1 < (size_t)row_count * 2)
        mask = mask * 2 + 1;
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < row_count; i++) {
        const char *id = sorted->ids + bytes_at;
        size_t len = (size_t)id_len(id) + 1;
        size_t slot = text_hash(id, len) & mask;
        uint32_t number = 0;
        while (merge && (number = scratch->table[slot]) &&
               !is_same_id(sorted->ids + scratch->id_at[number - 1], id))
            slot = (slot + 1) & mask;
        if (!number) {
            scratch->id_at[distinct] = bytes_at;
            scratch->first_row[distinct] = rows[i] + 1;
            scratch->lens[distinct] = (uint8_t)(len - 1);
            scratch->table[slot] = number = ++distinct;
        }
        plan->item_of_row[rows[i]] = number - 1;
        bytes_at += len;
    }
    return distinct;
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void
add_batches(struct plan *plan, uint32_t target, const uint32_t *sizes, size_t count,
            size_t *batches_cap)
{
    if (plan->batch_count + count > *batches_cap) {
        *batches_cap = (plan->batch_count + count) * 2;
        plan->batches = mem_resize(plan->batches, *batches_cap, sizeof(*plan->batches));
    }
    uint32_t first = plan->item_count;
    for (size_t i = 0; i < count; i++) {
        plan->batches[plan->batch_count++] =
            (struct plan_batch){.target = target, .first_item = first, .items = sizes[i]};
        first += sizes[i];
    }
}

static void
plan_one_target(struct plan *plan, const struct sorted *sorted, uint32_t target,
                uint64_t bytes_at, const uint32_t *rows, size_t batch_size,
                struct scratch *scratch, size_t *batches_cap)
{
    struct plan_target *planned = &plan->targets[target];
    uint32_t row_count = planned->items;
    scratch_reserve(scratch, row_count);
    uint32_t count = drop_repeats(plan, sorted, bytes_at, rows, row_count,
                                  !planned->op->ordered, scratch);
    struct pack_limits limits = {smaller(batch_size, planned->op->batch_max),
                                 planned->op->ids_bytes_max};
    size_t batches = pack_ids(scratch->lens, count, limits, scratch->order,
                              scratch->sizes);
    add_batches(plan, target, scratch->sizes, batches, batches_cap);
    planned->first_item = plan->item_count;
    planned->items = count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t id = scratch->order[i];
        plan->id_at[planned->first_item + i] = scratch->id_at[id];
        plan->first_row[planned->first_item + i] = scratch->first_row[id];
        scratch->place[id] = planned->first_item + i;
    }
    for (uint32_t i = 0; i < row_count; i++)
        plan->item_of_row[rows[i]] = scratch->place[plan->item_of_row[rows[i]]];
    plan->item_count += count;
}

struct plan *
planner_finish(struct planner *planner, size_t batch_size)
{
    struct plan *plan = mem_alloc(1, sizeof(*plan));
    struct sorted sorted = {0};
    struct scratch scratch = {0};
    size_t batches_cap = 0;
    sort_by_target(planner, &sorted);
    buf_clear(&planner->ids);
    uint64_t accepted = planner->rows - planner->rejected;
    plan->rows = planner->rows;
    plan->rejected = planner->rejected;
    plan->id_at = mem_resize(NULL, accepted, sizeof(*plan->id_at));
    plan->first_row = mem_resize(NULL, accepted, sizeof(*plan->first_row));
    /* The rows' targets have served: their place is taken by the items. */
    plan->item_of_row = planner->target_of_row;
    plan->targets = planner->targets;
    plan->target_count = planner->target_count;
    uint64_t bytes_at = 0, row_at = 0;
    for (uint32_t i = 0; i < plan->target_count; i++) {
        uint32_t rows = plan->targets[i].items;
        plan_one_target(plan, &sorted, i, bytes_at, sorted.row + row_at, batch_size,
                        &scratch, &batches_cap);
        row_at += rows;
        bytes_at = sorted.bytes_end[i];
    }
    plan->duplicates = accepted - plan->item_count;
    for (uint32_t i = 0; i < plan->target_count; i++)
        plan->distinct_targets += plan->targets[i].op->batch_max > 1
                                      ? 1
                                      : plan->targets[i].items;
    plan->ids = sorted.ids;
    free(sorted.row);
    free(sorted.bytes_end);
    scratch_clear(&scratch);
    planner->target_of_row = NULL;
    planner->targets = NULL;
    planner->target_count = 0;
    planner_free(planner);
    return plan;
}

void
plan_free(struct plan *plan)
{
    if (!plan)
        return;
    for (uint32_t i = 0; i < plan->target_count; i++)
        free(plan->targets[i].key);
    free(plan->targets);
    free(plan->item_of_row);
    free(plan->id_at);
    free(plan->first_row);
    free(plan->ids);
    free(plan->batches);
    free(plan);
}

struct span
plan_id(const struct plan *plan, uint32_t item)
{
    const char *id = plan->ids + plan->id_at[item];
    return (struct span){id + 1, id_len(id)};
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
