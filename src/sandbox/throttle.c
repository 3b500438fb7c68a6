#include "sandbox/throttle.h"

#include "base/mem.h"

#define NAMES_MAX 64 /* the oldest name is forgotten for the next one */

struct name {
    unsigned long long hash;
    int64_t *times_ms; /* a ring of `limit` */
    unsigned long long taken;
};

struct throttle {
    size_t limit;
    int64_t window_ms;
    struct name names[NAMES_MAX];
    unsigned long long name_count; /* forgotten ones included */
};

struct throttle *
throttle_open(size_t limit, int64_t window_ms)
{
    struct throttle *throttle = mem_alloc(1, sizeof(*throttle));
    throttle->limit = limit;
    throttle->window_ms = window_ms;
    return throttle;
}

void
throttle_free(struct throttle *throttle)
{
    if (!throttle)
        return;
    for (size_t i = 0; i < NAMES_MAX; i++)
        free(throttle->names[i].times_ms);
    free(throttle);
}

static struct name *
name_find(struct throttle *throttle, unsigned long long hash)
{
    for (size_t i = 0; i < NAMES_MAX && i < throttle->name_count; i++)
        if (throttle->names[i].hash == hash)
            return &throttle->names[i];
    struct name *name = &throttle->names[throttle->name_count++ % NAMES_MAX];
    free(name->times_ms);
    *name = (struct name){.hash = hash};
    name->times_ms = mem_alloc(throttle->limit, sizeof(*name->times_ms));
    return name;
}

bool
throttle_take(struct throttle *throttle, struct span name, int64_t now_ms)
{
    if (!throttle->limit)
        return true;
    struct name *found = name_find(throttle, text_hash(name.ptr, name.len));
    int64_t *oldest_ms = &found->times_ms[found->taken % throttle->limit];
    if (found->taken >= throttle->limit && now_ms - *oldest_ms < throttle->window_ms)
        return false;
    *oldest_ms = now_ms;
    found->taken++;
    return true;
}
