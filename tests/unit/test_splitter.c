/* Plans that exceed memory, made with so little of it that small jobs do. */
#include "unit.h"

#include "base/mem.h"
#include "plan/planner.h"

#include <sys/stat.h>

struct job_row {
    const struct op *op; /* NULL: rejected */
    char key[160], id[64];
};

static const char *
spill_dir(void)
{
    const char *dir = unit_path("spill");
    (void)mkdir(dir, 0700);
    return dir;
}

/* Tell the planner of a row; where the row before was of the same target, by its number. */
static int
tell_row(struct planner *planner, const struct job_row *row, const struct job_row *before,
         struct err *err)
{
    if (!row->op)
        return planner_reject(planner, err);
    if (before && before->op == row->op && strcmp(before->key, row->key) == 0 &&
        planner_accept_again(planner, planner_target(planner), span_of(row->id)))
        return 0;
    return planner_accept(planner, row->op, span_of(row->key), span_of(row->id), err);
}

static struct plan *
make_plan(const struct job_row *rows, size_t count, const struct planner_settings *how)
{
    struct err err = {0};
    struct planner *planner = planner_open(how);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tell_row(planner, &rows[i], i ? &rows[i - 1] : NULL, &err), 0);
    struct plan *plan = planner_finish(planner, &err);
    assert_no_error(err);
    assert_non_null(plan);
    return plan;
}

static void
same_counts(const struct plan *plan, const struct plan *other)
{
    assert_int_equal(plan->rows, other->rows);
    assert_int_equal(plan->rejected, other->rejected);
    assert_int_equal(plan->duplicates, other->duplicates);
    assert_int_equal(plan->distinct_targets, other->distinct_targets);
    assert_int_equal(plan->item_count, other->item_count);
    assert_int_equal(plan->target_count, other->target_count);
    assert_int_equal(plan->use_count, other->use_count);
    for (size_t i = 0; i < plan->use_count; i++) {
        const struct plan_use *use = plan_use_of(other, plan->uses[i].op);
        assert_non_null(use);
        assert_int_equal(use->unnamed, plan->uses[i].unnamed);
    }
}

/* Targets are runs of items, batches are runs of one target's items, within limits. */
static void
well_cut(const struct plan *plan, size_t batch_size)
{
    uint32_t at = 0, batch = 0;
    for (uint32_t t = 0; t < plan->target_count; t++) {
        const struct plan_target *target = &plan->targets[t];
        assert_int_equal(target->first_item, at);
        assert_true(target->items > 0);
        for (uint32_t end = at + target->items; at < end; batch++) {
            const struct plan_batch *b = &plan->batches[batch];
            size_t bytes = 0;
            assert_true(batch < plan->batch_count);
            assert_int_equal(b->target, t);
            assert_int_equal(b->first_item, at);
            assert_true(b->items > 0 && at + b->items <= end);
            assert_true(b->items <= batch_size && b->items <= target->op->batch_max);
            for (uint32_t i = 0; i < b->items; i++)
                bytes += plan_id(plan, at + i).len + (i > 0);
            assert_true(bytes <= target->op->ids_bytes_max);
            at += b->items;
        }
    }
    assert_int_equal(at, plan->item_count);
    assert_int_equal(batch, plan->batch_count);
}

/* Every row has the same ID, target and first row in both plans, and rows share an item
 * in one exactly if they do in the other. */
static void
same_rows(const struct plan *plan, const struct plan *other, const struct job_row *rows)
{
    uint32_t before = 0;
    uint32_t *twin = mem_alloc(plan->item_count, sizeof(*twin));
    memset(twin, 0xff, plan->item_count * sizeof(*twin));
    for (size_t i = 0; i < plan->rows; i++) {
        uint32_t item = plan->item_of_row[i], its = other->item_of_row[i];
        unit_check((item == PLAN_NO_ITEM) == !rows[i].op, "row %zu", i + 1);
        unit_check((its == PLAN_NO_ITEM) == !rows[i].op, "row %zu", i + 1);
        if (!rows[i].op)
            continue;
        if (twin[item] == UINT32_MAX)
            twin[item] = its;
        unit_check(twin[item] == its, "row %zu: items %u and %u", i + 1, item, its);
        unit_check(span_is(plan_id(plan, item), rows[i].id), "row %zu", i + 1);
        const struct plan_target *target = plan_target_of(plan, item);
        assert_ptr_equal(target->op, rows[i].op);
        assert_string_equal(plan_key(plan, target), rows[i].key);
        unit_check(plan->first_row[item] == other->first_row[its],
                   "row %zu: first row %u, not %u", i + 1, plan->first_row[item],
                   other->first_row[its]);
        unit_check(!rows[i].op->ordered || item >= before, "row %zu", i + 1);
        before = rows[i].op->ordered ? item : before;
    }
    free(twin);
}

