#include "input/ahead.h"

#include "base/mem.h"
#include "base/thread.h"

enum { AHEAD_CHUNKS = 4 };

struct ahead {
    struct inflow *inflow;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below but the chunks */
    pthread_cond_t changed;
    uint64_t read, taken; /* chunks; the one taken last is still looked at */
    bool ending;
    struct chunk chunks[AHEAD_CHUNKS];
    char *bytes; /* of all chunks */
};

static void *
read_on(void *context)
{
    struct ahead *ahead = context;
    int more = 1;
    (void)pthread_mutex_lock(&ahead->lock);
    while (more == 1) {
        while (!ahead->ending && ahead->read - ahead->taken == AHEAD_CHUNKS - 1)
            (void)pthread_cond_wait(&ahead->changed, &ahead->lock);
        if (ahead->ending)
            break;
        struct chunk *chunk = &ahead->chunks[ahead->read % AHEAD_CHUNKS];
        (void)pthread_mutex_unlock(&ahead->lock);
        inflow_next(ahead->inflow, chunk);
        more = chunk->more;
        (void)pthread_mutex_lock(&ahead->lock);
        ahead->read++;
        (void)pthread_cond_signal(&ahead->changed);
    }
    (void)pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

struct ahead *
ahead_open(struct inflow *inflow)
{
    struct ahead *ahead = mem_alloc(1, sizeof(*ahead));
    ahead->inflow = inflow;
    ahead->bytes = mem_alloc(AHEAD_CHUNKS, CHUNK_BYTES);
    for (size_t i = 0; i < AHEAD_CHUNKS; i++)
        ahead->chunks[i].bytes = ahead->bytes + i * CHUNK_BYTES;
    (void)pthread_mutex_init(&ahead->lock, NULL);
    (void)pthread_cond_init(&ahead->changed, NULL);
    if (thread_start(&ahead->thread, read_on, ahead) == 0)
        return ahead;
    free(ahead->bytes);
    free(ahead);
    return NULL;
}

void
ahead_free(struct ahead *ahead)
{
    if (!ahead)
        return;
    (void)pthread_mutex_lock(&ahead->lock);
    ahead->ending = true;
    (void)pthread_cond_signal(&ahead->changed);
    (void)pthread_mutex_unlock(&ahead->lock);
    (void)pthread_join(ahead->thread, NULL);
    (void)pthread_mutex_destroy(&ahead->lock);
    (void)pthread_cond_destroy(&ahead->changed);
    free(ahead->bytes);
    free(ahead);
}

const struct chunk *
ahead_take(struct ahead *ahead)
{
    (void)pthread_mutex_lock(&ahead->lock);
    while (ahead->read == ahead->taken)
        (void)pthread_cond_wait(&ahead->changed, &ahead->lock);
    const struct chunk *chunk = &ahead->chunks[ahead->taken++ % AHEAD_CHUNKS];
    (void)pthread_cond_signal(&ahead->changed);
    (void)pthread_mutex_unlock(&ahead->lock);
    return chunk;
}
