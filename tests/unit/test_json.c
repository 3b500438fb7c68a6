/*
 * The JSON reader against jansson. Both must take and refuse the same texts, but for
 * what is allowed to differ:
 *
 * - nesting deeper than 64 is refused here, by jansson from 2048 on;
 * - numbers beyond the range of double are digits here, an error to jansson;
 * - \u0000 in a key is a character here (who reads rows refuses it), an error to jansson.
 */
#include "unit.h"

#include "base/json.h"

#include <jansson.h>

enum { JANSSON = JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL };

static bool
we_take(const char *text, size_t len)
{
    struct json_cursor cursor = json_open((struct span){text, len});
    struct json_value value;
    return json_read(&cursor, &value) && json_at_end(&cursor);
}

static bool
deeper_than_64(const char *text, size_t len)
{
    size_t depth = 0, most = 0;
    for (size_t i = 0; i < len; i++) {
        depth += text[i] == '[' || text[i] == '{';
        depth -= depth && (text[i] == ']' || text[i] == '}');
        most = depth > most ? depth : most;
    }
    return most > 60;       /* brackets in strings count too: a few less */
}

static void
hold_against_jansson(const char *text, size_t len)
{
    json_error_t error;
    if (!text_is_utf8(text, len))
        return;
    json_t *root = json_loadb(text, len, JANSSON, &error);
    bool theirs = root != NULL, ours = we_take(text, len);
    json_decref(root);
    if (theirs == ours || (theirs && deeper_than_64(text, len)))
        return;
    if (ours && (json_error_code(&error) == json_error_numeric_overflow ||
                 json_error_code(&error) == json_error_null_byte_in_key))
        return;
    char shown[112];
    unit_fail(__FILE__, __LINE__, "we %s, jansson %s (%s): %s",
              ours ? "take" : "refuse", theirs ? "takes" : "refuses", error.text,
              text_show((struct span){text, len}, shown));
}

static const struct {
    bool good;
    const char *text;
} texts[] = {
    {true, "{}"}, {true, "[]"}, {true, " { } "}, {true, "\t\r\n[\n]\n"},
    {true, "null"}, {true, "true"}, {true, "false"}, {true, "\"\""}, {true, "0"},
    {true, "-0"}, {true, "-0.0e-0"}, {true, "12345678901234567890"}, {true, "1E+2"},
    {true, "1e2"}, {true, "1.5"}, {true, "[1,2 , 3]"}, {true, "{\"a\":1,\"b\":[{}]}"},
    {true, "{\"a\" : null , \"a\" : 2}"}, {true, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""},
    {true, "\"\\u0041\\u00e9\\u20AC\""}, {true, "\"\\ud83d\\ude00\""},
    {true, "\"\\u0000\""}, {true, "\"caf\xc3\xa9\""}, {true, "\"\x7f\""},
    {false, ""}, {false, " "}, {false, "nul"}, {false, "nulll"}, {false, "True"},
    {false, "{"}, {false, "}"}, {false, "["}, {false, "]"}, {false, "[1"},
    {false, "[1,]"}, {false, "[,1]"}, {false, "[1 2]"}, {false, "{\"a\"}"},
    {false, "{\"a\":}"}, {false, "{\"a\":1,}"}, {false, "{,}"}, {false, "{a:1}"},
    {false, "{'a':1}"}, {false, "{1:1}"}, {false, "{\"a\" 1}"},
    {false, "{\"a\":1 \"b\":2}"},
    {false, "[1}"}, {false, "{\"a\":1]"}, {false, "{} {}"}, {false, "[] x"},
    {false, "01"}, {false, "-"}, {false, "-a"}, {false, "+1"}, {false, ".5"},
    {false, "1."}, {false, "1.e2"}, {false, "1e"}, {false, "1e+"}, {false, "0x10"},
    {false, "00"}, {false, "-01"}, {false, "1_000"}, {false, "NaN"}, {false, "Infinity"},
    {false, "\""}, {false, "\"a"}, {false, "'a'"}, {false, "\"\t\""}, {false, "\"\n\""},
    {false, "\"\\\""}, {false, "\"\\x41\""}, {false, "\"\\u12\""}, {false, "\"\\u12g4\""},
    {false, "\"\\ud83d\""}, {false, "\"\\ude00\""}, {false, "\"\\ude00\\udc00\""},
    {false, "\"\\ud83d\\u0041\""},
    {false, "\"\\ud83dx\""}, {false, "\"\\ud83d\\\""}, {false, "\"\\ud83d\\ud83d\""},
    {false, "\xef\xbb\xbf{}"}, {false, "/* x */ {}"}, {false, "[1,2,]"},
    {false, "\xc2\xa0[]"}, {false, "\v[]"},
};

