/*
 * libcurl's multi handle, driven by poll(2): only the sockets that have something to say
 * are handed to it, so a call costs the same however many are in flight.
 */
#ifndef NET_MULTI_H
#define NET_MULTI_H

#include <curl/curl.h>
#include <poll.h>
#include <stdint.h>

struct err;

struct multi {
    CURLM *handle;
    size_t running;   /* transfers, as libcurl counts them */
    int64_t timer_us; /* when libcurl wants to be called; INT64_MAX: not at all */
    struct pollfd *sockets, *ready;
    size_t count, cap;
};

/* Set up for that many transfers at once. EXIT_INTERNAL if libcurl fails. */
int multi_init(struct multi *multi, size_t transfers_max, struct err *err);
void multi_clear(struct multi *multi);

/*
 * Start what was added, wait at most `timeout_ms` for data or until `wake_fd` (-1: none)
 * is readable, and move what has come. `transfers` is how many were added and not yet
 * removed: while fewer run, some have ended and there is no waiting. A signal ends the
 * wait.
 */
int multi_wait(struct multi *multi, size_t transfers, int timeout_ms, int wake_fd,
               struct err *err);

#endif
