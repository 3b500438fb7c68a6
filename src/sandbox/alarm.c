#include "sandbox/alarm.h"

#include "base/mem.h"

struct alarm {
    int64_t due_us;
    void *who;
};

void
alarm_clear(struct alarm_heap *alarms)
{
    free(alarms->heap);
    *alarms = (struct alarm_heap){0};
}

void
alarm_add(struct alarm_heap *alarms, int64_t due_us, void *who)
{
    if (alarms->count == alarms->cap) {
        alarms->cap = alarms->cap ? alarms->cap * 2 : 64;
        alarms->heap = mem_resize(alarms->heap, alarms->cap, sizeof(*alarms->heap));
    }
    size_t at = alarms->count++;
    while (at && alarms->heap[(at - 1) / 2].due_us > due_us) {
        alarms->heap[at] = alarms->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    alarms->heap[at] = (struct alarm){due_us, who};
}

int64_t
alarm_next_us(const struct alarm_heap *alarms)
{
    return alarms->count ? alarms->heap[0].due_us : ALARM_NEVER;
}

void *
alarm_take_due(struct alarm_heap *alarms, int64_t now_us)
{
    if (!alarms->count || alarms->heap[0].due_us > now_us)
        return NULL;
    void *who = alarms->heap[0].who;
    struct alarm last = alarms->heap[--alarms->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < alarms->count; at = child) {
        if (child + 1 < alarms->count &&
            alarms->heap[child + 1].due_us < alarms->heap[child].due_us)
            child++;
        if (alarms->heap[child].due_us >= last.due_us)
            break;
        alarms->heap[at] = alarms->heap[child];
    }
    alarms->heap[at] = last;
    return who;
}
