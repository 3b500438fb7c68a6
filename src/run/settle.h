/*
 * Settling a call that has ended: its ruling goes into books and journal, what remains
 * goes into the queue, and pressure, halts and stops are heeded.
 */
#ifndef RUN_SETTLE_H
#define RUN_SETTLE_H

#include <stdint.h>

struct motor;
struct pool_result;

void settle_call(struct motor *motor, struct pool_result *result, int64_t now_ms);

#endif
