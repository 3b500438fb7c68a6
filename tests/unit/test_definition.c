#include "unit.h"

#include "cli/definition.h"

#include <jansson.h>

static int
read_text(struct options *options, const char *text, struct err *err)
{
    options_init(options);
    return definition_read(unit_text_file("job.json", text), options, err);
}

static void
reads_every_kind_of_value(void **state)
{
    static const char text[] =
        "{\"$schema\":\"job.schema.json\",\"description\":\"nightly\",\"input\":\"/data/in.csv\","
        "\"operation\":\"crm.delink\",\"set\":{\"module\":\"Campaigns\",\"record_id\":77,"
        "\"show_to_number\":true},\"map\":{\"related_id\":\"Contact Id\"},\"max_calls\":5,"
        "\"missing_ok\":true,\"gzip\":false,\"timeout\":\"1m30s\",\"max_duration\":3600,"
        "\"rate\":\"5/s\",\"stop_at\":\"06:00\",\"allow_relation\":[\"any\",\"A/B\"],"
        "\"delimiter\":\";\",\"api_version\":\"v7\",\"data_center\":\"eu\"}";
    struct options options;
    struct err err = {0};
    (void)state;
    unit_check(read_text(&options, text, &err) == 0, "%s", err.text);
    assert_string_equal(options.input, "/data/in.csv");
    assert_true(options_is(&options, OPTION_OPERATION, "crm.delink"));
    assert_string_equal(options.field_values[FIELD_MODULE], "Campaigns");
    assert_string_equal(options.field_values[FIELD_RECORD_ID], "77");
    assert_string_equal(options.field_values[FIELD_SHOW_TO_NUMBER], "true");
    assert_string_equal(options.field_columns[FIELD_RELATED_ID], "Contact Id");
    assert_int_equal(options_number(&options, OPTION_MAX_CALLS), 5);
    assert_true(options_on(&options, OPTION_MISSING_OK));
    assert_false(options_on(&options, OPTION_GZIP));
    assert_int_equal(options_duration_ms(&options, OPTION_TIMEOUT), 90000);
    assert_int_equal(options_duration_ms(&options, OPTION_MAX_DURATION), 3600000);
    assert_int_equal(options.relation_count, 2);
    assert_int_equal(options_delimiter(&options), ';');
    assert_true(options_is(&options, OPTION_DATA_CENTER, "eu"));
    options_clear(&options);
}

static void
refuses_what_is_no_definition(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"", "not JSON"},
        {"{", "job.json:1:"},
        {"[]", "is a JSON object"},
        {"\"x\"", "not JSON"},
        {"{\"retries\":1,\"retries\":2}", "not JSON"},
        {"{\"retrys\":1}", "\"retrys\": there is no such key; did you mean \"retries\"?"},
        {"{\"max-calls\":1}", "did you mean \"max_calls\"?"},
        {"{\"out\":\"x\"}", "\"out\": there is no such key: it is for the command line"},
        {"{\"json\":true}", "there is no such key"},
        {"{\"dry_run\":true}", "there is no such key"},
        {"{\"progress\":\"never\"}", "there is no such key"},
        {"{\"retries\":\"4\"}", "\"retries\": must be a whole number"},
        {"{\"retries\":4.0}", "must be a whole number"},
        {"{\"retries\":true}", "must be a whole number"},
        {"{\"retries\":-1}", "'-1' must be a whole number from 0 to 1000"},
        {"{\"retries\":null}", "must be a whole number"},
        {"{\"missing_ok\":\"true\"}", "\"missing_ok\": must be true or false"},
        {"{\"missing_ok\":1}", "must be true or false"},
        {"{\"format\":1}", "must be a string"},
        {"{\"format\":\"xml\"}", "must be one of auto|csv|tsv|jsonl"},
        {"{\"format\":\"csv|tsv\"}", "must be one of"},
        {"{\"timeout\":true}", "must be a string such as \"90s\", or seconds"},
        {"{\"timeout\":\"soon\"}", "must be a duration"},
        {"{\"rate\":5}", "must be a string"},
        {"{\"set\":\"module=A\"}", "\"set\": must be an object"},
        {"{\"set\":{\"modul\":\"A\"}}",
         "there is no field 'modul'; did you mean module?"},
        {"{\"set\":{\"module\":[]}}", "must be an object of field names and texts"},
        {"{\"set\":{\"module\":\"\"}}", "is not of the form"},
        {"{\"map\":[]}", "\"map\": must be an object"},
        {"{\"allow_relation\":\"any\"}", "\"allow_relation\": must be an array"},
        {"{\"allow_relation\":[1]}", "must be an array of strings"},
        {"{\"allow_relation\":[\"A\"]}", "must be MODULE/LIST, or any"},
        {"{\"input\":1}", "\"input\": must be the path"},
        {"{\"input\":\"\"}", "\"input\": must be the path"},
        {"{\"description\":1}", "must be a string"},
        {"{\"retries\":1,}", "not JSON"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct options options;
        struct err err = {0};
        unit_check(read_text(&options, cases[i].text, &err) == -1, "%s", cases[i].text);
        assert_error(err, EXIT_USAGE, cases[i].wanted);
        assert_non_null(strstr(err.text, "job.json"));
        options_clear(&options);
    }
    struct options options;
    struct err err = {0};
    options_init(&options);
    assert_int_equal(definition_read(unit_path("absent.json"), &options, &err), -1);
    assert_error(err, EXIT_USAGE, "absent.json");
    options_clear(&options);
}

