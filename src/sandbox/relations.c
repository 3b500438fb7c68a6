#include "sandbox/relations.h"

#include "base/buf.h"
#include "base/mem.h"

#include <assert.h>

#define FIRST_SLOTS ((size_t)1 << 22)
#define ID_FILL 0xFu /* the nibble after the last digit */
#define STATE_LINKED 1u
#define STATE_REMOVED 2u
#define STATE_ASKED 4u /* one question; the count fills the upper bits */
#define STATE_ASKED_MAX 0xFFFCu

/* An ID as 20 nibbles, digits first. state 0: a free slot. */
struct slot {
    uint64_t id_head;
    uint32_t list;
    uint16_t id_tail;
    uint16_t state;
};

struct relations {
    bool only_listed;
    bool count_asked;
    struct slot *slots;
    size_t slot_mask;  /* number of slots, a power of two, less one */
    size_t slot_count; /* slots in use */
    struct buf names;  /* of the lists, NUL-ended, one after another */
    size_t *name_at;   /* list number to offset in `names` */
    uint32_t list_count;
    uint32_t *index; /* hash of a name to list number plus one */
    size_t index_mask;
};

struct relations *
relations_open(bool only_listed, bool count_asked)
{
    struct relations *relations = mem_alloc(1, sizeof(*relations));
    relations->only_listed = only_listed;
    relations->count_asked = count_asked;
    relations->slot_mask = FIRST_SLOTS - 1;
    relations->slots = mem_alloc(FIRST_SLOTS, sizeof(struct slot));
    relations->index_mask = (1u << 12) - 1;
    relations->index = mem_alloc(relations->index_mask + 1, sizeof(uint32_t));
    relations->name_at = mem_alloc(relations->index_mask + 1, sizeof(size_t));
    return relations;
}

void
relations_free(struct relations *relations)
{
    if (!relations)
        return;
    free(relations->slots);
    free(relations->index);
    free(relations->name_at);
    buf_clear(&relations->names);
    free(relations);
}

bool
relations_is_id(struct span id)
{
    if (id.len < 1 || id.len > RELATIONS_ID_DIGITS)
        return false;
    for (size_t i = 0; i < id.len; i++)
        if (id.ptr[i] < '0' || id.ptr[i] > '9')
            return false;
    return true;
}

/* The slot of that name in `index`, or the free one where it belongs. */
static uint32_t *
index_find(struct relations *relations, struct span name)
{
    size_t at = (size_t)text_hash(name.ptr, name.len) & relations->index_mask;
    for (;; at = (at + 1) & relations->index_mask) {
        uint32_t number = relations->index[at];
        if (!number)
            break;
        if (span_is(name, relations->names.data + relations->name_at[number - 1]))
            break;
    }
    return &relations->index[at];
}

static void
index_grow(struct relations *relations)
{
    relations->index_mask = relations->index_mask * 2 + 1;
    size_t size = relations->index_mask + 1;
    free(relations->index);
    relations->index = mem_alloc(size, sizeof(uint32_t));
    relations->name_at = mem_resize(relations->name_at, size, sizeof(size_t));
    for (uint32_t i = 0; i < relations->list_count; i++) {
        const char *name = relations->names.data + relations->name_at[i];
        *index_find(relations, span_of(name)) = i + 1;
    }
}

uint32_t
relations_list(struct relations *relations, struct span name)
{
    uint32_t *found = index_find(relations, name);
    if (*found)
        return *found - 1;
    uint32_t number = relations->list_count++;
    *found = number + 1;
    relations->name_at[number] = relations->names.len;
    buf_add(&relations->names, name.ptr, name.len);
    buf_add_char(&relations->names, '\0');
    if (relations->list_count > relations->index_mask / 2)
        index_grow(relations);
    return number;
}

static struct slot
slot_key(uint32_t list, struct span id)
{
    assert(relations_is_id(id));
    struct slot key = {.list = list};
    size_t head = id.len < 16 ? id.len : 16;
    for (size_t i = 0; i < head; i++)
        key.id_head = key.id_head << 4 | (uint64_t)(id.ptr[i] - '0');
    for (size_t i = head; i < 16; i++)
        key.id_head = key.id_head << 4 | ID_FILL;
    for (size_t i = 16; i < RELATIONS_ID_DIGITS; i++) {
        unsigned nibble = i < id.len ? (unsigned)(id.ptr[i] - '0') : ID_FILL;
        key.id_tail = (uint16_t)((unsigned)key.id_tail << 4 | nibble);
    }
    return key;
}

