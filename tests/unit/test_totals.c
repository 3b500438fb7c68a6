#include "unit.h"

#include "report/closing.h"
#include "report/totals.h"

#include <jansson.h>

static void
count_rows(struct totals *totals, enum status status, const char *code, size_t rows)
{
    while (rows--)
        (void)totals_count(totals, status, &op_crm_delink, code, "words");
}

static json_int_t
number(const json_t *root, const char *key)
{
    unit_check(json_is_integer(json_object_get(root, key)), "%s is no whole number", key);
    return json_integer_value(json_object_get(root, key));
}

static void
fill(struct totals *totals, struct latency *latency)
{
    *latency = (struct latency){{0}, 0, 0};
    *totals = (struct totals){.input = "jobs/a \"b\".csv",
                              .duplicates = 2,
                              .targets = 3,
                              .planned_calls = 4,
                              .calls = 5,
                              .latency = latency,
                              .started_utc_ms = 1795226850125,
                              .seconds = 1.5,
                              .finished = true,
                              .exit_code = EXIT_ROWS,
                              .run_dir = "runs/x"};
    for (uint32_t i = 1; i <= 100; i++)
        latency_note(latency, i * 1000);
    count_rows(totals, STATUS_SUCCESS, "SUCCESS", 10);
    count_rows(totals, STATUS_SUCCESS, "already-done", 1);
    count_rows(totals, STATUS_FAILED, "INVALID_DATA", 6);
    count_rows(totals, STATUS_UNKNOWN, "timeout", 3);
    count_rows(totals, STATUS_REJECTED, "bad-id", 2);
    count_rows(totals, STATUS_UNSENT, "budget", 1);
}

static void
the_summary_holds_the_totals(void **state)
{
    static const struct {
        const char *key;
        json_int_t wanted;
    } numbers[] = {
        {"rows", 23}, {"success", 11}, {"failed", 6}, {"unknown", 3}, {"rejected", 2},
        {"unsent", 1}, {"duplicates", 2}, {"targets", 3}, {"planned_calls", 4},
        {"calls", 5}, {"exit_code", 4},
    };
    struct totals totals;
    struct latency latency;
    (void)state;
    fill(&totals, &latency);
    char *text = totals_json(&totals);
    assert_int_equal(text[strlen(text) - 1], '\n');
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++)
        unit_check(number(root, numbers[i].key) == numbers[i].wanted, "%s",
                   numbers[i].key);
    assert_int_equal(number(root, "rows"),
                     number(root, "success") + number(root, "failed") +
                         number(root, "unknown") + number(root, "rejected") +
                         number(root, "unsent"));
    const json_t *codes = json_object_get(root, "codes");
    assert_int_equal(json_object_size(codes), 6);
    assert_int_equal(number(codes, "SUCCESS"), 10);
    assert_int_equal(number(codes, "already-done"), 1);
    assert_int_equal(number(codes, "timeout"), 3);
    assert_true(json_real_value(json_object_get(root, "seconds")) == 1.5);
    assert_true(json_is_true(json_object_get(root, "finished")));
    const json_t *marks = json_object_get(root, "latency_ms");
    assert_true(json_number_value(json_object_get(marks, "max")) == 100);
    double p50 = json_number_value(json_object_get(marks, "p50"));
    assert_true(p50 > 46 && p50 < 54);
    assert_true(json_is_number(json_object_get(marks, "p90")));
    assert_true(json_is_number(json_object_get(marks, "p99")));
    assert_null(json_object_get(root, "stopped_by"));
    assert_null(json_object_get(root, "parent"));
    assert_string_equal(json_string_value(json_object_get(root, "input")),
                        "jobs/a \"b\".csv");
    json_decref(root);
    free(text);
    totals_clear(&totals);
}