#define TOKEN                                                                            \
    "1000.0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef"

static void
refuses_credentials_and_does_not_show_them(void **state)
{
    static const char *const texts[] = {
        "{\"token\":\"hunter2\"}",
        "{\"access_token\":\"hunter2\"}",
        "{\"ZOHO_ACCESS_TOKEN\":\"hunter2\"}",
        "{\"zoho_refresh_token\":\"hunter2\"}",
        "{\"client-id\":\"hunter2\"}",
        "{\"ClientSecret\":\"hunter2\"}",
        "{\"password\":\"hunter2\"}",
        "{\"verba_password\":\"hunter2\"}",
        "{\"VERBA_API_KEY\":\"hunter2\"}",
        "{\"Authorization\":\"Zoho-oauthtoken hunter2\"}",
        "{\"credentials\":{\"x\":\"hunter2\"}}",
        "{\"base_url\":\"https://user:hunter2@x.example\"}",
        "{\"proxy\":\"http://user:hunter2@proxy:3128\"}",
        "{\"set\":{\"module\":\"" TOKEN "\"}}",
        "{\"crm_url\":\"https://x.example/" TOKEN "\"}",
        "{\"map\":{\"module\":\"x " TOKEN "\"}}",
        "{\"ca_file\":\"" TOKEN "\"}",
        "{\"allow_relation\":[\"" TOKEN "\"]}",
        "{\"description\":\"use " TOKEN "\"}",
        "{\"input\":\"" TOKEN "\"}",
        "{\"$schema\":\"" TOKEN "\"}",
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        struct options options;
        struct err err = {0};
        unit_check(read_text(&options, texts[i], &err) == -1, "%s", texts[i]);
        assert_error(err, EXIT_USAGE, NULL);
        unit_check(!strstr(err.text, "hunter2") && !strstr(err.text, "0123456789abcdef"),
                   "%s is shown: %s", texts[i], err.text);
        options_clear(&options);
    }
}

static void
input_is_beside_the_definition(void **state)
{
    struct options options;
    struct err err = {0};
    char wanted[4300];
    (void)state;
    (void)snprintf(wanted, sizeof(wanted), "%s",
                   unit_text_file("in.csv", "related_id\n"));
    assert_int_equal(read_text(&options, "{\"input\":\"in.csv\"}", &err), 0);
    assert_string_equal(options.input, wanted);
    options_clear(&options);
    assert_int_equal(read_text(&options, "{\"input\":\"-\"}", &err), 0);
    assert_string_equal(options.input, "-");
    options_clear(&options);
    /* The command line's goes first. */
    options_init(&options);
    options.input = strdup("mine.csv");
    const char *path = unit_text_file("job.json", "{\"input\":\"in.csv\"}");
    assert_int_equal(definition_read(path, &options, &err), 0);
    assert_string_equal(options.input, "mine.csv");
    options_clear(&options);
}

