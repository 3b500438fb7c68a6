#include "unit.h"

#include "cli/options.h"

struct value_case {
    enum option_id id;
    const char *good[10], *bad[16];
};

/* Values that each type takes and refuses. */
static const struct value_case values[] = {
    {OPTION_OPERATION, {"crm.delink", "CRM.DELINK"}, {"", "crm", "crm.delink ", "any"}},
    {OPTION_FORMAT,
     {"auto", "csv", "tsv", "jsonl"},
     {"", "CSV", "cs", "csvv", "csv|tsv", "|", "auto|", "|csv", "jsonl|", "json"}},
    {OPTION_ON_INVALID, {"skip", "stop"}, {"", "skip|stop", "halt"}},
    {OPTION_DATA_CENTER,
     {"us", "eu", "in", "au", "jp", "cn", "ca", "sa", "uk"},
     {"", "US", "us|eu", "u", "com", "s|e"}},
    {OPTION_API_VERSION,
     {"v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8"},
     {"", "8", "v9", "v1", "v2.", "v2|v2.1", "V8"}},
    {OPTION_MISSING_OK, {"1", "0"}, {"", "yes", "true", "2", "1|0", "01"}},
    {OPTION_CONCURRENCY,
     {"1", "4", "1000", "007"},
     {"", "0", "1001", "-1", "+1", "1.5", "1 ", " 1", "a", "1e3",
      "99999999999999999999"}},
    {OPTION_BATCH_SIZE, {"1", "100"}, {"0", "101", ""}},
    {OPTION_RETRIES, {"0", "4", "1000"}, {"1001", "-1", ""}},
    {OPTION_MAX_CALLS,
     {"0", "1", "9223372036854775807"},
     {"9223372036854775808", "18446744073709551616", "-1", ""}},
    {OPTION_HALT_AFTER, {"0", "20", "9223372036854775807"}, {"-1", "", "x"}},
    {OPTION_TIMEOUT,
     {"1", "90", "90s", "5m", "1h30m", "1d", "1h1m1s", "60s"},
     {"", "0", "0s", "s", "m5", "1x", "1.5s", "-1s", "90 s", "1h 30m", "1h30", "ms",
      "100ms", "1d1s", "1000d"}},
    {OPTION_MAX_DURATION,
     {"90s", "1h30m", "7d", "3600", "6h30m15s"},
     {"", "h", "1w", "99999999999999999999s", "1s2", "1h,30m"}},
    {OPTION_RATE,
     {"5/s", "100/m", "1/h", "7/d", "5/sec", "5/second", "9/min", "9/minute", "1/hour",
      "1/day"},
     {"", "5", "/s", "0/s", "5/", "5/x", "-5/s", "5 /s", "5/ s", "1.5/s", "5/s/s",
      "2000000/s"}},
    {OPTION_STOP_AT,
     {"00:00", "23:59", "7:05", "07:05"},
     {"", "24:00", "12:60", "12", "12:5", ":05", "12:", "1:005", "007:05", "12:30pm",
      "-1:30", "12.30"}},
    {OPTION_DELIMITER,
     {",", ";", "|", "tab", "TAB", "\\t", "\t", "auto", ":"},
     {"", ",,", "\"", "\n", "\r", "\xc3\xa9", "\xe9", "semicolon"}},
    {OPTION_BASE_URL,
     {"https://x.example", "http://127.0.0.1:8080/a@b"},
     {"https://u@x.example", "https://u:p@x.example/", "u:p@x.example"}},
    {OPTION_CA_FILE, {"/etc/ca.pem", "x"}, {""}},
    {OPTION_SET,
     {"module=Campaigns", "Related List=Leads", "record_id=1=2"},
     {"", "=", "=x", "module", "module=", "modul=x", "token=x"}},
    {OPTION_MAP,
     {"record_id=Id", "related-id=Contact Id"},
     {"Id=record_id", "record_id="}},
    {OPTION_ALLOW_RELATION, {"any", "Deals/Contact_Roles"}, {"", "Deals", "a/b/c", "/"}},
    {OPTION_RESULTS, {"csv", "jsonl"}, {"", "tsv", "auto", "csv|jsonl"}},
    {OPTION_PROGRESS, {"auto", "always", "never"}, {"", "on", "always|never"}},
};

