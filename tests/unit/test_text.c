#include "unit.h"

static void
trims_blanks_of_all_kinds(void **state)
{
    static const struct {
        const char *text, *trimmed;
    } cases[] = {
        {"", ""},
        {"a", "a"},
        {" \t\r\na b\n\r\t ", "a b"},
        {"\xc2\xa0" "a" "\xc2\xa0", "a"},
        {" \xc2\xa0 \xc2\xa0", ""},
        {"\xc2\xa0\xc2\xa0", ""},
        {"\xc2\xa1" "a", "\xc2\xa1" "a"},
        {"a\xe2\x82\xa0", "a\xe2\x82\xa0"},     /* ends in A0, is no blank */
        {"\va\f", "\va\f"},
        {"\xa0", "\xa0"},                       /* no whole character */
        {"\xc2", "\xc2"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        assert_span(span_trim(span_of(cases[i].text)), cases[i].trimmed);
    assert_null(span_trim(span_of(NULL)).ptr);
    /* What lies behind the span is not looked at. */
    assert_span(span_trim((struct span){" x\xc2\xa0", 3}), "x\xc2");
}

static void
compares_spans(void **state)
{
    (void)state;
    assert_true(span_equal(span_of("ab"), (struct span){"abc", 2}));
    assert_false(span_equal(span_of("ab"), span_of("abc")));
    assert_false(span_equal(span_of("ab"), span_of("aB")));
    assert_true(span_equal(span_of(NULL), span_of("")));
    assert_true(span_is((struct span){"SUCCESS!", 7}, "SUCCESS"));
    assert_false(span_is((struct span){"SUCCESS", 3}, "SUCCESS"));
    assert_true(span_is_nocase(span_of("SuCCess"), "success"));
    assert_false(span_is_nocase(span_of("success "), "success"));
    assert_true(span_is_nocase(span_of(NULL), ""));
    assert_true(span_starts(span_of("result_x"), "result_"));
    assert_false(span_starts(span_of("resul"), "result_"));
    assert_true(span_starts(span_of("x"), ""));
}

static void
knows_utf8(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        bool good;
    } cases[] = {
        {"", 0, true},
        {"plain", 5, true},
        {"a\0b", 3, true},
        {"\x7f", 1, true},
        {"\xc2\x80", 2, true},
        {"\xdf\xbf", 2, true},
        {"\xe0\xa0\x80", 3, true},
        {"\xed\x9f\xbf", 3, true},
        {"\xee\x80\x80", 3, true},
        {"\xef\xbf\xbf", 3, true},
        {"\xf0\x90\x80\x80", 4, true},
        {"\xf4\x8f\xbf\xbf", 4, true},
        {"\x80", 1, false},                     /* continuation alone */
        {"\xbf", 1, false},
        {"\xc0\x80", 2, false},                 /* overlong */
        {"\xc1\xbf", 2, false},
        {"\xe0\x80\x80", 3, false},
        {"\xe0\x9f\xbf", 3, false},
        {"\xf0\x80\x80\x80", 4, false},
        {"\xf0\x8f\xbf\xbf", 4, false},
        {"\xed\xa0\x80", 3, false},             /* surrogates */
        {"\xed\xbf\xbf", 3, false},
        {"\xf4\x90\x80\x80", 4, false},         /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", 4, false},
        {"\xff", 1, false},
        {"\xfe\xff", 2, false},
        {"\xc3", 1, false},                     /* cut off */
        {"\xe2\x82", 2, false},
        {"\xf0\x9f\x98", 3, false},
        {"\xc3(", 2, false},
        {"\xe2(\xa1", 3, false},
        {"\xe2\x82(", 3, false},
        {"\xf0\x9f\x98(", 4, false},
        {"\xf0\x9f(\x80", 4, false},
    };
    (void)state;
    /* At every place of a longer text: the check takes eight bytes at a time. */
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (size_t before = 0; before < 20; before++)
            for (size_t after = 0; after < 20; after++) {
                struct buf text = {0};
                for (size_t n = 0; n < before; n++)
                    buf_add_char(&text, 'x');
                buf_add(&text, cases[i].bytes, cases[i].len);
                for (size_t n = 0; n < after; n++)
                    buf_add_char(&text, 'y');
                bool good = text_is_utf8(text.data, text.len);
                unit_check(good == cases[i].good, "case %zu, %zu before, %zu after", i,
                           before, after);
                buf_clear(&text);
            }
}

/* What would complete a character may lie behind the text. */
static void
does_not_look_behind_the_text(void **state)
{
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
    static const bool good[] = {true, true, false, true, false, false,
                                true, false, false, false, true, true};
    (void)state;
    for (size_t len = 0; len < UNIT_COUNT(good); len++)
        unit_check(text_is_utf8(text, len) == good[len], "%zu bytes", len);
}

/* All sequences of up to three bytes, by the definition of the encoding. */
static void
knows_every_short_sequence(void **state)
{
    (void)state;
    for (unsigned a = 0x80; a < 0x100; a++)
        for (unsigned b = 0; b < 0x100; b++) {
            char two[] = {(char)a, (char)b};
            bool good = a >= 0xc2 && a <= 0xdf && (b & 0xc0) == 0x80;
            unit_check(text_is_utf8(two, 2) == good, "%02x %02x", a, b);
            for (unsigned c = 0x70; c < 0xd0; c += a >= 0xe0 && a < 0xf0 ? 1 : 16) {
                char three[] = {(char)a, (char)b, (char)c};
                unsigned code = (a & 0xf) << 12 | (b & 0x3f) << 6 | (c & 0x3f);
                bool whole = (a & 0xf0) == 0xe0 && (b & 0xc0) == 0x80 &&
                             (c & 0xc0) == 0x80 && code >= 0x800 &&
                             (code < 0xd800 || code > 0xdfff);
                bool wanted = whole || (good && c < 0x80);
                unit_check(text_is_utf8(three, 3) == wanted, "%02x %02x %02x", a, b, c);
            }
        }
}

static void
folds_names(void **state)
{
    static const struct {
        const char *name, *folded;
    } cases[] = {
        {"record_id", "recordid"}, {"Record Id", "recordid"}, {" RECORD-ID ", "recordid"},
        {"\xc2\xa0Record\tId", "recordid"}, {"_-_ ", ""}, {"", ""},
        {"\xc3\x89tat", "\xc3\x89tat"}, {"A.B", "a.b"},
    };
    char folded[64];
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        size_t len = text_fold(span_of(cases[i].name), folded, sizeof(folded));
        assert_string_equal(folded, cases[i].folded);
        assert_int_equal(len, strlen(cases[i].folded));
    }
    assert_int_equal(text_fold(span_of("abc-def"), folded, 5), 4);
    assert_string_equal(folded, "abcd");
    assert_int_equal(text_fold(span_of("abc"), folded, 1), 0);
    assert_string_equal(folded, "");
}

