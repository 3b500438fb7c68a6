/*
 * Which relations exist, which were removed, and how often each was asked for.
 * Exact, never a guess: an entry holds the list's number and all digits of the ID,
 * in 16 bytes. Two millions of them take 64 MiB, and the table grows from there.
 *
 * A list is named "Campaigns/3652397000000327001/Contacts", spelled by modules.h.
 */
#ifndef SANDBOX_RELATIONS_H
#define SANDBOX_RELATIONS_H

#include "base/text.h"

#include <stdint.h>

#define RELATIONS_ID_DIGITS 20

struct relations;

/* only_listed: a relation exists only if relations_link() was called for it; otherwise
 * every one exists. count_asked: relations_ask() counts, else it does nothing. */
struct relations *relations_open(bool only_listed, bool count_asked);
void relations_free(struct relations *relations);

/* 1 to 20 decimal digits? Every `id` below must be one. "7" and "07" are two IDs. */
bool relations_is_id(struct span id);

/* The number by which a list is known here; it is made known if it was not. */
uint32_t relations_list(struct relations *relations, struct span name);

void relations_link(struct relations *relations, uint32_t list, struct span id);
void relations_ask(struct relations *relations, uint32_t list, struct span id);

/* True if the relation existed; from now on it does not. */
bool relations_remove(struct relations *relations, uint32_t list, struct span id);

struct relations_entry {
    struct span list;
    struct span id;
    unsigned asked; /* stops counting at 16383 */
    bool removed;
};

/* Every relation asked for or removed, in no order. */
void relations_visit(const struct relations *relations,
                     void (*visit)(void *context, const struct relations_entry *entry),
                     void *context);

#endif
