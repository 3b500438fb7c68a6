#include "plan/pack.h"

#include "base/mem.h"

#include <stdbool.h>

/*
 * Every ID weighs its length and a comma, a batch carries `bytes + 1`. Nearly always the
 * count alone decides and the IDs are cut as they come. Where lengths matter, the IDs are
 * dealt to batches of equal number; where that fails, first fit of the longest first is
 * tried, and then one batch more.
 */

struct packing {
    const uint8_t *lens;
    size_t count;
    size_t batch_count_max; /* IDs of a batch */
    size_t capacity;        /* weight of a batch */
    uint32_t *sorted;       /* indices, longest first */
    uint32_t *batch;        /* [count] which batch sorted[i] goes into */
    size_t *weight;         /* of each batch */
    uint32_t *held;         /* IDs in each batch */
    struct slack *heap;
};

static size_t
weight_of(const struct packing *packing, size_t i)
{
    return (size_t)packing->lens[packing->sorted[i]] + 1;
}

static size_t
divide_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

static bool
cut_in_order(const uint8_t *lens, size_t count, struct pack_limits limits,
             uint32_t *order, uint32_t *sizes)
{
    for (size_t start = 0, batch = 0; start < count; batch++) {
        size_t end = start, weight = 0;
        while (end < count && end - start < limits.count)
            weight += (size_t)lens[end++] + 1;
        if (weight > limits.bytes + 1)
            return false;
        sizes[batch] = (uint32_t)(end - start);
        start = end;
    }
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    return true;
}

static void
sort_by_length(struct packing *packing)
{
    size_t starts[256] = {0};
    for (size_t i = 0; i < packing->count; i++)
        starts[packing->lens[i]]++;
    size_t at = 0;
    for (size_t len = 256; len--;) {
        size_t n = starts[len];
        starts[len] = at;
        at += n;
    }
    for (size_t i = 0; i < packing->count; i++)
        packing->sorted[starts[packing->lens[i]]++] = (uint32_t)i;
}

static void
put(struct packing *packing, size_t i, size_t batch)
{
    packing->batch[i] = (uint32_t)batch;
    packing->weight[batch] += weight_of(packing, i);
    packing->held[batch]++;
}

static void
empty_batches(struct packing *packing, size_t batches)
{
    for (size_t i = 0; i < batches; i++)
        packing->weight[i] = packing->held[i] = 0;
}

/* Room that is left in a batch once its free places are filled with the shortest ID. */
struct slack {
    size_t room, places;
    uint32_t batch;
};

/* Let the first of a heap (most room first) sink to its place. */
static void
sink(struct slack *heap, size_t count)
{
    for (size_t at = 0;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < count && heap[child + 1].room > heap[child].room)
            child++;
        if (child >= count || heap[child].room <= heap[at].room)
            return;
        struct slack held = heap[at];
        heap[at] = heap[child];
        heap[child] = held;
        at = child;
    }
}

/*
 * Batches of as equal numbers as can be; each ID, the longest first, goes where most
 * room is left. With IDs of two lengths this finds a way if there is one.
 */
static bool
deal(struct packing *packing, size_t batches)
{
    size_t shortest = weight_of(packing, packing->count - 1);
    size_t fuller = packing->count % batches; /* batches of one ID more */
    struct slack *heap = packing->heap;
    size_t open = batches;
    empty_batches(packing, batches);
    for (size_t i = 0; i < batches; i++) {
        /* Batches of fewer IDs have more room: they come first, so this is a heap. */
        size_t places = packing->count / batches + (i >= batches - fuller);
        if (places * shortest > packing->capacity || places > packing->batch_count_max)
            return false;
        heap[i] = (struct slack){packing->capacity - places * shortest, places,
                                 (uint32_t)i};
    }
    for (size_t i = 0; i < packing->count; i++) {
        size_t more = weight_of(packing, i) - shortest;
        if (more > heap[0].room)
            return false;
        put(packing, i, heap[0].batch);
        heap[0].room -= more;
        if (--heap[0].places == 0)
            heap[0] = heap[--open];
        sink(heap, open);
    }
    return true;
}

/* IDs of one length are put from left to right: what is too full for one stays so. */
static bool
first_fit(struct packing *packing, size_t batches)
{
    size_t batch = 0, weight = 0;
    empty_batches(packing, batches);
    for (size_t i = 0; i < packing->count; i++) {
        if (weight_of(packing, i) != weight)
            batch = 0;
        weight = weight_of(packing, i);
        while (batch < batches && (packing->held[batch] == packing->batch_count_max ||
                                   packing->weight[batch] + weight > packing->capacity))
            batch++;
        if (batch == batches)
            return false;
        put(packing, i, batch);
    }
    return true;
}

static size_t
larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* No way takes fewer: by number, by weight, and by how many of the longest fit. */
static size_t
fewest_thinkable(const struct packing *packing)
{
    size_t weight = 0, fewest = divide_up(packing->count, packing->batch_count_max);
    for (size_t i = 0; i < packing->count; i++) {
        weight += weight_of(packing, i);
        if (i + 1 == packing->count || weight_of(packing, i + 1) != weight_of(packing, i))
            fewest = larger(fewest,
                            divide_up(i + 1, packing->capacity / weight_of(packing, i)));
    }
    return larger(fewest, divide_up(weight, packing->capacity));
}

static void
write_batches(const struct packing *packing, size_t batches, uint32_t *order,
              uint32_t *sizes)
{
    size_t at = 0;
    for (size_t batch = 0; batch < batches; batch++) {
        sizes[batch] = packing->held[batch];
        packing->weight[batch] = at;
        at += packing->held[batch];
    }
    for (size_t i = 0; i < packing->count; i++)
        order[packing->weight[packing->batch[i]]++] = packing->sorted[i];
}

size_t
pack_ids(const uint8_t *lens, size_t count, struct pack_limits limits, uint32_t *order,
         uint32_t *sizes)
{
    if (cut_in_order(lens, count, limits, order, sizes))
        return divide_up(count, limits.count);
    struct packing packing = {
        .lens = lens,
        .count = count,
        .batch_count_max = limits.count,
        .capacity = limits.bytes + 1,
        .sorted = mem_alloc(count, sizeof(uint32_t)),
        .batch = mem_alloc(count, sizeof(uint32_t)),
        .weight = mem_alloc(count, sizeof(size_t)),
        .held = mem_alloc(count, sizeof(uint32_t)),
        .heap = mem_alloc(count, sizeof(struct slack)),
    };
    sort_by_length(&packing);
    size_t batches = fewest_thinkable(&packing);
    while (!deal(&packing, batches) && !first_fit(&packing, batches))
        batches++;
    write_batches(&packing, batches, order, sizes);
    free(packing.sorted);
    free(packing.batch);
    free(packing.weight);
    free(packing.held);
    free(packing.heap);
    return batches;
}
