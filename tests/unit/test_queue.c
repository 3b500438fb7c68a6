#include "unit.h"

#include "run/queue.h"

static void
takes_by_time_then_by_arrival(void **state)
{
    static const int64_t times[] = {30, 10, 20, 10, 30, 10, 0, 20};
    static const uint32_t wanted[] = {6, 1, 3, 5, 2, 7, 0, 4};
    struct queue queue = {0};
    (void)state;
    assert_null(queue_first(&queue));
    for (uint32_t i = 0; i < UNIT_COUNT(times); i++)
        queue_add(&queue, (struct work){.batch = i, .ready_ms = times[i], .order = 99});
    for (size_t i = 0; i < UNIT_COUNT(wanted); i++) {
        assert_int_equal(queue_first(&queue)->batch, wanted[i]);
        assert_int_equal(queue_take(&queue).batch, wanted[i]);
    }
    assert_null(queue_first(&queue));
    queue_clear(&queue);
}

static void
keeps_order_under_any_use(void **state)
{
    struct dice dice = {13};
    struct queue queue = {0};
    int64_t last = INT64_MIN;
    uint64_t last_order = 0;
    size_t held = 0, taken = 0;
    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        if (held == 0 || dice_below(&dice, 3)) {
            int64_t ready = (int64_t)dice_below(&dice, 50);
            queue_add(&queue, (struct work){.batch = i, .tries = 3, .ready_ms = ready});
            held++;
            if (ready < last)
                last = INT64_MIN;       /* an earlier one has come in since */
        } else {
            struct work work = queue_take(&queue);
            held--;
            taken++;
            assert_int_equal(work.tries, 3);
            assert_true(work.ready_ms > last ||
                        (work.ready_ms == last && work.order > last_order));
            last = work.ready_ms;
            last_order = work.order;
        }
        assert_int_equal(queue.count, held);
    }
    assert_true(taken > 1000);
    /* What is left comes out sorted. */
    for (last = INT64_MIN; held; held--) {
        struct work work = queue_take(&queue);
        assert_true(work.ready_ms > last ||
                    (work.ready_ms == last && work.order > last_order));
        last = work.ready_ms;
        last_order = work.order;
    }
    queue_clear(&queue);
}

static void
slices_hold_bits(void **state)
{
    struct slice slice = {.first = 5};
    static const uint32_t bits[] = {0, 1, 31, 32, 63, 64, 65, 99, 127};
    size_t n = 0;
    (void)state;
    assert_int_equal(slice_next(&slice, 0), 128);
    for (size_t i = 0; i < UNIT_COUNT(bits); i++)
        slice_add(&slice, bits[i]);
    assert_int_equal(slice_count(&slice), UNIT_COUNT(bits));
    for (uint32_t i = slice_next(&slice, 0); i < 128; i = slice_next(&slice, i + 1))
        assert_int_equal(i, bits[n++]);
    assert_int_equal(n, UNIT_COUNT(bits));
    n = 0;
    for (uint32_t i = 0; i < 128; i++)
        n += slice_has(&slice, i);
    assert_int_equal(n, UNIT_COUNT(bits));
    assert_false(slice_has(&slice, 2));
    assert_int_equal(slice_next(&slice, 128), 128);
}

void
test_queue(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_by_time_then_by_arrival),
        cmocka_unit_test(keeps_order_under_any_use),
        cmocka_unit_test(slices_hold_bits),
    };
    unit_run(tally, "queue", tests, UNIT_COUNT(tests));
}
