#include "unit.h"

#include "input/columns.h"

static void
make(struct columns *columns, const struct field_settings *settings, bool json,
     const char *const *names)
{
    struct err err = {0};
    *columns = (struct columns){.settings = settings};
    for (; *names; names++)
        assert_int_equal(columns_add(columns, span_of(*names), json, &err), 0);
}

static void
columns_feed_fields(void **state)
{
    static const struct field_settings settings = {{0}, {0}};
    struct columns columns;
    (void)state;
    make(&columns, &settings, false,
         (const char *const[]){"Record Id", "RELATED-ID", "note", "result_code", "",
                                NULL});
    assert_int_equal(columns.list[0].fields, 1u << FIELD_RECORD_ID);
    assert_string_equal(columns.list[0].name, "Record Id");
    assert_string_equal(columns.list[0].folded, "recordid");
    assert_int_equal(columns.list[1].fields, 1u << FIELD_RELATED_ID);
    assert_int_equal(columns.list[2].fields, 0);
    assert_int_equal(columns.list[3].fields, 0);
    assert_true(columns.list[3].dropped);
    assert_false(columns.list[2].dropped);
    assert_int_equal(columns.list[4].fields, 0);
    columns_clear(&columns);
}

static void
a_map_decides_alone(void **state)
{
    struct field_settings settings = {{0}, {0}};
    struct columns columns;
    (void)state;
    settings.column[FIELD_RELATED_ID] = "contact id";
    settings.column[FIELD_CALL_ID] = "Contact-Id";
    settings.column[FIELD_MODULE] = "record_id";
    make(&columns, &settings, false,
         (const char *const[]){"Contact_ID", "related_id", "module", "record_id", NULL});
    assert_int_equal(columns.list[0].fields,
                     1u << FIELD_RELATED_ID | 1u << FIELD_CALL_ID);
    assert_int_equal(columns.list[1].fields, 0);        /* mapped elsewhere */
    assert_int_equal(columns.list[2].fields, 0);
    assert_int_equal(columns.list[3].fields, 1u << FIELD_MODULE);
    columns_clear(&columns);
}

