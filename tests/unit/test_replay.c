/* Journals written entry by entry, and what a later process knows from them. */
#include "unit.h"

#include "plan/planner.h"
#include "run/replay.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ITEMS = 250, ALL = 100 };

static const struct fingerprint print = {1000, 42};

static struct plan *
make_plan(void)
{
    struct planner *planner = planner_open(&(struct planner_settings){.batch_size = 100});
    char id[24];
    for (unsigned i = 0; i < ITEMS; i++) {
        (void)snprintf(id, sizeof(id), "%u", 1000 + i);
        (void)planner_accept(planner, &op_crm_delink, span_of("Campaigns/1/Leads"),
                       span_of(id), NULL);
    }
    return planner_finish(planner, NULL);
}

/* A journal being written, and what reads it. */
struct scene {
    struct plan *plan;
    struct journal *journal;
    struct books books;
    struct replay replay;
    struct err err;
    const char *path;
};

static void
add(struct scene *scene, struct journal_entry entry)
{
    journal_add(scene->journal, &entry);
}

static void
open_scene(struct scene *scene)
{
    *scene = (struct scene){.plan = make_plan(), .path = unit_path("replayed")};
    (void)unlink(scene->path);
    scene->journal = journal_create(scene->path, &scene->err);
    assert_no_error(scene->err);
}

static void
add_plan(struct scene *scene)
{
    add(scene, (struct journal_entry){.type = JOURNAL_PLAN, .rows = ITEMS, .items = ITEMS,
                                      .fingerprint = print});
}

static void
add_begin(struct scene *scene, const char *boot)
{
    add(scene, (struct journal_entry){.type = JOURNAL_BEGIN, .time_ms = 1000,
                                      .message = span_of(boot)});
}

static struct slice
slice_of(uint32_t first, uint32_t count)
{
    struct slice slice = {.first = first};
    for (uint32_t i = 0; i < count; i++)
        slice_add(&slice, i);
    return slice;
}

static void
add_intent(struct scene *scene, uint64_t call, uint32_t first, uint32_t count)
{
    add(scene, (struct journal_entry){.type = JOURNAL_INTENT,
                                      .time_ms = 1100,
                                      .call = call,
                                      .slice = slice_of(first, count)});
}

static void
add_start(struct scene *scene, uint64_t call)
{
    add(scene, (struct journal_entry){.type = JOURNAL_START, .call = call});
}

static void
add_verdict(struct scene *scene, uint32_t number, long http, const char *code)
{
    add(scene, (struct journal_entry){.type = JOURNAL_VERDICT, .verdict = number,
                                      .http = http, .code = span_of(code),
                                      .message = span_of("words")});
}

/* An answer that says the same of the first `count` items of the call. */
static void
add_answer(struct scene *scene, uint64_t call, enum status status, enum lost lost,
           uint32_t verdict, uint32_t count)
{
    struct journal_entry entry = {.type = JOURNAL_ANSWER, .call = call, .time_ms = 1200,
                                  .latency_us = 5000, .sent = true, .group_count = 1};
    struct slice slice = slice_of(0, count);
    entry.groups[0] = (struct journal_group){(uint8_t)status, (uint8_t)lost, verdict,
                                             {slice.mask[0], slice.mask[1]}};
    add(scene, entry);
}

static void
add_end(struct scene *scene, int exit_code)
{
    add(scene, (struct journal_entry){.type = JOURNAL_END, .time_ms = 1300,
                                      .exit_code = exit_code,
                                      .code = span_of(exit_code ? "budget" : ""),
                                      .message = span_of("why")});
}

static int
read_scene(struct scene *scene, bool keep_in_flight)
{
    assert_int_equal(journal_flush(scene->journal, &scene->err), 0);
    books_clear(&scene->books);
    books_init(&scene->books, ITEMS, ".");
    scene->replay = (struct replay){.plan = scene->plan, .fingerprint = print,
                                    .input_name = "in.csv", .books = &scene->books};
    return replay_journal(scene->path, keep_in_flight, &scene->replay, &scene->err);
}

static void
close_scene(struct scene *scene)
{
    journal_free(scene->journal);
    books_clear(&scene->books);
    plan_free(scene->plan);
}

static const struct outcome *
outcome(const struct scene *scene, uint32_t item)
{
    return &scene->books.outcomes[item];
}

