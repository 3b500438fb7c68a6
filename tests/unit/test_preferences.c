/* crm.call_preferences: checking rows, the request, what answers may hold. */
#include "unit.h"

#include "ops/op.h"

static const struct op_settings plain_settings = {.api_version = "v8"};

struct check_case {
    const char *to, *from;
    const char *code; /* of the problem; NULL: accepted */
    enum field field;
    const char *wanted; /* the ID, or part of the problem's text */
};

static const struct check_case checks[] = {
    {"true", "true", NULL, 0, "true,true"},
    {"true", "false", NULL, 0, "true,false"},
    {"false", "true", NULL, 0, "false,true"},
    {"false", "false", NULL, 0, "false,false"},
    {"1", "0", NULL, 0, "true,false"},
    {"no", "yes", NULL, 0, "false,true"},
    {"TRUE", "False", NULL, 0, "true,false"},
    {"YES", "nO", NULL, 0, "true,false"},
    {" true ", "\tno\r", NULL, 0, "true,false"},
    {"", "true", "missing-field", FIELD_SHOW_TO_NUMBER, "show_to_number: is empty; "},
    {"true", "", "missing-field", FIELD_SHOW_FROM_NUMBER, "show_from_number: is empty; "},
    {"", "", "missing-field", FIELD_SHOW_TO_NUMBER, "--set"},
    {"  ", "x", "missing-field", FIELD_SHOW_TO_NUMBER, "show_to_number"},
    {"tru", "true", "bad-value", FIELD_SHOW_TO_NUMBER,
     "show_to_number: not true or false: 'tru'; write true, false"},
    {"true", "falsee", "bad-value", FIELD_SHOW_FROM_NUMBER, "'falsee'"},
    {"2", "true", "bad-value", FIELD_SHOW_TO_NUMBER, "'2'"},
    {"-1", "true", "bad-value", FIELD_SHOW_TO_NUMBER, "'-1'"},
    {"01", "true", "bad-value", FIELD_SHOW_TO_NUMBER, "'01'"},
    {"1.0", "true", "bad-value", FIELD_SHOW_TO_NUMBER, "'1.0'"},
    {"on", "true", "bad-value", FIELD_SHOW_TO_NUMBER, "'on'"},
    {"t", "true", "bad-value", FIELD_SHOW_TO_NUMBER, "'t'"},
    {"y", "true", "bad-value", FIELD_SHOW_TO_NUMBER, "'y'"},
    {"null", "true", "bad-value", FIELD_SHOW_TO_NUMBER, "'null'"},
    {"\"true\"", "true", "bad-value", FIELD_SHOW_TO_NUMBER, "'\"true\"'"},
    {"true,false", "true", "bad-value", FIELD_SHOW_TO_NUMBER, "'true,false'"},
    {"true",
     "tr\xc3\xbc"
     "e",
     "bad-value", FIELD_SHOW_FROM_NUMBER,
     "tr\xc3\xbc"
     "e"},
    {"bad", "bad", "bad-value", FIELD_SHOW_TO_NUMBER, "show_to_number"},
};

static void
checks_both_fields(void **state)
{
    struct buf target = {0};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(checks); i++) {
        const struct check_case *c = &checks[i];
        struct fields fields = {{{0}}};
        struct problem problem = {0};
        struct span id = {NULL, 0};
        fields.value[FIELD_SHOW_TO_NUMBER] = span_trim(span_of(c->to));
        fields.value[FIELD_SHOW_FROM_NUMBER] = span_trim(span_of(c->from));
        int rc = op_crm_call_preferences.check(&fields, &plain_settings, &target, &id,
                                               &problem);
        unit_check(rc == (c->code ? -1 : 0), "case %zu: %s", i, problem.text);
        if (c->code) {
            assert_string_equal(problem.code, c->code);
            assert_int_equal(problem.field, c->field);
            unit_check(strstr(problem.text, c->wanted) != NULL, "case %zu: %s", i,
                       problem.text);
        } else {
            assert_span(id, c->wanted);
        }
    }
    buf_clear(&target);
}

