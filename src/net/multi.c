#include "net/multi.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

/* One place in `sockets` is kept free, for the descriptor that wakes. */
static void
reserve(struct multi *multi)
{
    if (multi->count + 1 < multi->cap)
        return;
    multi->cap = multi->cap * 2 + 16;
    multi->sockets = mem_resize(multi->sockets, multi->cap, sizeof(struct pollfd));
    multi->ready = mem_resize(multi->ready, multi->cap, sizeof(struct pollfd));
}

static int
note_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *unused)
{
    (void)easy, (void)unused;
    struct multi *multi = context;
    size_t i = 0;
    while (i < multi->count && multi->sockets[i].fd != fd)
        i++;
    if (what == CURL_POLL_REMOVE) {
        if (i < multi->count)
            multi->sockets[i] = multi->sockets[--multi->count];
        return 0;
    }
    reserve(multi);
    int events = (what & CURL_POLL_IN ? POLLIN : 0) |
                 (what & CURL_POLL_OUT ? POLLOUT : 0);
    multi->sockets[i] = (struct pollfd){.fd = fd, .events = (short)events};
    if (i == multi->count)
        multi->count++;
    return 0;
}

static int
note_timer(CURLM *handle, long timeout_ms, void *context)
{
    (void)handle;
    struct multi *multi = context;
    multi->timer_us = timeout_ms < 0 ? INT64_MAX
                                     : clock_mono_us() + (int64_t)timeout_ms * 1000;
    return 0;
}

int
multi_init(struct multi *multi, size_t transfers_max, struct err *err)
{
    *multi = (struct multi){.handle = curl_multi_init(), .timer_us = INT64_MAX};
    CURLM *handle = multi->handle;
    if (!handle)
        return err_set(err, EXIT_INTERNAL, "cannot start libcurl's multi interface");
    reserve(multi);
    (void)curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS, (long)transfers_max);
    (void)curl_multi_setopt(handle, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)transfers_max);
    (void)curl_multi_setopt(handle, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    (void)curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, note_socket);
    (void)curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, multi);
    (void)curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, note_timer);
    (void)curl_multi_setopt(handle, CURLMOPT_TIMERDATA, multi);
    return 0;
}

void
multi_clear(struct multi *multi)
{
    (void)curl_multi_cleanup(multi->handle);
    free(multi->sockets);
    free(multi->ready);
    *multi = (struct multi){0};
}

/* 1, or -1 */
static int
act(struct multi *multi, curl_socket_t fd, int events, struct err *err)
{
    int running;
    CURLMcode code = curl_multi_socket_action(multi->handle, fd, events, &running);
    multi->running = (size_t)running;
    if (code != CURLM_OK)
        return err_set(err, EXIT_INTERNAL, "libcurl: %s", curl_multi_strerror(code));
    return 1;
}

/* Has libcurl's own time come? That of a transfer just added comes at once. */
static int
heed_timer(struct multi *multi, struct err *err)
{
    if (multi->timer_us > clock_mono_us())
        return 0;
    multi->timer_us = INT64_MAX;
    return act(multi, CURL_SOCKET_TIMEOUT, 0, err);
}

static int
sooner_ms(const struct multi *multi, int timeout_ms)
{
    if (multi->timer_us == INT64_MAX)
        return timeout_ms;
    int64_t left_ms = (multi->timer_us - clock_mono_us() + 999) / 1000;
    return left_ms < 0 ? 0 : left_ms < timeout_ms ? (int)left_ms : timeout_ms;
}

/* The sockets that are ready, apart from the list: that changes while libcurl acts. */
static unsigned
note_ready(struct multi *multi)
{
    for (size_t i = 0; i < multi->count; i++)
        if (multi->sockets[i].revents)
            multi->ready[multi->ready_count++] = multi->sockets[i];
    return multi->sockets[multi->count].revents ? MULTI_WOKEN : 0;
}

int
multi_wait(struct multi *multi, size_t transfers, int timeout_ms, int wake_fd,
           struct err *err)
{
    enum { STEPS_MAX = 4096 };
    unsigned found = 0;
    multi->steps = STEPS_MAX;
    if (heed_timer(multi, err) < 0)
        return -1;
    timeout_ms = multi->running < transfers ? 0 : sooner_ms(multi, timeout_ms);
    multi->ready_at = multi->ready_count = 0;
    multi->sockets[multi->count] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
    int ready = poll(multi->sockets, (nfds_t)multi->count + 1, 0);
    if (!ready && timeout_ms) {
        found = MULTI_WAITED;
        ready = poll(multi->sockets, (nfds_t)multi->count + 1, timeout_ms);
    }
    return (int)(ready > 0 ? found | note_ready(multi) : found);
}

int
multi_step(struct multi *multi, struct err *err)
{
    if (!multi->steps)
        return 0;
    multi->steps--;
    int heeded = heed_timer(multi, err);
    if (heeded || multi->ready_at == multi->ready_count)
        return heeded;
    const struct pollfd *socket = &multi->ready[multi->ready_at++];
    int bits = (socket->revents & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) |
               (socket->revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
               (socket->revents & (POLLERR | POLLNVAL) ? CURL_CSELECT_ERR : 0);
    return act(multi, socket->fd, bits, err);
}
