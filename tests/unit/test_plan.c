#include "unit.h"

#include "base/mem.h"
#include "plan/planner.h"

#include <sys/stat.h>

/* A row of a job, as the planner gets it; target NULL: rejected. */
struct job_row {
    const char *target;
    char id[24];
};

static struct plan *
make_plan(const struct job_row *rows, size_t count, size_t batch_size)
{
    struct planner *planner = planner_open(&(struct planner_settings){.batch_size = batch_size});
    for (size_t i = 0; i < count; i++)
        if (rows[i].target)
            (void)planner_accept(planner, &op_crm_delink, span_of(rows[i].target),
                           span_of(rows[i].id), NULL);
        else
            (void)planner_reject(planner, NULL);
    return planner_finish(planner, NULL);
}

/* Everything a plan promises, for any rows. */
static void
hold_to_its_promises(const struct plan *plan, const struct job_row *rows, size_t count,
                     size_t batch_size)
{
    uint64_t rejected = 0;
    uint32_t *seen = mem_alloc(plan->item_count, sizeof(*seen));
    assert_int_equal(plan->rows, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t item = plan->item_of_row[i];
        rejected += !rows[i].target;
        unit_check((item == PLAN_NO_ITEM) == !rows[i].target, "row %zu", i + 1);
        if (item == PLAN_NO_ITEM)
            continue;
        assert_true(item < plan->item_count);
        unit_check(span_is(plan_id(plan, item), rows[i].id), "row %zu", i + 1);
        assert_ptr_equal(plan_target_of(plan, item)->op, &op_crm_delink);
        if (!seen[item])
            seen[item] = (uint32_t)i + 1;
        unit_check(plan->first_row[item] == seen[item], "item %u: first row %u, not %u",
                   item, plan->first_row[item], seen[item]);
    }
    assert_int_equal(plan->rejected, rejected);
    assert_int_equal(plan->duplicates, count - rejected - plan->item_count);
    /* Targets are runs of items, batches are runs of one target's items. */
    uint32_t at = 0, batch = 0;
    for (uint32_t t = 0; t < plan->target_count; t++) {
        const struct plan_target *target = &plan->targets[t];
        assert_int_equal(target->first_item, at);
        assert_true(target->items > 0);
        for (uint32_t end = at + target->items; at < end; batch++) {
            const struct plan_batch *b = &plan->batches[batch];
            assert_true(batch < plan->batch_count);
            assert_int_equal(b->target, t);
            assert_int_equal(b->first_item, at);
            assert_true(b->items > 0 && b->items <= batch_size && at + b->items <= end);
            at += b->items;
        }
    }
    assert_int_equal(at, plan->item_count);
    assert_int_equal(batch, plan->batch_count);
    for (size_t i = 0; i < count; i++) {
        uint32_t item = plan->item_of_row[i];
        for (uint32_t t = 0; item != PLAN_NO_ITEM && t < plan->target_count; t++) {
            const struct plan_target *target = &plan->targets[t];
            if (item >= target->first_item && item < target->first_item + target->items)
                unit_check(strcmp(plan_key(plan, target), rows[i].target) == 0, "row %zu", i + 1);
        }
    }
    free(seen);
}

static void
groups_drops_and_numbers(void **state)
{
    static const struct job_row rows[] = {
        {"A/1/B", "1"}, {"A/2/B", "1"}, {NULL, ""}, {"A/1/B", "2"}, {"A/1/B", "1"},
        {"a/1/B", "1"}, {"A/2/B", "01"}, {"A/1/B", "1"}, {NULL, ""}, {"A/2/B", "1"},
    };
    (void)state;
    struct plan *plan = make_plan(rows, UNIT_COUNT(rows), 100);
    hold_to_its_promises(plan, rows, UNIT_COUNT(rows), 100);
    assert_int_equal(plan->target_count, 3);
    assert_int_equal(plan->item_count, 5);
    assert_int_equal(plan->duplicates, 3);
    assert_int_equal(plan->rejected, 2);
    assert_int_equal(plan->batch_count, 3);
    assert_int_equal(plan->item_of_row[4], plan->item_of_row[0]);
    assert_int_equal(plan->item_of_row[9], plan->item_of_row[1]);
    assert_int_equal(plan->first_row[plan->item_of_row[7]], 1);
    plan_free(plan);
}

