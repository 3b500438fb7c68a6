/* When calls were made, as read from a journal, and how it is cut for the charts. */
#include "unit.h"

#include "report/timeline.h"

#include <math.h>
#include <unistd.h>

static const int64_t start = 1795226850000;

static struct journal *
begin(const char *path)
{
    struct err err = {0};
    (void)unlink(path);
    struct journal *journal = journal_create(path, &err);
    assert_no_error(err);
    journal_add(journal,
                &(struct journal_entry){.type = JOURNAL_PLAN, .rows = 1, .items = 1});
    journal_add(journal, &(struct journal_entry){.type = JOURNAL_BEGIN,
                                                 .time_ms = start,
                                                 .message = span_of("boot")});
    return journal;
}

static void
add_verdict(struct journal *journal, uint32_t number, long http)
{
    journal_add(journal, &(struct journal_entry){.type = JOURNAL_VERDICT,
                                                 .verdict = number,
                                                 .http = http,
                                                 .code = span_of("C"),
                                                 .message = span_of("")});
}

static void
add_intent(struct journal *journal, uint64_t call, uint32_t first, uint64_t mask)
{
    journal_add(journal, &(struct journal_entry){.type = JOURNAL_INTENT,
                                                 .time_ms = start,
                                                 .call = call,
                                                 .slice = {first, {mask, 0}}});
    journal_add(journal, &(struct journal_entry){.type = JOURNAL_START, .call = call});
}

/* A call's end: its items' outcome is that of one group. */
static void
add_answer(struct journal *journal, uint64_t call, int64_t end_ms, uint32_t latency_us,
           uint64_t mask, enum status status, uint32_t verdict)
{
    struct journal_entry entry = {.type = JOURNAL_ANSWER,
                                  .call = call,
                                  .time_ms = end_ms,
                                  .latency_us = latency_us,
                                  .sent = true,
                                  .group_count = 1};
    entry.groups[0] = (struct journal_group){.status = (uint8_t)status,
                                             .verdict = verdict,
                                             .mask = {mask, 0}};
    journal_add(journal, &entry);
}

static void
finish(struct journal *journal, const char *path, struct timeline *timeline)
{
    struct err err = {0};
    assert_int_equal(journal_flush(journal, &err), 0);
    journal_free(journal);
    assert_int_equal(timeline_read(path, timeline, &err), 0);
    assert_no_error(err);
}

static void
reads_the_calls_of_a_journal(void **state)
{
    const char *path = unit_path("timeline");
    struct journal *journal = begin(path);
    struct timeline timeline;
    (void)state;
    add_verdict(journal, 0, 200);
    add_verdict(journal, 1, 429);
    add_intent(journal, 1, 10, 7);
    add_intent(journal, 2, 20, 1);
    add_answer(journal, 2, start + 300, 100000, 1, STATUS_WAITING, 1);
    struct journal_entry entry = {.type = JOURNAL_ANSWER,
                                  .call = 1,
                                  .time_ms = start + 500,
                                  .latency_us = 250000,
                                  .sent = true,
                                  .group_count = 2};
    entry.groups[0] =
        (struct journal_group){.status = STATUS_SUCCESS, .verdict = 0, .mask = {5, 0}};
    entry.groups[1] =
        (struct journal_group){.status = STATUS_FAILED, .verdict = 0, .mask = {2, 0}};
    journal_add(journal, &entry);
    finish(journal, path, &timeline);
    assert_int_equal(timeline.count, 2);
    assert_int_equal(timeline.calls[0].http, 429);
    assert_int_equal(timeline.calls[0].items, 1);
    assert_int_equal(timeline.calls[0].successes, 0);
    assert_int_equal(timeline.calls[0].first_item, 20);
    assert_int_equal(timeline.calls[1].http, 200);
    assert_int_equal(timeline.calls[1].items, 3);
    assert_int_equal(timeline.calls[1].successes, 2);
    assert_int_equal(timeline.calls[1].first_item, 10);
    assert_int_equal(timeline.calls[1].latency_us, 250000);
    assert_int_equal(timeline.calls[1].end_ms, start + 500);
    assert_int_equal(timeline.from_ms, start + 200);
    assert_int_equal(timeline.to_ms, start + 500);
    timeline_clear(&timeline);
    assert_int_equal(timeline.count, 0);
    assert_null(timeline.calls);
}

/* Calls that found no service, or whose end is not in the journal, are none. */
static void
calls_that_were_not_made_are_left_out(void **state)
{
    const char *path = unit_path("timeline-unsent");
    struct journal *journal = begin(path);
    struct timeline timeline;
    (void)state;
    add_intent(journal, 1, 0, 1);
    journal_add(journal, &(struct journal_entry){
                             .type = JOURNAL_ANSWER, .call = 1, .time_ms = start + 1});
    add_intent(journal, 2, 0, 1);
    add_answer(journal, 3, start + 9, 1000, 1, STATUS_SUCCESS, 0);
    finish(journal, path, &timeline);
    assert_int_equal(timeline.count, 0);
    assert_int_equal(timeline.from_ms, 0);
    assert_int_equal(timeline.to_ms, 0);
    timeline_clear(&timeline);
}

