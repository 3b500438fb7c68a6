/*
 * When calls may start: the rate the user set, the pressure a service shows, and how
 * long to wait before trying again. Pure decisions: time and chance are parameters.
 */
#ifndef RUN_PACE_H
#define RUN_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Evenly spaced starts. */
struct pace {
    int64_t interval_us; /* between two starts; 0: no limit */
    int64_t next_us;     /* no start before */
};

bool pace_may_start(const struct pace *pace, int64_t now_us);
void pace_note_start(struct pace *pace, int64_t now_us);

/*
 * Calls in flight at one service: halved when it says 429 (once for all calls that
 * were in flight together), one more for every four rounds of good answers. Alone in flight
 * and refused ten times in a row means that the day's limit is reached.
 */
struct pressure {
    double allowed; /* calls in flight, from 1 to `most` */
    size_t most;
    uint64_t halved_at;     /* number of the newest call when it was last halved */
    unsigned alone_refused; /* 429 in a row with one call in flight */
    int64_t hold_until_ms;  /* no start before */
};

enum { PRESSURE_ALONE_MAX = 10 };

void pressure_init(struct pressure *pressure, size_t most);
size_t pressure_allowed(const struct pressure *pressure);
/* A call was answered with that status, other than 429; 0: it was not. */
void pressure_note_answer(struct pressure *pressure, long http);
/* `call` was refused; `newest` is the newest call started; `wait_ms`: the service's or
 * the back-off's. True: the day's limit is reached. */
bool pressure_note_refused(struct pressure *pressure, uint64_t call, uint64_t newest,
                           int64_t now_ms, int64_t wait_ms);

#endif
