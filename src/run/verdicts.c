#include "run/verdicts.h"

#include "base/mem.h"
#include "plan/tape.h"

enum {
    SHARED_MAX = 1 << 16, /* verdicts that are told apart from all others */
    PLACES_BYTES = 16 << 20,
    WORDS_BYTES = 16 << 20, /* in memory */
    CODE_BYTES_MAX = 100
};

/* Where the words of a verdict stand: its code and message, each with a NUL. */
struct place {
    uint64_t at : 40;
    uint64_t code_bytes : 8;
    uint64_t message_bytes : 16;
    uint32_t hash;
    uint16_t http;
};

struct verdicts *
verdicts_open(const char *dir)
{
    enum { TABLE_MIN = 64 };
    struct verdicts *verdicts = mem_alloc(1, sizeof(*verdicts));
    verdicts->places = tape_open(dir, PLACES_BYTES);
    verdicts->words = tape_open(dir, WORDS_BYTES);
    verdicts->table = mem_alloc(TABLE_MIN, sizeof(*verdicts->table));
    verdicts->table_size = TABLE_MIN;
    return verdicts;
}

void
verdicts_free(struct verdicts *verdicts)
{
    if (!verdicts)
        return;
    tape_free(verdicts->places);
    tape_free(verdicts->words);
    free(verdicts->table);
    free(verdicts);
}

static struct place
place_of(const struct verdicts *verdicts, uint32_t number)
{
    struct place place;
    memcpy(&place,
           tape_at(verdicts->places, (uint64_t)number * sizeof(place), sizeof(place)),
           sizeof(place));
    return place;
}

const struct verdict_note *
verdicts_look_up(struct verdicts *verdicts, uint32_t number)
{
    struct place place = place_of(verdicts, number);
    const char *words = tape_at(verdicts->words, place.at,
                                place.code_bytes + place.message_bytes + 2u);
    verdicts->shown = (struct verdict_note){place.http, words,
                                            words + place.code_bytes + 1};
    verdicts->shown_next = number + 1;
    return &verdicts->shown;
}

/* A verdict as it is noted. */
struct tidied {
    uint16_t http;
    struct span code, message;
    uint64_t hash;
};

/* Without what could not be stored and shown as text. */
static struct span
tidy(struct span text, size_t max)
{
    const char *end = text.len ? memchr(text.ptr, '\0', text.len) : NULL;
    if (end)
        text.len = (size_t)(end - text.ptr);
    text.len = text_cut(text.ptr, text.len, max);
    return text.ptr ? text : (struct span){"", 0};
}

static struct tidied
tidy_all(long http, struct span code, struct span message)
{
    code = tidy(code, CODE_BYTES_MAX);
    message = tidy(message, MESSAGE_BYTES_MAX);
    return (struct tidied){(uint16_t)http, code, message,
                           text_hash(code.ptr, code.len) * 31 +
                               text_hash(message.ptr, message.len) + (uint16_t)http};
}

static bool
is_noted_as(struct verdicts *verdicts, uint32_t number, const struct tidied *tidied)
{
    if (place_of(verdicts, number).hash != (uint32_t)tidied->hash)
        return false;
    const struct verdict_note *note = verdicts_get(verdicts, number);
    return note->http == tidied->http && span_is(tidied->code, note->code) &&
           span_is(tidied->message, note->message);
}

/* Where its number stands, or would have to be put. */
static uint32_t *
find_slot(struct verdicts *verdicts, const struct tidied *tidied)
{
    size_t mask = verdicts->table_size - 1, slot = (uint32_t)tidied->hash & mask;
    while (verdicts->table[slot] &&
           !is_noted_as(verdicts, verdicts->table[slot] - 1, tidied))
        slot = (slot + 1) & mask;
    return &verdicts->table[slot];
}

static void
grow_table(struct verdicts *verdicts)
{
    uint32_t *old = verdicts->table;
    size_t old_size = verdicts->table_size, mask = old_size * 2 - 1;
    verdicts->table_size *= 2;
    verdicts->table = mem_alloc(verdicts->table_size, sizeof(*verdicts->table));
    for (size_t i = 0; i < old_size; i++) {
        if (!old[i])
            continue;
        size_t slot = place_of(verdicts, old[i] - 1).hash & mask;
        while (verdicts->table[slot])
            slot = (slot + 1) & mask;
        verdicts->table[slot] = old[i];
    }
    free(old);
}

static uint32_t
add(struct verdicts *verdicts, const struct tidied *tidied, uint32_t *slot)
{
    char words[CODE_BYTES_MAX + MESSAGE_BYTES_MAX + 2];
    size_t code_bytes = tidied->code.len, message_bytes = tidied->message.len;
    memcpy(words, tidied->code.ptr, code_bytes);
    words[code_bytes] = '\0';
    memcpy(words + code_bytes + 1, tidied->message.ptr, message_bytes);
    words[code_bytes + 1 + message_bytes] = '\0';
    uint64_t at = tape_add(verdicts->words, words, code_bytes + message_bytes + 2);
    struct place place = {
        .at = at & 0xffffffffff,
        .code_bytes = (uint8_t)code_bytes,
        .message_bytes = (uint16_t)message_bytes,
        .hash = (uint32_t)tidied->hash,
        .http = tidied->http,
    };
    (void)tape_add(verdicts->places, &place, sizeof(place));
    verdicts->digest = verdicts->digest * 31 + tidied->hash;
    verdicts->shown_next = 0;
    verdicts->count++;
    if (!*slot && verdicts->count <= SHARED_MAX) {
        *slot = verdicts->count;
        if ((size_t)verdicts->count * 2 > verdicts->table_size)
            grow_table(verdicts);
    }
    return verdicts->count - 1;
}

uint32_t
verdicts_intern(struct verdicts *verdicts, long http, struct span code,
                struct span message)
{
    struct tidied tidied = tidy_all(http, code, message);
    uint32_t *slot = find_slot(verdicts, &tidied), newest = verdicts->count - 1;
    if (*slot)
        return *slot - 1;
    if (verdicts->count && is_noted_as(verdicts, newest, &tidied))
        return newest;
    return add(verdicts, &tidied, slot);
}

uint32_t
verdicts_add(struct verdicts *verdicts, long http, struct span code, struct span message)
{
    struct tidied tidied = tidy_all(http, code, message);
    return add(verdicts, &tidied, find_slot(verdicts, &tidied));
}

int
verdicts_check(const struct verdicts *verdicts, struct err *err)
{
    return tape_check(verdicts->places, err) || tape_check(verdicts->words, err) ? -1 : 0;
}