/* With so many bytes of memory, down to none, it is the plan that it is in memory. */
static void
plans_alike_to(const struct job_row *rows, size_t count, size_t batch_size,
               uint32_t calls_more)
{
    static const uint64_t bytes[] = {1, 1000, 8000, 60000};
    struct planner_settings how = {.batch_size = batch_size, .spill_dir = spill_dir()};
    struct plan *in_memory = make_plan(rows, count, &how);
    assert_null(in_memory->shelves);
    for (size_t i = 0; i < UNIT_COUNT(bytes); i++) {
        how.memory_bytes = bytes[i];
        how.counts_only = false;
        struct plan *plan = make_plan(rows, count, &how);
        assert_true(plan->shelves);
        same_counts(plan, in_memory);
        well_cut(plan, batch_size);
        same_rows(plan, in_memory, rows);
        assert_true(plan->batch_count >= in_memory->batch_count);
        unit_check(plan->batch_count <= in_memory->batch_count + calls_more,
                   "%u calls, not %u", plan->batch_count, in_memory->batch_count);
        plan_relax(plan);
        well_cut(plan, batch_size);
        how.counts_only = true;
        struct plan *counts = make_plan(rows, count, &how);
        same_counts(counts, in_memory);
        assert_int_equal(counts->batch_count, plan->batch_count);
        assert_true(!plan->shelves || plan->shelf_bytes > 0);
        plan_free(counts);
        plan_free(plan);
    }
    plan_free(in_memory);
}

static void
plans_alike(const struct job_row *rows, size_t count, size_t batch_size)
{
    plans_alike_to(rows, count, batch_size, 0);
}

enum { ROWS = 2000 };

static struct job_row *
new_rows(void)
{
    return mem_alloc(ROWS, sizeof(struct job_row));
}

static void
set_id(struct job_row *row, size_t number)
{
    (void)snprintf(row->id, sizeof(row->id), "3652397000000%06zu", number);
}

static void
random_jobs(void **state)
{
    static const size_t targets[] = {1, 3, 40, 900, ROWS};
    static const size_t sizes[] = {100, 7, 1, 99, 100};
    struct job_row *rows = new_rows();
    struct dice dice = {5};
    (void)state;
    for (size_t round = 0; round < UNIT_COUNT(targets); round++) {
        for (size_t i = 0; i < ROWS; i++) {
            rows[i].op = dice_below(&dice, 40) ? &op_crm_delink : NULL;
            (void)snprintf(rows[i].key, sizeof(rows[i].key), "Campaigns/%zu/Leads",
                           dice_below(&dice, targets[round]));
            set_id(&rows[i], dice_below(&dice, 3000));
        }
        plans_alike(rows, ROWS, sizes[round]);
    }
    free(rows);
}

static void
all_operations_at_once(void **state)
{
    struct job_row *rows = new_rows();
    struct dice dice = {6};
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        size_t kind = dice_below(&dice, 6);
        rows[i].key[0] = '\0';
        set_id(&rows[i], dice_below(&dice, 1500));
        if (kind == 0) {
            rows[i].op = &op_crm_call_preferences;
            (void)snprintf(rows[i].key, sizeof(rows[i].key), "call_preferences");
            (void)snprintf(rows[i].id, sizeof(rows[i].id), "%s,true",
                           dice_below(&dice, 2) ? "true" : "false");
        } else if (kind == 1) {
            rows[i].op = &op_desk_clear_live_mapping;
            if (dice_below(&dice, 2))
                (void)snprintf(rows[i].key, sizeof(rows[i].key), "%zu",
                               dice_below(&dice, 3));
        } else if (kind == 2) {
            rows[i].op = &op_verba_delete_call;
            (void)snprintf(rows[i].key, sizeof(rows[i].key), "nativeID");
        } else if (kind < 5) {
            rows[i].op = &op_crm_delink;
            (void)snprintf(rows[i].key, sizeof(rows[i].key), "A/%zu/B",
                           dice_below(&dice, 1 + 200 * (kind - 3)));
        } else {
            rows[i].op = NULL;
        }
    }
    plans_alike(rows, ROWS, 100);
    free(rows);
}

static void
one_target_alone(void **state)
{
    struct job_row *rows = new_rows();
    struct dice dice = {7};
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].op = &op_crm_delink;
        (void)snprintf(rows[i].key, sizeof(rows[i].key), "Campaigns/1/Leads");
        set_id(&rows[i], i);
    }
    plans_alike(rows, ROWS, 100);
    /* One of 20 digits fits among 99 of 19: lengths matter once there are more. */
    for (size_t i = 0; i < ROWS; i++)
        (void)snprintf(rows[i].id, sizeof(rows[i].id), "12345678901234%06zu", i);
    plans_alike(rows, ROWS, 100);
    for (size_t i = 0; i < ROWS; i++)
        (void)snprintf(rows[i].id, sizeof(rows[i].id), "%s%06zu",
                       dice_below(&dice, 3) ? "12345678901234" : "1234567890123", i);
    plans_alike_to(rows, ROWS, 100, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        rows[i].op = &op_verba_delete_call;
    plans_alike(rows, ROWS, 100);
    for (size_t i = 0; i < ROWS; i++)
        rows[i].op = &op_crm_call_preferences;
    plans_alike(rows, ROWS, 100);
    free(rows);
}

