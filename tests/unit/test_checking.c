/*
 * A row that is like the last one is not looked into: which must make no row another one.
 * Files of rows that are like each other, nearly like each other and not at all are checked
 * that way and cell by cell.
 */
#include "unit.h"

#include "base/mem.h"
#include "cli/checking.h"

static const struct field_settings no_fields = {{0}, {0}};
static const struct op_settings ops = {.api_version = "v8", .default_op = &op_crm_delink};

enum { ROWS_MAX = 500 };

static size_t recalled; /* targets by their number, in all files */

/* Of the targets of a file. */
struct names {
    char *list[ROWS_MAX];
    uint32_t count;
    size_t recalled;
};

static void
tell(struct buf *out, const struct row *row, const struct op *op, struct span target,
     struct span id, const struct problem *problem)
{
    buf_addf(out, "%llu@%llu <%.*s> ", (unsigned long long)row->number,
             (unsigned long long)row->line, (int)row->raw.len, row->raw.ptr);
    if (op)
        buf_addf(out, "%s %.*s %.*s\n", op->name, (int)target.len, target.ptr, (int)id.len,
                 id.ptr);
    else
        buf_addf(out, "%s %s\n", problem->code, problem->text);
}

/* The target of the row just taken: by the number it was given when it was met first, if that
 * was remembered. */
static struct span
name_target(struct checking *checking, uint32_t number, struct names *names)
{
    if (number != RECALL_NONE) {
        names->recalled++;
        assert_true(number < names->count);
        return span_of(names->list[number]);
    }
    struct span target = checking_target(checking);
    for (number = 0; number < names->count; number++)
        if (span_equal(target, span_of(names->list[number])))
            break;
    if (number == names->count)
        names->list[names->count++] = mem_copy(target.ptr, target.len);
    checking_learn(checking, number);
    return target;
}

/* Returns how many rows were taken without looking into them. */
static size_t
check_file(const char *path, const struct reader_settings *settings, bool by_likeness,
           struct buf *out)
{
    struct err err = {0};
    struct row row;
    struct span target = {"", 0}, id;
    struct problem problem;
    struct names names = {.count = 0};
    uint32_t number;
    struct reader *reader = reader_open(path, path, settings, &err);
    struct checking checking = {.reader = reader, .settings = &ops};
    int got = -1;
    while (reader && (got = by_likeness ? reader_next_line(reader, &row, &err)
                                        : reader_next(reader, &row, &err)) == 1) {
        const struct op *op;
        if (by_likeness) {
            op = checking_row(&checking, &row, &number, &id, &problem, &err);
            if (op)
                target = name_target(&checking, number, &names);
        } else {
            op = ops_check_row(&row, reader_columns(reader), &ops, &checking.target, &id,
                               &problem);
            target = (struct span){checking.target.data, checking.target.len};
        }
        tell(out, &row, op, target, id, &problem);
    }
    buf_addf(out, "%d %s %d\n", got, err.text, reader && reader_all_plain(reader));
    size_t hits = checking.likeness.hits;
    recalled += names.recalled;
    while (names.count)
        free(names.list[--names.count]);
    checking_clear(&checking);
    reader_free(reader);
    return hits;
}

static size_t
compare(const struct buf *file, const struct reader_settings *settings)
{
    struct buf whole = {0}, like = {0};
    const char *path = unit_file("like.csv", file->data, file->len);
    check_file(path, settings, false, &whole);
    size_t hits = check_file(path, settings, true, &like);
    unit_check(strcmp(like.data, whole.data) == 0, "%s\nis\n%snot\n%s", file->data,
               like.data, whole.data);
    buf_clear(&whole);
    buf_clear(&like);
    return hits;
}

static void
roll_id(struct dice *dice, struct buf *out)
{
    static const char *const odd[] = {"", " 12", "34 ", "'56", "\"78\"", "zcrm_9", "1e5", "-1",
                                      "12.0", "1 2", "x", "\302\24077", "4\r", "00", "5,6",
                                      "7;8", "=\"9\"", "123456789012345678901"};
    if (!dice_below(dice, 12)) {
        buf_add_text(out, odd[dice_below(dice, UNIT_COUNT(odd))]);
        return;
    }
    static const char *const usual[] = {
        "3652397000000300007", "3652397000000300014", "3652397000000310007",
        "36523970000003000070", "3652397000000300",
    };
    if (dice_below(dice, 2)) {
        buf_add_text(out, usual[dice_below(dice, UNIT_COUNT(usual))]);
        return;
    }
    size_t digits = dice_below(dice, 3) ? 19 : 1 + dice_below(dice, 21);
    while (digits--)
        buf_add_char(out, (char)('0' + dice_below(dice, 10)));
}

