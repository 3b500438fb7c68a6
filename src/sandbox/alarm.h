/*
 * Who is to be woken when: a heap of due times. Keeps the pointers it is given,
 * owns none of them. A zeroed struct holds no alarm.
 */
#ifndef SANDBOX_ALARM_H
#define SANDBOX_ALARM_H

#include <stddef.h>
#include <stdint.h>

#define ALARM_NEVER INT64_MAX

struct alarm_heap {
    struct alarm *heap;
    size_t count;
    size_t cap;
};

void alarm_clear(struct alarm_heap *alarms);

void alarm_add(struct alarm_heap *alarms, int64_t due_us, void *who);

/* When the next one is due, on the clock of clock_mono_us(); ALARM_NEVER if there is
 * none. */
int64_t alarm_next_us(const struct alarm_heap *alarms);

/* Takes out the earliest that is due by `now_us`; NULL if none is. */
void *alarm_take_due(struct alarm_heap *alarms, int64_t now_us);

#endif
