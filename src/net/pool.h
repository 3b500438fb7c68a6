/*
 * HTTP calls in flight: one curl multi handle, easy handles and connections reused,
 * HTTP/1.1 or HTTP/2 as the service offers. Start calls, wait, take what has ended;
 * nothing here decides what an ending means.
 *
 * TLS is always verified, redirects are never followed, an answer has a cap, and a
 * request goes out at most once: libcurl on its own sends it again when a kept
 * connection dies before the first byte of an answer, which would hide a lost answer.
 * A request that is_apart has a new connection: a kept one may be dead already.
 */
#ifndef NET_POOL_H
#define NET_POOL_H

#include "net/service.h"

#include <stdint.h>

enum { ANSWER_BYTES_MAX = 16 << 20 };

struct pool_settings {
    size_t calls_max;    /* in flight at most */
    int64_t timeout_ms;  /* of one call, connecting included */
    const char *ca_file; /* or NULL: the system's */
    const char *proxy;   /* or NULL: the environment's */
    bool verbose;
};

/* How a call ended. */
enum pool_end {
    POOL_ANSWERED,
    POOL_CONNECT_FAILED, /* no request was sent */
    POOL_TLS_FAILED,     /* no request was sent */
    POOL_TIMEOUT,        /* sent, no whole answer in time */
    POOL_LOST,           /* sent, the connection ended */
    POOL_UNREADABLE      /* not HTTP, too large, bad encoding */
};

/* An ended call. Borrowed from the pool until pool_release. */
struct pool_result {
    void *tag; /* as given to pool_start */
    enum pool_end end;
    bool sent;            /* bytes of the request may have left */
    struct answer answer; /* POOL_ANSWERED; `http` also when the body was cut */
    long retry_after_s;   /* the header, seconds or date; -1: none */
    int64_t latency_us;
    const char *error; /* libcurl's words; "" when answered */
    void *slot;
};

struct pool;

struct pool *pool_open(const struct pool_settings *settings, struct err *err);
void pool_free(struct pool *pool); /* aborts what is in flight */

/* Tell where a service is and what signs its requests: a header line ("Authorization:
 * ..."), or parameters ("apiKey=...") for the form body or the query; NULL: none. All
 * are copied. May be called again with new ones. */
void pool_set_service(struct pool *pool, enum service service,
                      const struct service_url *url, const char *header,
                      const char *parameters);

size_t pool_in_flight(const struct pool *pool);

/* Start a call; there must be room. The request is copied. Bytes leave only in
 * pool_wait and pool_take. */
void pool_start(struct pool *pool, const struct request *request, void *tag);

/* Start what is not yet started, then wait at most `timeout_ms` for data, or until
 * `wake_fd` (-1: none) is readable. Returns MULTI_WAITED and MULTI_WOKEN (net/multi.h),
 * or -1: EXIT_INTERNAL if curl fails. */
int pool_wait(struct pool *pool, int timeout_ms, int wake_fd, struct err *err);

/* Move data until a call has ended: 1, 0: there is no more to move before the next wait,
 * -1: EXIT_INTERNAL. Release it before the next one. */
int pool_take(struct pool *pool, struct pool_result *result, struct err *err);
void pool_release(struct pool *pool, struct pool_result *result);

/* End every call in flight; pool_take then returns each (POOL_LOST if it was sent,
 * POOL_CONNECT_FAILED if not). */
void pool_abort(struct pool *pool);

#endif
