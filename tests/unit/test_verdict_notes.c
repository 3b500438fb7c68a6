#include "unit.h"

#include "run/verdicts.h"

enum { SHARED = 1 << 16, ALL = 100000 };

static const char *
words_of(uint32_t number)
{
    static char words[400];
    int len = snprintf(words, sizeof(words), "the call %u is not known", number);
    memset(words + len, '.', 300);
    words[len + 300] = '\0';
    return words;
}

static void
check_note(struct verdicts *verdicts, uint32_t number, uint32_t words)
{
    const struct verdict_note *note = verdicts_get(verdicts, number);
    unit_check(note->http == words % 600 && strcmp(note->code, "NOT_FOUND") == 0 &&
                   strcmp(note->message, words_of(words)) == 0,
               "verdict %u: %u %s %s", number, note->http, note->code, note->message);
}

static uint32_t
intern(struct verdicts *verdicts, uint32_t words)
{
    return verdicts_intern(verdicts, words % 600, span_of("NOT_FOUND"),
                           span_of(words_of(words)));
}

/* 32 MB: more than stays in memory. */
static void
words_that_differ_from_row_to_row_are_kept(void **state)
{
    (void)state;
    struct verdicts *verdicts = verdicts_open(unit_path("."));
    struct err err = {0};
    for (uint32_t i = 0; i < ALL; i++)
        assert_int_equal(intern(verdicts, i), i);
    for (uint32_t i = 0; i < ALL; i++)
        check_note(verdicts, i * 7919 % ALL, i * 7919 % ALL);
    /* The first are known, and stay so; later ones are noted again, but not in a row. */
    for (uint32_t i = 0; i < SHARED; i += 7)
        assert_int_equal(intern(verdicts, i), i);
    assert_int_equal(intern(verdicts, SHARED), ALL);
    assert_int_equal(intern(verdicts, SHARED), ALL);
    assert_int_equal(intern(verdicts, SHARED + 1), ALL + 1);
    assert_int_equal(intern(verdicts, SHARED), ALL + 2);
    check_note(verdicts, ALL + 2, SHARED);
    assert_int_equal(verdicts->count, ALL + 3);
    assert_int_equal(verdicts_check(verdicts, &err), 0);
    verdicts_free(verdicts);
}

/* What the journal tells is noted as it was, also what was noted twice. */
static void
what_is_added_is_known_then(void **state)
{
    (void)state;
    struct verdicts *live = verdicts_open(unit_path(".")), *told = verdicts_open(unit_path("."));
    for (uint32_t i = 0; i < 300; i++) {
        if (i)
            check_note(live, 0, 0); /* also when it has moved */
        uint32_t before = live->count, number = intern(live, i % 100);
        if (number == before)
            assert_int_equal(verdicts_add(told, number % 600, span_of("NOT_FOUND"),
                                          span_of(words_of(i % 100))),
                             number);
    }
    assert_int_equal(told->count, 100);
    assert_int_equal(told->digest, live->digest);
    assert_int_equal(intern(told, 42), 42);
    assert_int_equal(verdicts_add(told, 42, span_of("NOT_FOUND"), span_of(words_of(42))),
                     100);
    assert_int_equal(intern(told, 42), 42);
    assert_int_not_equal(told->digest, live->digest);
    verdicts_free(live);
    verdicts_free(told);
}

static void
a_full_disk_is_told(void **state)
{
    (void)state;
    struct verdicts *verdicts = verdicts_open(unit_path("no/such"));
    struct err err = {0};
    for (uint32_t i = 0; i < 40000; i++)
        (void)intern(verdicts, i);
    assert_int_equal(verdicts_check(verdicts, &err), 0);
    for (uint32_t i = 40000; i < 60000; i++)
        (void)intern(verdicts, i);
    assert_int_equal(verdicts_check(verdicts, &err), -1);
    assert_error(err, EXIT_INTERNAL, "cannot put off");
    check_note(verdicts, 59999, 59999);
    verdicts_free(verdicts);
}

void
test_verdict_notes(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_differ_from_row_to_row_are_kept),
        cmocka_unit_test(what_is_added_is_known_then),
        cmocka_unit_test(a_full_disk_is_told),
    };
    unit_run(tally, "verdict notes", tests, UNIT_COUNT(tests));
}
