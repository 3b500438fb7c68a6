/* crm.delink and what all operations share: checking rows, requests, explaining codes. */
#include "unit.h"

#include "ops/judge.h"
#include "ops/op.h"

static const struct op_settings plain_settings = {.api_version = "v8"};

struct check_case {
    const char *module, *record, *list, *id;
    const char *code;           /* of the problem; NULL: accepted */
    enum field field;
    const char *wanted;         /* target and ID, or part of the problem's text */
};

static const struct check_case checks[] = {
    {"Campaigns", "3652397000000327001", "Contacts", "3652397000000111001", NULL, 0,
     "Campaigns/3652397000000327001/Contacts 3652397000000111001"},
    {"Products", "1", "Price Books", "zcrm_2", NULL, 0, "Products/1/Price_Books 2"},
    {"Price Books", "'1", "Products", "=\"2\"", NULL, 0, "Price_Books/1/Products 2"},
    {" products ", " 1 ", "LEADS", "2", NULL, 0, "products/1/LEADS 2"},
    {"Products", "007", "Potentials", "2", NULL, 0, "Products/007/Potentials 2"},
    {"", "1", "Contacts", "2", "missing-field", FIELD_MODULE, "module: is empty; "},
    {"Campaigns", "", "Contacts", "2", "missing-field", FIELD_RECORD_ID, "record_id: "},
    {"Campaigns", "1", "", "2", "missing-field", FIELD_RELATED_LIST, "related_list: "},
    {"Campaigns", "1", "Contacts", "", "missing-field", FIELD_RELATED_ID, "--map"},
    {"Campaigns", "1", "Contacts", "'", "missing-field", FIELD_RELATED_ID,
     "related_id: "},
    {"Campaigns", "zcrm_", "Contacts", "2", "missing-field", FIELD_RECORD_ID,
     "record_id"},
    {"Campaigns", "x1", "Contacts", "2", "bad-id", FIELD_RECORD_ID,
     "record_id: not 1 to 20 digits: 'x1'"},
    {"Campaigns", "1", "Contacts", "123456789012345678901", "bad-id", FIELD_RELATED_ID,
     "related_id: not 1 to 20 digits: '123456789012345678901'"},
    {"Campaigns", "3.65E+18", "Contacts", "2", "mangled-id", FIELD_RECORD_ID,
     "'3.65E+18'"},
    {"Campaigns", "1", "Contacts", "3,652", "mangled-id", FIELD_RELATED_ID, "'3,652'"},
    {"Camp/aigns", "1", "Contacts", "2", "bad-value", FIELD_MODULE,
     "module: not an API name: 'Camp/aigns'"},
    {"Campaigns", "1", "Con?tacts", "2", "bad-value", FIELD_RELATED_LIST, "'Con?tacts'"},
    {"Campaigns", "1", "Attachments", "2", "unsupported-relation", FIELD_RELATED_LIST,
     "'Campaigns/Attachments'"},
    {"Leads", "1", "Contacts", "2", "unsupported-relation", FIELD_RELATED_LIST,
     "--allow-relation"},
};

static void
checks_each_field(void **state)
{
    struct buf target = {0};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(checks); i++) {
        const struct check_case *c = &checks[i];
        struct fields fields = {{{0}}};
        struct problem problem = {0};
        struct span id = {NULL, 0};
        char got[200];
        /* As columns_read_fields hands them out: trimmed. */
        fields.value[FIELD_MODULE] = span_trim(span_of(c->module));
        fields.value[FIELD_RECORD_ID] = span_trim(span_of(c->record));
        fields.value[FIELD_RELATED_LIST] = span_trim(span_of(c->list));
        fields.value[FIELD_RELATED_ID] = span_trim(span_of(c->id));
        int rc = op_crm_delink.check(&fields, &plain_settings, &target, &id, &problem);
        unit_check(rc == (c->code ? -1 : 0), "case %zu: %s", i, problem.text);
        if (c->code) {
            assert_string_equal(problem.code, c->code);
            assert_int_equal(problem.field, c->field);
            unit_check(strstr(problem.text, c->wanted) != NULL, "case %zu: %s", i,
                       problem.text);
        } else {
            (void)snprintf(got, sizeof(got), "%s %.*s", target.data, (int)id.len, id.ptr);
            assert_string_equal(got, c->wanted);
        }
    }
    buf_clear(&target);
}

