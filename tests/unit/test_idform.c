#include "unit.h"

#include "input/field.h"
#include "input/idform.h"

static const struct {
    const char *cell;
    enum idform form;
    const char *id;
} cells[] = {
    {"3652397000000327001", IDFORM_GOOD, "3652397000000327001"},
    {"1", IDFORM_GOOD, "1"},
    {"0", IDFORM_GOOD, "0"},
    {"007", IDFORM_GOOD, "007"},
    {"12345678901234567890", IDFORM_GOOD, "12345678901234567890"},
    {" 12 ", IDFORM_GOOD, "12"},
    {"\t12\r\n", IDFORM_GOOD, "12"},
    {"\xc2\xa0" "12\xc2\xa0", IDFORM_GOOD, "12"},
    {"zcrm_12", IDFORM_GOOD, "12"},
    {" zcrm_12 ", IDFORM_GOOD, "12"},
    {"zcrm_ 12", IDFORM_GOOD, "12"},
    {"'12", IDFORM_GOOD, "12"},
    {"' 12", IDFORM_GOOD, "12"},
    {"'zcrm_12", IDFORM_GOOD, "12"},
    {"=\"12\"", IDFORM_GOOD, "12"},
    {" =\"12\" ", IDFORM_GOOD, "12"},
    {"=\" 12 \"", IDFORM_GOOD, "12"},
    {"=\"zcrm_12\"", IDFORM_GOOD, "12"},
    {"=\"'12\"", IDFORM_GOOD, "12"},
    /* Wrapping around nothing. */
    {"", IDFORM_MISSING, NULL},
    {"  ", IDFORM_MISSING, NULL},
    {"\xc2\xa0", IDFORM_MISSING, NULL},
    {"'", IDFORM_MISSING, NULL},
    {"=\"\"", IDFORM_MISSING, NULL},
    {"=\" \"", IDFORM_MISSING, NULL},
    {"zcrm_", IDFORM_MISSING, NULL},
    /* What spreadsheets make of long numbers. */
    {"3.6524E+18", IDFORM_MANGLED, NULL},
    {"3,6524E+18", IDFORM_MANGLED, NULL},
    {"3.6524e+18", IDFORM_MANGLED, NULL},
    {"365E+16", IDFORM_MANGLED, NULL},
    {"3E18", IDFORM_MANGLED, NULL},
    {"3e18", IDFORM_MANGLED, NULL},
    {"3.65E18", IDFORM_MANGLED, NULL},
    {"zcrm_3.65E+18", IDFORM_MANGLED, NULL},
    {"'3.65E+18", IDFORM_MANGLED, NULL},
    {"=\"3.65E+18\"", IDFORM_MANGLED, NULL},
    {"3652397000000327001.0", IDFORM_MANGLED, NULL},
    {"3652397000000327001.", IDFORM_MANGLED, NULL},
    {".5", IDFORM_MANGLED, NULL},
    {"3,652,397", IDFORM_MANGLED, NULL},
    {"3.652.397", IDFORM_MANGLED, NULL},
    {"3 652 397", IDFORM_MANGLED, NULL},
    {"3'652'397", IDFORM_MANGLED, NULL},
    {"3_652_397", IDFORM_MANGLED, NULL},
    {"3\xc2\xa0" "652", IDFORM_MANGLED, NULL},
    {"3\xe2\x80\xaf" "652", IDFORM_MANGLED, NULL},
    {"3\xe2\x80\x89" "652", IDFORM_MANGLED, NULL},
    {"3\xe2\x80\x99" "652", IDFORM_MANGLED, NULL},
    {"36,52,39,70,00,000", IDFORM_MANGLED, NULL},
    /* Anything else. */
    {"123456789012345678901", IDFORM_BAD, NULL},
    {"12a", IDFORM_BAD, NULL},
    {"a12", IDFORM_BAD, NULL},
    {"-12", IDFORM_BAD, NULL},
    {"+12", IDFORM_BAD, NULL},
    {"0x12", IDFORM_BAD, NULL},
    {"12;13", IDFORM_BAD, NULL},
    {"12/13", IDFORM_BAD, NULL},
    {"ZCRM_12", IDFORM_BAD, NULL},
    {"zcrm12", IDFORM_BAD, NULL},
    {"zcrm_zcrm_12", IDFORM_BAD, NULL},
    {"''12", IDFORM_BAD, NULL},
    {"\"12\"", IDFORM_BAD, NULL},
    {"=12", IDFORM_BAD, NULL},
    {"=\"12", IDFORM_BAD, NULL},
    {"=\"", IDFORM_BAD, NULL},
    {"12\"", IDFORM_BAD, NULL},
    {"E", IDFORM_BAD, NULL},
    {"1E", IDFORM_BAD, NULL},
    {"E1", IDFORM_BAD, NULL},
    {"1E2E3", IDFORM_BAD, NULL},
    {"null", IDFORM_BAD, NULL},
    {"true", IDFORM_BAD, NULL},
    {"\xd9\xa1\xd9\xa2", IDFORM_BAD, NULL},             /* Arabic digits */
    {"\xef\xbc\x91", IDFORM_BAD, NULL},                 /* full-width digit */
    {"12\xe2\x80\x8b", IDFORM_BAD, NULL},               /* zero-width space */
    {"12&ids=13", IDFORM_BAD, NULL},
};

