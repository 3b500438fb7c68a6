/*
 * What all routes share: the settings, and the state of the services.
 */
#ifndef SANDBOX_WORLD_H
#define SANDBOX_WORLD_H

#include "base/buf.h"
#include "base/text.h"

#include <stdbool.h>

#define WORLD_ADDRESS_BYTES 48

struct err;
struct relations;
struct settings;
struct tally;
struct throttle;
struct tokens;
struct verba_calls;

struct world {
    const struct settings *settings;
    char address[WORLD_ADDRESS_BYTES]; /* its own: "http://127.0.0.1:8808" */
    struct relations *relations;       /* CRM */
    struct tokens *zoho_tokens;
    struct tokens *verba_tokens;
    struct throttle *refreshes;
    struct tally *tally;             /* Desk and Verba: what is gone, and the books */
    struct verba_calls *verba_calls; /* NULL: every one exists */
    bool hides_from_number;          /* call preferences */
    bool hides_to_number;
    struct buf preferences_put;           /* for the books: JSON objects and commas */
    unsigned long long credits_used;      /* calls that count for --limit-calls */
    unsigned long long desk_credits_used; /* the same for --desk-limit-calls */
};

/* Reads the files that the settings name. Clear it whatever came of it. */
int world_open(struct world *world, const struct settings *settings, struct err *err);
void world_clear(struct world *world);

/* Unless --no-magic is given: an ID that ends in 0000404 never existed. */
bool world_never_had(const struct world *world, struct span id);

#endif
