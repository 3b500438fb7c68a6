#include "report/gather.h"

#include "base/mem.h"
#include "plan/spill.h"
#include "run/worth.h"

#include <assert.h>

enum {
    RANGES_MAX = 128,
    RANGE_SHIFT = 20, /* at least 2^20 items a range: 24 MiB of books and first rows */
    RELAX_EVERY = 1 << 20 /* rows looked at */
};

struct gather {
    const struct plan *plan;
    const struct books *books;
    bool all;
    uint64_t row; /* rows told */
    /* Of a large job. */
    struct spill *spill;  /* NULL: all is in memory */
    unsigned range_shift; /* of an item: its range */
    struct spill_stream fates[RANGES_MAX];
    struct spill_reader from[RANGES_MAX];
};

uint64_t
gather_bytes(uint64_t rows)
{
    return rows * (sizeof(uint32_t) + sizeof(struct row_fate));
}

/* Nearly always all rows are of one operation: then no target has to be looked up. */
static uint8_t
use_of(const struct plan *plan, uint32_t item)
{
    if (plan->use_count == 1)
        return 0;
    const struct op *op = plan_target_of(plan, item)->op;
    return (uint8_t)(plan_use_of(plan, op) - plan->uses);
}

static struct row_fate
look_up(const struct gather *gather, uint32_t item)
{
    const struct plan *plan = gather->plan;
    struct outcome outcome = gather->books->outcomes[item];
    return (struct row_fate){
        .outcome = outcome,
        .first_row = plan->duplicates ? plan->first_row[item] : 0,
        .worth = outcome.status != STATUS_SUCCESS &&
                 worth_retrying(plan, gather->books, item, gather->all),
        .use = use_of(plan, item),
    };
}

static void
relax(const struct gather *gather)
{
    plan_relax(gather->plan);
    books_relax(gather->books);
}

/* Deal the items of the rows to their ranges. */
static int
deal_items(struct gather *gather, struct spill_stream *items, struct err *err)
{
    const struct plan *plan = gather->plan;
    for (uint64_t row = 0; row < plan->rows; row++) {
        uint32_t item = plan->item_of_row[row];
        if (row % RELAX_EVERY == 0)
            plan_relax(plan);
        if (item == PLAN_NO_ITEM)
            continue;
        char *room = spill_room(gather->spill, &items[item >> gather->range_shift],
                                sizeof(item), err);
        if (!room)
            return -1;
        memcpy(room, &item, sizeof(item));
    }
    for (size_t i = 0; i < RANGES_MAX; i++)
        if (spill_end(gather->spill, &items[i], err))
            return -1;
    return 0;
}

/* The fates of the rows whose items lie in one range. */
static int
fetch_range(struct gather *gather, struct spill_stream *items, struct spill_stream *fates,
            struct err *err)
{
    struct spill_reader reader;
    int got;
    spill_read(&reader, gather->spill, items);
    while ((got = spill_next(&reader, err)) == 1) {
        for (uint32_t item; got == 1 && reader.at < reader.end;
             reader.at += sizeof(item)) {
            memcpy(&item, reader.at, sizeof(item));
            struct row_fate fate = look_up(gather, item);
            char *room = spill_room(gather->spill, fates, sizeof(fate), err);
            if (room)
                memcpy(room, &fate, sizeof(fate));
            else
                got = -1;
        }
        if (got < 0)
            break;
    }
    spill_reader_clear(&reader);
    relax(gather);
    return got || spill_end(gather->spill, fates, err) ? -1 : 0;
}

static int
fetch_all(struct gather *gather, struct err *err)
{
    struct spill_stream items[RANGES_MAX] = {{0}};
    int rc = deal_items(gather, items, err);
    for (size_t i = 0; rc == 0 && i < RANGES_MAX; i++)
        rc = fetch_range(gather, &items[i], &gather->fates[i], err);
    for (size_t i = 0; i < RANGES_MAX; i++) {
        spill_drop(gather->spill, &items[i]);
        spill_read(&gather->from[i], gather->spill, &gather->fates[i]);
    }
    return rc;
}

struct gather *
gather_open(const struct plan *plan, const struct books *books, bool all, const char *dir,
            struct err *err)
{
    struct gather *gather = mem_alloc(1, sizeof(*gather));
    gather->plan = plan;
    gather->books = books;
    gather->all = all;
    if (!plan->shelves)
        return gather;
    gather->range_shift = RANGE_SHIFT;
    while (plan->item_count >> gather->range_shift >= RANGES_MAX)
        gather->range_shift++;
    gather->spill = spill_open(dir, err);
    if (!gather->spill || fetch_all(gather, err)) {
        gather_free(gather);
        return NULL;
    }
    return gather;
}

void
gather_free(struct gather *gather)
{
    if (!gather)
        return;
    for (size_t i = 0; gather->spill && i < RANGES_MAX; i++) {
        spill_reader_clear(&gather->from[i]);
        spill_drop(gather->spill, &gather->fates[i]);
    }
    spill_free(gather->spill);
    free(gather);
}

/* The rows are in any order, so each outcome is far from the last. */
static void
fetch_ahead(const struct gather *gather)
{
    enum { ROWS_AHEAD = 16 };
    const struct plan *plan = gather->plan;
    uint64_t row = gather->row + ROWS_AHEAD;
    if (row < plan->rows && plan->item_of_row[row] != PLAN_NO_ITEM)
        __builtin_prefetch(&gather->books->outcomes[plan->item_of_row[row]]);
}

int
gather_next(struct gather *gather, uint32_t *item, struct row_fate *fate, struct err *err)
{
    assert(gather->row < gather->plan->rows);
    *item = gather->plan->item_of_row[gather->row++];
    if (*item == PLAN_NO_ITEM)
        return 0;
    if (!gather->spill) {
        fetch_ahead(gather);
        *fate = look_up(gather, *item);
        return 0;
    }
    struct spill_reader *from = &gather->from[*item >> gather->range_shift];
    if (from->at == from->end && spill_next(from, err) != 1)
        return -1;
    memcpy(fate, from->at, sizeof(*fate));
    from->at += sizeof(*fate);
    if (gather->row % RELAX_EVERY == 0)
        relax(gather);
    return 0;
}
