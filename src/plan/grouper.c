#include "plan/grouper.h"

#include "base/mem.h"
#include "plan/pack.h"

/*
 * Rows are noted in order: their target's number and, one after the other, their IDs.
 * grouper_finish then moves the IDs of each target together (a counting sort), which
 * makes all later work local to a target, drops repeats within it and packs it.
 */

/* Of the table of targets: open addressing, number 0 is free. */
struct slot {
    uint32_t tag;    /* of the hash */
    uint32_t number; /* of the target, + 1 */
};

struct grouper {
    uint64_t rows, rejected;
    uint32_t *target_of_row;
    size_t rows_cap;
    struct buf ids; /* a length byte before each, in row order */
    struct buf keys;
    struct plan_target *targets; /* `items` counts rows until repeats are dropped */
    uint64_t *target_bytes;      /* [targets]: bytes of its IDs, length bytes too */
    uint32_t target_count;
    size_t targets_cap;
    struct slot *table;
    size_t table_size; /* a power of two */
    uint32_t last;     /* target that was asked for last */
};

struct grouper *
grouper_open(void)
{
    struct grouper *grouper = mem_alloc(1, sizeof(*grouper));
    grouper->table_size = 1024;
    grouper->table = mem_alloc(grouper->table_size, sizeof(*grouper->table));
    return grouper;
}

void
grouper_free(struct grouper *grouper)
{
    if (!grouper)
        return;
    free(grouper->target_of_row);
    buf_clear(&grouper->ids);
    buf_clear(&grouper->keys);
    free(grouper->targets);
    free(grouper->target_bytes);
    free(grouper->table);
    free(grouper);
}

static bool
is_target(const struct grouper *grouper, uint32_t number, const struct op *op,
          struct span key)
{
    const struct plan_target *target = &grouper->targets[number];
    size_t end = number + 1 < grouper->target_count ? target[1].key_at
                                                    : grouper->keys.len;
    return target->op == op && end - target->key_at == key.len + 1 &&
           memcmp(grouper->keys.data + target->key_at, key.ptr, key.len) == 0;
}

static struct slot *
find_slot(const struct grouper *grouper, uint64_t hash, const struct op *op,
          struct span key)
{
    size_t mask = grouper->table_size - 1;
    size_t at = hash & mask;
    for (;; at = (at + 1) & mask) {
        struct slot *slot = &grouper->table[at];
        if (!slot->number ||
            (slot->tag == hash >> 32 && is_target(grouper, slot->number - 1, op, key)))
            return slot;
    }
}

static void
grow_table(struct grouper *grouper)
{
    free(grouper->table);
    grouper->table_size *= 2;
    grouper->table = mem_alloc(grouper->table_size, sizeof(*grouper->table));
    for (uint32_t i = 0; i < grouper->target_count; i++) {
        const struct plan_target *target = &grouper->targets[i];
        struct span key = span_of(grouper->keys.data + target->key_at);
        uint64_t hash = text_hash(key.ptr, key.len);
        *find_slot(grouper, hash, target->op, key) = (struct slot){(uint32_t)(hash >> 32),
                                                                   i + 1};
    }
}

static uint32_t
add_target(struct grouper *grouper, const struct op *op, struct span key)
{
    if (grouper->target_count == grouper->targets_cap) {
        grouper->targets_cap = grouper->targets_cap ? grouper->targets_cap * 2 : 256;
        grouper->targets = mem_resize(grouper->targets, grouper->targets_cap,
                                      sizeof(*grouper->targets));
        grouper->target_bytes = mem_resize(grouper->target_bytes, grouper->targets_cap,
                                           sizeof(*grouper->target_bytes));
    }
    uint32_t number = grouper->target_count++;
    grouper->targets[number] = (struct plan_target){.op = op,
                                                    .key_at = grouper->keys.len};
    grouper->target_bytes[number] = 0;
    buf_add(&grouper->keys, key.ptr, key.len);
    buf_add_char(&grouper->keys, '\0');
    return number;
}

uint32_t
grouper_target(struct grouper *grouper, const struct op *op, struct span key)
{
    if (grouper->target_count && is_target(grouper, grouper->last, op, key))
        return grouper->last;
    uint64_t hash = text_hash(key.ptr, key.len);
    struct slot *slot = find_slot(grouper, hash, op, key);
    if (slot->number)
        return grouper->last = slot->number - 1;
    *slot = (struct slot){(uint32_t)(hash >> 32), grouper->target_count + 1};
    grouper->last = add_target(grouper, op, key);
    if ((size_t)grouper->target_count * 2 > grouper->table_size)
        grow_table(grouper);
    return grouper->last;
}

