#include "input/source.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"
#include "input/ahead.h"
#include "input/inflow.h"

struct source {
    struct inflow *inflow;
    char *name;
    struct chunk own; /* read into the window: the first, or all if there is no thread */
    struct ahead *ahead;       /* reads a large file; NULL: not yet, or not at all */
    const struct chunk *chunk; /* the last one; NULL: none yet */
    char *window;
    size_t at, len, cap; /* the window is [at, len) */
    unsigned may_hold;   /* TEXT_QUOTE and the others */
};

struct source *
source_open(const char *path, const char *name, struct err *err)
{
    struct inflow *inflow = inflow_open(path, name, err);
    if (!inflow)
        return NULL;
    struct source *source = mem_alloc(1, sizeof(*source));
    source->inflow = inflow;
    source->name = mem_strdup(name);
    return source;
}

void
source_free(struct source *source)
{
    if (!source)
        return;
    ahead_free(source->ahead);
    inflow_free(source->inflow);
    free(source->name);
    free(source->window);
    free(source);
}

const char *
source_name(const struct source *source)
{
    return source->name;
}

struct span
source_window(const struct source *source)
{
    if (!source->window)
        return (struct span){"", 0};
    return (struct span){source->window + source->at, source->len - source->at};
}

unsigned
source_may_hold(const struct source *source)
{
    return source->may_hold;
}

void
source_consume(struct source *source, size_t len)
{
    source->at += len;
}

/* The first chunk is read at once: most files have no second one, nor need a thread. */
static const struct chunk *
next_chunk(struct source *source)
{
    if (source->chunk && source->chunk->more != 1)
        return source->chunk;
    if (source->chunk && !source->ahead && inflow_is_large(source->inflow) &&
        thread_has_core())
        source->ahead = ahead_open(source->inflow);
    if (source->ahead)
        return ahead_take(source->ahead);
    source->own.bytes = source->window + source->len;
    inflow_next(source->inflow, &source->own);
    return &source->own;
}

static void
make_room(struct source *source, size_t more)
{
    if (source->at) {
        memmove(source->window, source->window + source->at, source->len - source->at);
        source->len -= source->at;
        source->at = 0;
    }
    if (source->cap - source->len < more) {
        source->cap = source->cap * 2 + more;
        source->window = mem_resize(source->window, source->cap, 1);
    }
}

int
source_more(struct source *source, struct err *err)
{
    make_room(source, CHUNK_BYTES);
    const struct chunk *chunk = source->chunk = next_chunk(source);
    if (chunk->more < 0)
        return err_set(err, chunk->err.exit_code, "%s", chunk->err.text);
    if (chunk->more == 0)
        return 0;
    /* What was left is looked through again, unless it is a long record. */
    if (source->len < CHUNK_BYTES)
        source->may_hold = text_holds(source->window, source->len, TEXT_ALL);
    source->may_hold |= chunk->holds;
    if (chunk != &source->own)
        memcpy(source->window + source->len, chunk->bytes, chunk->len);
    source->len += chunk->len;
    return 1;
}

struct fingerprint
source_fingerprint(const struct source *source)
{
    return source->chunk ? source->chunk->fingerprint : (struct fingerprint){0, 0};
}

bool
fingerprint_equal(struct fingerprint a, struct fingerprint b)
{
    return a.bytes == b.bytes && a.hash == b.hash;
}
