/*
 * When calls were made, as the journal tells: what the charts of the report are drawn
 * from.
 */
#ifndef REPORT_TIMELINE_H
#define REPORT_TIMELINE_H

#include "run/journal.h"

/* One call that was answered or lost. */
struct timeline_call {
    int64_t end_ms; /* UTC */
    uint32_t latency_us;
    uint32_t first_item; /* of its batch */
    uint16_t http;       /* 0: no answer */
    uint8_t items, successes;
};

struct timeline {
    struct timeline_call *calls;
    size_t count, cap;
    int64_t from_ms, to_ms; /* of the first start and the last end; 0: no calls */
};

/* Read the journal at `path`; the caller clears the timeline. */
int timeline_read(const char *path, struct timeline *timeline, struct err *err);
void timeline_clear(struct timeline *timeline);

enum { TIMELINE_SLICES = 60 };

/* What happened in each of equal slices of time. */
struct timeline_slice {
    double in_flight;        /* calls, on average */
    uint64_t rows;           /* that succeeded */
    uint64_t calls, refused; /* ended; of them with 429 */
};

void timeline_cut(const struct timeline *timeline,
                  struct timeline_slice slices[TIMELINE_SLICES]);

enum { TIMELINE_SLOWEST = 8 };

/* The slowest calls, the slowest first; returns how many. */
size_t timeline_slowest(const struct timeline *timeline,
                        const struct timeline_call *slowest[TIMELINE_SLOWEST]);

#endif
