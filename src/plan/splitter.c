#include "plan/splitter.h"

#include "base/err.h"
#include "base/mem.h"
#include "plan/binder.h"
#include "plan/grouper.h"
#include "plan/rowlist.h"

enum {
    WAY_BITS = 7,
    WAYS = 1 << WAY_BITS, /* lists that rows are dealt to */
    WAY_REJECTED = WAYS
};

#define CUT_OPEN UINT32_MAX /* no target was dealt by its IDs yet */

/* Rows dealt to lists, and in row order which list each went to. */
struct deal {
    struct rowlist lists[WAYS];
    struct spill_stream ways;        /* a byte a row */
    struct spill_stream items[WAYS]; /* of each list's rows: 4 bytes a row */
};

struct splitter {
    struct planner_settings settings;
    struct spill *spill;
    struct binder *binder;
    struct deal deal; /* of all rows */
    uint64_t rows, rejected;
    struct rowlist_target target; /* of the last accepted row */
    struct buf key;               /* holds its key */
};

/* How a list is dealt. */
struct rule {
    enum { BY_TARGET, BY_ID, BY_ROW } by;
    unsigned shift; /* of the hash */
    uint32_t first; /* row, */
    uint64_t rows_spanned;
};

static void
deal_clear(struct splitter *splitter, struct deal *deal)
{
    for (size_t i = 0; i < WAYS; i++) {
        rowlist_drop(&deal->lists[i], splitter->spill);
        spill_drop(splitter->spill, &deal->items[i]);
    }
    spill_drop(splitter->spill, &deal->ways);
}

struct splitter *
splitter_open(const struct planner_settings *settings, struct err *err)
{
    struct splitter *splitter = mem_alloc(1, sizeof(*splitter));
    splitter->settings = *settings;
    splitter->spill = spill_open(settings->spill_dir, err);
    if (splitter->spill)
        splitter->binder = binder_open(settings->spill_dir, settings->counts_only, err);
    if (!splitter->binder) {
        splitter_free(splitter);
        return NULL;
    }
    return splitter;
}

void
splitter_free(struct splitter *splitter)
{
    if (!splitter)
        return;
    if (splitter->spill)
        deal_clear(splitter, &splitter->deal);
    spill_free(splitter->spill);
    binder_free(splitter->binder);
    buf_clear(&splitter->key);
    free(splitter);
}

/* Which way a row went matters only to those who ask for the item of each row. */
static int
note_way(struct splitter *splitter, struct deal *deal, unsigned way, struct err *err)
{
    if (splitter->settings.counts_only)
        return 0;
    char *room = spill_room(splitter->spill, &deal->ways, 1, err);
    if (!room)
        return -1;
    *room = (char)(unsigned char)way;
    return 0;
}

static int
deal_row(struct splitter *splitter, struct deal *deal, unsigned way,
         const struct rowlist_row *row, struct err *err)
{
    return rowlist_add(&deal->lists[way], splitter->spill, row, err) ||
                   note_way(splitter, deal, way, err)
               ? -1
               : 0;
}

static int
deal_end(struct splitter *splitter, struct deal *deal, struct err *err)
{
    for (size_t i = 0; i < WAYS; i++)
        if (rowlist_end(&deal->lists[i], splitter->spill, err))
            return -1;
    return spill_end(splitter->spill, &deal->ways, err);
}

static void
note_target(struct splitter *splitter, const struct op *op, struct span key)
{
    struct rowlist_target *target = &splitter->target;
    if (target->op == op && span_equal(target->key, key))
        return;
    buf_reset(&splitter->key);
    buf_add(&splitter->key, key.ptr, key.len);
    target->op = op;
    target->key = (struct span){splitter->key.data, key.len};
    target->hash = rowlist_hash(op, key);
}

