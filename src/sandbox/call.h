/*
 * A request as a route sees it, and the state that all routes share.
 */
#ifndef SANDBOX_CALL_H
#define SANDBOX_CALL_H

#include "sandbox/target.h"

struct MHD_Connection;
struct fault;
struct relations;
struct settings;

struct world {
    const struct settings *settings;
    struct relations *relations;
    unsigned long long credits_used; /* calls that count for --limit-calls */
};

struct call {
    const char *method;
    struct target target;
    struct span body;
    unsigned in_flight;        /* requests being handled when it came, it included */
    const struct fault *fault; /* NULL: none */
    struct MHD_Connection *connection;
};

/* The value of a request header, NULL if there is none; it lives as long as the request.
 */
const char *call_header(const struct call *call, const char *name);

#endif