uint32_t
grouper_last_target(const struct grouper *grouper)
{
    return grouper->last;
}

static void
note_row(struct grouper *grouper, uint32_t target)
{
    if (grouper->rows == grouper->rows_cap) {
        grouper->rows_cap = grouper->rows_cap ? grouper->rows_cap * 2 : 4096;
        grouper->target_of_row = mem_resize(grouper->target_of_row, grouper->rows_cap,
                                            sizeof(*grouper->target_of_row));
    }
    grouper->target_of_row[grouper->rows++] = target;
}

void
grouper_add(struct grouper *grouper, uint32_t target, struct span id)
{
    note_row(grouper, target);
    grouper->targets[target].items++;
    grouper->target_bytes[target] += id.len + 1;
    buf_add_char(&grouper->ids, (char)(unsigned char)id.len);
    buf_add(&grouper->ids, id.ptr, id.len);
}

void
grouper_reject(struct grouper *grouper)
{
    note_row(grouper, PLAN_NO_ITEM);
    grouper->rejected++;
}

uint64_t
grouper_bytes_of(uint64_t rows, uint64_t id_bytes, uint64_t targets, uint64_t key_bytes)
{
    /* Of a row where all are of one target, and of a target. */
    enum { ROW_BYTES = 64, TARGET_BYTES = 56 };
    return rows * ROW_BYTES + id_bytes + targets * TARGET_BYTES + key_bytes;
}

uint64_t
grouper_bytes(const struct grouper *grouper)
{
    return grouper_bytes_of(grouper->rows, grouper->ids.len, grouper->target_count,
                            grouper->keys.len);
}