/* The outcome of a check, as text. */
static void
show_check(const struct check_case *c, const struct op_settings *settings, char got[600])
{
    struct buf target = {0};
    struct fields fields = {{{0}}};
    struct problem problem = {0};
    struct span id = {NULL, 0};
    fields.value[FIELD_MODULE] = span_trim(span_of(c->module));
    fields.value[FIELD_RECORD_ID] = span_trim(span_of(c->record));
    fields.value[FIELD_RELATED_LIST] = span_trim(span_of(c->list));
    fields.value[FIELD_RELATED_ID] = span_trim(span_of(c->id));
    if (op_crm_delink.check(&fields, settings, &target, &id, &problem))
        (void)snprintf(got, 600, "%s %d %s", problem.code, (int)problem.field,
                       problem.text);
    else
        (void)snprintf(got, 600, "%s %.*s", target.data, (int)id.len, id.ptr);
    buf_clear(&target);
}

/* Whatever row came before, under whatever settings: the same row, the same outcome. */
static void
a_check_depends_on_its_row_alone(void **state)
{
    static const char *const any[] = {"any"};
    static const struct op_settings settings[] = {
        {.api_version = "v8"},
        {.api_version = "v8", .allow_relations = any, .allow_relation_count = 1}};
    static const struct check_case far = {"Services", "1", "Appointments", "1", NULL, 0,
                                          NULL};
    char wanted[600], got[600];
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(checks); i++)
        for (size_t k = 0; k < 4; k++) {
            show_check(&far, &settings[0], got);
            show_check(&checks[i], &settings[k % 2], wanted);
            for (size_t j = 0; j < UNIT_COUNT(checks); j++) {
                show_check(&checks[j], &settings[k / 2], got);
                show_check(&checks[i], &settings[k % 2], got);
                unit_check(strcmp(got, wanted) == 0, "case %zu after case %zu: %s, not %s",
                           i, j, got, wanted);
            }
        }
}

static void
absent_fields_are_missing(void **state)
{
    struct buf target = {0};
    struct fields fields = {{{0}}};
    struct problem problem = {0};
    struct span id;
    (void)state;
    assert_int_equal(
        op_crm_delink.check(&fields, &plain_settings, &target, &id, &problem), -1);
    assert_string_equal(problem.code, "missing-field");
    buf_clear(&target);
}

static void
permits_are_heeded(void **state)
{
    static const char *const permits[] = {"Deals/Contact_Roles"};
    static const struct op_settings settings = {
        .api_version = "v8", .allow_relations = permits, .allow_relation_count = 1};
    struct buf target = {0};
    struct fields fields = {{{0}}};
    struct problem problem = {0};
    struct span id;
    (void)state;
    fields.value[FIELD_MODULE] = span_of("Deals");
    fields.value[FIELD_RECORD_ID] = span_of("1");
    fields.value[FIELD_RELATED_LIST] = span_of("Contact Roles");
    fields.value[FIELD_RELATED_ID] = span_of("2");
    assert_int_equal(
        op_crm_delink.check(&fields, &plain_settings, &target, &id, &problem), -1);
    assert_int_equal(op_crm_delink.check(&fields, &settings, &target, &id, &problem), 0);
    assert_string_equal(target.data, "Deals/1/Contact_Roles");
    buf_clear(&target);
}

static void
builds_the_request(void **state)
{
    static const struct op_settings old = {.api_version = "v2.1"};
    struct request request = {0};
    struct span ids[100];
    char digits[100][24];
    (void)state;
    ids[0] = span_of("3652397000000111001");
    op_crm_delink.build(span_of("Campaigns/3652397000000327001/Contacts"), ids, 1,
                        &plain_settings, &request);
    assert_string_equal(request.method, "DELETE");
    assert_int_equal(request.service, SERVICE_CRM);
    assert_string_equal(request.target.data,
                        "/crm/v8/Campaigns/3652397000000327001/Contacts"
                        "?ids=3652397000000111001");
    ids[0] = span_of("1");
    ids[1] = span_of("22");
    ids[2] = (struct span){"3334", 3};
    op_crm_delink.build((struct span){"Leads/7/Products/x", 16}, ids, 3, &old, &request);
    assert_string_equal(request.target.data, "/crm/v2.1/Leads/7/Products?ids=1,22,333");
    assert_int_equal(request.target.len, strlen(request.target.data));
    for (size_t i = 0; i < 100; i++) {
        (void)snprintf(digits[i], sizeof(digits[i]), "%019zu", i);
        ids[i] = span_of(digits[i]);
    }
    op_crm_delink.build(span_of("A/1/B"), ids, 100, &plain_settings, &request);
    assert_int_equal(strlen(strchr(request.target.data, '=') + 1), 1999);
    request_clear(&request);
}

