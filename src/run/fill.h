/*
 * Starting calls: which work is next, its intent written down, within concurrency,
 * pressure, rate and budget.
 */
#ifndef RUN_FILL_H
#define RUN_FILL_H

struct motor;
struct err;

#include <stdint.h>

/* Start what may be started now. -1: the journal cannot be written. */
int fill_calls(struct motor *motor, int64_t now_us, struct err *err);

#endif