static void
finds_the_nearest_name(void **state)
{
    static const char *const names[] = {"module", "record_id", "related_list",
                                        "related_id", "call_id"};
    static const struct {
        const char *name, *nearest;
    } cases[] = {
        {"modul", "module"},      {"Modules", "module"},   {"recordid", "record_id"},
        {"record", "record_id"},  {"relatedlst", "related_list"},
        {"related ids", "related_id"}, {"cal_id", "call_id"}, {"zzzzzz", NULL},
        {"qq", NULL}, {"moduel", "module"}, {"mdole", "module"}, {"callid", "call_id"},
        {"lacl id", "call_id"}, {"related", "related_id"}, {"list", "related_list"},
        {"rec", "record_id"}, {"re", NULL}, {"modality", NULL}, {"nodlue", "module"},
        {"mod-u_l e", "module"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *nearest = text_nearest(cases[i].name, names, UNIT_COUNT(names));
        unit_check(nearest == cases[i].nearest ||
                       (nearest && cases[i].nearest &&
                        strcmp(nearest, cases[i].nearest) == 0),
                   "%s: %s, not %s", cases[i].name, nearest ? nearest : "none",
                   cases[i].nearest ? cases[i].nearest : "none");
    }
    assert_null(text_nearest("module", names, 0));
    /* A name without letters is near to nothing, however short the other is. */
    static const char *const unnamed[] = {"", "-", "_"};
    assert_null(text_nearest("x", unnamed, UNIT_COUNT(unnamed)));
    /* Longer than what is compared. */
    char longest[200];
    memset(longest, 'm', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_null(text_nearest(longest, names, UNIT_COUNT(names)));
}

static void
hints_at_it(void **state)
{
    char hint[TEXT_HINT_BYTES], longest[300];
    (void)state;
    assert_string_equal(text_hint("plan", "", "!", hint), "; did you mean plan?");
    assert_string_equal(text_hint("plan", "\"", "!", hint), "; did you mean \"plan\"?");
    assert_string_equal(text_hint("plan", "--", "!", hint), "; did you mean --plan?");
    assert_string_equal(text_hint(NULL, "--", "; none", hint), "; none");
    memset(longest, 'm', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(strlen(text_hint(longest, "--", "", hint)), 15 + 2 + 80 + 1);
}

static void
cuts_between_characters(void **state)
{
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"; /* 1 2 3 4 1 */
    static const size_t wanted[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11, 11};
    (void)state;
    for (size_t max = 0; max < UNIT_COUNT(wanted); max++)
        unit_check(text_cut(text, sizeof(text) - 1, max) == wanted[max], "at %zu", max);
}

static void
shows_what_is_printable(void **state)
{
    char out[112], wanted[112];
    (void)state;
    assert_string_equal(text_show(span_of("a\tb\x7f\n"), out), "a?b??");
    assert_string_equal(text_show(span_of("caf\xc3\xa9"), out), "caf\xc3\xa9");
    assert_string_equal(text_show(span_of("caf\xe9"), out), "caf?");
    assert_string_equal(text_show((struct span){"a\0b", 3}, out), "a?b");
    assert_string_equal(text_show((struct span){"", 0}, out), "");
    char text[200];
    memset(text, 'x', sizeof(text));
    memset(wanted, 'x', 80);
    memcpy(wanted + 80, "...", 4);
    assert_string_equal(text_show((struct span){text, 81}, out), wanted);
    wanted[80] = '\0';
    assert_string_equal(text_show((struct span){text, 80}, out), wanted);
    /* Never half a character. */
    for (size_t at = 70; at < 82; at++) {
        memset(text, 'x', sizeof(text));
        memcpy(text + at, "\xf0\x9f\x98\x80", 4);
        text_show((struct span){text, 120}, out);
        unit_check(text_is_utf8(out, strlen(out)), "cut inside a character at %zu", at);
    }
}

static void
reads_numbers_without_overflow(void **state)
{
    static const struct {
        const char *text;
        unsigned long long max;
        bool good;
        unsigned long long number;
    } cases[] = {
        {"0", 0, true, 0},
        {"1", 0, false, 0},
        {"007", 10, true, 7},
        {"10", 10, true, 10},
        {"11", 10, false, 0},
        {"99", 98, false, 0},
        {"5", 4, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999", UINT64_MAX, false, 0},
        {"184467440737095516150", UINT64_MAX, false, 0},
        {"9223372036854775807", INT64_MAX, true, INT64_MAX},
        {"9223372036854775808", INT64_MAX, false, 0},
        {"", 9, false, 0},
        {"-1", 9, false, 0},
        {"+1", 9, false, 0},
        {" 1", 9, false, 0},
        {"1 ", 9, false, 0},
        {"1.0", 99, false, 0},
        {"0x1", 99, false, 0},
        {"\xd9\xa1", 99, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        unsigned long long number = 42;
        bool good = text_number(span_of(cases[i].text), cases[i].max, &number);
        unit_check(good == cases[i].good, "'%s' up to %llu", cases[i].text, cases[i].max);
        unit_check(number == (good ? cases[i].number : 42), "'%s': %llu", cases[i].text,
                   number);
    }
    unsigned long long number;
    assert_false(text_number(span_of(NULL), 9, &number));
    /* Every bound against every number nearby. */
    for (unsigned max = 0; max < 300; max++)
        for (unsigned n = 0; n < 310; n++) {
            char text[16];
            (void)snprintf(text, sizeof(text), "%u", n);
            unit_check(text_number(span_of(text), max, &number) == (n <= max),
                       "%u up to %u", n, max);
        }
}

/* Fingerprints and journals hold hashes: they must not change from build to build. */
static void
hashes_the_same_everywhere(void **state)
{
    static const char text[] = "3652397000000327001,3652397000000327002";
    (void)state;
    assert_true(text_hash("", 0) == 0x90f8749b0fb13233u);
    assert_true(text_hash("a", 1) == 0x5e7e33eb895aaaa4u);
    assert_true(text_hash("12345678", 8) == 0x6ce432320d0dd9c7u);
    assert_true(text_hash(text, sizeof(text) - 1) == 0xd906e4c26e92e1deu);
    assert_true(text_hash_long(text, sizeof(text) - 1) == 0x7124e6adc3252f5cu);
}

static void
each_byte_and_the_length_count_in_hashes(void **state)
{
    static unsigned long long (*const hashes[])(const char *, size_t) = {text_hash,
                                                                         text_hash_long};
    char bytes[80] = {0};
    (void)state;
    for (size_t which = 0; which < UNIT_COUNT(hashes); which++)
        for (size_t len = 0; len < sizeof(bytes); len++) {
            unsigned long long plain = hashes[which](bytes, len);
            assert_true(len + 1 == sizeof(bytes) || plain != hashes[which](bytes, len + 1));
            for (size_t i = 0; i < len; i++) {
                bytes[i] = 1;
                unit_check(hashes[which](bytes, len) != plain, "byte %zu of %zu", i, len);
                bytes[i] = 0;
            }
        }
}

/* Every byte at every place of a text of up to three words. */
static void
knows_classes_and_digits_of_every_byte(void **state)
{
    enum { ALL = TEXT_ALL };
    char text[24];
    (void)state;
    for (size_t len = 0; len <= sizeof(text); len++)
        for (size_t at = 0; at < (len ? len : 1); at++)
            for (unsigned byte = 0; byte < 256; byte++) {
                unsigned class = byte == '"'   ? TEXT_QUOTE
                                 : byte == '\r' ? TEXT_CR
                                 : byte == 0    ? TEXT_NUL
                                 : byte >= 0x80 ? TEXT_HIGH
                                                : 0;
                memset(text, '5', sizeof(text));
                if (len)
                    text[at] = (char)byte;
                bool digits = !len || (byte >= '0' && byte <= '9');
                unit_check(text_holds(text, len, ALL) == (len ? class : 0) &&
                               text_holds(text, len, ALL & ~class) == 0 &&
                               text_holds(text, len, class) == (len ? class : 0),
                           "byte %u at %zu of %zu", byte, at, len);
                unit_check(text_is_digits(text, len) == digits, "byte %u at %zu of %zu",
                           byte, at, len);
                bool plain = byte >= ' ' && byte != '"' && byte != '\\';
                unit_check(text_plain_len(text, len) == (plain || !len ? len : at),
                           "byte %u at %zu of %zu", byte, at, len);
            }
    assert_int_equal(text_holds(NULL, 0, ALL), 0);
    assert_int_equal(text_holds("a\"\r\0\xff", 5, ALL), ALL);
}

/* Bytes beside each other: what is found first is what stands first. */
static void
finds_the_first_byte_that_is_not_plain(void **state)
{
    struct dice dice = {5};
    (void)state;
    for (size_t i = 0; i < 20000; i++) {
        static const char bytes[] = "ab!#[]~ \"\\\x1f\x01\x80\xff\xa2\xdc";
        char text[40];
        size_t len = dice_below(&dice, sizeof(text)), plain = 0;
        for (size_t k = 0; k < len; k++)
            text[k] = dice_below(&dice, 3) ? 'a' : bytes[dice_below(&dice, sizeof(bytes))];
        while (plain < len && (unsigned char)text[plain] >= ' ' && text[plain] != '"' &&
               text[plain] != '\\')
            plain++;
        assert_int_equal(text_plain_len(text, len), plain);
    }
}

void
test_text(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(trims_blanks_of_all_kinds),
        cmocka_unit_test(compares_spans),
        cmocka_unit_test(knows_utf8),
        cmocka_unit_test(does_not_look_behind_the_text),
        cmocka_unit_test(knows_every_short_sequence),
        cmocka_unit_test(folds_names),
        cmocka_unit_test(finds_the_nearest_name),
        cmocka_unit_test(hints_at_it),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(shows_what_is_printable),
        cmocka_unit_test(reads_numbers_without_overflow),
        cmocka_unit_test(hashes_the_same_everywhere),
        cmocka_unit_test(each_byte_and_the_length_count_in_hashes),
        cmocka_unit_test(knows_classes_and_digits_of_every_byte),
        cmocka_unit_test(finds_the_first_byte_that_is_not_plain),
    };
    unit_run(tally, "text", tests, UNIT_COUNT(tests));
}