static void
plans_nothing(void **state)
{
    static const struct job_row rejected[] = {{NULL, ""}, {NULL, ""}};
    (void)state;
    struct plan *plan = make_plan(NULL, 0, 100);
    hold_to_its_promises(plan, NULL, 0, 100);
    assert_int_equal(plan->batch_count, 0);
    plan_free(plan);
    plan = make_plan(rejected, 2, 100);
    hold_to_its_promises(plan, rejected, 2, 100);
    assert_int_equal(plan->rejected, 2);
    assert_int_equal(plan->batch_count, 0);
    plan_free(plan);
    planner_free(planner_open(&(struct planner_settings){.batch_size = 100}));
    struct planner *planner = planner_open(&(struct planner_settings){.batch_size = 100});
    (void)planner_accept(planner, &op_crm_delink, span_of("A"), span_of("1"), NULL);
    planner_free(planner);
    planner_free(NULL);
    plan_free(NULL);
}

/* Rows in any order need the same calls: ceil(distinct IDs / batch size) a target. */
static void
the_order_of_rows_does_not_matter(void **state)
{
    static const char *const targets[] = {"Campaigns/1/Leads", "Campaigns/2/Leads",
                                          "Products/1/Contacts", "Products/1/contacts",
                                          "Leads/1/Products"};
    enum { ROWS = 3000 };
    struct dice dice = {10};
    struct job_row *rows = mem_alloc(ROWS, sizeof(*rows));
    (void)state;
    for (size_t round = 0; round < 6; round++) {
        static const size_t sizes[] = {100, 1, 7, 100, 33, 99};
        size_t spread = 50 + 300 * round, expected = 0;
        for (size_t i = 0; i < ROWS; i++) {
            rows[i].target = dice_below(&dice, 50)
                                 ? targets[dice_below(&dice, UNIT_COUNT(targets))] : NULL;
            (void)snprintf(rows[i].id, sizeof(rows[i].id), "3652397000000%06zu",
                           dice_below(&dice, spread));
        }
        uint32_t calls = 0;
        for (size_t shuffle = 0; shuffle < 4; shuffle++) {
            struct plan *plan = make_plan(rows, ROWS, sizes[round]);
            hold_to_its_promises(plan, rows, ROWS, sizes[round]);
            expected = 0;
            for (uint32_t t = 0; t < plan->target_count; t++)
                expected += (plan->targets[t].items + sizes[round] - 1) / sizes[round];
            assert_int_equal(plan->batch_count, expected);
            calls = shuffle ? calls : plan->batch_count;
            assert_int_equal(plan->batch_count, calls);
            plan_free(plan);
            for (size_t i = ROWS; i > 1; i--) {
                size_t j = dice_below(&dice, i);
                struct job_row held = rows[i - 1];
                rows[i - 1] = rows[j];
                rows[j] = held;
            }
        }
    }
    free(rows);
}

/* The same rows make the same plan, item by item: a resumed run depends on it. */
static void
the_same_rows_make_the_same_plan(void **state)
{
    enum { ROWS = 1000 };
    struct dice dice = {12};
    struct job_row *rows = mem_alloc(ROWS, sizeof(*rows));
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].target = i % 3 ? "A/1/B" : "A/2/B";
        (void)snprintf(rows[i].id, sizeof(rows[i].id), "%zu%s",
                       dice_below(&dice, 300), i % 2 ? "3652397000000000" : "");
    }
    struct plan *a = make_plan(rows, ROWS, 100), *b = make_plan(rows, ROWS, 100);
    assert_int_equal(a->item_count, b->item_count);
    assert_memory_equal(a->item_of_row, b->item_of_row, ROWS * sizeof(uint32_t));
    assert_memory_equal(a->batches, b->batches, a->batch_count * sizeof(*a->batches));
    plan_free(a);
    plan_free(b);
    free(rows);
}

