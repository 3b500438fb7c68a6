/* Text from outside, made visible; paths as words of a shell. */
#include "unit.h"

#include "base/shown.h"

static void
what_is_not_seen_is_named(void **state)
{
    static const struct {
        const char *text;
        size_t max;
        const char *wanted;
    } cases[] = {
        {"", 9, ""},
        {"plain <b> & \"q\"", 99, "plain <b> & \"q\""},
        {"caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80", 99,
         "caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80"},
        {"a\tb\nc\r\nd", 99, "a b c  d"},
        {"\x1b[31mred\x07", 99, "<U+001B>[31mred<U+0007>"},
        {"x\xe2\x80\xaegnp.exe", 99, "x<U+202E>gnp.exe"},
        {"1\xe2\x80\x8b\x32\xef\xbb\xbf\xe2\x81\xa6\xe2\x81\xa9", 99,
         "1<U+200B>2<U+FEFF><U+2066><U+2069>"},
        {"\xc2\x85\xc2\xad\x7f", 99, "<U+0085><U+00AD><U+007F>"},
        {"\xef\xbf\xbe\xef\xbf\xbf\xf4\x8f\xbf\xbf", 99, "<U+FFFE><U+FFFF><U+10FFFF>"},
        {"\xff\xfe caf\xe9 \xe2\x82 \xc0\xaf \xed\xa0\x80", 99, "?? caf? ?? ?? ???"},
        {"12345678", 8, "12345678"},
        {"123456789", 8, "12345678..."},
        {"123\xc3\xa9", 4, "123..."},
        {"123456789", 0, "..."},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buf out = {0};
        buf_add_text(&out, "");
        shown_add(&out, cases[i].text, cases[i].max);
        unit_check(strcmp(out.data, cases[i].wanted) == 0, "case %zu: '%s'", i, out.data);
        buf_clear(&out);
    }
}

/* Whatever the bytes: UTF-8 comes out, and nothing that steers a terminal. */
static void
any_bytes_become_text(void **state)
{
    struct dice dice = {3};
    (void)state;
    for (int round = 0; round < 5000; round++) {
        char bytes[24] = {0};
        struct buf out = {0};
        size_t len = dice_below(&dice, sizeof(bytes));
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)dice_below(&dice, 256);
        buf_add_text(&out, "");
        shown_add(&out, bytes, dice_below(&dice, 30));
        assert_true(text_is_utf8(out.data, out.len));
        for (size_t i = 0; i < out.len; i++)
            assert_true((unsigned char)out.data[i] >= 0x20 && out.data[i] != 0x7f);
        buf_clear(&out);
    }
}

static void
paths_are_words_of_a_shell(void **state)
{
    static const struct {
        const char *path, *word;
    } cases[] = {
        {"runs/nightly-20261124T152729Z", "runs/nightly-20261124T152729Z"},
        {"", "''"},
        {"a b", "'a b'"},
        {"it's", "'it'\\''s'"},
        {"$HOME/`x`;rm -rf *", "'$HOME/`x`;rm -rf *'"},
        {"~/runs", "'~/runs'"},
        {"=x", "'=x'"},
        {"#x", "'#x'"},
        {"a\\b", "'a\\b'"},
        {"-rf", "./-rf"},
        {"- f", "'./- f'"},
        {"caf\xc3\xa9", "'caf\xc3\xa9'"},
        {"line\nbreak's", "$'line\\012break\\'s'"},
        {"caf\xe9\\", "$'caf\\351\\\\'"},
        {"x\xe2\x80\xae.csv", "$'x\\342\\200\\256.csv'"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buf out = {0};
        shown_add_path(&out, cases[i].path);
        unit_check(strcmp(out.data, cases[i].word) == 0, "%s: %s", cases[i].path,
                   out.data);
        buf_clear(&out);
    }
}

void
test_shown(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_seen_is_named),
        cmocka_unit_test(any_bytes_become_text),
        cmocka_unit_test(paths_are_words_of_a_shell),
    };
    unit_run(tally, "shown", tests, UNIT_COUNT(tests));
}
