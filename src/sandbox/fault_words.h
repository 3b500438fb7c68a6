/*
 * A fault rule cut into words: `WHEN: ACTION...`, where a word with blanks is quoted.
 */
#ifndef SANDBOX_FAULT_WORDS_H
#define SANDBOX_FAULT_WORDS_H

#include "base/text.h"

#define FAULT_WORDS_MAX 64

struct fault_words {
    struct span list[FAULT_WORDS_MAX]; /* NUL-ended too */
    size_t count;
    size_t when_count; /* those before the colon */
    size_t actions_at; /* offset of what follows the colon */
};

enum fault_unit {
    FAULT_COUNT, /* bare */
    FAULT_TIME,  /* ms, s; bare: milliseconds */
    FAULT_SIZE   /* K, M, G; bare: bytes */
};

/* Decodes `text` in place; the words point into it. Returns what is wrong with it (static
 * text), or NULL. */
const char *fault_words_split(char *text, struct fault_words *words);

/* A number up to `max` in the smallest unit; false for anything else. */
bool fault_words_number(struct span word, enum fault_unit unit, unsigned long long max,
                        unsigned long long *number);

#endif
