/*
 * The counters of a run, and the file they end up in (--books):
 *
 *   {"requests":3,"answered":3,"connections":1,"max_in_flight":1,
 *    "ids":{"Campaigns/1/Contacts/123":{"asked":2,"removed":1}}}
 *
 * `asked`: how often it stood in a request that passed all checks; `removed`: how often
 * it was removed, 0 or 1. Modules and lists bear their plain names (modules.h).
 */
#ifndef SANDBOX_BOOKS_H
#define SANDBOX_BOOKS_H

struct err;
struct relations;

struct books {
    unsigned long long requests;
    unsigned long long answered; /* to the last byte */
    unsigned long long connections;
    unsigned in_flight; /* requests being handled now */
    unsigned max_in_flight;
};

int books_write(const struct books *books, const struct relations *relations,
                const char *path, struct err *err);

#endif
