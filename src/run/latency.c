#include "run/latency.h"

static unsigned
bucket_of(uint32_t us)
{
    if (us < 16)
        return us;
    unsigned doubling = 31 - (unsigned)__builtin_clz(us);
    return (doubling - 3) * 16 + (us >> (doubling - 4) & 15);
}

static double
start_us(unsigned bucket)
{
    if (bucket < 16)
        return bucket;
    unsigned doubling = bucket / 16 + 3;
    return (16 + bucket % 16) * (double)((uint64_t)1 << (doubling - 4));
}

/* The middle of a bucket. */
static double
bucket_us(unsigned bucket)
{
    return bucket < 16 ? bucket : (start_us(bucket) + start_us(bucket + 1)) / 2;
}

double
latency_bucket_us(double bucket)
{
    unsigned whole = (unsigned)bucket;
    return start_us(whole) + (bucket - whole) * (start_us(whole + 1) - start_us(whole));
}

void
latency_note(struct latency *latency, uint32_t us)
{
    latency->counts[bucket_of(us)]++;
    latency->total++;
    if (us > latency->max_us)
        latency->max_us = us;
}

double
latency_percentile_ms(const struct latency *latency, double percent)
{
    double wanted = (double)latency->total * percent / 100;
    uint64_t seen = 0;
    for (unsigned i = 0; i < LATENCY_BUCKETS && percent < 100; i++) {
        seen += latency->counts[i];
        if (latency->counts[i] && (double)seen >= wanted) {
            double us = bucket_us(i);
            return (us < latency->max_us ? us : latency->max_us) / 1000;
        }
    }
    return latency->max_us / 1000.0;
}
