#include "unit.h"

#include "net/backoff.h"
#include "run/pace.h"

enum { STARTS_MAX = 20000 };

static int64_t starts[STARTS_MAX];

/* What timers are late by may be made up for. */
enum { LATE_US = 5000 };

/* No span of a unit may see more starts than the rate allows. */
static void
hold_to_the_rate(size_t count, size_t most, int64_t unit_us, const char *what)
{
    for (size_t i = most; i < count; i++)
        unit_check(starts[i] - starts[i - most] >= unit_us - LATE_US,
                   "%s: %zu starts within %lld us, from start %zu on", what, most + 1,
                   (long long)(starts[i] - starts[i - most]), i - most);
}

/* A loop that always has work: it asks at each step of the clock. */
static size_t
start_all_the_time(struct pace *pace, int64_t from_us, int64_t span_us, int64_t step_us)
{
    size_t count = 0;
    for (int64_t now = from_us; now < from_us + span_us; now += step_us)
        while (count < STARTS_MAX && pace_may_start(pace, now)) {
            pace_note_start(pace, now);
            starts[count++] = now;
        }
    return count;
}

static void
keeps_the_rate_when_busy(void **state)
{
    static const struct {
        size_t most;
        int64_t unit_us;
    } rates[] = {
        {5, 1000000}, {1, 1000000}, {100, 60000000}, {20, 1000000}, {4, 1000000}};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rates); i++) {
        struct pace pace = {.interval_us = rates[i].unit_us / (int64_t)rates[i].most};
        int64_t span = 20 * rates[i].unit_us;
        size_t count = start_all_the_time(&pace, 123456789, span, 1000);
        hold_to_the_rate(count, rates[i].most, rates[i].unit_us, "busy");
        /* And it is used: all but a start or two. */
        unit_check(count + 1 >= 20 * rates[i].most, "rate %zu: %zu starts of %zu", i,
                   count, 20 * rates[i].most);
    }
}

static void
keeps_the_rate_after_idling(void **state)
{
    struct dice dice = {17};
    struct pace pace = {.interval_us = 200000};
    int64_t now = 5000000;
    size_t count = 0;
    (void)state;
    while (count < 3000) {
        now += (int64_t)dice_below(&dice, dice_below(&dice, 10) ? 150000 : 3000000);
        while (pace_may_start(&pace, now) && count < 3000) {
            pace_note_start(&pace, now);
            starts[count++] = now;
        }
    }
    hold_to_the_rate(count, 5, 1000000, "idling");
}

static void
starts_are_evenly_spaced(void **state)
{
    struct pace pace = {.interval_us = 200000};
    (void)state;
    size_t count = start_all_the_time(&pace, 999999, 5000000, 1000);
    for (size_t i = 1; i < count; i++)
        unit_check(starts[i] - starts[i - 1] >= 190000, "start %zu comes %lld us after",
                   i, (long long)(starts[i] - starts[i - 1]));
}

static void
no_rate_is_no_limit(void **state)
{
    struct pace pace = {0};
    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_true(pace_may_start(&pace, 77));
        pace_note_start(&pace, 77);
    }
}

static void
pressure_halves_once_for_calls_together(void **state)
{
    struct pressure pressure;
    (void)state;
    pressure_init(&pressure, 8);
    assert_int_equal(pressure_allowed(&pressure), 8);
    /* Calls 1 to 8 in flight: all refused. */
    for (uint64_t call = 1; call <= 8; call++)
        assert_false(pressure_note_refused(&pressure, call, 8, 1000, 250));
    assert_int_equal(pressure_allowed(&pressure), 4);
    assert_false(pressure_note_refused(&pressure, 9, 12, 1000, 250));
    assert_int_equal(pressure_allowed(&pressure), 2);
    assert_false(pressure_note_refused(&pressure, 12, 12, 1000, 250));
    assert_int_equal(pressure_allowed(&pressure), 2);
    assert_false(pressure_note_refused(&pressure, 13, 14, 1000, 250));
    assert_int_equal(pressure_allowed(&pressure), 1);
    assert_int_equal(pressure.alone_refused, 0);
}

static void
pressure_eases_a_step_a_round(void **state)
{
    struct pressure pressure;
    (void)state;
    pressure_init(&pressure, 5);
    (void)pressure_note_refused(&pressure, 1, 1, 0, 0);
    (void)pressure_note_refused(&pressure, 2, 2, 0, 0);
    assert_int_equal(pressure_allowed(&pressure), 1);
    size_t before = 1, rounds = 0;
    for (size_t good = 0; pressure_allowed(&pressure) < 5; good++) {
        assert_true(good < 100);
        pressure_note_answer(&pressure, 200);
        size_t allowed = pressure_allowed(&pressure);
        assert_true(allowed <= before + 1);
        rounds += allowed != before;
        before = allowed;
    }
    assert_int_equal(rounds, 4);
    for (int i = 0; i < 100; i++)
        pressure_note_answer(&pressure, 200);
    assert_int_equal(pressure_allowed(&pressure), 5);
}