static void
limits_are_those_of_the_vendor(void **state)
{
    (void)state;
    assert_int_equal(op_crm_delink.batch_max, 100);
    assert_int_equal(op_crm_delink.ids_bytes_max, 2000);
    assert_int_equal(op_crm_delink.service, SERVICE_CRM);
    assert_string_equal(op_crm_delink.name, "crm.delink");
}

static void
finds_operations(void **state)
{
    (void)state;
    assert_ptr_equal(ops_find(span_of("crm.delink")), &op_crm_delink);
    assert_ptr_equal(ops_find(span_of("CRM.Delink")), &op_crm_delink);
    assert_null(ops_find(span_of("crm.delin")));
    assert_null(ops_find(span_of("")));
    for (size_t i = 0; ops_all[i]; i++)
        assert_ptr_equal(ops_find(span_of(ops_all[i]->name)), ops_all[i]);
}

static void
a_row_is_checked_by_its_operation(void **state)
{
    static const char *const names[] = {"operation", "module", "record_id",
                                        "related_list", "related_id"};
    static const struct field_settings no_settings = {{0}, {0}};
    struct op_settings settings = plain_settings;
    struct columns columns = {.settings = &no_settings};
    struct err err = {0};
    struct buf target = {0};
    struct problem problem = {0};
    struct span id;
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        (void)columns_add(&columns, span_of(names[i]), false, &err);
    struct span cells[] = {span_of(" Crm.Delink "), span_of("Campaigns"), span_of("1"),
                           span_of("Leads"), span_of("2")};
    struct row row = {.number = 1, .line = 2, .cells = cells, .cell_count = 5};
    assert_ptr_equal(ops_check_row(&row, &columns, &settings, &target, &id, &problem),
                     &op_crm_delink);
    assert_span(id, "2");
    cells[0] = span_of("crm.delinkk");
    assert_null(ops_check_row(&row, &columns, &settings, &target, &id, &problem));
    assert_string_equal(problem.code, "unknown-operation");
    assert_int_equal(problem.field, FIELD_OPERATION);
    cells[0] = span_of("");
    assert_null(ops_check_row(&row, &columns, &settings, &target, &id, &problem));
    assert_string_equal(problem.code, "missing-field");
    settings.default_operation = "crm.delink";
    assert_non_null(ops_check_row(&row, &columns, &settings, &target, &id, &problem));
    cells[0] = span_of("other");
    assert_null(ops_check_row(&row, &columns, &settings, &target, &id, &problem));
    cells[0] = span_of("");
    (void)snprintf(row.problem, sizeof(row.problem), "is broken");
    assert_null(ops_check_row(&row, &columns, &settings, &target, &id, &problem));
    assert_string_equal(problem.code, "bad-syntax");
    assert_string_equal(problem.text, "is broken");
    columns_clear(&columns);
    buf_clear(&target);
}

static void
problems_fit_and_stay_text(void **state)
{
    struct problem problem;
    char value[400];
    (void)state;
    for (size_t at = 0; at < 100; at++) {
        memset(value, 'v', sizeof(value));
        memcpy(value + at, "\xf0\x9f\x98\x80", 4);
        problem_set(&problem, "bad-value", FIELD_SHOW_FROM_NUMBER, "is wrong",
                    (struct span){value, sizeof(value)},
                    "on other lists the request can delete the record itself; permit it "
                    "with --allow-relation if it is meant");
        assert_non_null(strstr(problem.text, "if it is meant"));
        assert_true(text_is_utf8(problem.text, strlen(problem.text)));
    }
}

