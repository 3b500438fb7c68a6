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
#include "sandbox/books.h"
#include "sandbox/call.h"
#include "sandbox/world.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#define EXCHANGE_MAX_BODY_BYTES ((size_t)1 << 20) /* the rest is dropped */

struct err;
struct faults;
struct request_log;

/* How far the end of the program has come. */
enum exchange_closing {
    EXCHANGE_OPEN,
    EXCHANGE_CLOSING, /* what is in flight may finish, what hangs is let go */
    EXCHANGE_ABANDON  /* everything is cut */
};

/* What all exchanges share; one thread uses it. */
struct exchange_hub {
    struct world world;
    struct faults *faults;
    struct books books;
    unsigned in_flight[CALL_SERVICES]; /* requests being handled now */
    struct request_log *log;           /* NULL: no log */
    struct alarm_heap alarms;          /* of suspended exchanges */
    enum exchange_closing closing;
    struct err *err; /* what goes wrong in a callback; ends the program */
    bool closed_one; /* a connection: MHD_run() must see to it again */
};

enum exchange_stage {
    EXCHANGE_BEGUN,    /* request line seen */
    EXCHANGE_ARRIVING, /* headers seen, the body may still come */
    EXCHANGE_HELD,     /* a fault holds it before the work */
    EXCHANGE_SERVED,   /* the work is done, the answer may have to wait */
    EXCHANGE_HANGING,  /* a fault keeps it without an answer */
    EXCHANGE_DELIVERED
};

struct exchange {
    struct exchange_hub *hub;
    struct MHD_Connection *connection;
    enum exchange_stage stage;
    unsigned long long number; /* of all requests, from 1 */
    unsigned long long connection_number;
    int64_t time_ms;    /* UTC, when its headers were there */
    int64_t due_us;     /* when it may go on */
    char *target;       /* as it was on the wire */
    char *target_parts; /* what call.target points into */
    struct buf body;
    struct call call;
    struct answer answer;
};

/* Suspend the exchange until `due_us`; only from within a callback of libmicrohttpd. */
void exchange_sleep(struct exchange *exchange, int64_t due_us);

/* An alarm of the hub is due: let its exchange go on. */
void exchange_wake(struct exchange *exchange);

/* The callbacks. `cls` is the hub; *state is the exchange. */
void *exchange_begin(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_go_on(void *cls, struct MHD_Connection *connection,
                               const char *url, const char *method, const char *version,
                               const char *upload, size_t *upload_len, void **state);
void exchange_end(void *cls, struct MHD_Connection *connection, void **state,
                  enum MHD_RequestTerminationCode code);
void exchange_connection(void *cls, struct MHD_Connection *connection, void **state,
                         enum MHD_ConnectionNotificationCode code);

#endif
