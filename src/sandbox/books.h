/*
 * The counters of a run, and the file they end up in (--books):
 *
 *   {"requests":3,"answered":3,"connections":1,"max_in_flight":1,
 *    "call_preferences":[{"show_from_number":true,"show_to_number":false,
 *                         "applied":true}],
 *    "ids":{"Campaigns/1/Contacts/123":{"asked":2,"removed":1},
 *           "desk/1892000000094004":{"asked":1,"removed":1},
 *           "verba/callID/a8343631-9f35-4a3a-83f0-9e81592339fb":
 *               {"asked":1,"removed":1},
 *           "verba/extension/8856/last":{"asked":3,"removed":3}}}
 *
 * `call_preferences`: every PUT whose two values were booleans, in their order. `asked`:
 * how often it stood in a request that passed all checks; `removed`: how often it was
 * removed, 0 or 1, but for an extension, behind which there is always another call.
 * Modules and lists bear their plain names (modules.h), a callID is in lower case.
 */
#ifndef SANDBOX_BOOKS_H
#define SANDBOX_BOOKS_H

struct err;
struct world;

struct books {
    unsigned long long requests;
    unsigned long long answered; /* to the last byte */
    unsigned long long connections;
    unsigned in_flight; /* requests being handled now */
    unsigned max_in_flight;
};

int books_write(const struct books *books, const struct world *world, const char *path,
                struct err *err);

#endif