static void
takes_ids_as_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cells); i++) {
        struct span id = {NULL, 0};
        enum idform form = idform_read(span_of(cells[i].cell), &id);
        unit_check(form == cells[i].form, "'%s' is %d, not %d", cells[i].cell, form,
                   cells[i].form);
        if (form == IDFORM_GOOD)
            assert_span(id, cells[i].id);
    }
}

static void
a_nul_is_no_digit(void **state)
{
    struct span id;
    (void)state;
    assert_int_equal(idform_read((struct span){"1\0", 2}, &id), IDFORM_BAD);
    assert_int_equal(idform_read((struct span){"\0", 1}, &id), IDFORM_BAD);
    assert_int_equal(idform_read((struct span){"1\0.2", 4}, &id), IDFORM_MANGLED);
}

/* Only 1 to 20 digits ever come out, and they were in the cell as they are. */
static void
never_makes_up_an_id(void **state)
{
    static const char *const parts[] = {"1",   "22", "0",        " ",       "zcrm_", "'",
                                        "=\"", "\"", ".",        ",",       "E+",    "e",
                                        "a",   "-",  "\xc2\xa0", "33333333"};
    struct dice dice = {4};
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        struct buf cell = {0};
        struct span id = {NULL, 0};
        for (size_t n = dice_below(&dice, 7); n--;)
            buf_add_text(&cell, parts[dice_below(&dice, UNIT_COUNT(parts))]);
        buf_add(&cell, "", 0);
        if (idform_read((struct span){cell.data, cell.len}, &id) == IDFORM_GOOD) {
            unit_check(id.len >= 1 && id.len <= 20 && id.ptr >= cell.data &&
                           id.ptr + id.len <= cell.data + cell.len,
                       "'%s'", cell.data);
            /* All digits of the cell, none left out. */
            size_t digits = 0;
            for (size_t i = 0; i < cell.len; i++)
                digits += cell.data[i] >= '0' && cell.data[i] <= '9';
            unit_check(digits == id.len, "'%s'", cell.data);
            for (size_t i = 0; i < id.len; i++)
                unit_check(id.ptr[i] >= '0' && id.ptr[i] <= '9', "'%s'", cell.data);
        }
        buf_clear(&cell);
    }
}

static void
finds_fields_by_any_spelling(void **state)
{
    static const struct {
        const char *name;
        enum field field;
    } cases[] = {
        {"record_id", FIELD_RECORD_ID},   {"Record Id", FIELD_RECORD_ID},
        {" RECORD-ID ", FIELD_RECORD_ID}, {"recordid", FIELD_RECORD_ID},
        {"Related List", FIELD_RELATED_LIST}, {"relatedId", FIELD_RELATED_ID},
        {"MODULE", FIELD_MODULE},         {"operation", FIELD_OPERATION},
        {"Show To Number", FIELD_SHOW_TO_NUMBER}, {"call-status", FIELD_CALL_STATUS},
        {"", FIELD_NONE}, {"id", FIELD_NONE}, {"record", FIELD_NONE},
        {"record_id_", FIELD_RECORD_ID},  {"record.id", FIELD_NONE},
        {"record_id_and_a_very_long_name_that_goes_on", FIELD_NONE},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        unit_check(field_find(span_of(cases[i].name)) == cases[i].field, "'%s'",
                   cases[i].name);
    for (enum field field = 0; field < FIELD_COUNT; field++)
        assert_int_equal(field_find(span_of(field_names[field])), field);
}

void
test_idform(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_ids_as_meant),
        cmocka_unit_test(a_nul_is_no_digit),
        cmocka_unit_test(never_makes_up_an_id),
        cmocka_unit_test(finds_fields_by_any_spelling),
    };
    unit_run(tally, "idform", tests, UNIT_COUNT(tests));
}
