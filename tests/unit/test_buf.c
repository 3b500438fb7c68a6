#include "unit.h"

#include <jansson.h>

static void
grows_and_stays_a_string(void **state)
{
    struct buf buf = {0};
    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        buf_add_char(&buf, (char)('a' + i % 26));
        assert_int_equal(buf.len, i + 1);
        assert_int_equal(buf.data[buf.len], '\0');
        assert_true(buf.cap > buf.len);
    }
    for (unsigned i = 0; i < 5000; i++)
        assert_int_equal(buf.data[i], 'a' + i % 26);
    size_t cap = buf.cap;
    buf_reset(&buf);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf.data, "");
    assert_int_equal(buf.cap, cap);
    buf_addf(&buf, "%s-%d", "x", 17);
    buf_add_text(&buf, "!");
    assert_string_equal(buf.data, "x-17!");
    char *taken = buf_take(&buf);
    assert_string_equal(taken, "x-17!");
    assert_null(buf.data);
    free(taken);
    taken = buf_take(&buf);
    assert_string_equal(taken, "");
    free(taken);
    buf_clear(&buf);
    buf_reset(&buf);
    buf_clear(&buf);
}

static void
adds_formatted_text_of_any_length(void **state)
{
    char text[300];
    (void)state;
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        struct buf buf = {0};
        memset(text, 'q', len);
        text[len] = '\0';
        buf_add_char(&buf, '<');
        buf_addf(&buf, "%s", text);
        assert_int_equal(buf.len, len + 1);
        assert_string_equal(buf.data + 1, text);
        buf_clear(&buf);
    }
}

static void
writes_numbers(void **state)
{
    static const unsigned long long numbers[] = {0, 1, 9, 10, 99, 100, 12345678901234567,
                                                 UINT64_MAX};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        char wanted[32];
        struct buf buf = {0};
        (void)snprintf(wanted, sizeof(wanted), "%llu", numbers[i]);
        buf_add_number(&buf, numbers[i]);
        assert_string_equal(buf.data, wanted);
        buf_clear(&buf);
    }
}

static void
escapes_json(void **state)
{
    struct buf buf = {0};
    (void)state;
    buf_add_json(&buf, "a\"b\\c\n\t\x01\x7f/\0\xc3\xa9", 13);
    assert_string_equal(buf.data,
                        "\"a\\\"b\\\\c\\n\\u0009\\u0001\\u007f/\\u0000\xc3\xa9\"");
    buf_reset(&buf);
    buf_add_json(&buf, "", 0);
    assert_string_equal(buf.data, "\"\"");
    buf_clear(&buf);
}

/* jansson must read back what was written, whatever it was. */
static void
json_comes_back(void **state)
{
    struct dice dice = {7};
    (void)state;
    for (unsigned round = 0; round < 500; round++) {
        char text[64];
        size_t len = dice_below(&dice, sizeof(text));
        for (size_t i = 0; i < len; i++)
            text[i] = (char)dice_below(&dice, 128);
        struct buf buf = {0};
        buf_add_json(&buf, text, len);
        json_t *value = json_loadb(buf.data, buf.len, JSON_DECODE_ANY | JSON_ALLOW_NUL,
                                   NULL);
        unit_check(json_string_length(value) == len &&
                       memcmp(json_string_value(value), text, len) == 0,
                   "round %u: %s", round, buf.data);
        json_decref(value);
        buf_clear(&buf);
    }
}

void
test_buf(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_stays_a_string),
        cmocka_unit_test(adds_formatted_text_of_any_length),
        cmocka_unit_test(writes_numbers),
        cmocka_unit_test(escapes_json),
        cmocka_unit_test(json_comes_back),
    };
    unit_run(tally, "buf", tests, UNIT_COUNT(tests));
}
