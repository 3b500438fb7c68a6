/*
 * Streams of bytes in one file without a name: any number of them are written at the
 * same time, each with a block in memory, and read once from their start. The room of
 * blocks that were read is used again.
 */
#ifndef PLAN_SPILL_H
#define PLAN_SPILL_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct spill;

enum { SPILL_BLOCK_BYTES = 1 << 16 };

/* Open the file in the folder `dir` (borrowed). */
struct spill *spill_open(const char *dir, struct err *err);
void spill_free(struct spill *spill);

/* The most that the file has held. */
uint64_t spill_bytes(const struct spill *spill);

/* A zeroed struct is an empty stream. */
struct spill_stream {
    struct spill_block *blocks; /* that are in the file */
    uint32_t count, cap;
    uint32_t used; /* of the buffer */
    char *buffer;
};

/* Put the buffer into the file. */
int spill_flush(struct spill *spill, struct spill_stream *stream, struct err *err);

/* Add `len` bytes (at most a block), which stay together: returns where to write them,
 * NULL on error. */
static inline char *
spill_room(struct spill *spill, struct spill_stream *stream, uint32_t len,
           struct err *err)
{
    if ((!stream->buffer || stream->used + len > SPILL_BLOCK_BYTES) &&
        spill_flush(spill, stream, err))
        return NULL;
    char *room = stream->buffer + stream->used;
    stream->used += len;
    return room;
}

/* Nothing more is added: put the rest into the file and free the buffer. */
int spill_end(struct spill *spill, struct spill_stream *stream, struct err *err);

/* Forget the stream, read or not. */
void spill_drop(struct spill *spill, struct spill_stream *stream);

/* Reading a stream that was ended. What is at hand is [at, end). */
struct spill_reader {
    struct spill *spill;
    struct spill_stream *stream; /* borrowed; emptied on the way */
    uint32_t next;
    char *buffer;
    const char *at, *end;
};

void spill_read(struct spill_reader *reader, struct spill *spill,
                struct spill_stream *stream);
void spill_reader_clear(struct spill_reader *reader);

/* Go to the next block: 1, 0: there is none, -1: unreadable. */
int spill_next(struct spill_reader *reader, struct err *err);

#endif
