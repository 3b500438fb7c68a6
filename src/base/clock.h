/*
 * Two clocks: a monotonic one for durations and deadlines, UTC for stamps. Code
 * that decides by time takes `now_ms` as a parameter instead of calling these.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_STAMP_BYTES 32
#define CLOCK_STAMP_LEN 24 /* of a moment */

int64_t clock_mono_ms(void); /* milliseconds since an arbitrary start; never jumps */
int64_t clock_mono_us(void);
int64_t clock_utc_ms(void); /* milliseconds since 1970-01-01 UTC */

/* "2026-11-21T02:07:30.125Z" (RFC 3339, UTC) into `stamp`. */
void clock_format_stamp(int64_t utc_ms, char stamp[CLOCK_STAMP_BYTES]);

/* "1h02m", "3m20s", "12.4s", "85ms": a duration for people. */
void clock_format_span(int64_t span_ms, char text[CLOCK_STAMP_BYTES]);

#endif
