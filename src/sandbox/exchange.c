#include "sandbox/exchange.h"

#include "base/clock.h"
#include "base/mem.h"
#include "sandbox/delivery.h"
#include "sandbox/faults.h"
#include "sandbox/routes.h"
#include "sandbox/settings.h"

#define HANG_LOOK_US 50000 /* how often to look whether a client has gone */

void
exchange_sleep(struct exchange *exchange, int64_t due_us)
{
    MHD_suspend_connection(exchange->connection);
    alarm_add(&exchange->hub->alarms, due_us, exchange);
}

void
exchange_wake(struct exchange *exchange)
{
    MHD_resume_connection(exchange->connection);
}

void
exchange_connection(void *cls, struct MHD_Connection *connection, void **state,
                    enum MHD_ConnectionNotificationCode code)
{
    (void)connection;
    struct exchange_hub *hub = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *state = (void *)(uintptr_t)++hub->books.connections;
}

void *
exchange_begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *exchange = mem_alloc(1, sizeof(*exchange));
    exchange->hub = cls;
    exchange->connection = connection;
    exchange->target = mem_strdup(uri);
    return exchange;
}

static void
arrive(struct exchange *exchange, const char *method)
{
    struct books *books = &exchange->hub->books;
    exchange->stage = EXCHANGE_ARRIVING;
    exchange->number = ++books->requests;
    exchange->connection_number =
        (uintptr_t)MHD_get_connection_info(exchange->connection,
                                           MHD_CONNECTION_INFO_SOCKET_CONTEXT)
            ->socket_context;
    exchange->time_ms = clock_utc_ms();
    exchange->due_us = clock_mono_us();
    if (++books->in_flight > books->max_in_flight)
        books->max_in_flight = books->in_flight;

    struct call *call = &exchange->call;
    call->method = method;
    call->body = span_of("");
    call->connection = exchange->connection;
    call->now_ms = exchange->due_us / 1000;
    call->in_flight = books->in_flight;
    exchange->target_parts = mem_strdup(exchange->target);
    target_split(exchange->target_parts, &call->target);
    routes_find(call);
    call->service_in_flight = ++exchange->hub->in_flight[call->service];
}

/* Its body is there to the last byte: it finds its fault, which may hold it back. */
static bool
must_hold(struct exchange *exchange)
{
    struct call *call = &exchange->call;
    if (exchange->body.len)
        call->body = (struct span){exchange->body.data, exchange->body.len};
    call->fault = faults_match(exchange->hub->faults, exchange->number, exchange->target,
                               call->body.ptr);
    if (!call->fault || !call->fault->hold_ms)
        return false;
    exchange->stage = EXCHANGE_HELD;
    exchange->due_us += call->fault->hold_ms * 1000;
    exchange_sleep(exchange, exchange->due_us);
    return true;
}

/* A fault's own answer, or its changes to the true one. */
static void
change_answer(struct answer *answer, const struct fault *fault)
{
    if (fault->as_status)
        answer->status = (unsigned)fault->as_status;
    if (faults_replace(fault)) {
        answer_clear(answer);
        answer->status = fault->status ? (unsigned)fault->status : 200;
        buf_add(&answer->body, fault->body.data, fault->body.len);
    }
    buf_add(&answer->headers, fault->headers.data, fault->headers.len);
}

static void
serve(struct exchange *exchange)
{
    struct exchange_hub *hub = exchange->hub;
    const struct fault *fault = exchange->call.fault;
    exchange->stage = EXCHANGE_SERVED;
    if (!fault || fault->apply || !faults_replace(fault))
        routes_serve(&hub->world, &exchange->call, &exchange->answer);
    if (fault)
        change_answer(&exchange->answer, fault);
    if (!exchange->answer.at_once)
        exchange->due_us += (int64_t)hub->world.settings->latency_ms * 1000;
    if (fault)
        exchange->due_us += fault->delay_ms * 1000;
}

static enum MHD_Result
deliver(struct exchange *exchange)
{
    if (exchange->stage != EXCHANGE_HANGING) {
        if (exchange->due_us > clock_mono_us()) {
            exchange_sleep(exchange, exchange->due_us);
            return MHD_YES;
        }
        bool hangs = exchange->call.fault && exchange->call.fault->end == FAULT_HANG;
        exchange->stage = hangs ? EXCHANGE_HANGING : EXCHANGE_DELIVERED;
        delivery_log(exchange);
        if (!hangs)
            return delivery_send(exchange);
    }
    if (exchange->hub->closing != EXCHANGE_OPEN || delivery_client_gone(exchange))
        return MHD_NO;
    exchange_sleep(exchange, clock_mono_us() + HANG_LOOK_US);
    return MHD_YES;
}

enum MHD_Result
exchange_go_on(void *cls, struct MHD_Connection *connection, const char *url,
               const char *method, const char *version, const char *upload,
               size_t *upload_len, void **state)
{
    (void)cls;
    (void)connection;
    (void)url;
    (void)version;
    struct exchange *exchange = *state;
    if (exchange->hub->closing == EXCHANGE_ABANDON)
        return MHD_NO;
    switch (exchange->stage) {
    case EXCHANGE_BEGUN:
        arrive(exchange, method);
        return MHD_YES;
    case EXCHANGE_ARRIVING:
        if (*upload_len) {
            size_t room = EXCHANGE_MAX_BODY_BYTES - exchange->body.len;
            buf_add(&exchange->body, upload, *upload_len < room ? *upload_len : room);
            *upload_len = 0;
            return MHD_YES;
        }
        if (must_hold(exchange))
            return MHD_YES;
        /* fall through */
    case EXCHANGE_HELD:
        serve(exchange);
        /* fall through */
    case EXCHANGE_SERVED:
    case EXCHANGE_HANGING:
        return deliver(exchange);
    case EXCHANGE_DELIVERED:
        break;
    }
    return MHD_NO;
}

void
exchange_end(void *cls, struct MHD_Connection *connection, void **state,
             enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)connection;
    struct exchange *exchange = *state;
    if (!exchange)
        return;
    struct books *books = &exchange->hub->books;
    if (exchange->stage != EXCHANGE_BEGUN) {
        books->in_flight--;
        exchange->hub->in_flight[exchange->call.service]--;
    }
    if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
        exchange->hub->closed_one = true;
    else if (exchange->stage == EXCHANGE_DELIVERED)
        books->answered++;
    answer_clear(&exchange->answer);
    buf_clear(&exchange->body);
    free(exchange->target);
    free(exchange->target_parts);
    free(exchange);
    *state = NULL;
}