static void
drops_what_an_earlier_run_added(void **state)
{
    static const struct field_settings settings = {{0}, {0}};
    static const struct {
        const char *name;
        bool csv, json;
    } cases[] = {
        {"result_status", true, false}, {"Result_Status", true, false},
        {" result_code", true, false},  {"result_", true, true},
        {"result", false, true},        {"Result", false, true},
        {"results", false, false},      {"resultcode", false, false},
        {"my_result_code", false, false},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (int json = 0; json < 2; json++) {
            struct columns columns;
            make(&columns, &settings, json,
                 (const char *const[]){cases[i].name, NULL});
            unit_check(columns.list[0].dropped == (json ? cases[i].json : cases[i].csv),
                       "%s, json %d", cases[i].name, json);
            columns_clear(&columns);
        }
}

struct header_case {
    const char *names[6];
    enum field map;
    const char *to;
    const char *error;          /* NULL: the header is good */
};

static void
holds_headers_against_the_settings(void **state)
{
    static const struct header_case cases[] = {
        {{"module", "record_id"}, FIELD_NONE, NULL, NULL},
        {{"related_id"}, FIELD_NONE, NULL, NULL},
        {{"Id", "related_id"}, FIELD_RECORD_ID, "id", NULL},
        {{"Id"}, FIELD_RECORD_ID, "ID ", NULL},
        {{"related_id", "", "", ""}, FIELD_NONE, NULL, NULL},
        {{"related_id", "result_x", "Result_X"}, FIELD_NONE, NULL, NULL},
        {{"related_id", "note", "Note"}, FIELD_NONE, NULL,
         "t.csv:1: two columns of one name: 'note' (column 2) and 'Note' (column 3)"},
        {{"related_id", "Related Id"}, FIELD_NONE, NULL,
         "'related_id' (column 1) and 'Related Id' (column 2)"},
        {{"related_id", "contact"}, FIELD_RECORD_ID, "contcat",
         "--map record_id=contcat: no such column; the nearest is 'contact'"},
        {{"related_id"}, FIELD_RECORD_ID, "zzz", "--map record_id=zzz: no such column. "},
        {{"related_id", "result_id"}, FIELD_RECORD_ID, "result_id",
         "--map record_id=result_id: no such column"},
        {{"relatd_id", "x"}, FIELD_NONE, NULL,
         "for related_id the nearest is --map 'related_id=relatd_id'"},
        {{"1", "2"}, FIELD_NONE, NULL, "The columns are: 1, 2."},
        {{"result_row"}, FIELD_NONE, NULL, "no usable column"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct field_settings settings = {{0}, {0}};
        struct columns columns;
        struct err err = {0};
        if (cases[i].map != FIELD_NONE)
            settings.column[cases[i].map] = cases[i].to;
        make(&columns, &settings, false, cases[i].names);
        int rc = columns_check_header(&columns, "t.csv:1", &err);
        unit_check(rc == (cases[i].error ? -1 : 0), "case %zu: %s", i, err.text);
        if (cases[i].error)
            assert_error(err, EXIT_INPUT, cases[i].error);
        columns_clear(&columns);
    }
}

static void
knows_twins(void **state)
{
    static const struct field_settings settings = {{0}, {0}};
    struct columns columns;
    (void)state;
    make(&columns, &settings, true,
         (const char *const[]){"id", "note", "ID", "i_d", NULL});
    assert_true(columns.list[0].has_twin);
    assert_false(columns.list[1].has_twin);
    assert_true(columns.list[2].has_twin);
    assert_true(columns.list[3].has_twin);
    columns_clear(&columns);
}

static void
the_nearest_is_one_not_used(void **state)
{
    static const struct field_settings settings = {{0}, {0}};
    struct columns columns;
    (void)state;
    make(&columns, &settings, false,
         (const char *const[]){"related_id", "Related", "result_id", NULL});
    assert_string_equal(columns_nearest(&columns, FIELD_RELATED_LIST), "Related");
    assert_null(columns_nearest(&columns, FIELD_SHOW_TO_NUMBER));
    columns_clear(&columns);
}

static void
reads_fields_of_a_row(void **state)
{
    struct field_settings settings = {{0}, {0}};
    struct columns columns;
    struct fields fields;
    (void)state;
    settings.value[FIELD_MODULE] = " Campaigns ";
    settings.value[FIELD_RECORD_ID] = "77";
    settings.value[FIELD_CALL_ID] = "";
    make(&columns, &settings, false,
         (const char *const[]){"record_id", "note", "related_id", "related_list", NULL});
    struct span cells[] = {span_of(" 12 "), span_of("n"), span_of("  "),
                           span_of("Leads")};
    columns_read_fields(&columns, cells, 4, &fields);
    assert_span(fields.value[FIELD_RECORD_ID], "12");
    assert_span(fields.value[FIELD_MODULE], "Campaigns");
    assert_span(fields.value[FIELD_RELATED_LIST], "Leads");
    assert_int_equal(fields.value[FIELD_RELATED_ID].len, 0);
    assert_int_equal(fields.value[FIELD_CALL_ID].len, 0);
    /* Missing last cells; an empty one takes the value that was set. */
    cells[0] = span_of(" ");
    columns_read_fields(&columns, cells, 1, &fields);
    assert_span(fields.value[FIELD_RECORD_ID], "77");
    assert_int_equal(fields.value[FIELD_RELATED_LIST].len, 0);
    columns_clear(&columns);
}

/* JSONL rows may spell the key of one field in two ways. */
static void
an_absent_cell_says_nothing(void **state)
{
    static const struct field_settings settings = {{0}, {0}};
    struct columns columns;
    struct fields fields;
    (void)state;
    make(&columns, &settings, true,
         (const char *const[]){"record_id", "Record Id", NULL});
    struct span cells[] = {span_of("12"), {NULL, 0}};
    columns_read_fields(&columns, cells, 2, &fields);
    assert_span(fields.value[FIELD_RECORD_ID], "12");
    struct span others[] = {{NULL, 0}, span_of("13")};
    columns_read_fields(&columns, others, 2, &fields);
    assert_span(fields.value[FIELD_RECORD_ID], "13");
    columns_clear(&columns);
}

static void
has_a_cap(void **state)
{
    static const struct field_settings settings = {{0}, {0}};
    struct columns columns = {.settings = &settings};
    struct err err = {0};
    char name[16];
    (void)state;
    for (int i = 0; i < COLUMNS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "c%d", i);
        assert_int_equal(columns_add(&columns, span_of(name), false, &err), 0);
    }
    assert_int_equal(columns_add(&columns, span_of("more"), false, &err), -1);
    assert_error(err, EXIT_INPUT, "more than 4096 columns");
    columns_clear(&columns);
}

void
test_columns(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_feed_fields),
        cmocka_unit_test(a_map_decides_alone),
        cmocka_unit_test(drops_what_an_earlier_run_added),
        cmocka_unit_test(holds_headers_against_the_settings),
        cmocka_unit_test(knows_twins),
        cmocka_unit_test(the_nearest_is_one_not_used),
        cmocka_unit_test(reads_fields_of_a_row),
        cmocka_unit_test(an_absent_cell_says_nothing),
        cmocka_unit_test(has_a_cap),
    };
    unit_run(tally, "columns", tests, UNIT_COUNT(tests));
}
