/*
 * Reads a file ahead, on a thread of its own: while one chunk is looked at, the next ones
 * are read and inflated. Errors come in their place behind the bytes before them.
 */
#ifndef INPUT_AHEAD_H
#define INPUT_AHEAD_H

#include "input/inflow.h"

struct ahead;

/* The inflow is borrowed, and the thread's alone until ahead_free. NULL: there is no
 * thread to be had, read it as it is. */
struct ahead *ahead_open(struct inflow *inflow);
void ahead_free(struct ahead *ahead);

/* The next chunk; valid until the next one is taken. Not to be called after the last. */
const struct chunk *ahead_take(struct ahead *ahead);

#endif