int
splitter_accept(struct splitter *splitter, const struct op *op, struct span target,
                struct span id, struct err *err)
{
    if (target.len > ROWLIST_KEY_MAX)
        return err_set(err, EXIT_INPUT,
                       "row %llu: its target has more than %d characters; nothing was "
                       "sent",
                       (unsigned long long)splitter->rows + 1, ROWLIST_KEY_MAX);
    note_target(splitter, op, target);
    struct rowlist_row row = {.target = &splitter->target,
                              .number = (uint32_t)++splitter->rows,
                              .id = id};
    unsigned way = (unsigned)(splitter->target.hash >> (64 - WAY_BITS));
    return deal_row(splitter, &splitter->deal, way, &row, err);
}

int
splitter_reject(struct splitter *splitter, struct err *err)
{
    splitter->rows++;
    splitter->rejected++;
    return note_way(splitter, &splitter->deal, WAY_REJECTED, err);
}

static uint32_t
smaller(size_t a, size_t b)
{
    return (uint32_t)(a < b ? a : b);
}

/*
 * How many IDs of a target that is dealt by its IDs go into a batch: a fixed number
 * where only the count matters, or where all are of one length; else 0, each part is
 * packed for itself.
 */
static uint32_t
find_cut(const struct splitter *splitter, const struct rowlist_facts *facts)
{
    uint32_t count = smaller(splitter->settings.batch_size, facts->op->batch_max);
    uint32_t fit = smaller(count, (facts->op->ids_bytes_max + 1) /
                                      ((size_t)facts->id_len_max + 1));
    return fit == count || facts->id_len_min == facts->id_len_max ? fit : 0;
}

/* What memory a plan of these rows takes at most. */
static uint64_t
bytes_needed(const struct splitter *splitter, const struct rowlist_facts *facts)
{
    enum { PACKING_BYTES = 44 /* for an ID, where lengths matter */ };
    uint64_t bytes = grouper_bytes_of(facts->rows, facts->id_bytes, facts->keys,
                                      facts->key_bytes);
    bool plain = (size_t)facts->id_len_max * splitter->settings.batch_size <
                 facts->op->ids_bytes_max;
    return plain ? bytes : bytes + facts->rows * PACKING_BYTES;
}

static unsigned
highest_bits(uint64_t different)
{
    unsigned top = 63 - (unsigned)__builtin_clzll(different);
    return top < WAY_BITS ? 0 : top - WAY_BITS + 1;
}

/* How to deal rows that are too many; false if they are all the same. */
static bool
find_rule(const struct rowlist_facts *facts, struct rule *rule)
{
    uint64_t different = facts->hash_or ^ facts->hash_and;
    if (different) {
        *rule = (struct rule){.by = BY_TARGET, .shift = highest_bits(different)};
        return true;
    }
    if (facts->op->ordered) {
        *rule = (struct rule){.by = BY_ROW,
                              .first = facts->first_row,
                              .rows_spanned = (uint64_t)facts->last_row -
                                              facts->first_row + 1};
        return facts->rows > 1;
    }
    different = facts->id_or ^ facts->id_and;
    *rule = (struct rule){.by = BY_ID, .shift = 64 - WAY_BITS};
    if (facts->id_hashed && different)
        rule->shift = highest_bits(different);
    return !facts->id_hashed || different;
}

static unsigned
way_of(const struct rule *rule, struct rowlist_row *row)
{
    switch (rule->by) {
    case BY_TARGET:
        return (unsigned)(row->target->hash >> rule->shift) & (WAYS - 1);
    case BY_ID:
        row->id_hash = text_hash(row->id.ptr, row->id.len);
        return (unsigned)(row->id_hash >> rule->shift) & (WAYS - 1);
    case BY_ROW:
        break;
    }
    return (unsigned)((uint64_t)(row->number - rule->first) * WAYS / rule->rows_spanned);
}

static int
deal_list(struct splitter *splitter, struct rowlist *list, const struct rule *rule,
          struct deal *deal, struct err *err)
{
    struct rowlist_row row;
    struct rowlist_reader *reader = rowlist_read(list, splitter->spill);
    int got;
    while ((got = rowlist_next(reader, &row, err)) == 1)
        if (deal_row(splitter, deal, way_of(rule, &row), &row, err)) {
            got = -1;
            break;
        }
    rowlist_reader_free(reader);
    return got || deal_end(splitter, deal, err) ? -1 : 0;
}