/* A value that stops in the middle of a longer text is read to its own end. */
static void
reads_no_further_than_the_cell(void **state)
{
    struct fields fields = {{{0}}};
    struct problem problem = {0};
    struct buf target = {0};
    struct span id;
    (void)state;
    fields.value[FIELD_SHOW_TO_NUMBER] = (struct span){"truefalse", 4};
    fields.value[FIELD_SHOW_FROM_NUMBER] = (struct span){"1234", 1};
    assert_int_equal(op_crm_call_preferences.check(&fields, &plain_settings, &target, &id,
                                                   &problem),
                     0);
    assert_span(id, "true,true");
    fields.value[FIELD_SHOW_TO_NUMBER] = (struct span){"true", 3};
    assert_int_equal(op_crm_call_preferences.check(&fields, &plain_settings, &target, &id,
                                                   &problem),
                     -1);
    buf_clear(&target);
}

/* Every row has the same target, so that all of them keep their order. */
static void
all_rows_share_a_target(void **state)
{
    struct buf first = {0}, second = {0};
    struct fields fields = {{{0}}};
    struct problem problem = {0};
    struct span id;
    (void)state;
    fields.value[FIELD_SHOW_TO_NUMBER] = fields.value[FIELD_SHOW_FROM_NUMBER] = span_of(
        "1");
    assert_int_equal(op_crm_call_preferences.check(&fields, &plain_settings, &first, &id,
                                                   &problem),
                     0);
    fields.value[FIELD_SHOW_TO_NUMBER] = span_of("0");
    assert_int_equal(op_crm_call_preferences.check(&fields, &plain_settings, &second, &id,
                                                   &problem),
                     0);
    assert_true(first.len > 0);
    assert_string_equal(first.data, second.data);
    assert_int_equal(first.len, strlen(first.data));
    buf_clear(&first);
    buf_clear(&second);
}

static void
builds_the_request(void **state)
{
    static const struct {
        const char *id, *body;
    } cases[] = {
        {"true,true",
         "{\"call_preferences\":{\"show_to_number\":true,\"show_from_number\":true}}"},
        {"true,false",
         "{\"call_preferences\":{\"show_to_number\":true,\"show_from_number\":false}}"},
        {"false,true",
         "{\"call_preferences\":{\"show_to_number\":false,\"show_from_number\":true}}"},
        {"false,false",
         "{\"call_preferences\":{\"show_to_number\":false,\"show_from_number\":false}}"},
    };
    struct request request = {0};
    (void)state;
    /* What an earlier request left is gone. */
    buf_add_text(&request.header, "orgId: 1");
    request.is_signed = true;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        /* As the plan holds it: with something else behind. */
        char text[32];
        (void)snprintf(text, sizeof(text), "%s,true,false", cases[i].id);
        struct span id = {text, strlen(cases[i].id)};
        op_crm_call_preferences.build(span_of("call_preferences"), &id, 1,
                                      &plain_settings, &request);
        assert_string_equal(request.method, "PUT");
        assert_int_equal(request.service, SERVICE_CRM);
        assert_string_equal(request.target.data, "/crm/v8/settings/call_preferences");
        assert_true(request.has_body);
        assert_string_equal(request.body.data, cases[i].body);
        assert_int_equal(request.body.len, strlen(cases[i].body));
        assert_string_equal(request.content_type, "application/json");
        assert_int_equal(request.header.len, 0);
        assert_false(request.is_signed);
    }
    request_clear(&request);
}

static void
is_sent_one_at_a_time(void **state)
{
    (void)state;
    assert_string_equal(op_crm_call_preferences.name, "crm.call_preferences");
    assert_int_equal(op_crm_call_preferences.service, SERVICE_CRM);
    assert_int_equal(op_crm_call_preferences.batch_max, 1);
    assert_true(op_crm_call_preferences.ordered);
    assert_true(ops_may_resend(&op_crm_call_preferences, span_of("call_preferences")));
    assert_non_null(strstr(op_crm_call_preferences.scope, "ZohoCRM.settings.modules"));
}

static void
judge(const char *body, size_t len, long http, struct judgement *judgement)
{
    const struct span id = {"true,false", 10};
    char *copy = malloc(len ? len : 1);
    struct answer answer = {http, {copy, len}};
    memcpy(copy, body, len);
    op_crm_call_preferences.judge(&answer, &id, 1, judgement);
    free(copy);
}