static void
what_was_answered_is_known(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene);
    add_plan(&scene);
    add_begin(&scene, replay_boot_name());
    add_intent(&scene, 1, 0, ALL);
    add_start(&scene, 1);
    add_verdict(&scene, 0, 200, "SUCCESS");
    add_answer(&scene, 1, STATUS_SUCCESS, LOST_NOT, 0, ALL);
    assert_int_equal(read_scene(&scene, false), 0);
    assert_no_error(scene.err);
    assert_int_equal(outcome(&scene, 99)->status, STATUS_SUCCESS);
    assert_int_equal(outcome(&scene, 99)->attempts, 1);
    assert_int_equal(outcome(&scene, 99)->time_ms, 1200);
    assert_int_equal(outcome(&scene, 100)->status, STATUS_WAITING);
    assert_int_equal(outcome(&scene, 100)->attempts, 0);
    assert_int_equal(scene.books.waiting, ITEMS - 100);
    assert_int_equal(scene.replay.calls, 1);
    assert_int_equal(scene.replay.newest_call, 1);
    assert_int_equal(scene.replay.latency.total, 1);
    assert_int_equal(scene.replay.first_ms, 1000);
    assert_int_equal(scene.replay.last_ms, 1200);
    assert_true(scene.books.waiting > 0);
    assert_int_equal(scene.replay.stop_exit_code, 0);
    close_scene(&scene);
}

static void
what_was_in_flight_is_lost(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene);
    add_plan(&scene);
    add_begin(&scene, replay_boot_name());
    add_intent(&scene, 1, 0, ALL);
    add_intent(&scene, 2, 100, ALL);
    add_start(&scene, 1);
    assert_int_equal(read_scene(&scene, false), 0);
    assert_true(outcome(&scene, 0)->lost);
    assert_false(outcome(&scene, 0)->in_flight);
    assert_int_equal(outcome(&scene, 0)->status, STATUS_WAITING);
    assert_int_equal(outcome(&scene, 0)->attempts, 1);
    assert_int_equal(scene.replay.calls, 1);
    assert_int_equal(scene.replay.newest_call, 2);
    /* Not started, and the machine is up since: it has not left. */
    assert_false(outcome(&scene, 100)->lost);
    assert_int_equal(outcome(&scene, 100)->attempts, 0);
    assert_int_equal(read_scene(&scene, true), 0);
    assert_true(outcome(&scene, 0)->in_flight);
    assert_false(outcome(&scene, 0)->lost);
    close_scene(&scene);
}

/* After a crash of the machine the starts may be gone: an intent counts as one. */
static void
another_boot_loses_what_was_meant(void **state)
{
    static const char *const boots[] = {"another-boot", ""};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(boots); i++) {
        struct scene scene;
        open_scene(&scene);
        add_plan(&scene);
        add_begin(&scene, boots[i]);
        add_intent(&scene, 1, 0, ALL);
        assert_int_equal(read_scene(&scene, false), 0);
        assert_true(outcome(&scene, 0)->lost);
        assert_int_equal(outcome(&scene, 0)->attempts, 1);
        assert_int_equal(scene.replay.calls, 1);
        close_scene(&scene);
    }
}

static void
an_end_voids_what_was_meant(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene);
    add_plan(&scene);
    add_begin(&scene, "another-boot");
    add_intent(&scene, 1, 0, ALL);
    add_end(&scene, EXIT_BUDGET);
    assert_int_equal(read_scene(&scene, false), 0);
    assert_false(outcome(&scene, 0)->lost);
    assert_int_equal(outcome(&scene, 0)->attempts, 0);
    assert_int_equal(scene.replay.stop_exit_code, EXIT_BUDGET);
    assert_string_equal(scene.replay.stop_code, "budget");
    assert_string_equal(scene.replay.stop_message, "why");
    assert_int_equal(scene.replay.calls, 0);
    /* A next process begins anew. */
    add_begin(&scene, replay_boot_name());
    assert_int_equal(read_scene(&scene, false), 0);
    assert_int_equal(scene.replay.stop_exit_code, 0);
    assert_string_equal(scene.replay.stop_code, "");
    close_scene(&scene);
}

/* A byte changes in what was never synced, and more follows. */
static void
a_hole_is_damage_unless_the_machine_crashed(void **state)
{
    static const struct {
        const char *boot;
        int rc;
    } cases[] = {{"another-boot", 0}, {NULL, -1}};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct scene scene;
        open_scene(&scene);
        add_plan(&scene);
        add_begin(&scene, cases[i].boot ? cases[i].boot : replay_boot_name());
        assert_int_equal(journal_sync(scene.journal, &scene.err), 0);
        add_intent(&scene, 1, 0, ALL);
        add_intent(&scene, 2, ALL, ALL);
        assert_int_equal(journal_flush(scene.journal, &scene.err), 0);
        struct stat st;
        assert_int_equal(stat(scene.path, &st), 0);
        int fd = open(scene.path, O_WRONLY);
        assert_int_equal(pwrite(fd, "?", 1, st.st_size - 60), 1);
        assert_int_equal(close(fd), 0);
        assert_int_equal(read_scene(&scene, false), cases[i].rc);
        assert_int_equal(scene.err.exit_code, cases[i].rc ? EXIT_INTERNAL : 0);
        close_scene(&scene);
    }
}

