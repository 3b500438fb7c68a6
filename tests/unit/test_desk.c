/* desk.clear_live_mapping: checking rows, both forms of the request, answers. */
#include "unit.h"

#include "ops/op.h"

static const struct op_settings delete_form = {.desk_org_id = "2389290"};
static const struct op_settings post_form = {.desk_org_id = "2389290", .desk_post = true};
static const struct op_settings no_org = {.desk_org_id = NULL};

struct check_case {
    const char *call, *org;
    const char *code; /* of the problem; NULL: accepted */
    enum field field;
    const char *wanted; /* target and ID, or part of the problem's text */
};

static const struct check_case checks[] = {
    {"1892000000094004", "", NULL, 0, "2389290 1892000000094004"},
    {"1892000000094004", "60001234567", NULL, 0, "60001234567 1892000000094004"},
    {" 7 ", " 8 ", NULL, 0, "8 7"},
    {"12345678901234567890", "12345678901234567890", NULL, 0,
     "12345678901234567890 12345678901234567890"},
    {"'7", "=\"8\"", NULL, 0, "8 7"},
    {"007", "008", NULL, 0, "008 007"},
    {"", "8", "missing-field", FIELD_CALL_ID, "call_id: is empty; "},
    {"  ", "", "missing-field", FIELD_CALL_ID, "--map"},
    {"'", "8", "missing-field", FIELD_CALL_ID, "call_id"},
    {"1892000000094004x", "", "bad-id", FIELD_CALL_ID,
     "call_id: not 1 to 20 digits: '1892000000094004x'"},
    {"123456789012345678901", "", "bad-id", FIELD_CALL_ID, "1 to 20 digits"},
    {"-7", "", "bad-id", FIELD_CALL_ID, "'-7'"},
    {"7/8", "", "bad-id", FIELD_CALL_ID, "'7/8'"},
    {"7?x=1", "", "bad-id", FIELD_CALL_ID, "'7?x=1'"},
    {"7 8", "", "mangled-id", FIELD_CALL_ID, "'7 8'"},
    {"a8343631-9f35-4a3a-83f0-9e81592339fb", "", "bad-id", FIELD_CALL_ID, "a8343631"},
    {"1.892E+15", "", "mangled-id", FIELD_CALL_ID, "'1.892E+15'"},
    {"1,892,000", "", "mangled-id", FIELD_CALL_ID, "'1,892,000'"},
    {"7", "", NULL, 0, "2389290 7"},
    {"7", "org8", "bad-id", FIELD_ORG_ID, "org_id: not 1 to 20 digits: 'org8'"},
    {"7", "8\r\nX-Other: 1", "bad-id", FIELD_ORG_ID, "org_id"},
    {"7", "6.0E+10", "mangled-id", FIELD_ORG_ID, "'6.0E+10'"},
    {"7", "123456789012345678901", "bad-id", FIELD_ORG_ID, "org_id"},
    {"x", "y", "bad-id", FIELD_CALL_ID, "call_id"},
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
        fields.value[FIELD_CALL_ID] = span_trim(span_of(c->call));
        fields.value[FIELD_ORG_ID] = span_trim(span_of(c->org));
        buf_add_text(&target, "left from the last row");
        int rc = op_desk_clear_live_mapping.check(&fields, &delete_form, &target, &id,
                                                  &problem);
        unit_check(rc == (c->code ? -1 : 0), "case %zu: %s", i, problem.text);
        if (c->code) {
            assert_string_equal(problem.code, c->code);
            assert_int_equal(problem.field, c->field);
            unit_check(strstr(problem.text, c->wanted) != NULL, "case %zu: %s", i,
                       problem.text);
        } else {
            (void)snprintf(got, sizeof(got), "%.*s %.*s", (int)target.len, target.data,
                           (int)id.len, id.ptr);
            assert_string_equal(got, c->wanted);
        }
    }
    buf_clear(&target);
}

static void
absent_fields_are_missing(void **state)
{
    struct buf target = {0};
    struct fields fields = {{{0}}};
    struct problem problem = {0};
    struct span id;
    (void)state;
    assert_int_equal(op_desk_clear_live_mapping.check(&fields, &delete_form, &target, &id,
                                                      &problem),
                     -1);
    assert_string_equal(problem.code, "missing-field");
    fields.value[FIELD_CALL_ID] = span_of("7");
    assert_int_equal(
        op_desk_clear_live_mapping.check(&fields, &no_org, &target, &id, &problem), 0);
    assert_int_equal(target.len, 0);
    buf_clear(&target);
}

