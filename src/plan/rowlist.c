#include "plan/rowlist.h"

#include "base/err.h"
#include "base/mem.h"

/*
 * A row: its number (4 bytes), the place of its target in the table of recent targets
 * (2), the length of the ID (1); where the target is written: its operation (1), the
 * length of its key (2), the key; the ID.
 *
 * Writer and reader keep the same table, by hash. Only this process reads what it wrote:
 * numbers are as the machine has them.
 */
enum {
    SLOTS = 512,
    SLOT_ODD = 0x7fff,     /* no place: the key is too long to be kept */
    SLOT_WRITTEN = 0x8000, /* the target is written here */
    KEY_KEPT = 118,
    HEAD_BYTES = 7,
    TARGET_BYTES = 3
};

struct kept {
    uint8_t op, key_len;
    char key[KEY_KEPT];
};

struct rowlist_recent {
    uint32_t tags[SLOTS]; /* of the hash; 0: nothing is there yet */
    struct kept kept[SLOTS];
};

static uint8_t
number_of(const struct op *op)
{
    uint8_t number = 0;
    while (ops_all[number] != op)
        number++;
    return number;
}

uint64_t
rowlist_hash(const struct op *op, struct span key)
{
    return (text_hash(key.ptr, key.len) & ~(uint64_t)0xff) | number_of(op);
}

static uint32_t
slot_of(uint64_t hash)
{
    return hash >> 8 & (SLOTS - 1);
}

static bool
is_recent(struct rowlist_recent *recent, const struct rowlist_target *target)
{
    uint32_t slot = slot_of(target->hash);
    const struct kept *kept = &recent->kept[slot];
    return recent->tags[slot] == ((uint32_t)(target->hash >> 17) | 1) &&
           kept->op == (uint8_t)target->hash && kept->key_len == target->key.len &&
           memcmp(kept->key, target->key.ptr, target->key.len) == 0;
}

static void
keep(struct rowlist_recent *recent, const struct rowlist_target *target)
{
    uint32_t slot = slot_of(target->hash);
    struct kept *kept = &recent->kept[slot];
    recent->tags[slot] = (uint32_t)(target->hash >> 17) | 1;
    kept->op = (uint8_t)target->hash;
    kept->key_len = (uint8_t)target->key.len;
    memcpy(kept->key, target->key.ptr, target->key.len);
}

static void
note(struct rowlist_facts *facts, const struct rowlist_row *row)
{
    if (!facts->rows) {
        facts->hash_and = facts->id_and = UINT64_MAX;
        facts->first_row = row->number;
        facts->id_len_min = UINT8_MAX;
        facts->op = row->target->op;
    }
    uint8_t len = (uint8_t)row->id.len;
    facts->rows++;
    facts->id_bytes += row->id.len + 1;
    facts->hash_or |= row->target->hash;
    facts->hash_and &= row->target->hash;
    facts->id_or |= row->id_hash;
    facts->id_and &= row->id_hash;
    facts->id_hashed |= row->id_hash != 0;
    facts->last_row = row->number;
    facts->id_len_min = len < facts->id_len_min ? len : facts->id_len_min;
    facts->id_len_max = len > facts->id_len_max ? len : facts->id_len_max;
}

int
rowlist_add(struct rowlist *list, struct spill *spill, const struct rowlist_row *row,
            struct err *err)
{
    const struct rowlist_target *target = row->target;
    if (!list->recent)
        list->recent = mem_alloc(1, sizeof(*list->recent));
    note(&list->facts, row);
    bool kept = target->key.len <= KEY_KEPT;
    bool written = !kept || !is_recent(list->recent, target);
    uint32_t more = written ? TARGET_BYTES + (uint32_t)target->key.len : 0;
    uint16_t slot = (uint16_t)((kept ? slot_of(target->hash) : SLOT_ODD) |
                               (written ? SLOT_WRITTEN : 0));
    char *at = spill_room(spill, &list->stream, HEAD_BYTES + more + (uint32_t)row->id.len,
                          err);
    if (!at)
        return -1;
    memcpy(at, &row->number, 4);
    memcpy(at + 4, &slot, 2);
    at[6] = (char)(unsigned char)row->id.len;
    at += HEAD_BYTES;
    if (written) {
        uint16_t key_len = (uint16_t)target->key.len;
        at[0] = (char)(unsigned char)target->hash;
        memcpy(at + 1, &key_len, 2);
        memcpy(at + TARGET_BYTES, target->key.ptr, target->key.len);
        at += more;
        list->facts.keys++;
        list->facts.key_bytes += target->key.len + 1;
        if (kept)
            keep(list->recent, target);
    }
    memcpy(at, row->id.ptr, row->id.len);
    return 0;
}

int
rowlist_end(struct rowlist *list, struct spill *spill, struct err *err)
{
    free(list->recent);
    list->recent = NULL;
    return spill_end(spill, &list->stream, err);
}

void
rowlist_drop(struct rowlist *list, struct spill *spill)
{
    free(list->recent);
    spill_drop(spill, &list->stream);
    *list = (struct rowlist){0};
}

struct rowlist_reader {
    struct spill_reader blocks;
    struct rowlist_target targets[SLOTS + 1]; /* the last: what has no place */
    char keys[SLOTS][KEY_KEPT];
};

struct rowlist_reader *
rowlist_read(struct rowlist *list, struct spill *spill)
{
    struct rowlist_reader *reader = mem_alloc(1, sizeof(*reader));
    spill_read(&reader->blocks, spill, &list->stream);
    return reader;
}

void
rowlist_reader_free(struct rowlist_reader *reader)
{
    if (!reader)
        return;
    spill_reader_clear(&reader->blocks);
    free(reader);
}

/* The target that is written at `at`; returns what follows it. */
static const char *
read_target(struct rowlist_reader *reader, uint16_t slot, const char *at)
{
    struct rowlist_target *target = &reader->targets[slot];
    uint16_t key_len;
    memcpy(&key_len, at + 1, 2);
    target->op = ops_all[(unsigned char)at[0]];
    target->key = (struct span){at + TARGET_BYTES, key_len};
    target->hash = rowlist_hash(target->op, target->key);
    target->number = UINT32_MAX;
    if (slot < SLOTS) {
        memcpy(reader->keys[slot], target->key.ptr, key_len);
        target->key.ptr = reader->keys[slot];
    }
    return at + TARGET_BYTES + key_len;
}

int
rowlist_next(struct rowlist_reader *reader, struct rowlist_row *row, struct err *err)
{
    struct spill_reader *blocks = &reader->blocks;
    if (blocks->at == blocks->end) {
        int got = spill_next(blocks, err);
        if (got != 1)
            return got;
    }
    const char *at = blocks->at;
    uint16_t slot;
    memcpy(&row->number, at, 4);
    memcpy(&slot, at + 4, 2);
    row->id.len = (unsigned char)at[6];
    at += HEAD_BYTES;
    uint16_t place = slot & SLOT_ODD;
    if (place == SLOT_ODD)
        place = SLOTS;
    if (slot & SLOT_WRITTEN)
        at = read_target(reader, place, at);
    row->target = &reader->targets[place];
    row->id.ptr = at;
    row->id_hash = 0;
    blocks->at = at + row->id.len;
    return 1;
}