static void
rows_are_taken_by_the_number_of_their_target(void **state)
{
    enum { ROWS = 3000, TARGETS = 40 };
    struct planner *planner = planner_open(&(struct planner_settings){.batch_size = 100});
    struct planner *other = planner_open(&(struct planner_settings){.batch_size = 100});
    uint32_t numbers[TARGETS];
    struct dice dice = {42};
    size_t again = 0;
    (void)state;
    memset(numbers, 0xff, sizeof(numbers));
    for (size_t i = 0; i < ROWS; i++) {
        uint64_t target = dice_below(&dice, TARGETS);
        char key[32], id[24];
        (void)snprintf(key, sizeof(key), "A/%llu/B", (unsigned long long)target);
        (void)snprintf(id, sizeof(id), "%llu", (unsigned long long)dice_below(&dice, 500));
        (void)planner_accept(other, &op_crm_delink, span_of(key), span_of(id), NULL);
        if (planner_accept_again(planner, numbers[target], span_of(id))) {
            again++;
            continue;
        }
        assert_int_equal(numbers[target], PLANNER_NO_TARGET);
        (void)planner_accept(planner, &op_crm_delink, span_of(key), span_of(id), NULL);
        numbers[target] = planner_target(planner);
    }
    assert_int_equal(again, ROWS - TARGETS);
    struct plan *plan = planner_finish(planner, NULL), *usual = planner_finish(other, NULL);
    assert_int_equal(plan->rows, ROWS);
    assert_int_equal(plan->item_count, usual->item_count);
    assert_int_equal(plan->batch_count, usual->batch_count);
    assert_memory_equal(plan->item_of_row, usual->item_of_row, ROWS * sizeof(uint32_t));
    assert_memory_equal(plan->batches, usual->batches,
                        plan->batch_count * sizeof(*plan->batches));
    plan_free(plan);
    plan_free(usual);
}

/* Beyond memory there are no numbers, and none is taken that was told before. */
static void
numbers_end_with_memory(void **state)
{
    struct err err = {0};
    const char *dir = unit_path("numbers");
    (void)mkdir(dir, 0700);
    struct planner *planner = planner_open(&(struct planner_settings){
        .batch_size = 100, .spill_dir = dir, .memory_bytes = 1000});
    (void)state;
    (void)planner_accept(planner, &op_crm_delink, span_of("A/1/B"), span_of("1"), &err);
    uint32_t number = planner_target(planner);
    size_t rows = 1;
    while (planner_accept_again(planner, number, span_of("2")))
        assert_true(++rows < 1000);
    assert_int_equal(planner_target(planner), number);
    (void)planner_accept(planner, &op_crm_delink, span_of("A/1/B"), span_of("3"), &err);
    assert_no_error(err);
    assert_int_equal(planner_target(planner), PLANNER_NO_TARGET);
    assert_false(planner_accept_again(planner, number, span_of("4")));
    struct plan *plan = planner_finish(planner, &err);
    assert_int_equal(plan->rows, rows + 1);
    assert_int_equal(plan->item_count, 3);
    plan_free(plan);
}

/* More targets than any table begins with; each its own call. */
static void
takes_many_targets(void **state)
{
    enum { TARGETS = 5000 };
    struct planner *planner = planner_open(&(struct planner_settings){.batch_size = 100});
    char key[32];
    (void)state;
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < TARGETS; i++) {
            (void)snprintf(key, sizeof(key), "A/%zu/B", i * 7919 % TARGETS);
            (void)planner_accept(planner, &op_crm_delink, span_of(key),
                           span_of(pass ? "2" : "1"), NULL);
        }
    struct plan *plan = planner_finish(planner, NULL);
    assert_int_equal(plan->target_count, TARGETS);
    assert_int_equal(plan->batch_count, TARGETS);
    assert_int_equal(plan->item_count, 2 * TARGETS);
    for (uint32_t t = 0; t < plan->target_count; t++)
        assert_int_equal(plan->targets[t].items, 2);
    plan_free(plan);
}

