/* Budget, window and halt, with time as a number. */
#include "unit.h"

#include "run/limits.h"

static void
window_closes_at_the_earlier(void **state)
{
    static const struct {
        int64_t duration_ms, clock_ms, wanted_ms;
    } cases[] = {{-1, -1, 0},         {500, -1, 10500},   {-1, 700, 10700},
                 {500, 700, 10500},   {700, 500, 10500},  {600, 600, 10600},
                 {0, -1, 10000},      {0, 900, 10000},    {900, 0, 10000}};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        int64_t got = limits_close_ms(10000, cases[i].duration_ms, cases[i].clock_ms);
        unit_check(got == cases[i].wanted_ms, "case %zu: %lld", i, (long long)got);
    }
}

static void
window_is_over_to_the_millisecond(void **state)
{
    struct limits limits = {.close_ms = 10500};
    (void)state;
    assert_false(limits_window_is_over(&limits, 0, 0));
    assert_false(limits_window_is_over(&limits, 10499, 99));
    assert_true(limits_window_is_over(&limits, 10500, 0));
    assert_true(limits_window_is_over(&limits, INT64_MAX, 0));
    limits.close_ms = 0;
    assert_false(limits_window_is_over(&limits, INT64_MAX, INT64_MAX));
    /* A machine that slept: little time went by, and yet it is later. */
    limits = (struct limits){.close_ms = 10500, .close_utc_ms = 7000};
    assert_false(limits_window_is_over(&limits, 100, 6999));
    assert_true(limits_window_is_over(&limits, 100, 7000));
}

/* What has left and what is in flight together never exceed the budget. */
static void
budget_is_never_exceeded(void **state)
{
    (void)state;
    for (int64_t most = 0; most < 5; most++) {
        struct limits limits = {.calls_max = most};
        for (uint64_t calls = 0; calls < 7; calls++)
            for (size_t in_flight = 0; in_flight < 7; in_flight++)
                unit_check(limits_allow_call(&limits, calls, in_flight) ==
                               (calls + in_flight + 1 <= (uint64_t)most),
                           "%zu in flight", in_flight);
    }
    struct limits none = {.calls_max = -1};
    assert_true(limits_allow_call(&none, UINT64_MAX / 2, 1000));
}

/* Each letter is the end of a call: s success, f one that counts, n one that does not. */
static void
halts_after_a_row(void **state)
{
    static const struct {
        uint64_t halt_after;
        const char *ends;
        int halt_at; /* after that many ends; 0: never */
    } cases[] = {
        {3, "fff", 3},      {3, "ff", 0},        {3, "ffsff", 0},  {3, "ffsfff", 6},
        {3, "fnfnnnf", 7},  {3, "nnnnnnnn", 0},  {1, "nsnf", 4},   {0, "ffffffff", 0},
        {3, "fffs", 3},     {4294967297, "ffff", 0},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct limits limits = {.halt_after = cases[i].halt_after};
        uint64_t row = 0;
        int halted = 0;
        for (int at = 0; cases[i].ends[at] && !halted; at++) {
            char end = cases[i].ends[at];
            if (limits_note_end(&limits, end == 's', end != 'n', &row))
                halted = at + 1;
        }
        unit_check(halted == cases[i].halt_at, "case %zu: halted after %d", i, halted);
    }
}

void
test_limits(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_closes_at_the_earlier),
        cmocka_unit_test(window_is_over_to_the_millisecond),
        cmocka_unit_test(budget_is_never_exceeded),
        cmocka_unit_test(halts_after_a_row),
    };
    unit_run(tally, "limits", tests, UNIT_COUNT(tests));
}
