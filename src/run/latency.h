/*
 * How long calls took: a histogram with 16 steps to each doubling (6 % apart), in
 * memory that does not grow.
 */
#ifndef RUN_LATENCY_H
#define RUN_LATENCY_H

#include <stdint.h>

enum { LATENCY_BUCKETS = 33 * 16 };

struct latency {
    uint64_t counts[LATENCY_BUCKETS];
    uint64_t total;
    uint32_t max_us;
};

void latency_note(struct latency *latency, uint32_t us);

/* Where a bucket begins, in microseconds; between two buckets as far as the fraction says. */
double latency_bucket_us(double bucket);

/* The latency that `percent` of the calls did not exceed, in milliseconds; 0 if there
 * were none. 100 is the longest, exactly. */
double latency_percentile_ms(const struct latency *latency, double percent);

#endif
