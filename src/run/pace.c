#include "run/pace.h"

enum { TIMER_LATE_US = 5000 };

/* Of the calls in flight, for each round of good answers: a limit that is hit by every
 * rise costs one refusal in four rounds. */
static const double GROWTH = 0.25;

bool
pace_may_start(const struct pace *pace, int64_t now_us)
{
    return now_us >= pace->next_us;
}

/* Made up for is only what timers are late by: no bursts. */
void
pace_note_start(struct pace *pace, int64_t now_us)
{
    int64_t due = pace->next_us;
    if (due < now_us - TIMER_LATE_US)
        due = now_us - TIMER_LATE_US;
    pace->next_us = pace->interval_us ? due + pace->interval_us : 0;
}

void
pressure_init(struct pressure *pressure, size_t most)
{
    *pressure = (struct pressure){.allowed = (double)most, .most = most};
}

size_t
pressure_allowed(const struct pressure *pressure)
{
    return (size_t)pressure->allowed;
}

void
pressure_note_answer(struct pressure *pressure, long http)
{
    if (!http || http >= 500)
        return; /* no sign that the service bears more */
    pressure->alone_refused = 0;
    pressure->hold_until_ms = 0;
    pressure->allowed += GROWTH / pressure->allowed;
    if (pressure->allowed > (double)pressure->most)
        pressure->allowed = (double)pressure->most;
}

bool
pressure_note_refused(struct pressure *pressure, uint64_t call, uint64_t newest,
                      int64_t now_ms, int64_t wait_ms)
{
    if (call <= pressure->halved_at)
        return false; /* it was in flight with the one that told before */
    if (pressure->allowed < 2) {
        pressure->hold_until_ms = now_ms + wait_ms;
        return ++pressure->alone_refused >= PRESSURE_ALONE_MAX;
    }
    pressure->allowed /= 2;
    pressure->halved_at = newest;
    return false;
}