/* The boot at which the next process begins decides about the one before. */
static void
a_next_process_closes_what_was_open(void **state)
{
    static const struct {
        const char *first, *second;
        bool lost;
    } cases[] = {{"a", "a", false}, {"a", "b", true}, {"", "", true}};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct scene scene;
        open_scene(&scene);
        add_plan(&scene);
        add_begin(&scene, cases[i].first);
        add_intent(&scene, 1, 0, ALL);          /* meant */
        add_intent(&scene, 2, 100, ALL);        /* started */
        add_start(&scene, 2);
        add_begin(&scene, cases[i].second);
        assert_int_equal(read_scene(&scene, true), 0);
        unit_check((outcome(&scene, 0)->lost != LOST_NOT) == cases[i].lost, "case %zu",
                   i);
        assert_true(outcome(&scene, 100)->lost);
        assert_false(outcome(&scene, 100)->in_flight);
        close_scene(&scene);
    }
}

static void
a_finished_run_is_finished(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene);
    add_plan(&scene);
    add_begin(&scene, replay_boot_name());
    add_verdict(&scene, 0, 200, "SUCCESS");
    for (uint32_t call = 0; call < 3; call++) {
        uint32_t count = call == 2 ? 50 : 100;
        add_intent(&scene, call + 1, call * 100, count);
        add_start(&scene, call + 1);
        add_answer(&scene, call + 1, STATUS_SUCCESS, LOST_NOT, 0, count);
    }
    assert_int_equal(read_scene(&scene, false), 0);
    assert_int_equal(scene.books.waiting, 0);
    add_end(&scene, 0);
    assert_int_equal(read_scene(&scene, false), 0);
    assert_int_equal(scene.books.waiting, 0);
    assert_int_equal(scene.replay.stop_exit_code, 0);
    assert_int_equal(scene.replay.calls, 3);
    close_scene(&scene);
}

static void
a_refused_target_is_refused_again(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene);
    add_plan(&scene);
    add_begin(&scene, replay_boot_name());
    add_intent(&scene, 1, 0, ALL);
    add_intent(&scene, 2, 100, ALL);
    add_start(&scene, 1);
    add_start(&scene, 2);
    add_verdict(&scene, 0, 400, "INVALID_MODULE");
    add_answer(&scene, 1, STATUS_FAILED, LOST_NOT, 0, ALL);
    add(&scene, (struct journal_entry){.type = JOURNAL_REFUSED, .time_ms = 1200,
                                       .first_item = 0, .items = ITEMS, .verdict = 0});
    assert_int_equal(read_scene(&scene, false), 0);
    assert_int_equal(outcome(&scene, 249)->status, STATUS_FAILED);
    assert_int_equal(outcome(&scene, 249)->attempts, 0);
    assert_int_equal(outcome(&scene, 150)->status, STATUS_WAITING); /* in flight then */
    assert_true(outcome(&scene, 150)->lost);
    close_scene(&scene);
}

/* A call that never left costs nothing and says nothing of time. */
static void
a_call_that_never_left_does_not_count(void **state)
{
    struct scene scene;
    struct journal_entry entry = {.type = JOURNAL_ANSWER, .call = 1, .time_ms = 1200,
                                  .latency_us = 7, .group_count = 1};
    (void)state;
    entry.groups[0] = (struct journal_group){STATUS_WAITING, LOST_NOT, 0, {1, 0}};
    open_scene(&scene);
    add_plan(&scene);
    add_begin(&scene, replay_boot_name());
    add_intent(&scene, 1, 0, 1);
    add_start(&scene, 1);
    add_verdict(&scene, 0, 0, "connect-failed");
    add(&scene, entry);
    assert_int_equal(read_scene(&scene, false), 0);
    assert_int_equal(scene.replay.calls, 0);
    assert_int_equal(scene.replay.latency.total, 0);
    assert_int_equal(outcome(&scene, 0)->time_ms, 0);
    assert_int_equal(outcome(&scene, 0)->attempts, 1);
    assert_false(outcome(&scene, 0)->lost);
    close_scene(&scene);
}