static void
ten_refusals_alone_are_the_limit(void **state)
{
    (void)state;
    for (size_t most = 1; most <= 3; most += 2) {
        struct pressure pressure;
        uint64_t call = 1;
        pressure_init(&pressure, most);
        while (pressure_allowed(&pressure) > 1 || pressure.allowed >= 2) {
            (void)pressure_note_refused(&pressure, call, call, 0, 0);
            call++;
        }
        for (int i = 1; i < 10; i++, call++)
            unit_check(!pressure_note_refused(&pressure, call, call, 0, 0), "refusal %d",
                       i);
        /* A good answer in between, and the count starts anew. */
        pressure_note_answer(&pressure, 200);
        pressure.allowed = 1;
        for (int i = 1; i < 10; i++, call++)
            unit_check(!pressure_note_refused(&pressure, call, call, 0, 0), "again %d",
                       i);
        assert_true(pressure_note_refused(&pressure, call, call, 0, 0));
    }
}

/* What is no answer, or a 5xx, neither eases the pressure nor breaks the row. */
static void
only_answers_are_good_signs(void **state)
{
    static const long none[] = {0, 500, 503, 599};
    static const long signs[] = {200, 207, 400, 404, 401};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(none); i++) {
        struct pressure pressure = {.allowed = 1, .most = 8, .alone_refused = 3,
                                    .hold_until_ms = 77};
        pressure_note_answer(&pressure, none[i]);
        unit_check(pressure.allowed < 1.01 && pressure.alone_refused == 3 &&
                       pressure.hold_until_ms == 77,
                   "%ld", none[i]);
    }
    for (size_t i = 0; i < UNIT_COUNT(signs); i++) {
        struct pressure pressure = {.allowed = 1, .most = 8, .alone_refused = 3,
                                    .hold_until_ms = 77};
        pressure_note_answer(&pressure, signs[i]);
        unit_check(pressure.allowed > 1.2 && !pressure.alone_refused &&
                       !pressure.hold_until_ms,
                   "%ld", signs[i]);
    }
}

static void
alone_it_waits(void **state)
{
    struct pressure pressure;
    (void)state;
    pressure_init(&pressure, 1);
    (void)pressure_note_refused(&pressure, 1, 1, 5000, 700);
    assert_int_equal(pressure.hold_until_ms, 5700);
    pressure_note_answer(&pressure, 200);
    assert_int_equal(pressure.hold_until_ms, 0);
    assert_int_equal(pressure_allowed(&pressure), 1);
}

static void
backs_off_within_bounds(void **state)
{
    static const int64_t most[] = {250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
    (void)state;
    for (unsigned tries = 0; tries < UNIT_COUNT(most); tries++) {
        assert_int_equal(backoff_ms(tries, 0, -1), 0);
        int64_t high = backoff_ms(tries, 0.999999, -1);
        unit_check(high <= most[tries] && high >= most[tries] - 1, "try %u: %lld", tries,
                   (long long)high);
        assert_int_equal(backoff_ms(tries, 0.5, -1), most[tries] / 2);
    }
    assert_true(backoff_ms(UINT32_MAX, 0.9, -1) <= BACKOFF_MAX_MS);
    /* What the service asks for, up to a minute. */
    assert_int_equal(backoff_ms(0, 0, 3), 3000);
    assert_int_equal(backoff_ms(0, 0.9, 0), 225);
    assert_int_equal(backoff_ms(0, 0, 60), 60000);
    assert_int_equal(backoff_ms(0, 0, 61), 60000);
    assert_int_equal(backoff_ms(0, 0, 2147483647), 60000);
    assert_int_equal(backoff_ms(7, 0.999999, 1), 29999);
}

void
test_pace(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_rate_when_busy),
        cmocka_unit_test(keeps_the_rate_after_idling),
        cmocka_unit_test(starts_are_evenly_spaced),
        cmocka_unit_test(no_rate_is_no_limit),
        cmocka_unit_test(pressure_halves_once_for_calls_together),
        cmocka_unit_test(pressure_eases_a_step_a_round),
        cmocka_unit_test(ten_refusals_alone_are_the_limit),
        cmocka_unit_test(only_answers_are_good_signs),
        cmocka_unit_test(alone_it_waits),
        cmocka_unit_test(backs_off_within_bounds),
    };
    unit_run(tally, "pace", tests, UNIT_COUNT(tests));
}
