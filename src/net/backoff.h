/*
 * How long to wait before a failed request is tried again. A pure decision: chance is a
 * parameter.
 */
#ifndef NET_BACKOFF_H
#define NET_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_FIRST_MS = 250, BACKOFF_MAX_MS = 30000, RETRY_AFTER_MAX_S = 60 };

/*
 * How long to wait before try number `tries` + 1: exponential with full jitter,
 * `chance` from [0, 1). What the service asks for (`retry_after_s`, -1: nothing) is
 * honoured up to a minute.
 */
int64_t backoff_ms(unsigned tries, double chance, long retry_after_s);

#endif