static void
takes_what_is_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        unit_check(we_take(texts[i].text, strlen(texts[i].text)) == texts[i].good, "%s",
                   texts[i].text);
        hold_against_jansson(texts[i].text, strlen(texts[i].text));
    }
    assert_false(we_take("\"\\\0\"", 4));
    assert_false(we_take("[\0]", 3));
    assert_false(we_take("{}\0", 3));
}

static void
never_reads_beyond_the_end(void **state)
{
    (void)state;
    /* Each text cut at every byte, in memory of just that size. */
    for (size_t i = 0; i < UNIT_COUNT(texts); i++)
        for (size_t len = 0; len <= strlen(texts[i].text); len++) {
            char *copy = malloc(len ? len : 1);
            memcpy(copy, texts[i].text, len);
            hold_against_jansson(copy, len);
            free(copy);
        }
}

static void
nests_up_to_64(void **state)
{
    char text[512];
    (void)state;
    for (size_t depth = 1; depth < 200; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        bool taken = we_take(text, 2 * depth);
        unit_check(taken == (depth <= 65), "%zu levels", depth);
    }
}

static void
mutate(struct dice *dice, struct buf *text)
{
    static const char *const parts[] = {
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\ude00", "d83d",
        "0", "-", ".", "e", "E+", "1", "true", "null", "\"a\":", " ", "\n", "\\u0000",
        "\xc3\xa9",
    };
    size_t at = text->len ? dice_below(dice, text->len) : 0;
    struct buf tail = {0};
    buf_add(&tail, text->data + at, text->len - at);
    switch (dice_below(dice, 5)) {
    case 0:                                     /* a byte goes */
        text->len = at;
        if (tail.len)
            buf_add(text, tail.data + 1, tail.len - 1);
        break;
    case 1:                                     /* a byte changes */
        if (tail.len)
            text->data[at] = (char)dice_below(dice, 128);
        break;
    case 2:                                     /* the end goes */
        text->len = at;
        break;
    default:                                    /* something comes in */
        text->len = at;
        buf_add_text(text, parts[dice_below(dice, UNIT_COUNT(parts))]);
        buf_add(text, tail.data, tail.len);
    }
    buf_clear(&tail);
}

static void
agrees_with_jansson_on_mutations(void **state)
{
    static const char *const seeds[] = {
        "{\"data\":[{\"code\":\"SUCCESS\",\"details\":{\"id\":\"3652397000000327001\"},"
        "\"message\":\"relation removed\",\"status\":\"success\"}]}",
        "{\"code\":\"INVALID_DATA\",\"details\":{\"resource_path_index\":2},"
        "\"message\":\"a \\u00e9 \\ud83d\\ude00 \\n \\\\ \",\"status\":\"error\"}",
        "[1,-2.5e+10,0.1,[],{},null,true,false,\"\",[[[{\"a\":[1]}]]]]",
        " {\"a\" : 12345678901234567890 , \"b\\\"\" : \"\\/\" } ",
    };
    struct dice dice = {20261121};
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        const char *seed = seeds[round % UNIT_COUNT(seeds)];
        struct buf text = {0};
        buf_add_text(&text, seed);
        for (size_t n = 1 + dice_below(&dice, 3); n--;)
            mutate(&dice, &text);
        hold_against_jansson(text.data, text.len);
        buf_clear(&text);
    }
}

static struct json_value
value_of(const char *text)
{
    struct json_cursor cursor = json_open(span_of(text));
    struct json_value value = {0};
    unit_check(json_read(&cursor, &value) && json_at_end(&cursor), "%s", text);
    return value;
}

