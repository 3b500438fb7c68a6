/*
 * Packing: the fewest batches for the IDs of one target, when a batch holds at most so
 * many IDs and, joined by commas, so many characters.
 */
#ifndef PLAN_PACK_H
#define PLAN_PACK_H

#include <stddef.h>
#include <stdint.h>

struct pack_limits {
    size_t count; /* IDs of a batch, at least 1 */
    size_t bytes; /* characters of the IDs and the commas between them;
                                   at least the longest ID */
};

/*
 * Put `count` IDs of `lens[i]` characters (1 to 255) into batches: `order` becomes the
 * IDs' indices, batch by batch, `sizes` the number of IDs in each batch. Both have room
 * for `count`. Returns the number of batches.
 */
size_t pack_ids(const uint8_t *lens, size_t count, struct pack_limits limits,
                uint32_t *order, uint32_t *sizes);

#endif
