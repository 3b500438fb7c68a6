#include "unit.h"

#include "run/latency.h"

static int
by_size(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static void
is_zero_without_calls(void **state)
{
    static const struct latency none;
    (void)state;
    assert_true(latency_percentile_ms(&none, 50) == 0);
    assert_true(latency_percentile_ms(&none, 100) == 0);
}

static void
one_call_is_every_percentile(void **state)
{
    static const uint32_t values[] = {0, 1, 15, 16, 17, 999, 1000, 123456, UINT32_MAX};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(values); i++) {
        struct latency latency = {{0}, 0, 0};
        latency_note(&latency, values[i]);
        double ms = values[i] / 1000.0;
        assert_true(latency_percentile_ms(&latency, 100) == ms);
        double p50 = latency_percentile_ms(&latency, 50);
        unit_check(p50 <= ms && p50 >= ms * 0.94 - 0.001, "%u us: %f", values[i], p50);
    }
}

/* Against the sorted list: within the 6 % of a step, never above the longest. */
static void
percentiles_are_near(void **state)
{
    enum { CALLS = 5000 };
    static uint32_t list[CALLS];
    struct dice dice = {14};
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        struct latency latency = {{0}, 0, 0};
        for (size_t i = 0; i < CALLS; i++) {
            list[i] = (uint32_t)(kind == 0   ? dice_below(&dice, 1000000)
                                 : kind == 1 ? 200000 + dice_below(&dice, 1000)
                                             : (size_t)1 << dice_below(&dice, 32));
            latency_note(&latency, list[i]);
        }
        qsort(list, CALLS, sizeof(list[0]), by_size);
        assert_int_equal(latency.total, CALLS);
        for (size_t percent = 1; percent < 100; percent++) {
            double exact = list[(CALLS * percent + 99) / 100 - 1] / 1000.0;
            double got = latency_percentile_ms(&latency, (double)percent);
            unit_check(got <= exact * 1.065 + 0.001 && got >= exact * 0.935 - 0.001,
                       "kind %u, %zu %%: %f, not %f", kind, percent, got, exact);
        }
        assert_true(latency_percentile_ms(&latency, 100) == list[CALLS - 1] / 1000.0);
        assert_true(latency_percentile_ms(&latency, 99.9) <= list[CALLS - 1] / 1000.0);
    }
}

void
test_latency(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_zero_without_calls),
        cmocka_unit_test(one_call_is_every_percentile),
        cmocka_unit_test(percentiles_are_near),
    };
    unit_run(tally, "latency", tests, UNIT_COUNT(tests));
}
