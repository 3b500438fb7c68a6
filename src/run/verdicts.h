/*
 * The verdicts of a run: each thing that was said, and how often it is noted. Items that
 * share one share its number. The first ones are told apart from all others; where every
 * row has words of its own, later ones are noted again unless they are those just said, so
 * that memory does not grow with the words: those that exceed it lie in the run directory.
 */
#ifndef RUN_VERDICTS_H
#define RUN_VERDICTS_H

#include "base/text.h"

#include <stdint.h>

struct err;
struct tape;

enum { MESSAGE_BYTES_MAX = 1000 }; /* of a verdict; longer ones are cut */

struct verdict_note {
    uint16_t http; /* 0: no answer */
    const char *code;
    const char *message;
};

struct verdicts {
    uint32_t count;
    uint64_t digest; /* of all, in their order */
    struct tape *places, *words;
    uint32_t *table; /* of those that are shared: number + 1 */
    size_t table_size;
    uint32_t shown_next; /* 1 + the number of */
    struct verdict_note shown;
};

/* What exceeds memory goes to a file in the folder `dir` (borrowed). */
struct verdicts *verdicts_open(const char *dir);
void verdicts_free(struct verdicts *verdicts);

/* The number of a verdict, noted anew if nobody is known to have said that before. */
uint32_t verdicts_intern(struct verdicts *verdicts, long http, struct span code,
                         struct span message);

/* Note it in any case. */
uint32_t verdicts_add(struct verdicts *verdicts, long http, struct span code,
                      struct span message);

const struct verdict_note *verdicts_look_up(struct verdicts *verdicts, uint32_t number);

/* Borrowed until another is asked for, or one is noted. */
static inline const struct verdict_note *
verdicts_get(struct verdicts *verdicts, uint32_t number)
{
    return verdicts->shown_next == number + 1 ? &verdicts->shown
                                              : verdicts_look_up(verdicts, number);
}

/* EXIT_INTERNAL: the disk did not take all that exceeds memory; nothing is lost as long
 * as the program runs. */
int verdicts_check(const struct verdicts *verdicts, struct err *err);

#endif