/* Every code that a table has is explained, by the row of its HTTP status. */
static void
explains_codes(void **state)
{
    (void)state;
    for (size_t i = 0; ops_all[i]; i++)
        for (const struct code_row *row = ops_all[i]->codes; row->code; row++) {
            assert_ptr_equal(ops_explain(ops_all[i], span_of(row->code), row->http), row);
            assert_non_null(row->meaning);
            assert_non_null(row->advice);
        }
    const struct code_row *row = ops_explain(&op_crm_delink, span_of("INVALID_DATA"),
                                             404);
    assert_int_equal(row->http, 404);
    row = ops_explain(&op_crm_delink, span_of("INVALID_DATA"), 418);
    assert_string_equal(row->code, "INVALID_DATA");
    assert_string_equal(ops_explain(&op_crm_delink, span_of("timeout"), 0)->code,
                        "timeout");
    assert_string_equal(ops_explain(NULL, span_of("bad-id"), 0)->code, "bad-id");
    assert_null(ops_explain(&op_crm_delink, span_of("NEVER_HEARD"), 400));
    assert_null(ops_explain(NULL, span_of("INVALID_DATA"), 400));
}

/* The lower-case codes are those of the contract, each once. */
static void
own_codes_are_all_there(void **state)
{
    static const char *const codes[] = {
        "already-done", "connect-failed", "tls-failed", "timeout", "connection-lost",
        "bad-response", "no-entry", "bad-syntax", "missing-field", "bad-id", "mangled-id",
        "bad-value", "unsupported-relation", "unknown-operation", "budget", "window",
        "halted", "interrupted", "http-3xx", "http-4xx", "http-5xx",
    };
    size_t count = 0;
    (void)state;
    for (const struct code_row *row = codes_own; row->code; row++)
        count++;
    assert_int_equal(count, UNIT_COUNT(codes));
    for (size_t i = 0; i < UNIT_COUNT(codes); i++)
        unit_check(ops_explain(NULL, span_of(codes[i]), 0) != NULL, "%s", codes[i]);
}

struct status_case {
    long http;
    const char *code;
    enum action action;
    const char *wanted;         /* code of the verdict */
};

static void
judges_by_status_first(void **state)
{
    static const struct status_case cases[] = {
        {500, "", ACTION_RETRY_LOST, "http-500"},
        {500, "INVALID_MODULE", ACTION_RETRY_LOST, "INVALID_MODULE"},
        {502, "", ACTION_RETRY_LOST, "http-502"},
        {503, "INVALID_TOKEN", ACTION_RETRY_LOST, "INVALID_TOKEN"},
        {504, "", ACTION_RETRY_LOST, "http-504"},
        {599, "", ACTION_RETRY_LOST, "http-599"},
        {429, "", ACTION_SLOW_DOWN, "http-429"},
        {429, "INVALID_TOKEN", ACTION_SLOW_DOWN, "INVALID_TOKEN"},
        {408, "", ACTION_RETRY, "http-408"},
        {408, "INVALID_MODULE", ACTION_RETRY, "INVALID_MODULE"},
        {401, "", ACTION_RENEW_TOKEN, "http-401"},
        {401, "NEVER_HEARD", ACTION_RENEW_TOKEN, "NEVER_HEARD"},
        {401, "OAUTH_SCOPE_MISMATCH", ACTION_STOP, "OAUTH_SCOPE_MISMATCH"},
        {400, "INVALID_TOKEN", ACTION_RENEW_TOKEN, "INVALID_TOKEN"},
        {400, "SUCCESS", ACTION_FAIL, "http-400"},
        {200, "SUCCESS", ACTION_RETRY_LOST, "bad-response"},
        {200, "success", ACTION_RETRY_LOST, "bad-response"},
        {200, "", ACTION_RETRY_LOST, "bad-response"},
        {207, "", ACTION_RETRY_LOST, "bad-response"},
        {204, "", ACTION_RETRY_LOST, "bad-response"},
        {200, "INVALID_MODULE", ACTION_FAIL_TARGET, "INVALID_MODULE"},
        {200, "NEVER_HEARD", ACTION_FAIL, "NEVER_HEARD"},
        {301, "", ACTION_FAIL, "http-301"},
        {404, "", ACTION_FAIL, "http-404"},
        {403, "NEVER_HEARD", ACTION_FAIL, "NEVER_HEARD"},
        {400, "invalid_module", ACTION_FAIL, "invalid_module"},
    };
    struct judgement judgement = {0};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct answer answer = {cases[i].http, {"", 0}};
        judge_begin(&judgement);
        judge_whole(&answer, span_of(cases[i].code), span_of("words"),
                    op_crm_delink.codes, &judgement);
        unit_check(judgement.action == cases[i].action, "case %zu: action %d", i,
                   judgement.action);
        assert_span(judgement.whole.code, cases[i].wanted);
        assert_int_equal(judgement.retry_after_s, -1);
    }
    judgement_clear(&judgement);
}

