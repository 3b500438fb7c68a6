/*
 * The bytes of a job file, plain or gzip (told by content, members may follow one
 * another), chunk by chunk. Takes a fingerprint of the file as it is on disk on the way.
 */
#ifndef INPUT_INFLOW_H
#define INPUT_INFLOW_H

#include "base/err.h"
#include "input/source.h"

enum { CHUNK_BYTES = 1 << 18 };

struct inflow;

/* As source_open. */
struct inflow *inflow_open(const char *path, const char *name, struct err *err);
void inflow_free(struct inflow *inflow);

/* Is it worth a thread of its own? Not a small file, nor what may keep it waiting. */
bool inflow_is_large(const struct inflow *inflow);

struct chunk {
    char *bytes; /* room for CHUNK_BYTES, of whoever asks */
    size_t len;
    unsigned holds; /* which of TEXT_QUOTE and the others */
    int more;       /* 1: `bytes`, 0: end of file, -1: `err`, as source_more has it */
    struct err err;
    struct fingerprint fingerprint; /* of all that was read so far */
};

void inflow_next(struct inflow *inflow, struct chunk *chunk);

#endif