static void
a_stopped_run_says_why(void **state)
{
    struct totals totals;
    struct latency latency;
    (void)state;
    fill(&totals, &latency);
    totals.finished = false;
    totals.exit_code = EXIT_BUDGET;
    totals.stop_code = "budget";
    totals.stop_message = "the budget of 5 calls (--max-calls) is used up";
    totals.parent = "runs/before";
    char *text = totals_json(&totals);
    json_t *root = json_loads(text, 0, NULL);
    const json_t *stopped = json_object_get(root, "stopped_by");
    assert_string_equal(json_string_value(json_object_get(stopped, "code")), "budget");
    assert_string_equal(json_string_value(json_object_get(stopped, "message")),
                        totals.stop_message);
    assert_string_equal(json_string_value(json_object_get(root, "parent")),
                        "runs/before");
    assert_true(json_is_false(json_object_get(root, "finished")));
    json_decref(root);
    free(text);
    totals_clear(&totals);
}

/* One code may be counted under two statuses; the object has it once. */
static void
a_code_of_two_statuses_is_summed(void **state)
{
    struct totals totals = {.input = "a", .latency = &(struct latency){{0}, 0, 0}};
    (void)state;
    count_rows(&totals, STATUS_UNKNOWN, "bad-response", 2);
    count_rows(&totals, STATUS_FAILED, "bad-response", 3);
    assert_int_equal(totals.code_count, 2);
    char *text = totals_json(&totals);
    json_t *root = json_loads(text, 0, NULL);
    assert_int_equal(number(json_object_get(root, "codes"), "bad-response"), 5);
    json_decref(root);
    free(text);
    totals_clear(&totals);
    for (int i = 0; i < 100; i++) {
        char code[16];
        (void)snprintf(code, sizeof(code), "C%d", i);
        struct code_count *count = totals_count(&totals, STATUS_FAILED, &op_crm_delink,
                                                code, "");
        assert_int_equal(count->rows, 1);
        assert_string_equal(count->code, code);
    }
    totals_clear(&totals);
}

/* A code whose words differ from row to row has a few counts, and one for the rest. */
static void
wordings_are_told_apart_up_to_a_few(void **state)
{
    struct totals totals = {.input = "a", .latency = &(struct latency){{0}, 0, 0}};
    char words[32];
    uint64_t rows = 0, various = 0;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(words, sizeof(words), "no record %d", i % 500);
        (void)totals_count(&totals, STATUS_FAILED, &op_crm_delink, "GONE", words);
        (void)totals_count(&totals, STATUS_FAILED, &op_crm_delink, "BUSY", "busy");
        (void)totals_count(&totals, STATUS_UNKNOWN, &op_crm_delink, "GONE", "");
        (void)totals_count(&totals, STATUS_SUCCESS, &op_crm_delink, "SUCCESS", words);
    }
    assert_int_equal(totals.code_count, 4 + 1 + 1 + 1 + 1);
    totals_sort(&totals);
    assert_int_equal(totals.rows, 4000);
    for (size_t i = 0; i < totals.code_count; i++) {
        rows += totals.codes[i].rows;
        if (totals.codes[i].various) {
            various += totals.codes[i].rows;
            assert_string_equal(totals.codes[i].code, "GONE");
            assert_string_equal(totals.codes[i].words, "");
        }
    }
    assert_int_equal(rows, 4000);
    assert_int_equal(various, 1000 - 4 * 2);
    /* Counting may go on after sorting. */
    assert_int_equal(
        totals_count(&totals, STATUS_FAILED, &op_crm_delink, "BUSY", "busy")->rows, 1001);
    assert_int_equal(totals.code_count, 8);
    totals_clear(&totals);
}

/* As many codes as rows: each counted, none lost, in the summary as well; the closing
 * tells of the most frequent. */
