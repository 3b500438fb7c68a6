/*
 * Puts a file on disk from a thread of its own, so that who writes it need not wait for
 * the disk. Ask, go on, and look later whether it is done; one sync covers all that was
 * asked for before it began.
 */
#ifndef BASE_SYNCER_H
#define BASE_SYNCER_H

#include <stdint.h>

struct err;
struct syncer;

/* For an open file (borrowed). NULL: no thread can be started (EXIT_INTERNAL). */
struct syncer *syncer_open(int fd, struct err *err);

/* Waits for the sync that is under way, not for those asked for since. */
void syncer_free(struct syncer *syncer);

/* All that was written to the file before this call is to be on disk; returns the number
 * of the request, counted from 1. */
uint64_t syncer_ask(struct syncer *syncer);

/* The newest request that is fulfilled. `*error` is the errno of the first sync that
 * failed, or 0; after a failure nothing is fulfilled any more. */
uint64_t syncer_done(struct syncer *syncer, int *error);

/* Becomes readable when a request is fulfilled or has failed, until syncer_heed: call that
 * first and look at syncer_done after, else one may be missed. */
int syncer_fd(const struct syncer *syncer);
void syncer_heed(struct syncer *syncer);

/* Wait until every request is fulfilled. Returns 0 or the errno of the failure. */
int syncer_wait(struct syncer *syncer);

#endif