/* IDs are mostly given out one after another: ten that differ in the last of 17 digits
 * or more lie side by side, which spares most of the cache misses. */
static size_t
slot_home(const struct slot *key)
{
    unsigned last = key->id_tail & 0xFu;
    unsigned shift = 0;
    for (; last == ID_FILL && shift < 12; last = key->id_tail >> shift & 0xFu)
        shift += 4;
    uint64_t rest = (uint64_t)key->list << 16 | (key->id_tail & ~(0xFu << shift));
    uint64_t hash = key->id_head ^ rest * 0x9E3779B97F4A7C15u;
    hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCDu;
    hash = (hash ^ hash >> 33) * 0xC4CEB9FE1A85EC53u;
    return (size_t)(hash ^ hash >> 33) + last;
}

/* The slot that holds the key, or the free one where it belongs. */
static struct slot *
slot_find(const struct relations *relations, const struct slot *key)
{
    size_t at = slot_home(key) & relations->slot_mask;
    for (;; at = (at + 1) & relations->slot_mask) {
        struct slot *slot = &relations->slots[at];
        if (!slot->state)
            return slot;
        if (slot->id_head == key->id_head && slot->list == key->list &&
            slot->id_tail == key->id_tail)
            return slot;
    }
}

static void
slots_grow(struct relations *relations)
{
    struct slot *old = relations->slots;
    size_t old_mask = relations->slot_mask;
    relations->slot_mask = old_mask * 2 + 1;
    relations->slots = mem_alloc(relations->slot_mask + 1, sizeof(struct slot));
    for (size_t i = 0; i <= old_mask; i++)
        if (old[i].state)
            *slot_find(relations, &old[i]) = old[i];
    free(old);
}

static void
slot_set(struct relations *relations, struct slot *slot, const struct slot *key,
         unsigned state)
{
    bool added = !slot->state;
    *slot = *key;
    slot->state = (uint16_t)state;
    if (added && ++relations->slot_count > relations->slot_mask / 2)
        slots_grow(relations);
}

void
relations_link(struct relations *relations, uint32_t list, struct span id)
{
    struct slot key = slot_key(list, id);
    struct slot *slot = slot_find(relations, &key);
    slot_set(relations, slot, &key, slot->state | STATE_LINKED);
}

void
relations_ask(struct relations *relations, uint32_t list, struct span id)
{
    if (!relations->count_asked)
        return;
    struct slot key = slot_key(list, id);
    struct slot *slot = slot_find(relations, &key);
    if (slot->state < STATE_ASKED_MAX)
        slot_set(relations, slot, &key, slot->state + STATE_ASKED);
}

bool
relations_remove(struct relations *relations, uint32_t list, struct span id)
{
    struct slot key = slot_key(list, id);
    struct slot *slot = slot_find(relations, &key);
    if (slot->state & STATE_REMOVED)
        return false;
    if (relations->only_listed && !(slot->state & STATE_LINKED))
        return false;
    slot_set(relations, slot, &key, slot->state | STATE_REMOVED);
    return true;
}

static size_t
slot_digits(const struct slot *slot, char digits[RELATIONS_ID_DIGITS])
{
    size_t len = 0;
    for (; len < RELATIONS_ID_DIGITS; len++) {
        unsigned nibble = len < 16 ? (unsigned)(slot->id_head >> (60 - 4 * len)) & 0xF
                                   : (slot->id_tail >> (12 - 4 * (len - 16))) & 0xFu;
        if (nibble == ID_FILL)
            break;
        digits[len] = (char)('0' + nibble);
    }
    return len;
}

void
relations_visit(const struct relations *relations,
                void (*visit)(void *context, const struct relations_entry *entry),
                void *context)
{
    for (size_t i = 0; i <= relations->slot_mask; i++) {
        const struct slot *slot = &relations->slots[i];
        if (slot->state <= STATE_LINKED)
            continue;
        char digits[RELATIONS_ID_DIGITS];
        struct relations_entry entry = {
            .list = span_of(relations->names.data + relations->name_at[slot->list]),
            .id = {digits, slot_digits(slot, digits)},
            .asked = slot->state / STATE_ASKED,
            .removed = slot->state & STATE_REMOVED,
        };
        visit(context, &entry);
    }
}
