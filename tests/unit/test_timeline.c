/* When calls were made, as read from a journal: slices, gaps, the slowest, sessions. */
#include "unit.h"

#include "report/timeline.h"

#include <math.h>
#include <unistd.h>

static const int64_t start = 1795226850000, hour = 3600000, day = 86400000;

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
add_begin(struct journal *journal, int64_t now_ms)
{
    journal_add(journal, &(struct journal_entry){.type = JOURNAL_BEGIN,
                                                 .time_ms = now_ms,
                                                 .message = span_of("boot")});
}

static void
add_end(struct journal *journal, int64_t now_ms, int exit_code)
{
    journal_add(journal, &(struct journal_entry){.type = JOURNAL_END,
                                                 .time_ms = now_ms,
                                                 .exit_code = exit_code,
                                                 .code = span_of(""),
                                                 .message = span_of("")});
}

/* The intent has no time of its own: the tests are about answers. */
static void
add_intent(struct journal *journal, uint64_t call, uint32_t first, uint64_t mask)
{
    journal_add(journal, &(struct journal_entry){.type = JOURNAL_INTENT,
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

/* One ID, sent and answered with success. */
static void
add_call(struct journal *journal, uint64_t call, int64_t end_ms, uint32_t latency_us)
{
    add_intent(journal, call, 0, 1);
    add_answer(journal, call, end_ms, latency_us, 1, STATUS_SUCCESS, 0);
}

/* Verdicts 0 to 5 are those of HTTP 200, 429, 503, none, 207, 403. */
static void
make_books(struct books *books)
{
    static const long https[] = {200, 429, 503, 0, 207, 403};
    books_init(books, 1, ".");
    for (uint32_t i = 0; i < UNIT_COUNT(https); i++)
        assert_int_equal(verdicts_intern(books->verdicts, https[i], span_of("C"),
                                         span_of("")),
                         i);
}

static void
finish(struct journal *journal, const char *path, struct timeline *timeline)
{
    struct err err = {0};
    struct books books;
    make_books(&books);
    assert_int_equal(journal_flush(journal, &err), 0);
    journal_free(journal);
    assert_int_equal(timeline_read(path, &books, timeline, &err), 0);
    assert_no_error(err);
    books_clear(&books);
}

static void
reads_the_calls_of_a_journal(void **state)
{
    const char *path = unit_path("timeline");
    struct journal *journal = begin(path);
    struct timeline timeline;
    (void)state;
    add_intent(journal, 1, 10, 7);
    add_intent(journal, 2, 20, 2);
    add_answer(journal, 2, start + 300, 100000, 2, STATUS_WAITING, 1);
    struct journal_entry entry = {.type = JOURNAL_ANSWER,
                                  .call = 1,
                                  .time_ms = start + 500,
                                  .latency_us = 250000,
                                  .sent = true,
                                  .group_count = 2};
    entry.groups[0] =
        (struct journal_group){.status = STATUS_SUCCESS, .verdict = 0, .mask = {5, 0}};
    entry.groups[1] =
        (struct journal_group){.status = STATUS_FAILED, .verdict = 4, .mask = {2, 0}};
    journal_add(journal, &entry);
    add_end(journal, start + 501, 0);
    finish(journal, path, &timeline);
    assert_int_equal(timeline.calls, 2);
    assert_int_equal(timeline.slowest_count, 2);
    const struct timeline_call *first = &timeline.slowest[0];
    assert_int_equal(first->number, 1);
    assert_int_equal(first->session, 1);
    assert_int_equal(first->items, 3);
    assert_int_equal(first->ids[STATUS_SUCCESS], 2);
    assert_int_equal(first->ids[STATUS_FAILED], 1);
    assert_int_equal(first->verdict, 4); /* of what failed */
    assert_int_equal(first->first_item, 10);
    assert_int_equal(first->latency_us, 250000);
    assert_int_equal(first->end_ms, start + 500);
    assert_int_equal(timeline.slowest[1].first_item, 21);
    assert_int_equal(timeline.slowest[1].ids[STATUS_WAITING], 1);
    assert_int_equal(timeline.session_count, 1);
    assert_int_equal(timeline.sessions[0].calls, 2);
    assert_int_equal(timeline.newest_ms, 501);
    assert_int_equal(timeline.before_ms, 0);
    assert_true(timeline.sessions[0].ended && !timeline.clock_set_back);
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
    assert_int_equal(timeline.calls, 0);
    assert_int_equal(timeline.slowest_count, 0);
    assert_false(timeline.sessions[0].ended);
}

/* A full call: 100 IDs, all of them done; a verdict number beyond those known. */
static void
full_calls_fit(void **state)
{
    const char *path = unit_path("timeline-full");
    struct journal *journal = begin(path);
    struct timeline timeline;
    (void)state;
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
                                                 .verdict = 900,
                                                 .mask = {one.mask[0], one.mask[1]}};
    }
    journal_add(journal, &entry);
    finish(journal, path, &timeline);
    assert_int_equal(timeline.calls, 1);
    assert_int_equal(timeline.slowest[0].items, 100);
    assert_int_equal(timeline.slowest[0].ids[STATUS_SUCCESS], 100);
}

static void
what_is_no_journal_is_told(void **state)
{
    struct timeline timeline;
    struct books books;
    struct err err = {0};
    (void)state;
    make_books(&books);
    assert_int_equal(timeline_read(unit_text_file("no-journal", "just text, long enough"),
                                   &books, &timeline, &err),
                     -1);
    assert_error(err, EXIT_INTERNAL, "no-journal");
    err = (struct err){0};
    assert_int_equal(timeline_read(unit_path("no-such-journal"), &books, &timeline, &err),
                     -1);
    assert_true(err.exit_code != 0);
    books_clear(&books);
}

/* What a call is counted as, by its outcome and the status of its answer. */
static void
calls_are_told_apart(void **state)
{
    static const struct {
        enum status status;
        uint32_t verdict;
        uint64_t refused, troubled;
    } cases[] = {
        {STATUS_SUCCESS, 0, 0, 0}, {STATUS_WAITING, 1, 1, 0}, {STATUS_FAILED, 1, 1, 0},
        {STATUS_WAITING, 2, 0, 1}, {STATUS_UNKNOWN, 3, 0, 1}, {STATUS_FAILED, 5, 0, 0},
        {STATUS_SUCCESS, 4, 0, 0}, {STATUS_FAILED, 77, 0, 1},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *path = unit_path("timeline-kinds");
        struct journal *journal = begin(path);
        struct timeline timeline;
        add_intent(journal, 1, 0, 1);
        add_answer(journal, 1, start + 5, 1000, 1, cases[i].status, cases[i].verdict);
        finish(journal, path, &timeline);
        const struct timeline_slice *slice = &timeline.slices[timeline.slice_count - 1];
        assert_int_equal(slice->calls, 1);
        unit_check(slice->refused == cases[i].refused &&
                       slice->troubled == cases[i].troubled,
                   "case %zu: %llu, %llu", i, (unsigned long long)slice->refused,
                   (unsigned long long)slice->troubled);
        assert_int_equal(slice->ids[cases[i].status], 1);
    }
}

/* What holds for every axis: in order, no more columns than there is room for, what is
 * left out is a gap. */
static size_t
check_columns(const struct timeline *timeline, struct timeline_column *columns)
{
    size_t count = timeline_columns(timeline, columns), slices = 0;
    assert_true(count <= TIMELINE_SLICES);
    for (size_t i = 0; i < count; i++) {
        int64_t length = columns[i].gap_ms ? columns[i].gap_ms : timeline->width_ms;
        if (i + 1 < count)
            assert_int_equal(columns[i + 1].start_ms, columns[i].start_ms + length);
        assert_int_equal(columns[i].start_ms % timeline->width_ms, 0);
        if (columns[i].slice)
            assert_int_equal(columns[i].slice->start_ms, columns[i].start_ms);
        slices += columns[i].slice != NULL;
    }
    assert_int_equal(slices, timeline->slice_count);
    return count;
}

static size_t
count_gaps(const struct timeline_column *columns, size_t count)
{
    size_t gaps = 0;
    for (size_t i = 0; i < count; i++)
        gaps += columns[i].gap_ms > 0;
    return gaps;
}

/* Whatever the calls: nothing is lost or counted twice, and the time adds up. */
static void
slices_add_up(void **state)
{
    struct dice dice = {5};
    (void)state;
    for (int round = 0; round < 200; round++) {
        const char *path = unit_path("timeline-sums");
        struct journal *journal = begin(path);
        struct timeline timeline;
        struct timeline_column columns[TIMELINE_SLICES];
        size_t calls = 1 + dice_below(&dice, 400);
        int64_t spread = (int64_t)1 << dice_below(&dice, 38), flight_ms = 0;
        uint64_t successes = 0, refused = 0;
        for (uint64_t i = 1; i <= calls; i++) {
            bool good = dice_below(&dice, 3) > 0;
            uint32_t latency_ms = (uint32_t)dice_below(&dice, 1u << dice_below(&dice, 20));
            int64_t end_ms = start + (int64_t)dice_below(&dice, (size_t)spread);
            if (dice_below(&dice, 50) == 0)
                add_begin(journal, end_ms);
            add_intent(journal, i, 0, 7);
            add_answer(journal, i, end_ms, latency_ms * 1000, 7,
                       good ? STATUS_SUCCESS : STATUS_WAITING, good ? 0 : 1);
            successes += good ? 3 : 0;
            refused += !good;
            flight_ms += latency_ms;
        }
        finish(journal, path, &timeline);
        (void)check_columns(&timeline, columns);
        uint64_t sums[4] = {0};
        double flown_ms = 0;
        for (size_t i = 0; i < timeline.slice_count; i++) {
            const struct timeline_slice *slice = &timeline.slices[i];
            sums[0] += slice->calls;
            sums[1] += slice->ids[STATUS_SUCCESS];
            sums[2] += slice->refused;
            sums[3] += slice->troubled;
            flown_ms += slice->flight_ms;
            unit_check(slice->flight_ms <= (double)(calls * (uint64_t)timeline.width_ms),
                       "round %d, slice %zu: %f", round, i, slice->flight_ms);
        }
        assert_int_equal(sums[0], calls);
        assert_int_equal(timeline.calls, calls);
        assert_int_equal(sums[1], successes);
        assert_int_equal(sums[2], refused);
        assert_int_equal(sums[3], 0);
        unit_check(fabs(flown_ms - (double)flight_ms) < 0.5, "round %d: %f ms, not %lld",
                   round, flown_ms, (long long)flight_ms);
    }
}

/* Slices as wide as the run needs, and no wider. */
static void
the_width_follows_the_run(void **state)
{
    static const struct {
        int64_t every_ms;
        size_t calls;
        int64_t width_ms;
    } cases[] = {
        {1, 50, 1},          {10, 100, 10},        {100, 100, 100}, {100, 1000, 1000},
        {1000, 3600, 30000}, {60000, 60, 30000}, {10, 100000, 10000},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *path = unit_path("timeline-width");
        struct journal *journal = begin(path);
        struct timeline timeline;
        struct timeline_column columns[TIMELINE_SLICES];
        for (uint64_t k = 0; k < cases[i].calls; k++)
            add_call(journal, k + 1, start + (int64_t)k * cases[i].every_ms, 500);
        finish(journal, path, &timeline);
        size_t count = check_columns(&timeline, columns);
        assert_int_equal(count_gaps(columns, count), 0);
        unit_check(timeline.width_ms == cases[i].width_ms, "case %zu: %lld ms, %zu columns",
                   i, (long long)timeline.width_ms, count);
    }
}

/* Three nights, an hour each: the days between do not take up the axis. */
static void
days_between_sessions_are_left_out(void **state)
{
    const char *path = unit_path("timeline-nights");
    struct journal *journal = begin(path);
    struct timeline timeline;
    struct timeline_column columns[TIMELINE_SLICES];
    (void)state;
    for (int night = 0; night < 3; night++) {
        if (night)
            add_begin(journal, start + night * day);
        for (uint64_t i = 0; i < 360; i++)
            add_call(journal, i + 1, start + night * day + (int64_t)i * 10000, 300000);
        add_end(journal, start + night * day + hour, night < 2 ? 10 : 0);
    }
    finish(journal, path, &timeline);
    size_t count = check_columns(&timeline, columns);
    assert_int_equal(timeline.width_ms, 120000);
    assert_int_equal(count_gaps(columns, count), 2);
    assert_true(count >= 90);
    for (size_t i = 0; i < count; i++)
        if (columns[i].gap_ms)
            assert_true(columns[i].gap_ms > 22 * hour && columns[i].gap_ms <= 23 * hour);
    assert_int_equal(timeline.session_count, 3);
    assert_int_equal(timeline.before_ms, 2 * hour);
    assert_int_equal(timeline.newest_ms, hour);
    assert_int_equal(timeline.sessions[0].exit_code, 10);
    assert_int_equal(timeline.slowest[0].session, 1);
}

/* Nor do they when there are so many that none is a large part of all. */
static void
days_between_many_sessions_are_left_out(void **state)
{
    enum { NIGHTS = 12 };
    const char *path = unit_path("timeline-many-nights");
    struct journal *journal = begin(path);
    struct timeline timeline;
    struct timeline_column columns[TIMELINE_SLICES];
    (void)state;
    for (int night = 0; night < NIGHTS; night++) {
        if (night)
            add_begin(journal, start + night * day);
        for (uint64_t i = 0; i < 360; i++)
            add_call(journal, i + 1, start + night * day + (int64_t)i * 10000, 300000);
    }
    finish(journal, path, &timeline);
    size_t count = check_columns(&timeline, columns);
    assert_int_equal(count_gaps(columns, count), NIGHTS - 1);
    assert_int_equal(timeline.width_ms, 600000);
}

/* A clock that is set forward by years, or back, within a session. */
static void
clock_steps_do_not_spoil_the_axis(void **state)
{
    static const int64_t steps_ms[] = {20 * 365 * (int64_t)86400000,
                                       -3 * (int64_t)86400000, 1800000, -1500};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(steps_ms); i++) {
        const char *path = unit_path("timeline-clock");
        struct journal *journal = begin(path);
        struct timeline timeline;
        struct timeline_column columns[TIMELINE_SLICES];
        for (uint64_t k = 0; k < 200; k++)
            add_call(journal, k + 1,
                     start + (int64_t)k * 100 + (k < 100 ? 0 : steps_ms[i]), 50000);
        finish(journal, path, &timeline);
        size_t count = check_columns(&timeline, columns);
        bool jumps = steps_ms[i] > 60000 || steps_ms[i] < -60000;
        assert_int_equal(count_gaps(columns, count), jumps ? 1 : 0);
        assert_true(timeline.width_ms <= 200);
        assert_int_equal(timeline.clock_set_back, steps_ms[i] < 0);
        assert_int_equal(timeline.calls, 200);
    }
}