static void
a_cut_answer_is_unreadable(void **state)
{
    static const char body[] =
        "{\"call_preferences\":{\"code\":\"SUCCESS\",\"details\":{},\"message\":\"Calls "
        "preferences updated successfully\",\"status\":\"success\"}}";
    struct judgement judgement = {0};
    (void)state;
    for (size_t len = 0; len + 1 < sizeof(body); len++) {
        judge(body, len, 200, &judgement);
        unit_check(judgement.action == ACTION_RETRY_LOST, "cut at %zu", len);
        assert_string_equal(judgement.own_code, "bad-response");
        judge(body, len, 403, &judgement);
        unit_check(judgement.action == ACTION_FAIL, "cut at %zu", len);
    }
    judge(body, sizeof(body) - 1, 200, &judgement);
    assert_int_equal(judgement.action, ACTION_ENTRIES);
    assert_int_equal(judgement.ids[0].kind, VERDICT_DONE);
    judgement_clear(&judgement);
}

/* No single changed byte makes a success of a refusal. */
static void
no_changed_byte_makes_a_success(void **state)
{
    static const char body[] =
        "{\"call_preferences\":{\"code\":\"NOT_ALLOWED\",\"details\":{\"api_name\":"
        "\"show_to_number\"},\"message\":\"x\",\"status\":\"error\"}}";
    struct judgement judgement = {0};
    (void)state;
    for (size_t i = 0; i + 1 < sizeof(body); i++)
        for (int byte = 0; byte < 256; byte++) {
            char changed[sizeof(body)];
            memcpy(changed, body, sizeof(body));
            changed[i] = (char)byte;
            judge(changed, sizeof(body) - 1, 400, &judgement);
            unit_check(judgement.action == ACTION_FAIL, "byte %zu as %d", i, byte);
        }
    judgement_clear(&judgement);
}

static void
takes_long_answers(void **state)
{
    struct buf body = {0};
    struct judgement judgement = {0};
    (void)state;
    buf_add_text(&body,
                 "{\"call_preferences\":{\"code\":\"NOT_ALLOWED\",\"message\":\"\\u00e9");
    for (size_t i = 0; i < 10000; i++)
        buf_add_text(&body,
                     "a thousand bytes of words follow, escaped \\n\\t\\\\ and not, "
                     "again and again");
    buf_add_text(&body, "\"}}");
    struct answer answer = {400, {body.data, body.len}};
    const struct span id = span_of("true,false");
    op_crm_call_preferences.judge(&answer, &id, 1, &judgement);
    assert_int_equal(judgement.action, ACTION_FAIL);
    assert_span(judgement.whole.code, "NOT_ALLOWED");
    assert_true(judgement.whole.message.len > 600000);
    assert_true(span_starts(judgement.whole.message, "\xc3\xa9"
                                                     "a thousand"));
    buf_clear(&body);
    judgement_clear(&judgement);
}

/* What was judged before leaves no trace. */
static void
judgements_start_afresh(void **state)
{
    static const char busy[] = "{\"code\":\"TOO_MANY_REQUESTS\",\"details\":"
                               "{\"retry_after\":30}}";
    static const char done[] = "{\"call_preferences\":{\"code\":\"SUCCESS\"}}";
    struct judgement judgement = {0};
    (void)state;
    judge(busy, sizeof(busy) - 1, 429, &judgement);
    assert_int_equal(judgement.action, ACTION_SLOW_DOWN);
    assert_int_equal(judgement.retry_after_s, 30);
    judge(done, sizeof(done) - 1, 200, &judgement);
    assert_int_equal(judgement.retry_after_s, -1);
    assert_int_equal(judgement.ids[0].kind, VERDICT_DONE);
    judge("", 0, 200, &judgement);
    assert_int_equal(judgement.action, ACTION_RETRY_LOST);
    assert_int_equal(judgement.ids[0].kind, VERDICT_NONE);
    judgement_clear(&judgement);
}

void
test_preferences(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_both_fields),
        cmocka_unit_test(reads_no_further_than_the_cell),
        cmocka_unit_test(all_rows_share_a_target),
        cmocka_unit_test(builds_the_request),
        cmocka_unit_test(is_sent_one_at_a_time),
        cmocka_unit_test(a_cut_answer_is_unreadable),
        cmocka_unit_test(no_changed_byte_makes_a_success),
        cmocka_unit_test(takes_long_answers),
        cmocka_unit_test(judgements_start_afresh),
    };
    unit_run(tally, "preferences", tests, UNIT_COUNT(tests));
}
