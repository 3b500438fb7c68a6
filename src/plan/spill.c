#include "plan/spill.h"

#include "base/mem.h"
#include "plan/scratch.h"

#include <errno.h>
#include <unistd.h>

struct spill_block {
    uint32_t number; /* its place in the file */
    uint32_t used;   /* bytes */
};

struct spill {
    int fd;
    const char *dir;
    uint32_t block_count; /* of the file */
    uint32_t *free;       /* numbers of blocks to use again */
    size_t free_count, free_cap;
};

struct spill *
spill_open(const char *dir, struct err *err)
{
    int fd = scratch_open(dir, err);
    if (fd < 0)
        return NULL;
    struct spill *spill = mem_alloc(1, sizeof(*spill));
    spill->fd = fd;
    spill->dir = dir;
    return spill;
}

void
spill_free(struct spill *spill)
{
    if (!spill)
        return;
    (void)close(spill->fd);
    free(spill->free);
    free(spill);
}

uint64_t
spill_bytes(const struct spill *spill)
{
    return (uint64_t)spill->block_count * SPILL_BLOCK_BYTES;
}

static void
free_block(struct spill *spill, uint32_t number)
{
    if (spill->free_count == spill->free_cap) {
        spill->free_cap = spill->free_cap ? spill->free_cap * 2 : 64;
        spill->free = mem_resize(spill->free, spill->free_cap, sizeof(*spill->free));
    }
    spill->free[spill->free_count++] = number;
}

static int
write_block(struct spill *spill, uint32_t number, const char *bytes, size_t len,
            struct err *err)
{
    off_t at = (off_t)number * SPILL_BLOCK_BYTES;
    while (len) {
        ssize_t put = pwrite(spill->fd, bytes, len, at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return scratch_fail(spill->dir, err);
        bytes += put;
        at += put;
        len -= (size_t)put;
    }
    return 0;
}

int
spill_flush(struct spill *spill, struct spill_stream *stream, struct err *err)
{
    if (!stream->buffer)
        stream->buffer = mem_resize(NULL, SPILL_BLOCK_BYTES, 1);
    if (!stream->used)
        return 0;
    uint32_t number = spill->free_count ? spill->free[--spill->free_count]
                                        : spill->block_count++;
    if (write_block(spill, number, stream->buffer, stream->used, err))
        return -1;
    if (stream->count == stream->cap) {
        stream->cap = stream->cap ? stream->cap * 2 : 16;
        stream->blocks = mem_resize(stream->blocks, stream->cap, sizeof(*stream->blocks));
    }
    stream->blocks[stream->count++] = (struct spill_block){number, stream->used};
    stream->used = 0;
    return 0;
}

int
spill_end(struct spill *spill, struct spill_stream *stream, struct err *err)
{
    int rc = stream->used ? spill_flush(spill, stream, err) : 0;
    free(stream->buffer);
    stream->buffer = NULL;
    return rc;
}

static void
drop_from(struct spill *spill, struct spill_stream *stream, uint32_t first)
{
    for (uint32_t i = first; i < stream->count; i++)
        free_block(spill, stream->blocks[i].number);
    free(stream->blocks);
    free(stream->buffer);
    *stream = (struct spill_stream){0};
}

void
spill_drop(struct spill *spill, struct spill_stream *stream)
{
    drop_from(spill, stream, 0);
}

void
spill_read(struct spill_reader *reader, struct spill *spill, struct spill_stream *stream)
{
    *reader = (struct spill_reader){.spill = spill, .stream = stream};
}

void
spill_reader_clear(struct spill_reader *reader)
{
    if (reader->spill)
        drop_from(reader->spill, reader->stream, reader->next);
    free(reader->buffer);
    *reader = (struct spill_reader){0};
}

int
spill_next(struct spill_reader *reader, struct err *err)
{
    struct spill *spill = reader->spill;
    if (reader->next == reader->stream->count)
        return 0;
    struct spill_block block = reader->stream->blocks[reader->next];
    if (!reader->buffer)
        reader->buffer = mem_resize(NULL, SPILL_BLOCK_BYTES, 1);
    for (uint32_t len = 0; len < block.used;) {
        ssize_t got = pread(spill->fd, reader->buffer + len, block.used - len,
                            (off_t)block.number * SPILL_BLOCK_BYTES + len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return scratch_fail(spill->dir, err);
        len += (uint32_t)got;
    }
    reader->next++;
    free_block(spill, block.number);
    reader->at = reader->buffer;
    reader->end = reader->buffer + block.used;
    return 1;
}