static void
each_type_knows_its_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(values); i++) {
        const struct value_case *c = &values[i];
        const char *name = option_rows[c->id].name;
        for (size_t g = 0; g < UNIT_COUNT(c->good) && c->good[g]; g++) {
            struct options options;
            struct err err = {0};
            options_init(&options);
            unit_check(options_set(&options, c->id, c->good[g], ORIGIN_FLAG, "--x",
                                   &err) == 0,
                       "--%s '%s' is good: %s", name, c->good[g], err.text);
            options_clear(&options);
        }
        for (size_t b = 0; b < UNIT_COUNT(c->bad) && c->bad[b]; b++) {
            struct options options;
            struct err err = {0};
            options_init(&options);
            unit_check(options_set(&options, c->id, c->bad[b], ORIGIN_FLAG, "--x", &err),
                       "--%s '%s' is bad", name, c->bad[b]);
            assert_error(err, EXIT_USAGE, "--x: ");
            options_clear(&options);
        }
    }
}

static void
defaults_are_values(void **state)
{
    struct options options;
    (void)state;
    options_init(&options);
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        struct err err = {0};
        const struct option_row *row = &option_rows[id];
        assert_non_null(row->name);
        assert_non_null(row->help);
        assert_true(row->commands != 0);
        assert_int_equal(row->argument == NULL, row->type == TYPE_SWITCH);
        if (row->default_text)
            unit_check(options_set(&options, id, row->default_text, ORIGIN_FLAG, "x",
                                   &err) == 0,
                       "--%s: %s", row->name, err.text);
    }
    /* Those of the contract. */
    assert_int_equal(options_number(&options, OPTION_CONCURRENCY), 4);
    assert_int_equal(options_number(&options, OPTION_BATCH_SIZE), 100);
    assert_int_equal(options_number(&options, OPTION_RETRIES), 4);
    assert_int_equal(options_number(&options, OPTION_HALT_AFTER), 20);
    assert_int_equal(options_duration_ms(&options, OPTION_TIMEOUT), 60000);
    assert_int_equal(options_duration_ms(&options, OPTION_MAX_DURATION), 0);
    assert_int_equal(options_interval_us(&options), 0);
    assert_true(options_is(&options, OPTION_DATA_CENTER, "us"));
    assert_true(options_is(&options, OPTION_API_VERSION, "v8"));
    assert_true(options_is(&options, OPTION_FORMAT, "auto"));
    assert_true(options_is(&options, OPTION_ON_INVALID, "skip"));
    assert_true(options_is(&options, OPTION_DESK_FORM, "delete"));
    assert_true(options_is(&options, OPTION_VERBA_METHOD, "post"));
    assert_true(options_is(&options, OPTION_PROGRESS, "auto"));
    assert_null(options_text(&options, OPTION_RESULTS));
    assert_null(options_text(&options, OPTION_MAX_CALLS));
    assert_false(options_on(&options, OPTION_GZIP));
    assert_int_equal(options_delimiter(&options), 0);
    options_clear(&options);
}

static void
numbers_come_out_of_text(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } durations[] = {{"90", 90000}, {"90s", 90000}, {"5m", 300000}, {"1h30m", 5400000},
                     {"1d", 86400000}, {"1h1m1s", 3661000}, {"30m1h", 5400000}};
    static const struct {
        const char *text;
        size_t most;
        int64_t unit_us;
    } rates[] = {{"5/s", 5, 1000000},       {"100/m", 100, 60000000},
                 {"3/s", 3, 1000000},       {"7/s", 7, 1000000},
                 {"1/h", 1, 3600000000},    {"50000/d", 50000, 86400000000},
                 {"999/min", 999, 60000000}};
    static const struct {
        const char *text;
        char delimiter;
    } delimiters[] = {{"auto", 0}, {",", ','}, {"tab", '\t'}, {"\\t", '\t'}, {"|", '|'}};
    struct options options;
    struct err err = {0};
    (void)state;
    options_init(&options);
    for (size_t i = 0; i < UNIT_COUNT(durations); i++) {
        assert_int_equal(options_set(&options, OPTION_MAX_DURATION, durations[i].text,
                                     ORIGIN_FLAG, "x", &err), 0);
        assert_int_equal(options_duration_ms(&options, OPTION_MAX_DURATION),
                         durations[i].ms);
    }
    for (size_t i = 0; i < UNIT_COUNT(rates); i++) {
        assert_int_equal(
            options_set(&options, OPTION_RATE, rates[i].text, ORIGIN_FLAG, "x", &err), 0);
        int64_t interval = options_interval_us(&options);
        /* At most so many: rounded up, by less than a microsecond each. */
        int64_t most = (int64_t)rates[i].most;
        unit_check(interval * most >= rates[i].unit_us &&
                       (interval - 1) * most < rates[i].unit_us,
                   "%s: %lld us apart", rates[i].text, (long long)interval);
    }
    for (size_t i = 0; i < UNIT_COUNT(delimiters); i++) {
        assert_int_equal(options_set(&options, OPTION_DELIMITER, delimiters[i].text,
                                     ORIGIN_FLAG, "x", &err), 0);
        assert_int_equal(options_delimiter(&options), delimiters[i].delimiter);
    }
    options_clear(&options);
}

