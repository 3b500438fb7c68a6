/*
 * Counters by name: what was asked for and what was removed, where names are texts of
 * any form ("desk/1892000000094004", "verba/extension/8856/last").
 */
#ifndef SANDBOX_TALLY_H
#define SANDBOX_TALLY_H

#include "base/text.h"

struct tally;

struct tally_entry {
    unsigned long long asked;
    unsigned long long removed;
};

struct tally *tally_open(void);
void tally_free(struct tally *tally);

/* The counters of that name, zero at first; they move with the next call. */
struct tally_entry *tally_at(struct tally *tally, struct span name);

/* Every name there is, in the order in which they came. */
void tally_visit(const struct tally *tally,
                 void (*visit)(void *context, struct span name,
                               const struct tally_entry *entry),
                 void *context);

#endif
