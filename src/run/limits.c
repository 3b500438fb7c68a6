#include "run/limits.h"

int64_t
limits_close_ms(int64_t started_ms, int64_t duration_ms, int64_t clock_ms)
{
    int64_t span_ms = duration_ms < 0 || (clock_ms >= 0 && clock_ms < duration_ms)
                          ? clock_ms
                          : duration_ms;
    return span_ms < 0 ? 0 : started_ms + span_ms;
}

bool
limits_window_is_over(const struct limits *limits, int64_t now_ms, int64_t utc_ms)
{
    return (limits->close_ms && now_ms >= limits->close_ms) ||
           (limits->close_utc_ms && utc_ms >= limits->close_utc_ms);
}

bool
limits_allow_call(const struct limits *limits, uint64_t calls, size_t in_flight)
{
    return limits->calls_max < 0 || calls + in_flight < (uint64_t)limits->calls_max;
}

bool
limits_note_end(const struct limits *limits, bool success, bool counts,
                uint64_t *unsuccessful)
{
    if (success)
        *unsuccessful = 0;
    else if (counts)
        ++*unsuccessful;
    return limits->halt_after && *unsuccessful >= limits->halt_after;
}