/* However many units are strung together: an error, or a time that is not negative. */
static void
durations_do_not_overflow(void **state)
{
    struct buf text = {0};
    (void)state;
    for (int i = 0; i < 40; i++) {
        struct options options;
        struct err err = {0};
        options_init(&options);
        buf_add_text(&text, "6600000000d");
        if (options_set(&options, OPTION_MAX_DURATION, text.data, ORIGIN_FLAG, "x",
                        &err) == 0)
            unit_check(options_duration_ms(&options, OPTION_MAX_DURATION) > 0, "%d units",
                       i + 1);
        else
            assert_error(err, EXIT_USAGE, "duration");
        options_clear(&options);
    }
    buf_clear(&text);
}

static void
the_clock_strikes_next(void **state)
{
    static const struct {
        const char *at;
        const char *now;        /* of 2026-11-21, UTC */
        int64_t wait_s;
    } cases[] = {
        {"06:00", "02:00:00", 4 * 3600}, {"06:00", "05:59:30", 30},
        {"06:00", "06:00:00", 86400},    {"06:00", "06:00:30", 86370},
        {"06:00", "06:01:00", 86340},    {"00:00", "23:59:59", 1},
        {"23:59", "00:00:00", 86340},
    };
    const char *zone = getenv("TZ");
    char *kept = zone ? strdup(zone) : NULL;
    struct options options;
    struct err err = {0};
    (void)state;
    (void)setenv("TZ", "UTC", 1);
    tzset();
    options_init(&options);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        unsigned long long hour, minute, second;
        const char *now = cases[i].now;
        (void)text_number((struct span){now, 2}, 23, &hour);
        (void)text_number((struct span){now + 3, 2}, 59, &minute);
        (void)text_number((struct span){now + 6, 2}, 59, &second);
        int64_t now_s = 1795219200 + (int64_t)(hour * 3600 + minute * 60 + second);
        assert_int_equal(options_set(&options, OPTION_STOP_AT, cases[i].at, ORIGIN_FLAG,
                                     "x", &err),
                         0);
        int64_t wait_ms = options_until_stop_ms(&options, now_s * 1000 + 250);
        unit_check(wait_ms == cases[i].wait_s * 1000 - 250, "%s at %s: %lld ms",
                   cases[i].at, now, (long long)wait_ms);
    }
    options_clear(&options);
    if (kept)
        (void)setenv("TZ", kept, 1);
    else
        (void)unsetenv("TZ");
    tzset();
    free(kept);
}

static void
a_lower_origin_does_not_replace(void **state)
{
    struct options options;
    struct err err = {0};
    (void)state;
    options_init(&options);
    (void)options_set(&options, OPTION_RETRIES, "1", ORIGIN_DEFINITION, "x", &err);
    assert_int_equal(options_number(&options, OPTION_RETRIES), 1);
    (void)options_set(&options, OPTION_RETRIES, "2", ORIGIN_ENVIRONMENT, "x", &err);
    assert_int_equal(options_number(&options, OPTION_RETRIES), 2);
    (void)options_set(&options, OPTION_RETRIES, "3", ORIGIN_DEFINITION, "x", &err);
    assert_int_equal(options_number(&options, OPTION_RETRIES), 2);
    (void)options_set(&options, OPTION_RETRIES, "4", ORIGIN_FLAG, "x", &err);
    (void)options_set(&options, OPTION_RETRIES, "5", ORIGIN_ENVIRONMENT, "x", &err);
    assert_int_equal(options_number(&options, OPTION_RETRIES), 4);
    (void)options_set(&options, OPTION_RETRIES, "6", ORIGIN_FLAG, "x", &err);
    assert_int_equal(options_number(&options, OPTION_RETRIES), 6);
    (void)options_set(&options, OPTION_SET, "module=A", ORIGIN_FLAG, "x", &err);
    (void)options_set(&options, OPTION_SET, "Module=B", ORIGIN_DEFINITION, "x", &err);
    assert_string_equal(options.field_values[FIELD_MODULE], "A");
    assert_null(options.field_columns[FIELD_MODULE]);
    options_clear(&options);
}

