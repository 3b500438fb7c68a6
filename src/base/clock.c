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

static inline void
put_digits(char *at, uint32_t number, unsigned digits)
{
    while (digits--) {
        at[digits] = (char)('0' + number % 10);
        number /= 10;
    }
}

/* Result files hold a stamp for each row: the calendar is asked once a day only, and
 * what is the same as in the last stamp stays. */
void
clock_format_stamp(int64_t utc_ms, char stamp[CLOCK_STAMP_BYTES])
{
    static int64_t day = -1, second = -1;
    static char text[CLOCK_STAMP_BYTES];
    int64_t new_second = utc_ms / 1000;
    if (new_second != second) {
        if (new_second / 86400 != day) {
            time_t seconds = (time_t)new_second;
            struct tm tm;
            (void)gmtime_r(&seconds, &tm);
            (void)strftime(text, sizeof(text), "%Y-%m-%dT00:00:00.000Z", &tm);
            day = new_second / 86400;
        }
        uint32_t of_day = (uint32_t)(new_second % 86400);
        put_digits(text + 11, of_day / 3600, 2);
        put_digits(text + 14, of_day / 60 % 60, 2);
        put_digits(text + 17, of_day % 60, 2);
        second = new_second;
    }
    memcpy(stamp, text, CLOCK_STAMP_BYTES);
    put_digits(stamp + 20, (uint32_t)(utc_ms % 1000), 3);
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
