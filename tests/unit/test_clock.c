#include "unit.h"

#include "base/clock.h"

static void
formats_stamps(void **state)
{
    static const struct {
        int64_t ms;
        const char *stamp;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.001Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {951868799999, "2000-02-29T23:59:59.999Z"},
        {1795226850125, "2026-11-21T02:07:30.125Z"},
        {4102444800000, "2100-01-01T00:00:00.000Z"},
        {4107542399000, "2100-02-28T23:59:59.000Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
    };
    char stamp[CLOCK_STAMP_BYTES];
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        clock_format_stamp(cases[i].ms, stamp);
        assert_string_equal(stamp, cases[i].stamp);
    }
}

static void
formats_spans(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0ms"}, {85, "85ms"}, {999, "999ms"}, {1000, "1.0s"}, {12400, "12.4s"},
        {59900, "59.9s"}, {60000, "1m00s"}, {200000, "3m20s"}, {3599999, "59m59s"},
        {3600000, "1h00m"}, {3725000, "1h02m"}, {86399999, "23h59m"}, {86400000, "1d00h"},
        {90000000, "1d01h"},
    };
    char text[CLOCK_STAMP_BYTES];
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        clock_format_span(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
    /* Never "60.0s". */
    clock_format_span(59999, text);
    assert_string_not_equal(text, "60.0s");
}

static void
clocks_tell_the_time(void **state)
{
    (void)state;
    int64_t before_us = clock_mono_us(), before_ms = clock_mono_ms();
    assert_true(before_ms >= before_us / 1000);
    assert_true(clock_mono_us() >= before_us);
    int64_t utc = clock_utc_ms(), now = (int64_t)time(NULL) * 1000;
    assert_true(utc > now - 5000 && utc < now + 5000);
}

void
test_clock(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_stamps),
        cmocka_unit_test(formats_spans),
        cmocka_unit_test(clocks_tell_the_time),
    };
    unit_run(tally, "clock", tests, UNIT_COUNT(tests));
}