/* Arguments in one string, cut at blanks. */
static int
read_line(struct options *options, int command, const char *line, struct err *err)
{
    char *copy = strdup(line), *argv[32];
    int argc = 0;
    for (char *at = copy; *at;) {
        size_t len = strcspn(at, " ");
        bool last = !at[len];
        argv[argc++] = at;
        at[len] = '\0';
        at += len + !last;
    }
    options_init(options);
    int rc = options_read(options, command, argc, argv, err);
    free(copy);
    return rc;
}

static void
reads_the_command_line(void **state)
{
    struct options options;
    struct err err = {0};
    (void)state;
    assert_int_equal(
        read_line(&options, CMD_RUN,
                  "-j8 --rate=5/s --retries 2 -qn --missing-ok --set module=A "
                  "--set record_id=1 --map related_id=Id --allow-relation any "
                  "--allow-relation=A/B --out dir in.csv",
                  &err),
        0);
    assert_int_equal(options_number(&options, OPTION_CONCURRENCY), 8);
    assert_int_equal(options_interval_us(&options), 200000);
    assert_int_equal(options_number(&options, OPTION_RETRIES), 2);
    assert_true(options_on(&options, OPTION_QUIET));
    assert_true(options_on(&options, OPTION_DRY_RUN));
    assert_true(options_on(&options, OPTION_MISSING_OK));
    assert_string_equal(options.field_values[FIELD_MODULE], "A");
    assert_string_equal(options.field_values[FIELD_RECORD_ID], "1");
    assert_string_equal(options.field_columns[FIELD_RELATED_ID], "Id");
    assert_int_equal(options.relation_count, 2);
    assert_string_equal(options.relations[1], "A/B");
    assert_string_equal(options.input, "in.csv");
    assert_null(options.definition);
    options_clear(&options);
    assert_int_equal(read_line(&options, CMD_RUN, "-j 9 --missing-ok=0 -- -x.csv", &err),
                     0);
    assert_int_equal(options_number(&options, OPTION_CONCURRENCY), 9);
    assert_false(options_on(&options, OPTION_MISSING_OK));
    assert_string_equal(options.input, "-x.csv");
    options_clear(&options);
    assert_int_equal(read_line(&options, CMD_PLAN, "-", &err), 0);
    assert_string_equal(options.input, "-");
    options_clear(&options);
    assert_int_equal(read_line(&options, CMD_RESUME, "--max-calls 5 runs/x", &err), 0);
    assert_string_equal(options.run_dir, "runs/x");
    options_clear(&options);
    assert_int_equal(read_line(&options, CMD_RUN, "--help --set", &err), -1);
    options_clear(&options);
    err = (struct err){0};
    assert_int_equal(read_line(&options, CMD_RUN, "x.csv --help", &err), 0);
    assert_true(options.help);
    options_clear(&options);
    assert_no_error(err);
}

