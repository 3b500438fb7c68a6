/*
 * A tape: bytes are added at its end and read anywhere. The first ones stay in memory,
 * what exceeds that goes to a file without a name.
 *
 * A disk that takes no more loses nothing: what it did not take stays in memory, and
 * tape_check tells, so that work can end.
 */
#ifndef PLAN_TAPE_H
#define PLAN_TAPE_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct tape;

/* An empty one, whose file will be in the folder `dir` (borrowed). */
struct tape *tape_open(const char *dir, size_t memory_bytes);
void tape_free(struct tape *tape);

/* Put something at its end. Returns where it begins. */
uint64_t tape_add(struct tape *tape, const void *bytes, size_t len);

/* What was added there; borrowed until the tape is used again. A disk that cannot be read
 * ends the program, with exit 1 and a message. */
const char *tape_at(struct tape *tape, uint64_t at, size_t len);

/* Did the disk take all that was meant for it? EXIT_INTERNAL: it did not. */
int tape_check(const struct tape *tape, struct err *err);

#endif