static void
another_job_file_is_refused(void **state)
{
    static const struct {
        uint64_t bytes, hash, rows;
        uint32_t items;
        int exit_code;
    } cases[] = {
        {1001, 42, ITEMS, ITEMS, EXIT_INPUT},
        {1000, 43, ITEMS, ITEMS, EXIT_INPUT},
        {1000, 42, ITEMS + 1, ITEMS, EXIT_INPUT},
        {1000, 42, ITEMS, ITEMS - 1, EXIT_INTERNAL},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct scene scene;
        open_scene(&scene);
        add(&scene,
            (struct journal_entry){.type = JOURNAL_PLAN,
                                   .rows = cases[i].rows,
                                   .items = cases[i].items,
                                   .fingerprint = {cases[i].bytes, cases[i].hash}});
        assert_int_equal(read_scene(&scene, false), -1);
        assert_error(scene.err, cases[i].exit_code, NULL);
        close_scene(&scene);
    }
}

/* Each case writes one entry that cannot be, after a call begun and one answered. */
static void
contradictions_are_refused(void **state)
{
    static const struct journal_entry wrong[] = {
        {.type = JOURNAL_START, .call = 9},
        {.type = JOURNAL_START, .call = 2},             /* is answered */
        {.type = JOURNAL_ANSWER, .call = 9},
        {.type = JOURNAL_ANSWER, .call = 3},            /* was not started */
        {.type = JOURNAL_ANSWER, .call = 1, .group_count = 1,
         .groups = {{STATUS_SUCCESS, LOST_NOT, 7, {1, 0}}}},
        {.type = JOURNAL_ANSWER, .call = 1, .group_count = 1,       /* never by a call */
         .groups = {{STATUS_UNSENT, LOST_NOT, 0, {1, 0}}}},
        {.type = JOURNAL_ANSWER, .call = 1, .group_count = 2,       /* two last words */
         .groups = {{STATUS_SUCCESS, LOST_NOT, 0, {3, 0}},
                    {STATUS_WAITING, LOST_NOT, 0, {2, 0}}}},
        {.type = JOURNAL_VERDICT, .verdict = 5, .code = {"X", 1}, .message = {"", 0}},
        {.type = JOURNAL_VERDICT, .verdict = 0, .code = {"X", 1}, .message = {"", 0}},
        {.type = JOURNAL_INTENT, .call = 4, .slice = {ITEMS, {1, 0}}},
        {.type = JOURNAL_INTENT, .call = 4, .slice = {ITEMS - 1, {2, 0}}},
        {.type = JOURNAL_INTENT, .call = 4, .slice = {ITEMS - 64, {0, 1}}},
        {.type = JOURNAL_INTENT, .call = 4, .slice = {UINT32_MAX, {2, 0}}},
        {.type = JOURNAL_REFUSED, .first_item = 0, .items = ITEMS + 1, .verdict = 0},
        {.type = JOURNAL_REFUSED, .first_item = UINT32_MAX, .items = 2, .verdict = 0},
        {.type = JOURNAL_REFUSED, .first_item = 0, .items = 1, .verdict = 1},
        {.type = JOURNAL_HANDED, .first_item = 1, .items = ITEMS},
    };
    (void)state;
    for (size_t i = 0; i <= UNIT_COUNT(wrong); i++) {
        struct scene scene;
        open_scene(&scene);
        add_plan(&scene);
        add_begin(&scene, replay_boot_name());
        add_verdict(&scene, 0, 200, "SUCCESS");
        add_intent(&scene, 1, 0, 10);
        add_start(&scene, 1);
        add_intent(&scene, 2, 10, 10);
        add_start(&scene, 2);
        add_answer(&scene, 2, STATUS_SUCCESS, LOST_NOT, 0, 10);
        add_intent(&scene, 3, 20, 10);
        if (i < UNIT_COUNT(wrong))
            add(&scene, wrong[i]);
        int rc = read_scene(&scene, false);
        unit_check(rc == (i < UNIT_COUNT(wrong) ? -1 : 0), "entry %zu: %s", i,
                   scene.err.text);
        if (rc)
            assert_error(scene.err, EXIT_INTERNAL, "contradict");
        close_scene(&scene);
    }
}

static void
a_journal_needs_its_plan(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene);
    assert_int_equal(read_scene(&scene, false), -1);
    assert_error(scene.err, EXIT_INTERNAL, "holds no plan");
    scene.err = (struct err){0};
    add_begin(&scene, "x");
    assert_int_equal(read_scene(&scene, false), -1);
    assert_error(scene.err, EXIT_INTERNAL, "contradict");
    close_scene(&scene);
}

