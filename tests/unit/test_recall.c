/* Numbers that are remembered by digits: forgetting is allowed, mistaking is not. */
#include "unit.h"

#include "ops/recall.h"

#include <stdio.h>

static void
nothing_is_mistaken(void **state)
{
    enum { TARGETS = 20000, LENGTHS = 21 };
    struct recall recall = {NULL};
    struct dice dice = {7};
    size_t found = 0;
    (void)state;
    for (size_t i = 0; i < 200000; i++) {
        uint32_t kind = 1 + (uint32_t)dice_below(&dice, 3);
        uint32_t target = (uint32_t)dice_below(&dice, TARGETS);
        size_t len = dice_below(&dice, 4) ? 19 : 1 + dice_below(&dice, LENGTHS);
        uint32_t told = (target * 3 + kind - 1) * LENGTHS + (uint32_t)len - 1;
        char digits[LENGTHS + 1];
        (void)snprintf(digits, sizeof(digits), "%0*u", (int)LENGTHS, target);
        struct span span = {digits + LENGTHS - len, len};
        uint32_t number = recall_find(&recall, kind, span);
        if (number != RECALL_NONE) {
            found++;
            assert_true(len >= 16 && len <= 20);
            assert_int_equal(number, told);
        }
        recall_note(&recall, kind, span, told);
    }
    assert_true(found > 1000);
    recall_clear(&recall);
}

/* All the same digit: every word of it is the same for every length. */
static void
lengths_are_told_apart(void **state)
{
    struct recall recall = {NULL};
    (void)state;
    for (size_t len = 1; len <= 24; len++) {
        struct span digits = {"111111111111111111111111", len};
        assert_int_equal(recall_find(&recall, 1, digits), RECALL_NONE);
        recall_note(&recall, 1, digits, (uint32_t)len);
        assert_int_equal(recall_find(&recall, 1, digits),
                         len >= 16 && len <= 20 ? len : RECALL_NONE);
        assert_int_equal(recall_find(&recall, 2, digits), RECALL_NONE);
    }
    recall_clear(&recall);
}

/* Four digits of it are those of the number. */
static struct span
digits_with(char digits[24], size_t at, unsigned number)
{
    char four[8];
    (void)snprintf(digits, 24, "36523970000003000070");
    (void)snprintf(four, sizeof(four), "%04u", number);
    memcpy(digits + at, four, 4);
    return span_of(digits);
}

/* Every digit counts, wherever it stands, also where others have the same place. */
static void
digits_are_told_apart(void **state)
{
    static const size_t places[] = {0, 8, 16};
    struct recall recall = {NULL};
    char digits[24];
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(places); i++) {
        recall_note(&recall, 1, digits_with(digits, places[i], 9999), 5);
        for (unsigned n = 0; n < 10000; n++)
            assert_int_equal(recall_find(&recall, 1, digits_with(digits, places[i], n)),
                             n == 9999 ? 5 : RECALL_NONE);
    }
    recall_clear(&recall);
}

/* Two have the same place, so few of some thousand are forgotten. */
static void
thousands_are_remembered(void **state)
{
    enum { TARGETS = 2000 };
    struct recall recall = {NULL};
    char digits[24];
    uint32_t forgotten = 0;
    (void)state;
    for (size_t pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < TARGETS; i++) {
            (void)snprintf(digits, sizeof(digits), "36523970000003%05u", 7 * i);
            if (pass == 0)
                recall_note(&recall, 1, span_of(digits), i);
            else
                forgotten += recall_find(&recall, 1, span_of(digits)) != i;
        }
    assert_true(forgotten < TARGETS / 20);
    recall_clear(&recall);
}

/* The last two whose digits lead to the same place are there. */
static void
the_last_ones_are_remembered(void **state)
{
    struct recall recall = {NULL};
    struct span a = span_of("3652397000000300007"), b = span_of("3652397000000300014");
    (void)state;
    assert_int_equal(recall_find(&recall, 1, a), RECALL_NONE);
    recall_note(&recall, 1, a, 5);
    recall_note(&recall, 1, b, 6);
    assert_int_equal(recall_find(&recall, 1, a), 5);
    assert_int_equal(recall_find(&recall, 1, b), 6);
    recall_note(&recall, 1, b, RECALL_NONE);
    assert_int_equal(recall_find(&recall, 1, b), 6);
    recall_clear(&recall);
    assert_int_equal(recall_find(&recall, 1, a), RECALL_NONE);
    recall_clear(&recall);
}

void
test_recall(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_mistaken),
        cmocka_unit_test(lengths_are_told_apart),
        cmocka_unit_test(digits_are_told_apart),
        cmocka_unit_test(thousands_are_remembered),
        cmocka_unit_test(the_last_ones_are_remembered),
    };
    unit_run(tally, "recall", tests, UNIT_COUNT(tests));
}
