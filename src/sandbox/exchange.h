/*
 * One request and its answer, from the first byte to the last: the callbacks that
 * libmicrohttpd is given, and the state they keep between their calls.
 *
 * A request arrives (its body is gathered), is perhaps held, is served by its route,
 * perhaps waits, and is delivered. Waiting never blocks another request: the
 * connection is suspended and an alarm set.
 */
#ifndef SANDBOX_EXCHANGE_H
#define SANDBOX_EXCHANGE_H

#include "sandbox/alarm.h"
#include "sandbox/answer.h"
#include "sandbox/call.h"

#include <stdbool.h>
#include <stdint.h>

struct MHD_Connection;
struct books;
struct faults;
struct request_log;

/* What all exchanges share. */
struct exchange_hub {
    struct world *world;
    struct faults *faults;
    struct books *books;
    struct request_log *log;            /* NULL: no log */
    struct alarm_heap alarms;           /* of struct exchange */
    bool stopping;                      /* who hangs is let go */
};

enum exchange_stage {
    EXCHANGE_NEW,           /* request line seen */
    EXCHANGE_ARRIVING,      /* headers seen, the body may still come */
    EXCHANGE_HELD,          /* a fault holds it before the work */
    EXCHANGE_SERVED,        /* the work is done, the answer may have to wait */
    EXCHANGE_HANGING,       /* a fault keeps it without an answer */
    EXCHANGE_DELIVERED
};

struct exchange {
    struct exchange_hub *hub;
    struct MHD_Connection *connection;
    enum exchange_stage stage;
    unsigned long long number;          /* of all requests, from 1 */
    unsigned long long connection_number;
    int64_t time_ms;                    /* UTC, when its headers were there */
    char *target;                       /* as it was on the wire */
    char *target_parts;                 /* what call.target points into */
    struct buf body;
    struct call call;
    struct answer answer;
    size_t dripped_bytes;
    int64_t drip_due_us;
};

/* The callbacks; `cls` is a struct exchange_hub, each *exchange a struct exchange. */
void *exchange_begin(void *cls, const char *uri, struct MHD_Connection *connection);

/* An alarm of the hub is due: let the exchange go on. */
void exchange_wake(struct exchange *exchange);

#endif