bool
grouper_next(const struct grouper *grouper, struct grouper_row *row)
{
    if (row->rows == grouper->rows)
        return false;
    uint32_t number = grouper->target_of_row[row->rows++];
    row->rejected = number == PLAN_NO_ITEM;
    if (row->rejected)
        return true;
    const char *id = grouper->ids.data + row->id_at;
    row->op = grouper->targets[number].op;
    row->key = span_of(grouper->keys.data + grouper->targets[number].key_at);
    row->id = (struct span){id + 1, (uint8_t)id[0]};
    row->id_at += row->id.len + 1;
    return true;
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
sort_by_target(struct grouper *grouper, struct sorted *sorted)
{
    uint64_t *bytes_at = mem_alloc(grouper->target_count, sizeof(*bytes_at));
    uint32_t *row_at = mem_alloc(grouper->target_count, sizeof(*row_at));
    uint64_t bytes = 0;
    uint32_t rows = 0;
    for (uint32_t i = 0; i < grouper->target_count; i++) {
        bytes_at[i] = bytes;
        row_at[i] = rows;
        bytes += grouper->target_bytes[i];
        rows += grouper->targets[i].items;
    }
    sorted->ids = mem_resize(NULL, bytes, 1);
    sorted->row = mem_resize(NULL, rows, sizeof(*sorted->row));
    const char *id = grouper->ids.data;
    for (uint64_t row = 0; row < grouper->rows; row++) {
        uint32_t target = grouper->target_of_row[row];
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
    uint32_t *number_of_row; /* of each row of the target: its distinct ID */
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
    free(scratch->number_of_row);
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
    scratch->number_of_row = mem_resize(scratch->number_of_row, count, sizeof(uint32_t));
}

/* The plan, while it is made. */
struct draft {
    struct plan *plan;
    uint32_t *item_of_row, *first_row;
    uint64_t *id_at;
    struct plan_target *targets;
    struct plan_batch *batches;
    size_t batches_cap, batch_size;
    struct sorted sorted;
    struct scratch scratch;
};

/* The distinct IDs of a target (all of them unless `merge`) into scratch. Returns how many
 * there are. */
static uint32_t
drop_repeats(struct draft *draft, uint64_t bytes_at, const uint32_t *rows,
             uint32_t row_count, bool merge)
{
    struct scratch *scratch = &draft->scratch;
    const char *ids = draft->sorted.ids;
    size_t mask = 15;
    while (mask + 1 < (size_t)row_count * 2)
        mask = mask * 2 + 1;
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < row_count; i++) {
        const char *id = ids + bytes_at;
        size_t len = (size_t)id_len(id) + 1;
        size_t slot = text_hash(id, len) & mask;
        uint32_t number = 0;
        while (merge && (number = scratch->table[slot]) &&
               !is_same_id(ids + scratch->id_at[number - 1], id))
            slot = (slot + 1) & mask;
        if (!number) {
            scratch->id_at[distinct] = bytes_at;
            scratch->first_row[distinct] = rows[i] + 1;
            scratch->lens[distinct] = (uint8_t)(len - 1);
            scratch->table[slot] = number = ++distinct;
        }
        scratch->number_of_row[i] = number - 1;
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
add_batches(struct draft *draft, uint32_t target, const uint32_t *sizes, size_t count)
{
    struct plan *plan = draft->plan;
    if (plan->batch_count + count > draft->batches_cap) {
        draft->batches_cap = (plan->batch_count + count) * 2;
        draft->batches = mem_resize(draft->batches, draft->batches_cap,
                                    sizeof(*draft->batches));
    }
    uint32_t first = plan->item_count;
    for (size_t i = 0; i < count; i++) {
        draft->batches[plan->batch_count++] =
            (struct plan_batch){.target = target, .first_item = first, .items = sizes[i]};
        first += sizes[i];
    }
}

static void
plan_one_target(struct draft *draft, uint32_t number, uint64_t bytes_at,
                const uint32_t *rows)
{
    struct plan *plan = draft->plan;
    struct plan_target *target = &draft->targets[number];
    struct scratch *scratch = &draft->scratch;
    uint32_t row_count = target->items;
    scratch_reserve(scratch, row_count);
    uint32_t count = drop_repeats(draft, bytes_at, rows, row_count, !target->op->ordered);
    struct pack_limits limits = {smaller(draft->batch_size, target->op->batch_max),
                                 target->op->ids_bytes_max};
    size_t batches = pack_ids(scratch->lens, count, limits, scratch->order,
                              scratch->sizes);
    add_batches(draft, number, scratch->sizes, batches);
    target->first_item = plan->item_count;
    target->items = count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t id = scratch->order[i];
        draft->id_at[target->first_item + i] = scratch->id_at[id];
        draft->first_row[target->first_item + i] = scratch->first_row[id];
        scratch->place[id] = target->first_item + i;
    }
    for (uint32_t i = 0; i < row_count; i++)
        draft->item_of_row[rows[i]] = scratch->place[scratch->number_of_row[i]];
    plan->item_count += count;
    plan->distinct_targets += target->op->batch_max > 1 ? 1 : count;
}

/* The draft's arrays, and those of the grouper that have a place in it. */
static struct plan *
take_plan(struct grouper *grouper, struct draft *draft)
{
    struct plan *plan = draft->plan;
    plan->rows = grouper->rows;
    plan->rejected = grouper->rejected;
    plan->duplicates = plan->rows - plan->rejected - plan->item_count;
    plan->item_of_row = draft->item_of_row;
    plan->first_row = draft->first_row;
    plan->id_at = draft->id_at;
    plan->ids = draft->sorted.ids;
    plan->targets = draft->targets;
    plan->keys = buf_take(&grouper->keys);
    plan->target_count = grouper->target_count;
    plan->batches = draft->batches;
    for (uint32_t i = 0; i < plan->target_count; i++)
        plan_note_use(plan, plan->targets[i].op, !plan_key(plan, &plan->targets[i])[0]);
    grouper->target_of_row = NULL;
    grouper->targets = NULL;
    grouper_free(grouper);
    return plan;
}

struct plan *
grouper_finish(struct grouper *grouper, size_t batch_size)
{
    uint64_t accepted = grouper->rows - grouper->rejected;
    struct draft draft = {
        .plan = mem_alloc(1, sizeof(*draft.plan)),
        .batch_size = batch_size,
        .targets = grouper->targets,
    };
    sort_by_target(grouper, &draft.sorted);
    buf_clear(&grouper->ids);
    /* The rows' targets have served: their place is taken by the items. */
    draft.item_of_row = grouper->target_of_row;
    draft.first_row = mem_resize(NULL, accepted, sizeof(*draft.first_row));
    draft.id_at = mem_resize(NULL, accepted, sizeof(*draft.id_at));
    uint64_t bytes_at = 0, row_at = 0;
    for (uint32_t i = 0; i < grouper->target_count; i++) {
        uint32_t rows = draft.targets[i].items;
        plan_one_target(&draft, i, bytes_at, draft.sorted.row + row_at);
        row_at += rows;
        bytes_at = draft.sorted.bytes_end[i];
    }
    free(draft.sorted.row);
    free(draft.sorted.bytes_end);
    scratch_clear(&draft.scratch);
    return take_plan(grouper, &draft);
}