/* The item of the next row: into `items`, or, for all rows, into the plan. */
static int
give_item(struct splitter *splitter, struct spill_stream *items, uint32_t item,
          struct err *err)
{
    if (!items)
        return binder_add_row(splitter->binder, item, err);
    char *room = spill_room(splitter->spill, items, sizeof(item), err);
    if (!room)
        return -1;
    memcpy(room, &item, sizeof(item));
    return 0;
}

static int
take_item(struct spill_reader *reader, uint32_t *item, struct err *err)
{
    if (reader->at == reader->end && spill_next(reader, err) != 1)
        return -1;
    memcpy(item, reader->at, sizeof(*item));
    reader->at += sizeof(*item);
    return 0;
}

/* Is the user tired of waiting? */
static int
heed_stop(const struct splitter *splitter, struct err *err)
{
    bool (*stopped)(void) = splitter->settings.stopped;
    return stopped && stopped() ? err_set(err, EXIT_INTERNAL, "stopped while planning")
                                : 0;
}

/* Bring the items of the dealt rows back into the order of the rows. */
static int
gather_items(struct splitter *splitter, struct deal *deal, struct spill_stream *items,
             struct err *err)
{
    struct spill_reader ways, from[WAYS];
    int got;
    spill_read(&ways, splitter->spill, &deal->ways);
    for (size_t i = 0; i < WAYS; i++)
        spill_read(&from[i], splitter->spill, &deal->items[i]);
    while ((got = spill_next(&ways, err)) == 1) {
        for (; got == 1 && ways.at < ways.end; ways.at++) {
            unsigned way = (unsigned char)*ways.at;
            uint32_t item = PLAN_NO_ITEM;
            if ((way != WAY_REJECTED && take_item(&from[way], &item, err)) ||
                give_item(splitter, items, item, err))
                got = -1;
        }
        if (got == 1 && heed_stop(splitter, err))
            got = -1;
        if (got < 0)
            break;
    }
    for (size_t i = 0; i < WAYS; i++)
        spill_reader_clear(&from[i]);
    spill_reader_clear(&ways);
    return got;
}

/* A list being planned: of its rows, what the binder and the rows above ask for. */
struct part {
    struct rowlist *list;
    uint32_t cut;
    struct spill_stream *items; /* NULL: counts only */
};

static int
give_items(struct splitter *splitter, const struct part *part,
           const uint32_t *item_of_row, uint64_t rows, struct err *err)
{
    uint32_t first = binder_items(splitter->binder);
    for (uint64_t i = 0; i < rows; i++)
        if (give_item(splitter, part->items, first + item_of_row[i], err))
            return -1;
    return spill_end(splitter->spill, part->items, err);
}

static int
plan_in_memory(struct splitter *splitter, const struct part *part, struct err *err)
{
    struct rowlist_facts facts = part->list->facts;
    struct grouper *grouper = grouper_open();
    uint32_t *rows = part->items ? mem_resize(NULL, facts.rows, sizeof(*rows)) : NULL;
    struct rowlist_reader *reader = rowlist_read(part->list, splitter->spill);
    struct rowlist_row row;
    uint64_t count = 0;
    int rc;
    while ((rc = rowlist_next(reader, &row, err)) == 1) {
        struct rowlist_target *target = row.target;
        if (target->number == UINT32_MAX)
            target->number = grouper_target(grouper, target->op, target->key);
        grouper_add(grouper, target->number, row.id);
        if (rows)
            rows[count++] = row.number;
    }
    rowlist_reader_free(reader);
    struct plan *plan = grouper_finish(grouper, splitter->settings.batch_size);
    uint32_t cut = part->cut == CUT_OPEN ? 0 : part->cut;
    if (rc == 0 && part->items)
        rc = give_items(splitter, part, plan->item_of_row, count, err);
    if (rc == 0)
        rc = binder_add(splitter->binder, plan, rows, facts.id_bytes, cut, err);
    plan_free(plan);
    free(rows);
    return rc;
}

