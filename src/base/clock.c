#include "base/clock.h"

#include <time.h>

static int64_t
clock_read_us(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
    return clock_read_us(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

int64_t
clock_utc_ms(void)
{
    return clock_read_us(CLOCK_REALTIME) / 1000;
}

void
clock_format_stamp(int64_t utc_ms, char stamp[CLOCK_STAMP_BYTES])
{
    time_t seconds = (time_t)(utc_ms / 1000);
    struct tm tm;
    (void)gmtime_r(&seconds, &tm);
    size_t len = strftime(stamp, CLOCK_STAMP_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(stamp + len, CLOCK_STAMP_BYTES - len, ".%03dZ", (int)(utc_ms % 1000));
}

void
clock_format_span(int64_t span_ms, char text[CLOCK_STAMP_BYTES])
{
    long long s = span_ms / 1000;
    if (span_ms < 1000)
        (void)snprintf(text, CLOCK_STAMP_BYTES, "%lldms", (long long)span_ms);
    else if (s < 60)
        (void)snprintf(text, CLOCK_STAMP_BYTES, "%lld.%llds", s,
                       (long long)span_ms / 100 % 10);
    else if (s < 3600)
        (void)snprintf(text, CLOCK_STAMP_BYTES, "%lldm%02llds", s / 60, s % 60);
    else if (s < 86400)
        (void)snprintf(text, CLOCK_STAMP_BYTES, "%lldh%02lldm", s / 3600, s / 60 % 60);
    else
        (void)snprintf(text, CLOCK_STAMP_BYTES, "%lldd%02lldh", s / 86400, s / 3600 % 24);
}