static void
says_what_was_meant(void **state)
{
    static const struct {
        int command;
        const char *line, *wanted;
    } cases[] = {
        {CMD_RUN, "--concurency 4", "--concurency here; did you mean --concurrency?"},
        {CMD_RUN, "--retrie=4",
         "there is no option --retrie here; did you mean --retries?"},
        {CMD_RUN, "--zzzzzzzzzz", "--help lists them"},
        {CMD_RUN, "-x", "there is no option -x here"},
        {CMD_RUN, "-qx", "there is no option -qx here"},
        {CMD_RUN, "--retries", "--retries needs a value: N"},
        {CMD_RUN, "-j", "-j needs a value: N"},
        {CMD_RUN, "--retries x", "--retries: 'x' must be a whole number from 0 to 1000"},
        {CMD_RUN, "--max-calls x", "--max-calls: 'x' must be a whole number from 0"},
        {CMD_RUN, "--format cvs", "must be one of auto|csv|tsv|jsonl"},
        {CMD_RUN, "--format cvs", "jsonl; did you mean csv?"},
        {CMD_RUN, "--on-invalid halt", "'halt' must be one of skip|stop"},
        {CMD_RUN, "--operation crm.delnik", "is no operation; did you mean crm.delink?"},
        {CMD_RUN, "--operation nothing", "is no operation; `unhitch codes` lists them"},
        {CMD_RUN, "--calls 3", "no option --calls here; did you mean --max-calls?"},
        {CMD_RUN, "--keep 0", "must be a whole number from 1 to 1000000"},
        {CMD_RUN, "--metrics=", "--metrics: '' is empty"},
        {CMD_RUN, "--set modul=x", "there is no field 'modul'; did you mean module?"},
        {CMD_RUN, "--set module", "is not of the form FIELD=TEXT"},
        {CMD_RUN, "a.csv b.csv", "'a.csv' and 'b.csv': give one job file"},
        {CMD_RUN, "a.json b.json", "give one job definition"},
        {CMD_REPORT, "a b", "give one run directory"},
        {CMD_CODES, "x", "codes takes no argument"},
        {CMD_RESUME, "--batch-size 5 x", "there is no option --batch-size here"},
        {CMD_REPORT, "--retries 5 x", "there is no option --retries here"},
        {CMD_RESUME, "--out x y", "there is no option --out here; --help lists them"},
        {CMD_REPORT, "-n y", "there is no option -n here"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct options options;
        struct err err = {0};
        unit_check(read_line(&options, cases[i].command, cases[i].line, &err) == -1,
                   "'%s'", cases[i].line);
        assert_error(err, EXIT_USAGE, cases[i].wanted);
        options_clear(&options);
    }
}

static void
a_url_with_a_password_is_not_shown(void **state)
{
    struct options options;
    struct err err = {0};
    (void)state;
    assert_int_equal(
        read_line(&options, CMD_RUN, "--proxy http://u:hunter2@proxy:1", &err), -1);
    assert_error(err, EXIT_USAGE, "--proxy: holds a user name or password");
    assert_null(strstr(err.text, "hunter2"));
    options_clear(&options);
}

static void
reads_the_environment(void **state)
{
    struct options options;
    struct err err = {0};
    (void)state;
    (void)setenv("UNHITCH_RETRIES", "7", 1);
    (void)setenv("UNHITCH_MISSING_OK", "1", 1);
    (void)setenv("UNHITCH_BATCH_SIZE", "", 1);
    (void)setenv("UNHITCH_OUT", "elsewhere", 1);
    (void)setenv("UNHITCH_SET", "module=A", 1);
    assert_int_equal(read_line(&options, CMD_RUN, "a.csv", &err), 0);
    assert_int_equal(options_number(&options, OPTION_RETRIES), 7);
    assert_true(options_on(&options, OPTION_MISSING_OK));
    assert_int_equal(options_number(&options, OPTION_BATCH_SIZE), 100);
    assert_null(options_text(&options, OPTION_OUT));
    assert_null(options.field_values[FIELD_MODULE]);
    options_clear(&options);
    assert_int_equal(read_line(&options, CMD_RUN, "a.csv --retries 1", &err), 0);
    assert_int_equal(options_number(&options, OPTION_RETRIES), 1);
    options_clear(&options);
    (void)setenv("UNHITCH_RETRIES", "many", 1);
    assert_int_equal(read_line(&options, CMD_RUN, "a.csv", &err), -1);
    assert_error(err, EXIT_USAGE, "UNHITCH_RETRIES: 'many'");
    options_clear(&options);
    (void)unsetenv("UNHITCH_RETRIES");
    (void)unsetenv("UNHITCH_MISSING_OK");
    (void)unsetenv("UNHITCH_BATCH_SIZE");
    (void)unsetenv("UNHITCH_OUT");
    (void)unsetenv("UNHITCH_SET");
}

static void
keys_are_names_with_underscores(void **state)
{
    static const char *const flag_only[] = {"out", "json", "dry-run", "quiet", "verbose",
                                            "progress", "all"};
    char key[32];
    (void)state;
    assert_int_equal(options_find_key("max_calls"), OPTION_MAX_CALLS);
    assert_int_equal(options_find_key("max-calls"), OPTION_COUNT);
    assert_int_equal(options_find_key(""), OPTION_COUNT);
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        bool wanted = false;
        options_key(id, key);
        for (size_t i = 0; i < UNIT_COUNT(flag_only); i++)
            wanted |= strcmp(option_rows[id].name, flag_only[i]) == 0;
        unit_check(option_rows[id].flag_only == wanted, "--%s", option_rows[id].name);
        assert_int_equal(options_find_key(key), wanted ? OPTION_COUNT : id);
    }
}

void
test_options(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_knows_its_values),
        cmocka_unit_test(defaults_are_values),
        cmocka_unit_test(numbers_come_out_of_text),
        cmocka_unit_test(durations_do_not_overflow),
        cmocka_unit_test(the_clock_strikes_next),
        cmocka_unit_test(a_lower_origin_does_not_replace),
        cmocka_unit_test(reads_the_command_line),
        cmocka_unit_test(says_what_was_meant),
        cmocka_unit_test(a_url_with_a_password_is_not_shown),
        cmocka_unit_test(reads_the_environment),
        cmocka_unit_test(keys_are_names_with_underscores),
    };
    unit_run(tally, "options", tests, UNIT_COUNT(tests));
}