static void
judge(const char *body, long http, struct judgement *judgement)
{
    const struct span ids[] = {span_of("1"), span_of("2")};
    struct answer answer = {http, span_of(body)};
    op_crm_delink.judge(&answer, ids, 2, judgement);
}

static void
reads_retry_after(void **state)
{
    static const struct {
        const char *details;
        long seconds;
    } cases[] = {
        {"{\"retry_after\":30}", 30}, {"{\"retry_after\":\"30\"}", 30},
        {"{\"retry_after\":\"\\u0033\"}", 3}, {"{\"retry_after\":0}", 0},
        {"{\"retry_after\":-1}", -1}, {"{\"retry_after\":1.5}", -1},
        {"{\"retry_after\":null}", -1}, {"{\"retry_after\":[]}", -1},
        {"{\"retry_after\":\"soon\"}", -1}, {"{}", -1}, {"[]", -1}, {"null", -1},
        {"{\"retry_after\":99999999999999999999999}", -1},
    };
    struct judgement judgement = {0};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char body[200];
        (void)snprintf(body, sizeof(body),
                       "{\"code\":\"TOO_MANY_REQUESTS\",\"details\":%s}",
                       cases[i].details);
        judge(body, 429, &judgement);
        unit_check(judgement.retry_after_s == cases[i].seconds, "%s: %ld", body,
                   judgement.retry_after_s);
    }
    judgement_clear(&judgement);
}

/* "record deleted" on a delink deserves a warning, "Relation Removed" none. */
static void
notices_odd_successes(void **state)
{
    static const struct {
        const char *message;
        bool odd;
    } cases[] = {
        {"relation removed", false}, {"Relation Removed", false},
        {"record deleted", true},    {"", true},
        {"relation removed.", true},
    };
    struct judgement judgement = {0};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char body[300];
        (void)snprintf(body, sizeof(body), "{\"data\":[{\"code\":\"SUCCESS\",\"details\":"
                       "{\"id\":\"1\"},\"message\":\"%s\",\"status\":\"success\"}]}",
                       cases[i].message);
        judge(body, 200, &judgement);
        assert_int_equal(judgement.ids[0].kind, VERDICT_DONE);
        assert_int_equal(judgement.odd_success, cases[i].odd);
    }
    judgement_clear(&judgement);
}

/* An answer cut at any byte never counts as one. */
static void
a_cut_answer_is_unreadable(void **state)
{
    static const char body[] =
        "{\"data\":[{\"code\":\"SUCCESS\",\"details\":{\"id\":\"1\"},\"message\":\"relation "
        "removed\",\"status\":\"success\"},{\"code\":\"SUCCESS\",\"details\":{\"id\":\"2\"},"
        "\"message\":\"relation removed\",\"status\":\"success\"}]}";
    const struct span ids[] = {span_of("1"), span_of("2")};
    struct judgement judgement = {0};
    (void)state;
    for (size_t len = 0; len + 1 < sizeof(body); len++) {
        char *copy = malloc(len ? len : 1);
        struct answer answer = {200, {copy, len}};
        memcpy(copy, body, len);
        op_crm_delink.judge(&answer, ids, 2, &judgement);
        unit_check(judgement.action == ACTION_RETRY_LOST, "cut at %zu", len);
        free(copy);
    }
    judge(body, 200, &judgement);
    assert_int_equal(judgement.action, ACTION_ENTRIES);
    assert_int_equal(judgement.ids[1].kind, VERDICT_DONE);
    judgement_clear(&judgement);
}

