/*
 * Some of the items of one batch: what a call carries, or what of it has to be sent
 * again. Items stand in a row of at most 128; a bit says which of them belong.
 */
#ifndef RUN_SLICE_H
#define RUN_SLICE_H

#include <stdbool.h>
#include <stdint.h>

struct slice {
    uint32_t first; /* item of bit 0 */
    uint64_t mask[2];
};

static inline bool
slice_has(const struct slice *slice, uint32_t i)
{
    return slice->mask[i / 64] >> i % 64 & 1;
}

static inline void
slice_add(struct slice *slice, uint32_t i)
{
    slice->mask[i / 64] |= (uint64_t)1 << i % 64;
}

static inline uint32_t
slice_count(const struct slice *slice)
{
    return (uint32_t)(__builtin_popcountll(slice->mask[0]) +
                      __builtin_popcountll(slice->mask[1]));
}

/* The first bit at or after `i`; 128 if there is none:
 * for (i = slice_next(s, 0); i < 128; i = slice_next(s, i + 1)) */
static inline uint32_t
slice_next(const struct slice *slice, uint32_t i)
{
    for (; i < 128; i = (i / 64 + 1) * 64) {
        uint64_t left = slice->mask[i / 64] >> i % 64;
        if (left)
            return i + (uint32_t)__builtin_ctzll(left);
    }
    return 128;
}

#endif