static void
codes_by_the_ten_thousand_balance(void **state)
{
    enum { CODES = 10000 };
    struct totals totals = {.input = "a",
                            .run_dir = "runs/x",
                            .latency = &(struct latency){{0}, 0, 0}};
    struct buf out = {0};
    char code[32];
    json_int_t sum = 0;
    const char *key;
    json_t *value;
    (void)state;
    for (int i = 0; i < 3 * CODES; i++) {
        (void)snprintf(code, sizeof(code), "CODE_%d", i % CODES);
        struct code_count *count = totals_count(&totals, STATUS_FAILED, &op_crm_delink,
                                                code, code);
        totals_sample(&totals, count, 1, 1, span_of("1"), code);
    }
    assert_int_equal(totals.code_count, CODES);
    totals_sort(&totals);
    char *text = totals_json(&totals);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    json_t *codes = json_object_get(root, "codes");
    assert_int_equal(json_object_size(codes), CODES);
    json_object_foreach(codes, key, value) sum += json_integer_value(value);
    assert_int_equal(sum, 3 * CODES);
    closing_add_run(&totals, "csv", &out);
    unit_check(out.len < 5000, "%zu bytes", out.len);
    assert_non_null(strstr(out.data, "29,964  of 9,988 other codes and wordings"));
    json_decref(root);
    free(text);
    buf_clear(&out);
    totals_clear(&totals);
}

/* Words from a service do not steer the terminal. */
static void
the_closing_shows_controls(void **state)
{
    struct totals totals = {.input = "a",
                            .latency = &(struct latency){{0}, 0, 0},
                            .run_dir = "runs/\x1b[2J",
                            .exit_code = EXIT_HALTED,
                            .stop_code = "halted",
                            .stop_message = "said \x1b]0;title\x07"};
    struct buf out = {0};
    (void)state;
    (void)totals_count(&totals, STATUS_FAILED, &op_crm_delink, "\x1b[1mCODE", "\x1b[31m");
    closing_add_run(&totals, "csv", &out);
    assert_null(strchr(out.data, '\x1b'));
    assert_null(strchr(out.data, '\x07'));
    assert_non_null(strstr(out.data, "<U+001B>[1mCODE"));
    assert_non_null(strstr(out.data, "unhitch resume $'runs/\\033[2J'"));
    buf_clear(&out);
    totals_clear(&totals);
}

static void
the_plan_has_its_own_form(void **state)
{
    static const char *const keys[] = {"rows", "rejected", "duplicates", "targets",
                                       "planned_calls", "codes"};
    struct totals totals;
    struct latency latency;
    (void)state;
    fill(&totals, &latency);
    char *text = totals_plan_json(&totals);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    for (size_t i = 0; i < UNIT_COUNT(keys); i++)
        unit_check(json_object_get(root, keys[i]) != NULL, "%s is missing", keys[i]);
    assert_int_equal(number(root, "rejected"), 2);
    assert_int_equal(number(root, "planned_calls"), 4);
    json_decref(root);
    free(text);
    totals_clear(&totals);
}

/* Texts from outside that are no UTF-8 must not take a key away. */
static void
every_key_is_there_whatever_the_file_is_called(void **state)
{
    struct totals totals = {.input = "caf\xe9.csv", .parent = "runs/caf\xe9",
                            .stop_code = "halted", .stop_message = "cut \xe2\x82",
                            .latency = &(struct latency){{0}, 0, 0}};
    (void)state;
    char *text = totals_json(&totals);
    json_t *root = json_loads(text, 0, NULL);
    bool input = json_is_string(json_object_get(root, "input"));
    bool parent = json_is_string(json_object_get(root, "parent"));
    const json_t *stopped = json_object_get(root, "stopped_by");
    bool message = json_is_string(json_object_get(stopped, "message"));
    json_decref(root);
    free(text);
    unit_check(input && parent && message, "input %d, parent %d, message %d", input,
               parent, message);
}