/* Whatever is said of 100 IDs, in any order, is told of the right one. */
static void
matches_by_id_in_any_order(void **state)
{
    struct dice dice = {11};
    struct judgement judgement = {0};
    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        char digits[100][24];
        struct span ids[100];
        size_t place[100], said[100];
        size_t count = 1 + dice_below(&dice, 100);
        bool pretty = dice_below(&dice, 2);
        for (size_t i = 0; i < count; i++) {
            (void)snprintf(digits[i], sizeof(digits[i]), "%zu", 1 + i * (1 + round % 7));
            ids[i] = span_of(digits[i]);
            place[i] = i;
            said[i] = dice_below(&dice, 4);             /* done, gone, refused, nothing */
        }
        for (size_t i = count; round % 3 && i > 1; i--) {
            size_t j = dice_below(&dice, i), held = place[i - 1];
            place[i - 1] = place[j];
            place[j] = held;
        }
        struct buf body = {0};
        buf_add_text(&body, "{\"data\":[");
        bool first = true;
        for (size_t n = 0; n < count; n++) {
            static const char *const words[] = {"SUCCESS", "INVALID_DATA",
                                                "NO_PERMISSION"};
            static const char *const messages[] = {"relation removed",
                                                   "relation not found", "no \\u00e9"};
            size_t i = place[n];
            if (said[i] == 3)
                continue;
            buf_addf(&body,
                     "%s{%s\"code\":\"%s\",\"details\":{\"id\":\"%s\"},\"message\":"
                     "\"%s\",\"status\":\"%s\"}",
                     first    ? ""
                     : pretty ? ",\n  "
                              : ",",
                     pretty ? "\n" : "", words[said[i]], digits[i], messages[said[i]],
                     said[i] ? "error" : "success");
            first = false;
        }
        buf_add_text(&body, "]}");
        struct answer answer = {207, {body.data, body.len}};
        op_crm_delink.judge(&answer, ids, count, &judgement);
        assert_int_equal(judgement.action, ACTION_ENTRIES);
        static const enum verdict_kind kinds[] = {VERDICT_DONE, VERDICT_GONE,
                                                  VERDICT_REFUSED, VERDICT_NONE};
        for (size_t i = 0; i < count; i++)
            unit_check(judgement.ids[i].kind == kinds[said[i]], "round %u, ID %s", round,
                       digits[i]);
        buf_clear(&body);
    }
    judgement_clear(&judgement);
}

/* What was judged before leaves no trace. */
static void
judgements_start_afresh(void **state)
{
    struct judgement judgement = {0};
    (void)state;
    judge(
        "{\"data\":[{\"code\":\"SUCCESS\",\"details\":{\"id\":\"1\"},\"message\":\"x\"}]}",
        200, &judgement);
    assert_true(judgement.odd_success);
    judge("{\"data\":[]}", 200, &judgement);
    assert_int_equal(judgement.action, ACTION_ENTRIES);
    assert_int_equal(judgement.ids[0].kind, VERDICT_NONE);
    assert_false(judgement.odd_success);
    judgement_clear(&judgement);
}

void
test_delink(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_each_field),
        cmocka_unit_test(a_check_depends_on_its_row_alone),
        cmocka_unit_test(absent_fields_are_missing),
        cmocka_unit_test(permits_are_heeded),
        cmocka_unit_test(builds_the_request),
        cmocka_unit_test(limits_are_those_of_the_vendor),
        cmocka_unit_test(finds_operations),
        cmocka_unit_test(a_row_is_checked_by_its_operation),
        cmocka_unit_test(problems_fit_and_stay_text),
        cmocka_unit_test(explains_codes),
        cmocka_unit_test(own_codes_are_all_there),
        cmocka_unit_test(judges_by_status_first),
        cmocka_unit_test(reads_retry_after),
        cmocka_unit_test(notices_odd_successes),
        cmocka_unit_test(a_cut_answer_is_unreadable),
        cmocka_unit_test(matches_by_id_in_any_order),
        cmocka_unit_test(judgements_start_afresh),
    };
    unit_run(tally, "delink", tests, UNIT_COUNT(tests));
}