/* A full call: 100 IDs, all of them done; verdict numbers beyond those noted. */
static void
full_calls_fit(void **state)
{
    const char *path = unit_path("timeline-full");
    struct journal *journal = begin(path);
    struct timeline timeline;
    (void)state;
    add_verdict(journal, 5, 207);
    journal_add(journal,
                &(struct journal_entry){.type = JOURNAL_INTENT,
                                        .time_ms = start,
                                        .call = 1,
                                        .slice = {0, {UINT64_MAX, 0xfffffffffu}}});
    struct journal_entry entry = {.type = JOURNAL_ANSWER,
                                  .call = 1,
                                  .time_ms = start + 4,
                                  .latency_us = 3999,
                                  .sent = true,
                                  .group_count = JOURNAL_GROUPS_MAX};
    for (uint32_t i = 0; i < JOURNAL_GROUPS_MAX; i++) {
        struct slice one = {0, {0, 0}};
        slice_add(&one, i);
        entry.groups[i] = (struct journal_group){.status = STATUS_SUCCESS,
                                                 .verdict = i ? 5 : 900,
                                                 .mask = {one.mask[0], one.mask[1]}};
    }
    journal_add(journal, &entry);
    finish(journal, path, &timeline);
    assert_int_equal(timeline.count, 1);
    assert_int_equal(timeline.calls[0].items, 100);
    assert_int_equal(timeline.calls[0].successes, 100);
    assert_int_equal(timeline.calls[0].http, 207);
    timeline_clear(&timeline);
}

static void
what_is_no_journal_is_told(void **state)
{
    struct timeline timeline;
    struct err err = {0};
    (void)state;
    assert_int_equal(timeline_read(unit_text_file("no-journal", "just text, long enough"),
                                   &timeline, &err),
                     -1);
    assert_error(err, EXIT_INTERNAL, "no-journal");
    timeline_clear(&timeline);
    err = (struct err){0};
    assert_int_equal(timeline_read(unit_path("no-such-journal"), &timeline, &err), -1);
    assert_true(err.exit_code != 0);
    timeline_clear(&timeline);
}

/* Slices of 60 ms, for a run of 3.6 s. */
static void
a_run_is_cut_into_slices(void **state)
{
    struct timeline_call calls[] = {
        {.end_ms = start + 60,
         .latency_us = 60000,
         .http = 200,
         .items = 9,
         .successes = 7},
        {.end_ms = start + 90, .latency_us = 60000, .http = 429, .items = 1},
        {.end_ms = start + 3600,
         .latency_us = 3000,
         .http = 200,
         .items = 5,
         .successes = 5},
        {.end_ms = start + 1250, .latency_us = 120000, .http = 500, .items = 5},
    };
    struct timeline timeline = {calls, 4, 4, start, start + 3600};
    struct timeline_slice slices[TIMELINE_SLICES];
    (void)state;
    memset(slices, 0x5a, sizeof(slices));
    timeline_cut(&timeline, slices);
    /* 0 to 60: all of the first, half of the second. */
    assert_true(fabs(slices[0].in_flight - 1.5) < 1e-6);
    assert_true(fabs(slices[1].in_flight - 0.5) < 1e-6);
    assert_true(fabs(slices[2].in_flight) < 1e-6);
    assert_int_equal(slices[1].calls, 2);
    assert_int_equal(slices[1].rows, 7);
    assert_int_equal(slices[1].refused, 1);
    assert_int_equal(slices[0].calls, 0);
    /* 1130 to 1250: slices 18 (from 1080), 19, 20 (from 1200). */
    assert_true(fabs(slices[18].in_flight - 10.0 / 60) < 1e-6);
    assert_true(fabs(slices[19].in_flight - 1) < 1e-6);
    assert_true(fabs(slices[20].in_flight - 50.0 / 60) < 1e-6);
    assert_int_equal(slices[20].calls, 1);
    assert_int_equal(slices[20].refused, 0);
    /* The last end belongs to the last slice. */
    assert_int_equal(slices[59].calls, 1);
    assert_int_equal(slices[59].rows, 5);
    assert_true(fabs(slices[59].in_flight - 3.0 / 60) < 1e-6);
}

static void
no_call_and_one_call_can_be_cut(void **state)
{
    struct timeline empty = {0};
    struct timeline_slice slices[TIMELINE_SLICES];
    struct timeline_call call = {
        .end_ms = start, .latency_us = 0, .items = 3, .successes = 3};
    struct timeline one = {&call, 1, 1, start, start};
    uint64_t rows = 0, calls = 0;
    (void)state;
    timeline_cut(&empty, slices);
    for (size_t i = 0; i < TIMELINE_SLICES; i++)
        assert_true(slices[i].calls == 0 && slices[i].in_flight == 0);
    timeline_cut(&one, slices);
    for (size_t i = 0; i < TIMELINE_SLICES; i++) {
        rows += slices[i].rows;
        calls += slices[i].calls;
        assert_true(isfinite(slices[i].in_flight));
    }
    assert_int_equal(rows, 3);
    assert_int_equal(calls, 1);
}

