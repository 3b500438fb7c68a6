#include "run/queue.h"

#include "base/mem.h"

void
queue_clear(struct queue *queue)
{
    free(queue->heap);
    *queue = (struct queue){0};
}

static bool
is_before(const struct work *a, const struct work *b)
{
    return a->ready_ms != b->ready_ms ? a->ready_ms < b->ready_ms : a->order < b->order;
}

static void
swap(struct work *a, struct work *b)
{
    struct work held = *a;
    *a = *b;
    *b = held;
}

void
queue_add(struct queue *queue, struct work work)
{
    if (queue->count == queue->cap) {
        queue->cap = queue->cap ? queue->cap * 2 : 64;
        queue->heap = mem_resize(queue->heap, queue->cap, sizeof(*queue->heap));
    }
    work.order = queue->added++;
    size_t at = queue->count++;
    queue->heap[at] = work;
    while (at && is_before(&queue->heap[at], &queue->heap[(at - 1) / 2])) {
        swap(&queue->heap[at], &queue->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

const struct work *
queue_first(const struct queue *queue)
{
    return queue->count ? &queue->heap[0] : NULL;
}

struct work
queue_take(struct queue *queue)
{
    struct work first = queue->heap[0];
    queue->heap[0] = queue->heap[--queue->count];
    for (size_t at = 0;;) {
        size_t child = 2 * at + 1;
        if (child >= queue->count)
            break;
        if (child + 1 < queue->count &&
            is_before(&queue->heap[child + 1], &queue->heap[child]))
            child++;
        if (!is_before(&queue->heap[child], &queue->heap[at]))
            break;
        swap(&queue->heap[child], &queue->heap[at]);
        at = child;
    }
    return first;
}