static void
long_ids_need_more_calls(void **state)
{
    struct planner *planner = planner_open(&(struct planner_settings){.batch_size = 100});
    char id[24];
    (void)state;
    for (unsigned i = 0; i < 190; i++) {
        (void)snprintf(id, sizeof(id), "12345678901234%06u", i);
        (void)planner_accept(planner, &op_crm_delink, span_of("A/1/B"), span_of(id), NULL);
    }
    struct plan *plan = planner_finish(planner, NULL);
    assert_int_equal(plan->batch_count, 2);
    assert_int_equal(plan->batches[0].items, 95);
    plan_free(plan);
}

/* Rows of an ordered operation are never merged, and keep the order of the input. */
static void
ordered_rows_stay_as_they_are(void **state)
{
    static const char *const wanted[] = {"true,true", "false,false", "true,true",
                                         "true,true"};
    struct planner *planner = planner_open(&(struct planner_settings){.batch_size = 100});
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(wanted); i++) {
        (void)planner_accept(planner, &op_crm_call_preferences, span_of("call_preferences"),
                       span_of(wanted[i]), NULL);
        (void)planner_accept(planner, &op_crm_delink, span_of("A/1/B"), span_of("1"), NULL);
    }
    struct plan *plan = planner_finish(planner, NULL);
    assert_int_equal(plan->item_count, 5);
    assert_int_equal(plan->duplicates, 3);
    assert_int_equal(plan->batch_count, 5);
    for (uint32_t i = 0; i < UNIT_COUNT(wanted); i++) {
        uint32_t item = plan->item_of_row[2 * i];
        assert_span(plan_id(plan, item), wanted[i]);
        assert_int_equal(item, plan->item_of_row[0] + i);
        assert_int_equal(plan->first_row[item], 2 * i + 1);
        assert_ptr_equal(plan_target_of(plan, item)->op, &op_crm_call_preferences);
    }
    plan_free(plan);
}

/* The same key means something else to another operation. */
static void
operations_do_not_mix(void **state)
{
    struct planner *planner = planner_open(&(struct planner_settings){.batch_size = 100});
    (void)state;
    (void)planner_accept(planner, &op_desk_clear_live_mapping, span_of(""), span_of("1"), NULL);
    (void)planner_accept(planner, &op_verba_delete_call, span_of(""), span_of("1"), NULL);
    (void)planner_accept(planner, &op_desk_clear_live_mapping, span_of(""), span_of("2"), NULL);
    (void)planner_accept(planner, &op_desk_clear_live_mapping, span_of("7"), span_of("1"), NULL);
    (void)planner_accept(planner, &op_desk_clear_live_mapping, span_of(""), span_of("1"), NULL);
    struct plan *plan = planner_finish(planner, NULL);
    assert_int_equal(plan->target_count, 3);
    assert_int_equal(plan->distinct_targets, 4);
    assert_int_equal(plan->batch_count, 4);
    assert_int_equal(plan->duplicates, 1);
    assert_ptr_equal(plan_target_of(plan, plan->item_of_row[1])->op,
                     &op_verba_delete_call);
    plan_free(plan);
}

void
test_plan(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_drops_and_numbers),
        cmocka_unit_test(plans_nothing),
        cmocka_unit_test(the_order_of_rows_does_not_matter),
        cmocka_unit_test(the_same_rows_make_the_same_plan),
        cmocka_unit_test(rows_are_taken_by_the_number_of_their_target),
        cmocka_unit_test(numbers_end_with_memory),
        cmocka_unit_test(takes_many_targets),
        cmocka_unit_test(long_ids_need_more_calls),
        cmocka_unit_test(ordered_rows_stay_as_they_are),
        cmocka_unit_test(operations_do_not_mix),
    };
    unit_run(tally, "plan", tests, UNIT_COUNT(tests));
}