static void
builds_both_forms(void **state)
{
    struct request request = {0};
    const struct span id = {"18920000000940045", 16};
    (void)state;
    buf_add_text(&request.body, "left from the last request");
    op_desk_clear_live_mapping.build(span_of("60001234567"), &id, 1, &delete_form,
                                     &request);
    assert_string_equal(request.method, "DELETE");
    assert_int_equal(request.service, SERVICE_DESK);
    assert_string_equal(request.target.data,
                        "/api/v1/calls/1892000000094004/clearLiveMapping");
    assert_string_equal(request.header.data, "orgId: 60001234567");
    assert_false(request.has_body);
    assert_int_equal(request.body.len, 0);
    assert_null(request.content_type);
    assert_false(request.is_signed);

    op_desk_clear_live_mapping.build(span_of("60001234567"), &id, 1, &post_form,
                                     &request);
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.target.data,
                        "/api/v1/calls/1892000000094004/clearLiveCall");
    assert_string_equal(request.header.data, "orgId: 60001234567");
    assert_true(request.has_body);
    assert_int_equal(request.body.len, 0);
    assert_null(request.content_type);
    request_clear(&request);
}

/* No query parameter: an unknown one answers 422. */
static void
sends_no_parameters(void **state)
{
    struct request request = {0};
    const struct span id = span_of("7");
    (void)state;
    op_desk_clear_live_mapping.build(span_of("8"), &id, 1, &delete_form, &request);
    assert_null(strpbrk(request.target.data, "?&#"));
    op_desk_clear_live_mapping.build(span_of("8"), &id, 1, &post_form, &request);
    assert_null(strpbrk(request.target.data, "?&#"));
    request_clear(&request);
}

/* With or without a column for it: rows of one organisation are one target. */
static void
the_organisation_is_the_row_s_or_the_environment_s(void **state)
{
    struct buf target = {0};
    struct fields fields = {{{0}}};
    struct problem problem = {0};
    struct request request = {0};
    struct span id;
    (void)state;
    fields.value[FIELD_CALL_ID] = span_of("7");
    for (int given = 0; given < 2; given++) {
        assert_int_equal(op_desk_clear_live_mapping.check(&fields, &delete_form, &target,
                                                          &id, &problem),
                         0);
        assert_string_equal(target.data, "2389290");
        fields.value[FIELD_ORG_ID] = span_of("2389290");
    }
    fields.value[FIELD_ORG_ID] = span_of("88");
    assert_int_equal(op_desk_clear_live_mapping.check(&fields, &delete_form, &target, &id,
                                                      &problem),
                     0);
    assert_string_equal(target.data, "88");
    op_desk_clear_live_mapping.build((struct span){"889", 2}, &id, 1, &delete_form,
                                     &request);
    assert_string_equal(request.header.data, "orgId: 88");
    request_clear(&request);
    buf_clear(&target);
}

static void
is_sent_one_by_one(void **state)
{
    (void)state;
    assert_string_equal(op_desk_clear_live_mapping.name, "desk.clear_live_mapping");
    assert_int_equal(op_desk_clear_live_mapping.service, SERVICE_DESK);
    assert_int_equal(op_desk_clear_live_mapping.batch_max, 1);
    assert_false(op_desk_clear_live_mapping.ordered);
    assert_true(ops_may_resend(&op_desk_clear_live_mapping, span_of("8")));
    assert_non_null(strstr(op_desk_clear_live_mapping.scope, "Desk.calls."));
}

static void
judge(const char *body, size_t len, long http, struct judgement *judgement)
{
    const struct span id = {"7", 1};
    char *copy = malloc(len ? len : 1);
    struct answer answer = {http, {copy, len}};
    memcpy(copy, body, len);
    op_desk_clear_live_mapping.judge(&answer, &id, 1, judgement);
    free(copy);
}