/* Stamps that no clock should show. */
static void
absurd_stamps_are_borne(void **state)
{
    static const int64_t stamps[] = {-1, INT64_MIN, INT64_MAX, 1, INT64_MAX / 2};
    (void)state;
    const char *path = unit_path("timeline-absurd");
    struct journal *journal = begin(path);
    struct timeline timeline;
    struct timeline_column columns[TIMELINE_SLICES];
    for (uint64_t i = 0; i < UNIT_COUNT(stamps); i++)
        add_call(journal, i + 1, stamps[i], UINT32_MAX);
    add_begin(journal, INT64_MAX);
    add_end(journal, INT64_MIN, 0);
    finish(journal, path, &timeline);
    (void)check_columns(&timeline, columns);
    assert_int_equal(timeline.calls, UNIT_COUNT(stamps));
}

static void
no_call_has_no_axis(void **state)
{
    const struct timeline empty = {0};
    struct timeline_column columns[TIMELINE_SLICES];
    (void)state;
    assert_int_equal(timeline_columns(&empty, columns), 0);
}

/* The newest are kept, all are counted. */
static void
many_sessions_are_bounded(void **state)
{
    enum { SESSIONS = 1000 };
    const char *path = unit_path("timeline-sessions");
    struct journal *journal = begin(path);
    struct timeline timeline;
    struct timeline_column columns[TIMELINE_SLICES];
    (void)state;
    for (int i = 1; i < SESSIONS; i++) {
        add_begin(journal, start + i * hour);
        add_call(journal, 1, start + i * hour + 100, 50000);
    }
    finish(journal, path, &timeline);
    (void)check_columns(&timeline, columns);
    assert_int_equal(timeline.session_count, SESSIONS);
    assert_int_equal(timeline.before_ms, (SESSIONS - 2) * 100);
    const struct timeline_session *last =
        &timeline.sessions[(SESSIONS - 1) % TIMELINE_SESSIONS];
    assert_int_equal(last->from_ms, start + (SESSIONS - 1) * hour);
    assert_int_equal(last->calls, 1);
}

