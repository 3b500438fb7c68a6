#include "base/syncer.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

struct syncer {
    int fd;
    int wake[2]; /* a pipe: a byte for each sync that ended */
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    uint64_t asked, done;
    int error;
    bool ending;
};

static void *
sync_on_request(void *context)
{
    struct syncer *syncer = context;
    (void)pthread_mutex_lock(&syncer->lock);
    for (;;) {
        while (!syncer->ending && (syncer->asked == syncer->done || syncer->error))
            (void)pthread_cond_wait(&syncer->changed, &syncer->lock);
        if (syncer->ending)
            break;
        uint64_t request = syncer->asked;
        (void)pthread_mutex_unlock(&syncer->lock);
        int error;
        do
            error = fdatasync(syncer->fd) ? errno : 0;
        while (error == EINTR);
        (void)pthread_mutex_lock(&syncer->lock);
        syncer->error = error;
        if (!error)
            syncer->done = request;
        (void)pthread_cond_broadcast(&syncer->changed);
        /* A full pipe is readable already. */
        ssize_t written = write(syncer->wake[1], "", 1);
        (void)written;
    }
    (void)pthread_mutex_unlock(&syncer->lock);
    return NULL;
}

static int
open_pipe(int ends[2])
{
    if (pipe(ends))
        return -1;
    for (size_t i = 0; i < 2; i++) {
        (void)fcntl(ends[i], F_SETFL, O_NONBLOCK);
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    return 0;
}

struct syncer *
syncer_open(int fd, struct err *err)
{
    struct syncer *syncer = mem_alloc(1, sizeof(*syncer));
    syncer->fd = fd;
    (void)pthread_mutex_init(&syncer->lock, NULL);
    (void)pthread_cond_init(&syncer->changed, NULL);
    if (open_pipe(syncer->wake)) {
        err_set_errno(err, EXIT_INTERNAL, "cannot open a pipe");
    } else if ((errno = thread_start(&syncer->thread, sync_on_request, syncer))) {
        err_set_errno(err, EXIT_INTERNAL, "cannot start a thread");
        (void)close(syncer->wake[0]);
        (void)close(syncer->wake[1]);
    } else {
        return syncer;
    }
    free(syncer);
    return NULL;
}

void
syncer_free(struct syncer *syncer)
{
    if (!syncer)
        return;
    (void)pthread_mutex_lock(&syncer->lock);
    syncer->ending = true;
    (void)pthread_cond_broadcast(&syncer->changed);
    (void)pthread_mutex_unlock(&syncer->lock);
    (void)pthread_join(syncer->thread, NULL);
    (void)pthread_mutex_destroy(&syncer->lock);
    (void)pthread_cond_destroy(&syncer->changed);
    (void)close(syncer->wake[0]);
    (void)close(syncer->wake[1]);
    free(syncer);
}

uint64_t
syncer_ask(struct syncer *syncer)
{
    (void)pthread_mutex_lock(&syncer->lock);
    uint64_t request = ++syncer->asked;
    (void)pthread_cond_broadcast(&syncer->changed);
    (void)pthread_mutex_unlock(&syncer->lock);
    return request;
}

uint64_t
syncer_done(struct syncer *syncer, int *error)
{
    (void)pthread_mutex_lock(&syncer->lock);
    uint64_t done = syncer->done;
    *error = syncer->error;
    (void)pthread_mutex_unlock(&syncer->lock);
    return done;
}

int
syncer_fd(const struct syncer *syncer)
{
    return syncer->wake[0];
}

void
syncer_heed(struct syncer *syncer)
{
    char bytes[64];
    while (read(syncer->wake[0], bytes, sizeof(bytes)) > 0)
        continue;
}

int
syncer_wait(struct syncer *syncer)
{
    (void)pthread_mutex_lock(&syncer->lock);
    while (syncer->done != syncer->asked && !syncer->error)
        (void)pthread_cond_wait(&syncer->changed, &syncer->lock);
    int error = syncer->error;
    (void)pthread_mutex_unlock(&syncer->lock);
    return error;
}