static void
roll_row(struct dice *dice, const char *const columns[], size_t count, char delimiter,
         struct buf *out)
{
    static const char *const lists[] = {"Contacts", "Leads", "contacts", "Odd List", "C"};
    static const char *const ends[] = {"\n", "\r\n", "\n\n", "\n \n", ",\n", ";9\n", "\"\n"};
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(out, delimiter);
        if (strstr(columns[i], "_id"))
            roll_id(dice, out);
        else if (columns[i][0] == 'm')
            buf_add_text(out, dice_below(dice, 16) ? "Campaigns" : "campaigns");
        else if (columns[i][0] == 'n')
            buf_add_text(out, dice_below(dice, 8) ? "a note" : "another, 5");
        else
            buf_add_text(out, lists[dice_below(dice, 12) ? 0 : dice_below(dice, 5)]);
    }
    buf_add_text(out, ends[dice_below(dice, 10) ? 0 : dice_below(dice, UNIT_COUNT(ends))]);
}

static void
likeness_changes_no_row(void **state)
{
    static const char *const headers[][5] = {
        {"module", "record_id", "related_list", "related_id", NULL},
        {"related_id", "module", "related_list", "record_id", NULL},
        {"record_id", "related_id", "module", "related_list", "note"},
        {"note", "related_id", "record_id", "related_list", "module"},
    };
    static const char delimiters[] = ",,,,;\t5";
    struct dice dice = {20261124};
    size_t hits = 0;
    (void)state;
    for (size_t i = 0; i < 3000; i++) {
        const char *const *columns = headers[dice_below(&dice, UNIT_COUNT(headers))];
        size_t count = columns[4] ? 5 : 4;
        char delimiter = delimiters[dice_below(&dice, sizeof(delimiters) - 1)];
        struct reader_settings settings = {FORMAT_CSV, delimiter, &no_fields};
        struct buf file = {0};
        for (size_t k = 0; k < count; k++)
            buf_addf(&file, "%s%c", columns[k], k + 1 < count ? delimiter : '\n');
        for (size_t rows = 1 + dice_below(&dice, 30); rows--;)
            roll_row(&dice, columns, count, delimiter, &file);
        hits += compare(&file, &settings);
        buf_clear(&file);
    }
    assert_true(hits > 5000);
    assert_true(recalled > 1000);
}

static void
a_column_for_both_ids_is_looked_into(void **state)
{
    struct field_settings fields = {{0}, {0}};
    struct reader_settings settings = {FORMAT_CSV, ',', &fields};
    struct buf file = {0};
    (void)state;
    fields.column[FIELD_RECORD_ID] = fields.column[FIELD_RELATED_ID] = "related_id";
    buf_add_text(&file, "module,related_id,related_list,other\n");
    for (size_t i = 0; i < 5; i++)
        buf_addf(&file, "Campaigns,%zu,Contacts,%zu\n", i, i);
    assert_int_equal(compare(&file, &settings), 0);
    buf_clear(&file);
}

/* 1535678 are the cells 1, 3 and 678. */
static void
a_delimiter_may_be_a_digit(void **state)
{
    struct field_settings fields = {{0}, {0}};
    struct reader_settings settings = {FORMAT_CSV, '5', &fields};
    struct buf file = {0};
    (void)state;
    fields.value[FIELD_MODULE] = "Campaigns";
    fields.value[FIELD_RELATED_LIST] = "Contacts";
    buf_add_text(&file, "record_id5related_id\n1235678\n1535678\n2345679\n9875155\n");
    compare(&file, &settings);
    buf_clear(&file);
}

/* Where rows have something of their own it is not tried for ever. */
static void
gives_up_where_no_rows_are_alike(void **state)
{
    struct reader_settings settings = {FORMAT_CSV, ',', &no_fields};
    struct buf file = {0};
    (void)state;
    buf_add_text(&file, "module,record_id,related_list,related_id,note\n");
    for (size_t i = 0; i < 200; i++)
        buf_addf(&file, "Campaigns,%zu,Contacts,%zu,note %zu\n", i, i, i);
    for (size_t i = 0; i < 200; i++)
        buf_addf(&file, "Campaigns,%zu,Contacts,%zu,the same\n", i, i);
    assert_int_equal(compare(&file, &settings), 0);
    buf_clear(&file);
}

void
test_checking(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(likeness_changes_no_row),
        cmocka_unit_test(a_column_for_both_ids_is_looked_into),
        cmocka_unit_test(a_delimiter_may_be_a_digit),
        cmocka_unit_test(gives_up_where_no_rows_are_alike),
    };
    unit_run(tally, "checking", tests, UNIT_COUNT(tests));
}
