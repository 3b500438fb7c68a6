/*
 * The bytes of a job file: plain or gzip (told by content, members may follow one
 * another), seen through a window that the reader moves along. Takes a fingerprint
 * of the file as it is on disk on the way, so that a later pass over the file can
 * prove that it saw the same one.
 */
#ifndef INPUT_SOURCE_H
#define INPUT_SOURCE_H

#include "base/text.h"

#include <stdint.h>

struct err;
struct source;

struct fingerprint {
    uint64_t bytes; /* length on disk */
    uint64_t hash;
};

/*
 * `path` "-" is standard input; `name` is what messages call it. NULL on error
 * (EXIT_USAGE: missing, a folder, unreadable).
 */
struct source *source_open(const char *path, const char *name, struct err *err);
void source_free(struct source *source);

const char *source_name(const struct source *source);

/* What is in the window and not yet consumed. Valid until the next source_more. */
struct span source_window(const struct source *source);

/* What the window may hold: a set of TEXT_QUOTE and the others. What is not in it is
 * nowhere in the window, so no record has to be searched for it. */
unsigned source_may_hold(const struct source *source);

/* Forget the first `len` bytes of the window. */
void source_consume(struct source *source, size_t len);

/*
 * Add bytes to the window; it may move. 1: more came, 0: end of file, -1: unreadable
 * or a damaged or truncated gzip stream (EXIT_INPUT).
 */
int source_more(struct source *source, struct err *err);

/* The fingerprint of all that was read; the file's own once source_more returned 0. */
struct fingerprint source_fingerprint(const struct source *source);
bool fingerprint_equal(struct fingerprint a, struct fingerprint b);

#endif