/* One random call against live books and journal alike. */
static void
live_call(struct scene *scene, struct dice *dice, struct books *live, uint64_t number)
{
    static const enum status words[] = {STATUS_WAITING, STATUS_SUCCESS, STATUS_FAILED,
                                        STATUS_UNKNOWN};
    static const char *const codes[] = {"timeout", "SUCCESS", "INVALID_DATA", "no-entry"};
    struct journal_entry entry = {.type = JOURNAL_INTENT, .call = number,
                                  .time_ms = 1000 + (int64_t)number};
    entry.slice.first = (uint32_t)dice_below(dice, ITEMS - 128);
    for (uint32_t i = 0; i < 128; i++)
        if (live->outcomes[entry.slice.first + i].status == STATUS_WAITING &&
            dice_below(dice, 4) == 0 && slice_count(&entry.slice) < 100)
            slice_add(&entry.slice, i);
    if (!slice_count(&entry.slice))
        return;
    struct slice slice = entry.slice;
    add(scene, entry);
    add_start(scene, number);
    struct journal_entry answer = {.type = JOURNAL_ANSWER, .call = number, .sent = true,
                                   .time_ms = 2000 + (int64_t)number, .latency_us = 1};
    for (uint32_t i = slice_next(&slice, 0); i < 128; i = slice_next(&slice, i + 1)) {
        size_t word = dice_below(dice, UNIT_COUNT(words)), g = 0;
        enum lost lost = word % 3 ? LOST_NOT : (enum lost)(1 + dice_below(dice, 2));
        uint32_t before = live->verdicts->count;
        uint32_t verdict = verdicts_intern(live->verdicts, (long)(200 + word), span_of(codes[word]),
                                        span_of("words"));
        if (verdict == before)
            add_verdict(scene, verdict, (long)(200 + word), codes[word]);
        while (g < answer.group_count && (answer.groups[g].verdict != verdict ||
                                          answer.groups[g].lost != lost))
            g++;
        if (g == answer.group_count)
            answer.groups[answer.group_count++] = (struct journal_group){
                (uint8_t)words[word], (uint8_t)lost, verdict, {0, 0}};
        answer.groups[g].mask[i / 64] |= (uint64_t)1 << i % 64;
        books_start(live, slice.first + i);
        books_settle(live, slice.first + i, words[word], verdict, lost, answer.time_ms);
    }
    add(scene, answer);
}

static void
books_replayed_equal_the_live_ones(void **state)
{
    struct dice dice = {16};
    (void)state;
    for (unsigned round = 0; round < 50; round++) {
        struct scene scene;
        struct books live;
        open_scene(&scene);
        books_init(&live, ITEMS, ".");
        add_plan(&scene);
        add_begin(&scene, replay_boot_name());
        for (uint64_t call = 1; call < 40; call++)
            live_call(&scene, &dice, &live, call);
        assert_int_equal(read_scene(&scene, false), 0);
        assert_int_equal(scene.books.waiting, live.waiting);
        assert_int_equal(scene.books.verdicts->count, live.verdicts->count);
        for (uint32_t i = 0; i < ITEMS; i++) {
            const struct outcome *a = outcome(&scene, i), *b = &live.outcomes[i];
            unit_check(a->time_ms == b->time_ms && a->verdict == b->verdict &&
                           a->attempts == b->attempts && a->status == b->status &&
                           a->told == b->told && a->lost == b->lost &&
                           a->in_flight == b->in_flight,
                       "round %u, item %u", round, i);
        }
        books_clear(&live);
        close_scene(&scene);
    }
}

void
test_replay(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_answered_is_known),
        cmocka_unit_test(what_was_in_flight_is_lost),
        cmocka_unit_test(a_hole_is_damage_unless_the_machine_crashed),
        cmocka_unit_test(another_boot_loses_what_was_meant),
        cmocka_unit_test(an_end_voids_what_was_meant),
        cmocka_unit_test(a_next_process_closes_what_was_open),
        cmocka_unit_test(a_finished_run_is_finished),
        cmocka_unit_test(a_refused_target_is_refused_again),
        cmocka_unit_test(a_call_that_never_left_does_not_count),
        cmocka_unit_test(another_job_file_is_refused),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(a_journal_needs_its_plan),
        cmocka_unit_test(books_replayed_equal_the_live_ones),
    };
    unit_run(tally, "replay", tests, UNIT_COUNT(tests));
}