/* An error cut at any byte is no success, and no "gone". */
static void
a_cut_answer_is_unreadable(void **state)
{
    static const char body[] =
        "{\"errorCode\":\"URL_NOT_FOUND\",\"message\":\"The URL could not be found.\"}";
    struct judgement judgement = {0};
    (void)state;
    for (size_t len = 1; len + 1 < sizeof(body); len++) {
        judge(body, len, 404, &judgement);
        unit_check(judgement.action == ACTION_FAIL, "cut at %zu", len);
        assert_span(judgement.whole.code, "http-404");
        judge(body, len, 200, &judgement);
        unit_check(judgement.action == ACTION_RETRY_LOST, "cut at %zu", len);
        assert_span(judgement.whole.code, "bad-response");
    }
    judge(body, sizeof(body) - 1, 404, &judgement);
    assert_int_equal(judgement.action, ACTION_ENTRIES);
    assert_int_equal(judgement.ids[0].kind, VERDICT_GONE);
    judgement_clear(&judgement);
}

/* Each status beside each code of the table: only a 2xx without one is a success. */
static void
only_a_2xx_without_a_code_is_a_success(void **state)
{
    struct judgement judgement = {0};
    (void)state;
    for (long http = 200; http < 600; http++) {
        for (const struct code_row *row = op_desk_clear_live_mapping.codes; row->code;
             row++) {
            char body[200];
            int len = snprintf(body, sizeof(body),
                               "{\"errorCode\":\"%s\",\"message\":\"x\"}", row->code);
            judge(body, (size_t)len, http, &judgement);
            bool gone = http == 404 && strcmp(row->code, "URL_NOT_FOUND") == 0;
            bool entry = judgement.action == ACTION_ENTRIES;
            unit_check(entry == gone, "%ld %s: action %d", http, row->code,
                       judgement.action);
            unit_check(!entry || judgement.ids[0].kind == VERDICT_GONE, "%ld %s", http,
                       row->code);
            unit_check(http < 500 || judgement.action == ACTION_RETRY_LOST, "%ld %s",
                       http, row->code);
        }
        judge("", 0, http, &judgement);
        unit_check((judgement.action == ACTION_ENTRIES) == (http < 300), "%ld", http);
    }
    judgement_clear(&judgement);
}

static void
takes_long_answers(void **state)
{
    struct buf body = {0};
    struct judgement judgement = {0};
    const struct span id = span_of("7");
    (void)state;
    buf_add_text(&body, "{\"message\":\"");
    for (size_t i = 0; i < 100000; i++)
        buf_add_text(&body,
                     "\\ud83d\\ude00 words, words, words, words, words, words, words, ");
    buf_add_text(&body, "\",\"errors\":[],\"errorCode\":\"FORBIDDEN\"}");
    struct answer answer = {403, {body.data, body.len}};
    op_desk_clear_live_mapping.judge(&answer, &id, 1, &judgement);
    assert_int_equal(judgement.action, ACTION_FAIL);
    assert_span(judgement.whole.code, "FORBIDDEN");
    assert_true(span_starts(judgement.whole.message, "\xf0\x9f\x98\x80 words"));
    assert_true(text_is_utf8(judgement.whole.message.ptr, judgement.whole.message.len));
    buf_clear(&body);
    judgement_clear(&judgement);
}

/* Code and message are both decoded into the scratch buffer: neither may move. */
static void
decoded_texts_stay_where_they_are(void **state)
{
    struct judgement judgement = {0};
    char body[600];
    (void)state;
    for (size_t blanks = 0; blanks < 300; blanks++) {
        int len = snprintf(body, sizeof(body),
                           "{\"errorCode\":\"BAD\\u005fREQUEST\","
                           "\"message\":\"\\u00e9%*s\"}",
                           (int)blanks, "");
        judge(body, (size_t)len, 400, &judgement);
        assert_span(judgement.whole.code, "BAD_REQUEST");
        assert_int_equal(judgement.whole.message.len, 2 + blanks);
        assert_true(span_starts(judgement.whole.message, "\xc3\xa9"));
    }
    judgement_clear(&judgement);
}

void
test_desk(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_each_field),
        cmocka_unit_test(absent_fields_are_missing),
        cmocka_unit_test(builds_both_forms),
        cmocka_unit_test(sends_no_parameters),
        cmocka_unit_test(the_organisation_is_the_row_s_or_the_environment_s),
        cmocka_unit_test(is_sent_one_by_one),
        cmocka_unit_test(a_cut_answer_is_unreadable),
        cmocka_unit_test(only_a_2xx_without_a_code_is_a_success),
        cmocka_unit_test(takes_long_answers),
        cmocka_unit_test(decoded_texts_stay_where_they_are),
    };
    unit_run(tally, "desk", tests, UNIT_COUNT(tests));
}
