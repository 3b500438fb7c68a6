/*
 * libcurl's multi handle, driven by poll(2): only the sockets that have something to say
 * are handed to it, so a call costs the same however many are in flight.
 */
#ifndef NET_MULTI_H
#define NET_MULTI_H

#include "net/curl.h"

#include <poll.h>
#include <stdint.h>

struct err;

struct multi {
    CURLM *handle;
    size_t running;   /* transfers, as libcurl counts them */
    int64_t timer_us; /* when libcurl wants to be called; INT64_MAX: not at all */
    struct pollfd *sockets, *ready;
    size_t count, cap;
    size_t ready_at, ready_count; /* of `ready`: not yet handed on is [at, count) */
    unsigned steps;               /* to go before the next wait */
};

/* Set up for that many transfers at once. EXIT_INTERNAL if libcurl fails. */
int multi_init(struct multi *multi, size_t transfers_max, struct err *err);
void multi_clear(struct multi *multi);

/* What multi_wait found. */
enum {
    MULTI_WAITED = 1, /* nothing had come: there was time to spare */
    MULTI_WOKEN = 2   /* `wake_fd` is readable */
};

/*
 * Start what was added, then wait at most `timeout_ms` for data or until `wake_fd` (-1:
 * none) is readable. `transfers` is how many were added and not yet removed: while fewer
 * run, some have ended and there is no waiting. A signal ends the wait.
 * Returns what it found, or -1.
 */
int multi_wait(struct multi *multi, size_t transfers, int timeout_ms, int wake_fd,
               struct err *err);

/* Start what was added, or move what has come on one socket. 1, 0: time for the next wait,
 * since nothing is left to do or a great deal was done, -1. */
int multi_step(struct multi *multi, struct err *err);

#endif