/* A part that cannot be made smaller: nothing but repeats. */
static void
one_row_over_and_over(void **state)
{
    struct job_row *rows = new_rows();
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].op = i % 9 ? &op_crm_delink : NULL;
        (void)snprintf(rows[i].key, sizeof(rows[i].key), "Campaigns/1/Leads");
        set_id(&rows[i], 1);
    }
    plans_alike(rows, ROWS, 100);
    set_id(&rows[ROWS / 2 + 1], 2);
    plans_alike(rows, ROWS, 100);
    for (size_t i = 0; i < ROWS; i++)
        rows[i].op = NULL;
    plans_alike(rows, ROWS, 100);
    free(rows);
}

static void
long_keys(void **state)
{
    struct job_row *rows = new_rows();
    struct dice dice = {8};
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].op = &op_crm_delink;
        size_t len = dice_below(&dice, 2) ? 150 : 110 + dice_below(&dice, 20);
        memset(rows[i].key, 'a', len);
        rows[i].key[len] = '\0';
        rows[i].key[dice_below(&dice, 20)] = 'b';
        set_id(&rows[i], dice_below(&dice, 500));
    }
    plans_alike(rows, ROWS, 100);
    free(rows);
}

/* The same rows make the same plan, item by item: a resumed run depends on it. */
static void
the_same_again(void **state)
{
    struct job_row *rows = new_rows();
    struct planner_settings how = {
        .batch_size = 100, .spill_dir = spill_dir(), .memory_bytes = 20000};
    struct dice dice = {9};
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].op = dice_below(&dice, 40) ? &op_crm_delink : NULL;
        (void)snprintf(rows[i].key, sizeof(rows[i].key), "A/%zu/B", dice_below(&dice, 9));
        set_id(&rows[i], dice_below(&dice, 3000));
    }
    struct plan *a = make_plan(rows, ROWS, &how), *b = make_plan(rows, ROWS, &how);
    assert_int_equal(a->item_count, b->item_count);
    assert_memory_equal(a->item_of_row, b->item_of_row, ROWS * sizeof(uint32_t));
    assert_memory_equal(a->batches, b->batches, a->batch_count * sizeof(*a->batches));
    plan_free(a);
    plan_free(b);
    free(rows);
}

static void
says_what_is_wrong(void **state)
{
    struct planner_settings how = {
        .batch_size = 100, .spill_dir = "/nowhere", .memory_bytes = 1};
    struct err err = {0};
    struct buf key = {0};
    (void)state;
    struct planner *planner = planner_open(&how);
    assert_int_equal(planner_reject(planner, &err), 0);
    assert_int_equal(planner_reject(planner, &err), -1);
    assert_error(err, EXIT_INTERNAL, "/nowhere/: ");
    planner_free(planner);
    /* A target that no service would take. */
    how.spill_dir = spill_dir();
    planner = planner_open(&how);
    for (size_t i = 0; i <= 1 << 15; i++)
        buf_add_char(&key, 'x');
    struct span target = {key.data, key.len};
    err = (struct err){0};
    assert_int_equal(
        planner_accept(planner, &op_verba_delete_call, target, span_of("1"), &err), 0);
    assert_int_equal(planner_reject(planner, &err), -1);
    assert_error(err, EXIT_INPUT, "row 1: its target has more than 32768 characters");
    planner_free(planner);
    buf_clear(&key);
}

static unsigned asked, stop_at;

static bool
stops_then(void)
{
    return ++asked == stop_at;
}

/* At any moment that it asks: an error, and nothing is left open. */
static void
can_be_stopped(void **state)
{
    struct planner_settings how = {.batch_size = 100,
                                   .spill_dir = spill_dir(),
                                   .memory_bytes = 5000,
                                   .stopped = stops_then};
    (void)state;
    for (stop_at = 1;; stop_at += 7) {
        struct err err = {0};
        struct planner *planner = planner_open(&how);
        asked = 0;
        for (size_t i = 0; i < 300; i++) {
            char id[24];
            (void)snprintf(id, sizeof(id), "%zu", i);
            assert_int_equal(planner_accept(planner, &op_crm_delink, span_of("A/1/B"),
                                            span_of(id), &err),
                             0);
        }
        struct plan *plan = planner_finish(planner, &err);
        plan_free(plan);
        if (plan)
            break;
        assert_error(err, EXIT_INTERNAL, "stopped while planning");
    }
    assert_true(stop_at > 7 && asked < stop_at);
}

void
test_splitter(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_jobs),
        cmocka_unit_test(all_operations_at_once),
        cmocka_unit_test(one_target_alone),
        cmocka_unit_test(one_row_over_and_over),
        cmocka_unit_test(long_keys),
        cmocka_unit_test(the_same_again),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(can_be_stopped),
    };
    unit_run(tally, "splitter", tests, UNIT_COUNT(tests));
}
