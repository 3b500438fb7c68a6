/* What a terminal can show, and how wide text is on it. */
#include "unit.h"

#include "base/terminal.h"

static void
counts_columns(void **state)
{
    static const struct {
        const char *text;
        size_t cells;
    } cases[] = {
        {"", 0},
        {"nightly-1", 9},
        {"caf\xc3\xa9", 4},
        {"cafe\xcc\x81", 4},                     /* e and a combining accent */
        {"\xe6\x97\xa5\xe6\x9c\xac", 4},         /* two ideographs */
        {"\xed\x95\x9c", 2},                     /* Hangul */
        {"\xef\xbc\xa1", 2},                     /* a full-width A */
        {"\xf0\x9f\x9a\x80", 2},                 /* a rocket */
        {"\xe2\x96\x88\xe2\x96\x8f\xe2\x96\x91", 3}, /* what the bar is made of */
        {"a\xe2\x80\x8b" "b", 2},                /* a zero-width space */
        {"\xe9\xff", 2},                         /* no UTF-8: somehow, within bounds */
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        unit_check(terminal_cells(span_of(cases[i].text)) == cases[i].cells ||
                       !text_is_utf8(cases[i].text, strlen(cases[i].text)),
                   "case %zu: %zu", i, terminal_cells(span_of(cases[i].text)));
}

static void
the_first_that_is_set_names_the_locale(void **state)
{
    (void)state;
    assert_true(terminal_locale_is_utf8(NULL, NULL, "de_DE.UTF-8"));
    assert_true(terminal_locale_is_utf8("", "C.utf8", "C"));
    assert_true(terminal_locale_is_utf8("en_US.utf-8@x", "C", "C"));
    assert_false(terminal_locale_is_utf8("C", "C.UTF-8", "C.UTF-8"));
    assert_false(terminal_locale_is_utf8("de_DE.ISO-8859-1", NULL, NULL));
    assert_false(terminal_locale_is_utf8("de_DE", NULL, NULL));
    assert_false(terminal_locale_is_utf8(NULL, NULL, NULL));
    assert_false(terminal_locale_is_utf8(NULL, NULL, ""));
}

static void
tints_only_where_there_are_colours(void **state)
{
    (void)state;
    assert_string_equal(terminal_tint(false, TINT_RED), "");
    assert_string_equal(terminal_tint(false, TINT_NONE), "");
    assert_string_equal(terminal_tint(true, TINT_RED), "\033[31m");
    assert_string_equal(terminal_tint(true, TINT_NONE), "\033[0m");
}

void
test_terminal(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_columns),
        cmocka_unit_test(the_first_that_is_set_names_the_locale),
        cmocka_unit_test(tints_only_where_there_are_colours),
    };
    unit_run(tally, "terminal", tests, UNIT_COUNT(tests));
}