/* One ID, more often than memory can hold. */
static int
plan_repeats(struct splitter *splitter, const struct part *part, struct err *err)
{
    struct grouper *grouper = grouper_open();
    struct rowlist_reader *reader = rowlist_read(part->list, splitter->spill);
    struct buf id = {0};
    struct rowlist_row row;
    uint32_t first = 0, item = binder_items(splitter->binder);
    int rc;
    while ((rc = rowlist_next(reader, &row, err)) == 1) {
        if (!first) {
            first = row.number;
            grouper_add(grouper, grouper_target(grouper, row.target->op, row.target->key),
                        row.id);
            buf_add(&id, row.id.ptr, row.id.len);
        }
        if (!span_equal(row.id, (struct span){id.data, id.len}))
            rc = err_set(err, EXIT_INTERNAL, "row %u: its ID has the hash of another one",
                         row.number);
        else if (part->items)
            rc = give_item(splitter, part->items, item, err);
        if (rc < 0)
            break;
    }
    rowlist_reader_free(reader);
    struct plan *plan = grouper_finish(grouper, splitter->settings.batch_size);
    if (rc == 0 && part->items)
        rc = spill_end(splitter->spill, part->items, err);
    if (rc == 0)
        rc = binder_add(splitter->binder, plan, &first, id.len + 1,
                        part->cut == CUT_OPEN ? 0 : part->cut, err);
    plan_free(plan);
    buf_clear(&id);
    return rc;
}

static int plan_deal(struct splitter *splitter, struct deal *deal, uint32_t cut,
                     struct err *err);

static int
plan_part(struct splitter *splitter, struct part *part, struct err *err)
{
    struct rule rule;
    const struct rowlist_facts *facts = &part->list->facts;
    if (!facts->rows)
        return 0;
    if (heed_stop(splitter, err))
        return -1;
    /* Parts have the memory to themselves, the job before it had not. */
    if (bytes_needed(splitter, facts) <= splitter->settings.memory_bytes * 3 / 2)
        return plan_in_memory(splitter, part, err);
    if (!find_rule(facts, &rule))
        return plan_repeats(splitter, part, err);
    if (rule.by != BY_TARGET && part->cut == CUT_OPEN)
        part->cut = find_cut(splitter, facts);
    struct deal *deal = mem_alloc(1, sizeof(*deal));
    int rc = deal_list(splitter, part->list, &rule, deal, err) ||
                     plan_deal(splitter, deal, part->cut, err) ||
                     (part->items && (gather_items(splitter, deal, part->items, err) ||
                                      spill_end(splitter->spill, part->items, err)))
                 ? -1
                 : 0;
    deal_clear(splitter, deal);
    free(deal);
    return rc;
}

static int
plan_deal(struct splitter *splitter, struct deal *deal, uint32_t cut, struct err *err)
{
    const struct planner_settings *settings = &splitter->settings;
    for (size_t i = 0; i < WAYS; i++) {
        struct part part = {&deal->lists[i], cut,
                            settings->counts_only ? NULL : &deal->items[i]};
        if (plan_part(splitter, &part, err))
            return -1;
    }
    return 0;
}

struct plan *
splitter_finish(struct splitter *splitter, struct err *err)
{
    struct plan *plan = NULL;
    if (deal_end(splitter, &splitter->deal, err) == 0 &&
        plan_deal(splitter, &splitter->deal, CUT_OPEN, err) == 0 &&
        (splitter->settings.counts_only ||
         gather_items(splitter, &splitter->deal, NULL, err) == 0)) {
        plan = binder_finish(splitter->binder, splitter->rows, splitter->rejected, err);
        splitter->binder = NULL;
    }
    if (plan)
        plan->deal_bytes = spill_bytes(splitter->spill);
    if (plan && splitter->settings.counts_only) /* less what brings items back */
        plan->deal_bytes += plan->rows * (1 + sizeof(uint32_t));
    splitter_free(splitter);
    return plan;
}