static void
the_closing_tells_what_was_done(void **state)
{
    struct totals totals;
    struct latency latency;
    struct buf out = {0};
    (void)state;
    fill(&totals, &latency);
    closing_add_run(&totals, "csv.gz", &out);
    static const char *const parts[] = {
        "11 of 23 rows", "5 calls", "INVALID_DATA", "timeout", "runs/x", "failed.csv.gz",
        "rejected.csv.gz", "unsent.csv.gz", "results.csv.gz", "summary.json",
    };
    for (size_t i = 0; i < UNIT_COUNT(parts); i++)
        unit_check(strstr(out.data, parts[i]) != NULL, "'%s' is not in:\n%s", parts[i],
                   out.data);
    buf_reset(&out);
    totals.finished = false;
    closing_add_run(&totals, "csv", &out);
    assert_non_null(strstr(out.data, "unhitch resume runs/x"));
    buf_reset(&out);
    closing_add_plan(&totals, (struct plan_pace){4, 0}, &out);
    assert_non_null(strstr(out.data, "nothing was sent"));
    buf_clear(&out);
    totals_clear(&totals);
}

/* What a service said is shown in quotes, cut where it is long. */
static void
the_closing_quotes_the_service(void **state)
{
    static const char long_words[] =
        "these are more words than a line of the closing summary has room for";
    struct latency latency = {{0}, 0, 0};
    struct totals totals = {.input = "a", .latency = &latency, .run_dir = "runs/x"};
    struct buf out = {0};
    (void)state;
    (void)totals_count(&totals, STATUS_FAILED, &op_crm_delink, "SHORT", "few words");
    (void)totals_count(&totals, STATUS_FAILED, &op_crm_delink, "LONG", long_words);
    closing_add_run(&totals, "csv", &out);
    assert_non_null(strstr(out.data, "SHORT  \"few words\""));
    assert_non_null(strstr(out.data, "LONG\n              \"these are more words than a line of the closing summary has ...\""));
    buf_clear(&out);
    totals_clear(&totals);
}

static void
counts_are_grouped_for_people(void **state)
{
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {{0, "0"}, {999, "999"}, {1000, "1,000"}, {1000000, "1,000,000"},
                 {1002003, "1,002,003"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buf out = {0};
        closing_add_count(&out, cases[i].n);
        assert_string_equal(out.data, cases[i].text);
        buf_clear(&out);
    }
}

/* A service that has a code for each ID. */
static void
beyond_ten_thousand_codes_there_are_others(void **state)
{
    enum { CODES = 10000, MORE = 500 };
    struct totals totals = {0};
    char code[32];
    (void)state;
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < CODES + MORE; i++) {
            (void)snprintf(code, sizeof(code), "E%zu", i);
            count_rows(&totals, STATUS_FAILED, code, 1);
        }
    count_rows(&totals, STATUS_SUCCESS, "SUCCESS", 1);
    count_rows(&totals, STATUS_FAILED, "connect-failed", 1);
    assert_int_equal(totals.rows, 2 * (CODES + MORE) + 2);
    totals_sort(&totals);
    assert_int_equal(totals.code_count, CODES + 3);
    uint64_t rows = 0;
    for (size_t i = 0; i < totals.code_count; i++) {
        const struct code_count *count = &totals.codes[i];
        bool others = strcmp(count->code, "other-codes") == 0;
        rows += count->rows;
        assert_int_equal(count->rows, others                   ? 2 * MORE
                                      : count->code[0] == 'E' ? 2
                                                              : 1);
    }
    assert_int_equal(rows, totals.rows);
    totals_clear(&totals);
}

void
test_totals(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_summary_holds_the_totals),
        cmocka_unit_test(a_stopped_run_says_why),
        cmocka_unit_test(a_code_of_two_statuses_is_summed),
        cmocka_unit_test(wordings_are_told_apart_up_to_a_few),
        cmocka_unit_test(codes_by_the_ten_thousand_balance),
        cmocka_unit_test(the_closing_shows_controls),
        cmocka_unit_test(the_plan_has_its_own_form),
        cmocka_unit_test(every_key_is_there_whatever_the_file_is_called),
        cmocka_unit_test(the_closing_tells_what_was_done),
        cmocka_unit_test(the_closing_quotes_the_service),
        cmocka_unit_test(counts_are_grouped_for_people),
        cmocka_unit_test(beyond_ten_thousand_codes_there_are_others),
    };
    unit_run(tally, "totals", tests, UNIT_COUNT(tests));
}
