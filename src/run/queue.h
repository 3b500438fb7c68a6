/*
 * Work that waits for its time: a heap by start time, first come first served among
 * equals. A retry is a start time, not a sleep.
 */
#ifndef RUN_QUEUE_H
#define RUN_QUEUE_H

#include "run/slice.h"

#include <stddef.h>

/* Something to send: items of one batch. */
struct work {
    struct slice slice;
    uint32_t batch;   /* of the plan */
    uint16_t tries;   /* that used up a retry */
    uint16_t slowed;  /* 429 answers so far */
    bool renewed;     /* its token was refused just now: goes at once, with another */
    int64_t ready_ms; /* not to be sent before */
    uint64_t order;   /* set by queue_add */
};

struct queue {
    struct work *heap;
    size_t count, cap;
    uint64_t added;
};

void queue_clear(struct queue *queue);
void queue_add(struct queue *queue, struct work work);

/* The earliest work, NULL if there is none; valid until the next change. */
const struct work *queue_first(const struct queue *queue);
struct work queue_take(struct queue *queue);

#endif
