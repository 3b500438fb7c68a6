#include "ops/recall.h"

#include "base/mem.h"

#include <stdlib.h>

enum {
    DIGITS_MIN = 16, /* two words and their overlap hold all of 16 to 24 */
    DIGITS_MAX = 20,
    LEN_BITS = 5,
    ENTRIES_BITS = 13,
    ENTRIES = 1 << ENTRIES_BITS
};

struct recall_entry {
    uint64_t words[3]; /* first 8, next 8, last 8 digits */
    uint32_t tag;      /* kind and length */
    uint32_t number;
};

void
recall_clear(struct recall *recall)
{
    free(recall->entries);
    recall->entries = NULL;
}

static bool
fits(uint32_t kind, struct span digits)
{
    return kind <= UINT32_MAX >> LEN_BITS && digits.len >= DIGITS_MIN &&
           digits.len <= DIGITS_MAX;
}

static struct recall_entry
entry_of(uint32_t kind, struct span digits, uint32_t number)
{
    struct recall_entry entry = {.tag = kind << LEN_BITS | (uint32_t)digits.len,
                                 .number = number};
    entry.words[0] = text_word(digits.ptr);
    entry.words[1] = text_word(digits.ptr + 8);
    entry.words[2] = text_word(digits.ptr + digits.len - 8);
    return entry;
}

/* Of the pair of entries where it may be, the first. */
static size_t
pair_of(const struct recall_entry *entry)
{
    uint64_t hash = entry->words[0] * 0x9e3779b97f4a7c15u ^ entry->words[1];
    hash = (hash ^ hash >> 32) * 0xff51afd7ed558ccdu ^ entry->words[2];
    hash = (hash ^ hash >> 32) * 0xc4ceb9fe1a85ec53u ^ entry->tag;
    return hash >> (64 - ENTRIES_BITS) & ~(size_t)1;
}

static bool
is_same(const struct recall_entry *a, const struct recall_entry *b)
{
    return a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
           a->words[2] == b->words[2] && a->tag == b->tag;
}

uint32_t
recall_find(const struct recall *recall, uint32_t kind, struct span digits)
{
    if (!recall->entries || !fits(kind, digits))
        return RECALL_NONE;
    struct recall_entry wanted = entry_of(kind, digits, 0);
    const struct recall_entry *pair = &recall->entries[pair_of(&wanted)];
    for (size_t i = 0; i < 2; i++)
        if (is_same(&pair[i], &wanted))
            return pair[i].number;
    return RECALL_NONE;
}

void
recall_note(struct recall *recall, uint32_t kind, struct span digits, uint32_t number)
{
    if (number == RECALL_NONE || !fits(kind, digits))
        return;
    if (!recall->entries)
        recall->entries = mem_alloc(ENTRIES, sizeof(*recall->entries));
    struct recall_entry entry = entry_of(kind, digits, number);
    struct recall_entry *pair = &recall->entries[pair_of(&entry)];
    pair[1] = pair[0];
    pair[0] = entry;
}
