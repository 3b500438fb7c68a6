/*
 * A request as a route sees it.
 */
#ifndef SANDBOX_CALL_H
#define SANDBOX_CALL_H

#include "sandbox/target.h"

#include <stdint.h>

struct MHD_Connection;
struct fault;
struct route;

/* Whose limits a request counts for. */
enum call_service { CALL_CRM, CALL_ACCOUNTS, CALL_DESK, CALL_VERBA };
#define CALL_SERVICES 4

struct call {
    const char *method;
    struct target target;
    struct span body; /* "" if there is none; NUL-ended */
    const struct route *route;
    enum call_service service;
    int64_t now_ms;             /* when it came, monotonic */
    unsigned in_flight;         /* requests being handled when it came, it included */
    unsigned service_in_flight; /* those of its service */
    const struct fault *fault;  /* NULL: none */
    struct MHD_Connection *connection;
};

/* The value of a request header, NULL if there is none; it lives as long as the request.
 */
const char *call_header(const struct call *call, const char *name);

/* The token of `Authorization: Zoho-oauthtoken TOKEN`; its ptr is NULL if there is none.
 */
struct span call_zoho_token(const struct call *call);

#endif
