#include "sandbox/tally.h"

#include "base/buf.h"
#include "base/mem.h"

#define FIRST_SLOTS ((size_t)1 << 8)

struct record {
    size_t name_at; /* offset in `names` */
    size_t name_len;
    struct tally_entry entry;
};

struct tally {
    struct record *records;
    size_t count;
    size_t cap;
    struct buf names;
    size_t *slots; /* hash of a name to record number plus one */
    size_t slot_mask;
};

struct tally *
tally_open(void)
{
    struct tally *tally = mem_alloc(1, sizeof(*tally));
    tally->slot_mask = FIRST_SLOTS - 1;
    tally->slots = mem_alloc(FIRST_SLOTS, sizeof(*tally->slots));
    return tally;
}

void
tally_free(struct tally *tally)
{
    if (!tally)
        return;
    free(tally->records);
    free(tally->slots);
    buf_clear(&tally->names);
    free(tally);
}

static struct span
record_name(const struct tally *tally, const struct record *record)
{
    return (struct span){tally->names.data + record->name_at, record->name_len};
}

/* The slot of that name, or the free one where it belongs. */
static size_t *
slot_find(struct tally *tally, struct span name)
{
    size_t at = (size_t)text_hash(name.ptr, name.len) & tally->slot_mask;
    for (;; at = (at + 1) & tally->slot_mask) {
        size_t number = tally->slots[at];
        if (!number || span_equal(name, record_name(tally, &tally->records[number - 1])))
            return &tally->slots[at];
    }
}

static void
slots_grow(struct tally *tally)
{
    tally->slot_mask = tally->slot_mask * 2 + 1;
    free(tally->slots);
    tally->slots = mem_alloc(tally->slot_mask + 1, sizeof(*tally->slots));
    for (size_t i = 0; i < tally->count; i++)
        *slot_find(tally, record_name(tally, &tally->records[i])) = i + 1;
}

static struct record *
record_add(struct tally *tally, struct span name)
{
    if (tally->count == tally->cap) {
        tally->cap = tally->cap ? tally->cap * 2 : FIRST_SLOTS;
        tally->records = mem_resize(tally->records, tally->cap, sizeof(*tally->records));
    }
    struct record *record = &tally->records[tally->count++];
    *record = (struct record){.name_at = tally->names.len, .name_len = name.len};
    buf_add(&tally->names, name.ptr, name.len);
    return record;
}

struct tally_entry *
tally_at(struct tally *tally, struct span name)
{
    size_t *slot = slot_find(tally, name);
    if (*slot)
        return &tally->records[*slot - 1].entry;
    struct record *record = record_add(tally, name);
    *slot = tally->count;
    if (tally->count > tally->slot_mask / 2)
        slots_grow(tally);
    return &record->entry;
}

void
tally_visit(const struct tally *tally,
            void (*visit)(void *context, struct span name,
                          const struct tally_entry *entry),
            void *context)
{
    for (size_t i = 0; i < tally->count; i++)
        visit(context, record_name(tally, &tally->records[i]), &tally->records[i].entry);
}
