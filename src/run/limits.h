/*
 * When a run has to stop before its work is done: the budget of calls is used up, the
 * window is over, too many calls in a row came to nothing. Pure decisions: time is a
 * parameter.
 */
#ifndef RUN_LIMITS_H
#define RUN_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limits {
    int64_t calls_max; /* budget; -1: none */
    int64_t close_ms;  /* monotonic time to stop sending at; 0: none */
    int64_t
        close_utc_ms;    /* the same by the wall clock, which a machine that slept has set
                             right; 0: none */
    uint64_t halt_after; /* calls in a row without success; 0: never */
};

/* When the window is over, on the clock that shows `started_ms`: after --max-duration or
 * at --stop-at, whichever comes first; both in milliseconds from the start, -1: not set.
 * 0: never. */
int64_t limits_close_ms(int64_t started_ms, int64_t duration_ms, int64_t clock_ms);

bool limits_window_is_over(const struct limits *limits, int64_t now_ms, int64_t utc_ms);

/* May one more call begin? `calls` have left, those in flight may have. */
bool limits_allow_call(const struct limits *limits, uint64_t calls, size_t in_flight);

/* A call has ended: count how many in a row came to nothing. `counts`: it does, if it
 * was no success. True: it is time to halt. */
bool limits_note_end(const struct limits *limits, bool success, bool counts,
                     uint64_t *unsuccessful);

#endif