/* Whatever the calls: nothing is lost or counted twice, and the time adds up. */
static void
slices_add_up(void **state)
{
    struct dice dice = {5};
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct timeline_call calls[50];
        struct timeline timeline = {calls, 1 + dice_below(&dice, 50), 50, 0, 0};
        struct timeline_slice slices[TIMELINE_SLICES];
        uint64_t rows = 0, ended = 0, refused = 0, wanted_rows = 0, wanted_refused = 0;
        double flight_ms = 0, wanted_ms = 0;
        int64_t spread = (int64_t)1 << dice_below(&dice, 30);
        for (size_t i = 0; i < timeline.count; i++) {
            calls[i] = (struct timeline_call){
                .end_ms = start + (int64_t)dice_below(&dice, (size_t)spread),
                .latency_us = (uint32_t)dice_below(&dice, 5000) * 1000,
                .http = dice_below(&dice, 3) ? 200 : 429,
                .successes = (uint8_t)dice_below(&dice, 101)};
            int64_t began = calls[i].end_ms - calls[i].latency_us / 1000;
            if (!i || began < timeline.from_ms)
                timeline.from_ms = began;
            if (calls[i].end_ms > timeline.to_ms)
                timeline.to_ms = calls[i].end_ms;
            wanted_rows += calls[i].successes;
            wanted_refused += calls[i].http == 429;
            wanted_ms += calls[i].latency_us / 1000.0;
        }
        timeline_cut(&timeline, slices);
        double width = (double)(timeline.to_ms - timeline.from_ms) / TIMELINE_SLICES;
        for (size_t i = 0; i < TIMELINE_SLICES; i++) {
            rows += slices[i].rows;
            ended += slices[i].calls;
            refused += slices[i].refused;
            flight_ms += slices[i].in_flight * width;
            unit_check(slices[i].in_flight >= 0 &&
                           slices[i].in_flight <= (double)timeline.count + 1e-6,
                       "round %d, slice %zu: %f", round, i, slices[i].in_flight);
        }
        assert_int_equal(rows, wanted_rows);
        assert_int_equal(ended, timeline.count);
        assert_int_equal(refused, wanted_refused);
        unit_check(fabs(flight_ms - wanted_ms) <= wanted_ms * 1e-6 + 1e-3,
                   "round %d: %f ms, not %f", round, flight_ms, wanted_ms);
    }
}

static void
the_slowest_come_first(void **state)
{
    struct dice dice = {9};
    (void)state;
    for (int round = 0; round < 500; round++) {
        struct timeline_call calls[30];
        const struct timeline_call *slowest[TIMELINE_SLOWEST];
        struct timeline timeline = {calls, dice_below(&dice, 31), 30, start, start};
        size_t sides = 1 + dice_below(&dice, 40);
        for (size_t i = 0; i < timeline.count; i++)
            calls[i] = (struct timeline_call){
                .latency_us = (uint32_t)dice_below(&dice, sides)};
        size_t count = timeline_slowest(&timeline, slowest);
        assert_int_equal(count, timeline.count < TIMELINE_SLOWEST ? timeline.count
                                                                  : TIMELINE_SLOWEST);
        for (size_t i = 0; i < count; i++) {
            assert_true(!i || slowest[i - 1]->latency_us >= slowest[i]->latency_us);
            for (size_t k = 0; k < i; k++)
                assert_ptr_not_equal(slowest[i], slowest[k]);
        }
        /* No call that is left out is slower than the last of them. */
        size_t slower = 0;
        for (size_t i = 0; count && i < timeline.count; i++)
            slower += calls[i].latency_us > slowest[count - 1]->latency_us;
        assert_true(slower < TIMELINE_SLOWEST);
    }
}

/* Among equals the first stays first. */
static void
equally_slow_calls_keep_their_order(void **state)
{
    struct timeline_call calls[20];
    const struct timeline_call *slowest[TIMELINE_SLOWEST];
    struct timeline timeline = {calls, 20, 20, start, start};
    (void)state;
    for (size_t i = 0; i < 20; i++)
        calls[i] = (struct timeline_call){.latency_us = 7};
    calls[19].latency_us = 8;
    assert_int_equal(timeline_slowest(&timeline, slowest), TIMELINE_SLOWEST);
    assert_ptr_equal(slowest[0], &calls[19]);
    for (size_t i = 1; i < TIMELINE_SLOWEST; i++)
        assert_ptr_equal(slowest[i], &calls[i - 1]);
}

void
test_timeline(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_calls_of_a_journal),
        cmocka_unit_test(calls_that_were_not_made_are_left_out),
        cmocka_unit_test(full_calls_fit),
        cmocka_unit_test(what_is_no_journal_is_told),
        cmocka_unit_test(a_run_is_cut_into_slices),
        cmocka_unit_test(no_call_and_one_call_can_be_cut),
        cmocka_unit_test(slices_add_up),
        cmocka_unit_test(the_slowest_come_first),
        cmocka_unit_test(equally_slow_calls_keep_their_order),
    };
    unit_run(tally, "timeline", tests, UNIT_COUNT(tests));
}
