/*
 * Rows of JSONL in company: a key that is written as its column's first one was is not
 * read anew, which must make no row another one.
 */
#include "unit.h"

#include "input/reader.h"

static const struct field_settings no_fields = {{0}, {0}};
static const struct reader_settings settings = {FORMAT_JSONL, 0, &no_fields};

/* The rows but for the first `skip`, all that is read of them, as text. */
static void
read_rows(const char *path, size_t skip, struct buf *out)
{
    struct err err = {0};
    struct row row;
    struct reader *reader = reader_open(path, path, &settings, &err);
    assert_non_null(reader);
    while (reader_next(reader, &row, &err) == 1) {
        if (row.number <= skip)
            continue;
        buf_addf(out, "%.*s\n  '%s'", (int)row.raw.len, row.raw.ptr, row.problem);
        if (row.dropped.ptr)
            buf_addf(out, " drops %zu at %zu", row.dropped.len,
                     (size_t)(row.dropped.ptr - row.raw.ptr));
        for (size_t i = 0; i < row.cell_count; i++)
            if (row.cells[i].ptr)
                buf_addf(out, " %zu=<%.*s>", i, (int)row.cells[i].len, row.cells[i].ptr);
        buf_add_char(out, '\n');
    }
    assert_no_error(err);
    reader_free(reader);
}

/* The file behind a row that has all of its columns, in their order, but each key written
 * as no row of it writes one. */
static void
read_behind_odd_keys(const char *path, const struct buf *text, struct buf *out)
{
    struct buf odd = {0};
    struct err err = {0};
    struct row row;
    struct reader *reader = reader_open(path, path, &settings, &err);
    while (reader_next(reader, &row, &err) == 1)
        continue;
    const struct columns *columns = reader_columns(reader);
    buf_add_char(&odd, '{');
    for (size_t i = 0; i < columns->count; i++) {
        buf_add_text(&odd, i ? "," : "");
        buf_add_json(&odd, columns->list[i].name, columns->list[i].name_len);
        buf_add_text(&odd, "\t: 0");
    }
    buf_add_text(&odd, "}\n");
    buf_add(&odd, text->data, text->len);
    reader_free(reader);
    read_rows(unit_file("odd.jsonl", odd.data, odd.len), 1, out);
    buf_clear(&odd);
}

/* The first are keys, others are not, or hold what is not allowed. */
static const char *const keys[] = {
    "\"a\":", "\"a\" : ", "\"a\": ", "\"\\u0061\":", "\"b\":", "\"A\":", "\"ab\":",
    "\"result\":", "\"Result\" :", "\"\":", "\"a b\": ", "\"c\\\"d\":", "\"\xc3\xa4\":",
    "\"\\u00e4\":", "\"a\"", "\"a", "a:", "\"\\u0000\":",
};
static const char *const values[] = {
    "\"x\"", "\"3652397000000327001\"", "\"\"", "12", "012", "-0.5e1", "null", "true",
    "{\"a\":1}", "[1,\"b\"]", "{}", "\"\\n\"", "\"", "", "tru", "\"a\":1", "\"\\u0000\"",
    "\"\\x\"", "\"\xe2\x82\xac\"", " \"y\" ",
};
static const char *const stray[] = {
    ",", "{", "}", "", " ", ":", "\"", "x", ",,", "}{", "\t",
};

static const char *
pick(struct dice *dice, const char *const *list, size_t count)
{
    return list[dice_below(dice, count)];
}

/* Most rows are like `shape`, which says what key is where; some have something stray. */
static void
roll_row(struct dice *dice, const size_t *shape, size_t members, struct buf *out)
{
    size_t odds = 4 + dice_below(dice, 60);
    for (size_t i = 0; i < members; i++) {
        bool odd = dice_below(dice, odds) == 0;
        buf_add_text(out, dice_below(dice, odds) ? i ? "," : "{"
                                                 : pick(dice, stray, UNIT_COUNT(stray)));
        buf_add_text(out, odd ? pick(dice, keys, UNIT_COUNT(keys)) : keys[shape[i]]);
        size_t among = dice_below(dice, 4) ? 4 : UNIT_COUNT(values);
        buf_add_text(out, pick(dice, values, among));
    }
    buf_add_text(out, dice_below(dice, odds) ? members ? "}" : "{}"
                                             : pick(dice, stray, UNIT_COUNT(stray)));
    buf_add_char(out, '\n');
}

static void
rows_are_the_same_behind_any_other(void **state)
{
    struct dice dice = {20261124};
    (void)state;
    for (size_t i = 0; i < 4000; i++) {
        struct buf text = {0}, rows = {0}, odd = {0};
        size_t shape[5], members = dice_below(&dice, UNIT_COUNT(shape) + 1);
        for (size_t k = 0; k < members; k++)
            shape[k] = dice_below(&dice, dice_below(&dice, 3) ? 9 : UNIT_COUNT(keys));
        for (size_t k = 0; k < 6; k++)
            roll_row(&dice, shape, members, &text);
        const char *path = unit_file("rows.jsonl", text.data, text.len);
        if (!strchr("[#\n \t", text.data[0])) {
            read_rows(path, 0, &rows);
            read_behind_odd_keys(path, &text, &odd);
            unit_check(rows.len == odd.len && memcmp(rows.data, odd.data, rows.len) == 0,
                       "read\n%s\nbut behind odd keys\n%s", rows.data, odd.data);
        }
        buf_clear(&text);
        buf_clear(&rows);
        buf_clear(&odd);
    }
}

void
test_jsonl(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_the_same_behind_any_other),
    };
    unit_run(tally, "jsonl", tests, UNIT_COUNT(tests));
}