static void
decodes_text_as_jansson_does(void **state)
{
    static const char *const strings[] = {
        "\"\"", "\"plain\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"a\\u0041b\"",
        "\"\\u00e9\\u07ff\\u0800\\uffff\"", "\"\\ud800\\udc00\\udbff\\udfff\"",
        "\"\\u0000\\u0001\"", "\"\xc3\xa9\\u00E9\\n\"", "\"\\uD83D\\uDE00 x\"",
        "\"\\\\u0041\"",
    };
    struct buf scratch = {0};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(strings); i++) {
        struct json_value value = value_of(strings[i]);
        struct span text = json_text(&value, &scratch);
        json_t *theirs = json_loads(strings[i], JANSSON, NULL);
        unit_check(text.len == json_string_length(theirs) &&
                       memcmp(text.ptr, json_string_value(theirs), text.len) == 0,
                   "%s", strings[i]);
        json_decref(theirs);
    }
    buf_clear(&scratch);
}

static void
random_escapes_decode_alike(void **state)
{
    struct dice dice = {99};
    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        struct buf text = {0}, scratch = {0};
        buf_add_char(&text, '"');
        for (size_t n = dice_below(&dice, 12); n--;) {
            unsigned code = (unsigned)dice_below(&dice, 0x110000);
            if (code >= 0xd800 && code <= 0xdfff)
                code = 'x';
            if (dice_below(&dice, 3) == 0)
                buf_add_char(&text, (char)('a' + code % 26));
            else if (code < 0x10000)
                buf_addf(&text, "\\u%04x", code);
            else
                buf_addf(&text, "\\u%04X\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
                         0xdc00 + ((code - 0x10000) & 0x3ff));
        }
        buf_add_char(&text, '"');
        struct json_value value = value_of(text.data);
        struct span ours = json_text(&value, &scratch);
        json_t *theirs = json_loadb(text.data, text.len, JANSSON, NULL);
        unit_check(ours.len == json_string_length(theirs) &&
                       memcmp(ours.ptr, json_string_value(theirs), ours.len) == 0,
                   "%s", text.data);
        json_decref(theirs);
        buf_clear(&text);
        buf_clear(&scratch);
    }
}

static void
other_values_stand_for_themselves(void **state)
{
    struct buf scratch = {0};
    struct json_value value = value_of(" 12345678901234567890 ");
    (void)state;
    assert_int_equal(value.kind, JSON_NUMERAL);
    assert_span(json_text(&value, &scratch), "12345678901234567890");
    value = value_of("true");
    assert_int_equal(value.kind, JSON_TRUE_WORD);
    assert_span(json_text(&value, &scratch), "true");
    value = value_of("false");
    assert_int_equal(value.kind, JSON_FALSE_WORD);
    value = value_of("null");
    assert_int_equal(value.kind, JSON_NULL_WORD);
    assert_span(json_text(&value, &scratch), NULL);
    value = value_of("{\"a\": [1] }");
    assert_int_equal(value.kind, JSON_OBJECT_TEXT);
    assert_span(json_text(&value, &scratch), "{\"a\": [1] }");
    value = value_of("[ 1 ]");
    assert_int_equal(value.kind, JSON_ARRAY_TEXT);
    buf_clear(&scratch);
}

static void
finds_members(void **state)
{
    struct json_value object =
        value_of(" {\"a\":{\"b\":1},\"b\":\"x\", \"ab\" : [2] , \"\":0}");
    struct json_value found, empty = value_of("{ }"), array = value_of("[\"a\",1]");
    (void)state;
    struct json_value longer = value_of("{\"ab\":1,\"a\":2}");
    assert_true(json_find(&longer, "a", &found));
    assert_span(found.raw, "2");
    assert_true(json_find(&object, "b", &found));
    assert_span(found.raw, "\"x\"");
    assert_true(json_find(&object, "a", &found));
    assert_span(found.raw, "{\"b\":1}");
    assert_true(json_find(&object, "ab", &found));
    assert_span(found.raw, "[2]");
    assert_true(json_find(&object, "", &found));
    assert_false(json_find(&object, "c", &found));
    assert_false(json_find(&empty, "a", &found));
    assert_false(json_find(&array, "a", &found));
}

void
test_json(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_is_json),
        cmocka_unit_test(never_reads_beyond_the_end),
        cmocka_unit_test(nests_up_to_64),
        cmocka_unit_test(agrees_with_jansson_on_mutations),
        cmocka_unit_test(decodes_text_as_jansson_does),
        cmocka_unit_test(random_escapes_decode_alike),
        cmocka_unit_test(other_values_stand_for_themselves),
        cmocka_unit_test(finds_members),
    };
    unit_run(tally, "json", tests, UNIT_COUNT(tests));
}
