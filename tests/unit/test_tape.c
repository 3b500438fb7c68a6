#include "unit.h"

#include "plan/tape.h"

#include <unistd.h>

enum { RECORDS = 20000 };

static size_t
make_record(size_t number, char *record, size_t size)
{
    int len = snprintf(record, size, "%zu:", number);
    size_t more = number % 60;
    memset(record + len, 'a' + (int)(number % 26), more);
    return (size_t)len + more;
}

static void
check_record(struct tape *tape, const uint64_t *at, size_t number)
{
    char record[100];
    size_t len = make_record(number, record, sizeof(record));
    unit_check(memcmp(tape_at(tape, at[number], len), record, len) == 0, "record %zu",
               number);
}

/* Some 700 KB, of which nothing, a part, or all fits in memory. */
static void
all_is_read_back(void **state)
{
    static const size_t memories[] = {0, 1, 1000, 400000, 10000000};
    static uint64_t at[RECORDS];
    (void)state;
    for (size_t m = 0; m < UNIT_COUNT(memories); m++) {
        struct tape *tape = tape_open(unit_path("."), memories[m]);
        struct err err = {0};
        uint64_t end = 0;
        for (size_t i = 0; i < RECORDS; i++) {
            char record[100];
            size_t len = make_record(i, record, sizeof(record));
            at[i] = tape_add(tape, record, len);
            assert_int_equal(at[i], end);
            end += len;
            check_record(tape, at, i);
            check_record(tape, at, i / 2);
        }
        for (size_t i = 0; i < RECORDS; i++)
            check_record(tape, at, i * 7919 % RECORDS);
        assert_int_equal(tape_check(tape, &err), 0);
        tape_free(tape);
    }
}

static void
a_disk_that_takes_nothing_is_told(void **state)
{
    static uint64_t at[RECORDS];
    (void)state;
    struct tape *tape = tape_open(unit_path("no/such"), 1000);
    struct err err = {0};
    size_t i = 0;
    for (; i < 5000; i++) {
        char record[100];
        at[i] = tape_add(tape, record, make_record(i, record, sizeof(record)));
    }
    assert_int_equal(tape_check(tape, &err), 0);
    for (; i < RECORDS; i++) {
        char record[100];
        at[i] = tape_add(tape, record, make_record(i, record, sizeof(record)));
    }
    assert_int_equal(tape_check(tape, &err), -1);
    assert_error(err, EXIT_INTERNAL, "cannot put off");
    for (i = 0; i < RECORDS; i++)
        check_record(tape, at, i);
    tape_free(tape);
}

void
test_tape(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_read_back),
        cmocka_unit_test(a_disk_that_takes_nothing_is_told),
    };
    unit_run(tally, "tape", tests, UNIT_COUNT(tests));
}