/* A value for each option, other than its default. */
static const char *
other_value(enum option_id id)
{
    static char text[32];
    const struct option_row *row = &option_rows[id];
    switch (row->type) {
    case TYPE_SWITCH:
        return "1";
    case TYPE_CHOICE:
        (void)snprintf(text, sizeof(text), "%s", strrchr(row->choices, '|') + 1);
        return text;
    case TYPE_NUMBER:
        return "17";
    case TYPE_DURATION:
        return "1m17s";
    case TYPE_RATE:
        return "17/m";
    case TYPE_CLOCK:
        return "17:17";
    case TYPE_CHARACTER:
        return "\\t";
    case TYPE_OPERATION:
        return "crm.delink";
    case TYPE_URL:
        return "https://x.example/a";
    case TYPE_PAIR:
        return "related_id=R\xc3\xa9lated \"Id\"";
    case TYPE_RELATION:
        return "Deals/Contact_Roles";
    case TYPE_TEXT:
    case TYPE_FILE:
        break;
    }
    return "/some/file.pem";
}

static bool
is_same_text(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static void
what_was_written_is_read_back(void **state)
{
    (void)state;
    for (int all = 0; all < 2; all++) {
        struct options options, again;
        struct err err = {0};
        options_init(&options);
        for (enum option_id id = 0; all && id < OPTION_COUNT; id++)
            unit_check(options_set(&options, id, other_value(id), ORIGIN_FLAG, "x",
                                   &err) == 0,
                       "%s", err.text);
        options.input = strdup("/data/in \"1\".csv");
        options.parent = all ? strdup("runs/before") : NULL;
        options.job = all ? strdup("/srv/nightly.json") : NULL;
        char *text = definition_write(&options);
        unit_check(read_text(&again, text, &err) == 0, "%s\n%s", err.text, text);
        assert_string_equal(again.input, "/data/in \"1\".csv");
        assert_true(is_same_text(options.parent, again.parent));
        assert_true(is_same_text(options.job, again.job));
        for (enum option_id id = 0; id < OPTION_COUNT; id++)
            unit_check(option_rows[id].flag_only ||
                           is_same_text(options.text[id], again.text[id]),
                       "--%s: '%s'", option_rows[id].name,
                       again.text[id] ? again.text[id] : "");
        for (enum field field = 0; field < FIELD_COUNT; field++) {
            assert_true(
                is_same_text(options.field_values[field], again.field_values[field]));
            assert_true(is_same_text(options.field_columns[field],
                                     again.field_columns[field]));
        }
        assert_int_equal(options.relation_count, again.relation_count);
        free(text);
        options_clear(&options);
        options_clear(&again);
    }
}

/* What could not be saved for `resume` is refused at once. */
static void
names_that_are_no_utf8_are_refused(void **state)
{
    static const char *const arguments[] = {"caf\xe9.csv", "caf\xe9.json",
                                            "--ca-file=\xe9.pem", "--set=module=\xe9",
                                            "--out=\xe9"};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(arguments); i++) {
        struct options options;
        struct err err = {0};
        char *argv[] = {strdup(arguments[i])};
        options_init(&options);
        int rc = options_read(&options, CMD_RUN, 1, argv, &err);
        free(argv[0]);
        unit_check(rc == -1, "argument %zu", i);
        assert_error(err, EXIT_USAGE, "not UTF-8");
        assert_true(text_is_utf8(err.text, strlen(err.text)));
        options_clear(&options);
    }
}

void
test_definition(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind_of_value),
        cmocka_unit_test(refuses_what_is_no_definition),
        cmocka_unit_test(refuses_credentials_and_does_not_show_them),
        cmocka_unit_test(input_is_beside_the_definition),
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(names_that_are_no_utf8_are_refused),
    };
    unit_run(tally, "definition", tests, UNIT_COUNT(tests));
}