/* The slowest first; among equals the first stays first. */
static void
the_slowest_come_first(void **state)
{
    struct dice dice = {9};
    (void)state;
    for (int round = 0; round < 200; round++) {
        const char *path = unit_path("timeline-slow");
        struct journal *journal = begin(path);
        struct timeline timeline;
        size_t calls = dice_below(&dice, 31), sides = 1 + dice_below(&dice, 40);
        uint32_t latencies[31];
        for (size_t i = 0; i < calls; i++) {
            latencies[i] = (uint32_t)dice_below(&dice, sides);
            add_call(journal, i + 1, start + (int64_t)i, latencies[i]);
        }
        finish(journal, path, &timeline);
        size_t wanted = calls < TIMELINE_SLOWEST ? calls : TIMELINE_SLOWEST;
        assert_int_equal(timeline.slowest_count, wanted);
        for (size_t i = 1; i < wanted; i++) {
            const struct timeline_call *call = &timeline.slowest[i], *above = call - 1;
            assert_true(above->latency_us > call->latency_us ||
                        (above->latency_us == call->latency_us &&
                         above->number < call->number));
        }
        size_t slower = 0;
        for (size_t i = 0; wanted && i < calls; i++)
            slower += latencies[i] > timeline.slowest[wanted - 1].latency_us;
        assert_true(slower < TIMELINE_SLOWEST);
    }
}

void
test_timeline(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_calls_of_a_journal),
        cmocka_unit_test(calls_that_were_not_made_are_left_out),
        cmocka_unit_test(full_calls_fit),
        cmocka_unit_test(what_is_no_journal_is_told),
        cmocka_unit_test(calls_are_told_apart),
        cmocka_unit_test(slices_add_up),
        cmocka_unit_test(the_width_follows_the_run),
        cmocka_unit_test(days_between_sessions_are_left_out),
        cmocka_unit_test(days_between_many_sessions_are_left_out),
        cmocka_unit_test(clock_steps_do_not_spoil_the_axis),
        cmocka_unit_test(absurd_stamps_are_borne),
        cmocka_unit_test(no_call_has_no_axis),
        cmocka_unit_test(many_sessions_are_bounded),
        cmocka_unit_test(the_slowest_come_first),
    };
    unit_run(tally, "timeline", tests, UNIT_COUNT(tests));
}
