/* verba.delete_call: checking rows, both forms of the request, answers. */
#include "unit.h"

#include "ops/op.h"

#define UUID "a8343631-9f35-4a3a-83f0-9e81592339fb"

static const struct op_settings post_settings = {.api_version = "v8"};
static const struct op_settings get_settings = {.verba_get = true};

struct given {
    enum field field;
    const char *value;
};

struct check_case {
    struct given given[3]; /* a NULL value: none */
    const char *code;      /* of the problem; NULL: accepted */
    enum field field;
    const char *wanted; /* target, blank, ID; or part of the problem's text */
};

static const struct check_case checks[] = {
    {{{FIELD_CALL_ID, UUID}}, NULL, 0, "callID " UUID},
    {{{FIELD_CALL_ID, "A8343631-9F35-4A3A-83F0-9E81592339FB"}}, NULL, 0, "callID " UUID},
    {{{FIELD_NATIVE_ID, "A8343631-9F35"}}, NULL, 0, "nativeID A8343631-9F35"},
    {{{FIELD_PLATFORM_CALL_ID, "71627389"}}, NULL, 0, "platformCallID 71627389"},
    {{{FIELD_NATIVE_ID, "TRS26140192"}}, NULL, 0, "nativeID TRS26140192"},
    {{{FIELD_MEETING_ID, "WHBFM6DD"}}, NULL, 0, "meetingID WHBFM6DD"},
    {{{FIELD_NATIVE_ID, "a b&c=d%/?\"\xc3\xa9"}},
     NULL,
     0,
     "nativeID a b&c=d%/?\"\xc3\xa9"},
    {{{FIELD_EXTENSION, "8856"}, {FIELD_CALL_STATUS, "last"}},
     NULL,
     0,
     "extension last 8856"},
    {{{FIELD_EXTENSION, "+49 30 1"}, {FIELD_CALL_STATUS, "ongoing,next,last"}},
     NULL,
     0,
     "extension ongoing,next,last +49 30 1"},
    {{{FIELD_EXTENSION, "8856"}, {FIELD_CALL_STATUS, " Last , ONGOING "}},
     NULL,
     0,
     "extension last,ongoing 8856"},
    {{{FIELD_EXTENSION, "x@example.com"}, {FIELD_CALL_STATUS, "next"}},
     NULL,
     0,
     "extension next x@example.com"},
    /* call_status without an extension is another operation's, or of no use */
    {{{FIELD_CALL_ID, UUID}, {FIELD_CALL_STATUS, "whatever"}}, NULL, 0, "callID " UUID},

    {{{FIELD_CALL_STATUS, "last"}},
     "missing-field",
     FIELD_CALL_ID,
     "give one of call_id"},
    {{{FIELD_CALL_ID, ""}}, "missing-field", FIELD_CALL_ID, "call_id: is empty; "},
    {{{FIELD_CALL_ID, UUID}, {FIELD_EXTENSION, "1"}, {FIELD_CALL_STATUS, "last"}},
     "bad-value",
     FIELD_EXTENSION,
     "extension: a second identifier: '1'"},
    {{{FIELD_CALL_ID, UUID}, {FIELD_MEETING_ID, "W"}},
     "bad-value",
     FIELD_MEETING_ID,
     "'W'"},
    {{{FIELD_PLATFORM_CALL_ID, "1"}, {FIELD_NATIVE_ID, "1"}},
     "bad-value",
     FIELD_NATIVE_ID,
     "second identifier"},
    {{{FIELD_CALL_ID, "71627389"}},
     "bad-id",
     FIELD_CALL_ID,
     "call_id: not a UUID: '71627389'"},
    {{{FIELD_CALL_ID, "a8343631-9f35-4a3a-83f0-9e81592339f"}},
     "bad-id",
     FIELD_CALL_ID,
     "not a UUID"},
    {{{FIELD_CALL_ID, UUID "0"}}, "bad-id", FIELD_CALL_ID, "not a UUID"},
    {{{FIELD_CALL_ID, "{" UUID "}"}}, "bad-id", FIELD_CALL_ID, "not a UUID"},
    {{{FIELD_CALL_ID, "a83436319f354a3a83f09e81592339fb"}},
     "bad-id",
     FIELD_CALL_ID,
     "not a UUID"},
    {{{FIELD_CALL_ID, "a8343631-9f35-4a3a-83f0-9e81592339fg"}},
     "bad-id",
     FIELD_CALL_ID,
     "not a UUID"},
    {{{FIELD_CALL_ID, "a8343631a9f35-4a3a-83f0-9e81592339fb"}},
     "bad-id",
     FIELD_CALL_ID,
     "not a UUID"},
    {{{FIELD_CALL_ID, "a8343631-9f35-4a3a-83f0-9e81592339-b"}},
     "bad-id",
     FIELD_CALL_ID,
     "not a UUID"},
    {{{FIELD_PLATFORM_CALL_ID, "7.16E+18"}},
     "mangled-id",
     FIELD_PLATFORM_CALL_ID,
     "'7.16E+18'"},
    {{{FIELD_NATIVE_ID, "1,5e+7"}}, "mangled-id", FIELD_NATIVE_ID, "'1,5e+7'"},
    {{{FIELD_EXTENSION, "4E+10"}, {FIELD_CALL_STATUS, "last"}},
     "mangled-id",
     FIELD_EXTENSION,
     "'4E+10'"},
    {{{FIELD_NATIVE_ID, "a\nb"}}, "bad-id", FIELD_NATIVE_ID, "holds a control character"},
    {{{FIELD_NATIVE_ID, "a\tb"}}, "bad-id", FIELD_NATIVE_ID, "'a?b'"},
    {{{FIELD_MEETING_ID, "a\x7f"}}, "bad-id", FIELD_MEETING_ID, "control character"},
    {{{FIELD_EXTENSION, "8856"}},
     "missing-field",
     FIELD_CALL_STATUS,
     "call_status: is empty; "},
    {{{FIELD_EXTENSION, "8856"}, {FIELD_CALL_STATUS, "finished"}},
     "bad-value",
     FIELD_CALL_STATUS,
     "call_status: not ongoing, next or last: 'finished'"},
    {{{FIELD_EXTENSION, "8856"}, {FIELD_CALL_STATUS, "last,"}},
     "bad-value",
     FIELD_CALL_STATUS,
     "'last,'"},
    {{{FIELD_EXTENSION, "8856"}, {FIELD_CALL_STATUS, ",last"}},
     "bad-value",
     FIELD_CALL_STATUS,
     "',last'"},
    {{{FIELD_EXTENSION, "8856"}, {FIELD_CALL_STATUS, ","}},
     "bad-value",
     FIELD_CALL_STATUS,
     "','"},
    {{{FIELD_EXTENSION, "8856"}, {FIELD_CALL_STATUS, "last,,next"}},
     "bad-value",
     FIELD_CALL_STATUS,
     "'last,,next'"},
    {{{FIELD_EXTENSION, "8856"}, {FIELD_CALL_STATUS, "last;next"}},
     "bad-value",
     FIELD_CALL_STATUS,
     "'last;next'"},
    {{{FIELD_EXTENSION, "8856"}, {FIELD_CALL_STATUS, "last next"}},
     "bad-value",
     FIELD_CALL_STATUS,
     "'last next'"},
    {{{FIELD_EXTENSION, "8856"}, {FIELD_CALL_STATUS, "lastx"}},
     "bad-value",
     FIELD_CALL_STATUS,
     "'lastx'"},
};

static void
fill(struct fields *fields, const struct given *given, size_t count)
{
    *fields = (struct fields){{{0}}};
    for (size_t i = 0; i < count && given[i].value; i++)
        fields->value[given[i].field] = span_trim(span_of(given[i].value));
}

static void
checks_each_field(void **state)
{
    struct buf target = {0};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(checks); i++) {
        const struct check_case *c = &checks[i];
        struct fields fields;
        struct problem problem = {0};
        struct span id = {NULL, 0};
        char got[200];
        fill(&fields, c->given, UNIT_COUNT(c->given));
        buf_add_text(&target, "left from the last row");
        int rc = op_verba_delete_call.check(&fields, &post_settings, &target, &id,
                                            &problem);
        unit_check(rc == (c->code ? -1 : 0), "case %zu: %s", i, problem.text);
        if (c->code) {
            assert_string_equal(problem.code, c->code);
            unit_check(problem.field == c->field, "case %zu: field %d", i, problem.field);
            unit_check(strstr(problem.text, c->wanted) != NULL, "case %zu: %s", i,
                       problem.text);
        } else {
            (void)snprintf(got, sizeof(got), "%s %.*s", target.data, (int)id.len, id.ptr);
            assert_string_equal(got, c->wanted);
        }
    }
    buf_clear(&target);
}

/* Any two identifiers are one too many, whichever they are. */
static void
two_identifiers_are_refused(void **state)
{
    static const enum field all[] = {FIELD_CALL_ID, FIELD_PLATFORM_CALL_ID,
                                     FIELD_NATIVE_ID, FIELD_MEETING_ID, FIELD_EXTENSION};
    struct buf target = {0};
    (void)state;
    for (unsigned set = 0; set < 1u << UNIT_COUNT(all); set++) {
        struct fields fields = {{{0}}};
        struct problem problem = {0};
        struct span id;
        unsigned count = 0;
        for (size_t i = 0; i < UNIT_COUNT(all); i++)
            if (set >> i & 1) {
                fields.value[all[i]] = span_of(UUID);
                count++;
            }
        fields.value[FIELD_CALL_STATUS] = span_of("last");
        int rc = op_verba_delete_call.check(&fields, &post_settings, &target, &id,
                                            &problem);
        unit_check(rc == (count == 1 ? 0 : -1), "set %u", set);
        if (count != 1)
            assert_string_equal(problem.code, count ? "bad-value" : "missing-field");
    }
    buf_clear(&target);
}

/* IDs end with the planner's 255 bytes in mind: 250 pass, 251 do not. */
static void
long_identifiers_are_refused(void **state)
{
    struct buf target = {0};
    struct fields fields = {{{0}}};
    struct problem problem = {0};
    struct span id;
    char text[300];
    (void)state;
    memset(text, 'n', sizeof(text));
    fields.value[FIELD_NATIVE_ID] = (struct span){text, 250};
    assert_int_equal(
        op_verba_delete_call.check(&fields, &post_settings, &target, &id, &problem), 0);
    assert_int_equal(id.len, 250);
    fields.value[FIELD_NATIVE_ID] = (struct span){text, 251};
    assert_int_equal(
        op_verba_delete_call.check(&fields, &post_settings, &target, &id, &problem), -1);
    assert_string_equal(problem.code, "bad-id");
    text[3] = '\0';
    fields.value[FIELD_NATIVE_ID] = (struct span){text, 6};
    assert_int_equal(
        op_verba_delete_call.check(&fields, &post_settings, &target, &id, &problem), -1);
    assert_true(op_verba_delete_call.ids_bytes_max <= 255);
    buf_clear(&target);
}

struct build_case {
    const char *target, *id, *wanted;
};

static const struct build_case builds[] = {
    {"callID", UUID, "action=DeleteCall&responseType=XML&callID=" UUID},
    {"platformCallID", "71627389",
     "action=DeleteCall&responseType=XML&platformCallID=71627389"},
    {"nativeID", "TRS26140192",
     "action=DeleteCall&responseType=XML&nativeID=TRS26140192"},
    {"meetingID", "WHBFM6DD", "action=DeleteCall&responseType=XML&meetingID=WHBFM6DD"},
    {"extension last", "8856",
     "action=DeleteCall&responseType=XML&extension=8856&status=last"},
    {"extension ongoing,next", "+49 30/1",
     "action=DeleteCall&responseType=XML&extension=%2B49%2030%2F1&status=ongoing%2Cnext"},
    {"nativeID", "a&token=x;b#c?d=e%20",
     "action=DeleteCall&responseType=XML&nativeID=a%26token%3Dx%3Bb%23c%3Fd%3De%2520"},
    {"nativeID", "\xc3\xa9\"'<>~._-",
     "action=DeleteCall&responseType=XML&nativeID=%C3%A9%22%27%3C%3E~._-"},
};

static void
builds_both_forms(void **state)
{
    struct request request = {0};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(builds); i++) {
        const struct build_case *c = &builds[i];
        char url[300];
        /* Neither ends with a NUL. */
        struct buf target = {0}, id_text = {0};
        buf_addf(&target, "%s%s", c->target, " behind");
        buf_addf(&id_text, "%s%s", c->id, "behind");
        struct span id = {id_text.data, strlen(c->id)};
        struct span key = {target.data, strlen(c->target)};
        op_verba_delete_call.build(key, &id, 1, &post_settings, &request);
        assert_string_equal(request.method, "POST");
        assert_int_equal(request.service, SERVICE_VERBA);
        assert_string_equal(request.target.data, "/verba/api");
        assert_true(request.has_body);
        assert_string_equal(request.body.data, c->wanted);
        assert_string_equal(request.content_type, "application/x-www-form-urlencoded");
        assert_int_equal(request.header.len, 0);
        assert_false(request.is_signed);

        op_verba_delete_call.build(key, &id, 1, &get_settings, &request);
        (void)snprintf(url, sizeof(url), "/verba/api?%s", c->wanted);
        assert_string_equal(request.method, "GET");
        assert_string_equal(request.target.data, url);
        assert_false(request.has_body);
        assert_int_equal(request.body.len, 0);
        assert_null(request.content_type);
        buf_clear(&target);
        buf_clear(&id_text);
    }
    request_clear(&request);
}

/* Whatever bytes an ID holds, what goes out is of the characters of a URL. */
static void
nothing_escapes_its_parameter(void **state)
{
    struct request request = {0};
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char text[3] = {'x', (char)byte, 'y'};
        struct span id = {text, 3};
        op_verba_delete_call.build(span_of("nativeID"), &id, 1, &post_settings, &request);
        const char *value = strrchr(request.body.data, '=') + 1;
        assert_int_equal(strlen(request.body.data), request.body.len);
        unit_check(strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789-._~%") == strlen(value),
                   "byte %d: %s", byte, value);
        assert_true(strncmp(request.body.data,
                            "action=DeleteCall&responseType=XML&nativeID=x", 45) == 0);
    }
    request_clear(&request);
}

/* A repeated delete by extension would take another call. */
static void
extensions_are_never_sent_again(void **state)
{
    static const char *const good[] = {"callID", "platformCallID", "nativeID",
                                       "meetingID"};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(good); i++)
        assert_true(ops_may_resend(&op_verba_delete_call, span_of(good[i])));
    assert_false(ops_may_resend(&op_verba_delete_call, span_of("extension last")));
    assert_false(
        ops_may_resend(&op_verba_delete_call, span_of("extension ongoing,next")));
    assert_false(ops_may_resend(&op_verba_delete_call, span_of("extension ")));
}

/* What check makes of an extension is what may_resend knows. */
static void
checked_extensions_are_known_as_such(void **state)
{
    static const struct given given[] = {{FIELD_EXTENSION, "1"},
                                         {FIELD_CALL_STATUS, "last"}};
    struct buf target = {0};
    struct fields fields;
    struct problem problem = {0};
    struct span id;
    (void)state;
    fill(&fields, given, 2);
    assert_int_equal(
        op_verba_delete_call.check(&fields, &post_settings, &target, &id, &problem), 0);
    assert_false(
        ops_may_resend(&op_verba_delete_call, (struct span){target.data, target.len}));
    buf_clear(&target);
}

static void
is_sent_one_by_one(void **state)
{
    (void)state;
    assert_string_equal(op_verba_delete_call.name, "verba.delete_call");
    assert_int_equal(op_verba_delete_call.service, SERVICE_VERBA);
    assert_int_equal(op_verba_delete_call.batch_max, 1);
    assert_false(op_verba_delete_call.ordered);
}

static void
judge(const char *body, size_t len, long http, struct judgement *judgement)
{
    const struct span id = {UUID, 36};
    char *copy = malloc(len ? len : 1);
    struct answer answer = {http, {copy, len}};
    memcpy(copy, body, len);
    op_verba_delete_call.judge(&answer, &id, 1, judgement);
    free(copy);
}

static void
a_cut_answer_is_unreadable(void **state)
{
    static const char body[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VerbaApi><Response code=\"0\" "
        "type=\"DeleteCall\"></Response><ErrorMessage>x</ErrorMessage></VerbaApi>";
    struct judgement judgement = {0};
    (void)state;
    for (size_t len = 0; len + 1 < sizeof(body); len++) {
        judge(body, len, 200, &judgement);
        unit_check(judgement.action == ACTION_RETRY_LOST, "cut at %zu", len);
        assert_span(judgement.whole.code, "bad-response");
    }
    judge(body, sizeof(body) - 1, 200, &judgement);
    assert_int_equal(judgement.action, ACTION_ENTRIES);
    assert_int_equal(judgement.ids[0].kind, VERDICT_DONE);
    judgement_clear(&judgement);
}

/* Code 0 is a success, every other number a failure, whatever the HTTP status. */
static void
the_code_alone_decides(void **state)
{
    static const long statuses[] = {200, 201, 400, 403, 404, 500, 503};
    struct judgement judgement = {0};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(statuses); i++)
        for (long code = 0; code < 300; code++) {
            char body[200], wanted[40];
            int len = snprintf(body, sizeof(body),
                               "<VerbaApi><Response code=\"%ld\"><Error"
                               "Message>words</ErrorMessage></Response></VerbaApi>",
                               code);
            judge(body, (size_t)len, statuses[i], &judgement);
            assert_int_equal(judgement.action, ACTION_ENTRIES);
            assert_int_equal(judgement.ids[0].kind,
                             code ? VERDICT_REFUSED : VERDICT_DONE);
            (void)snprintf(wanted, sizeof(wanted), "VERBA_%ld", code);
            assert_span(judgement.ids[0].code, code ? wanted : "SUCCESS");
            assert_span(judgement.ids[0].message, "words");
        }
    judgement_clear(&judgement);
}

static void
takes_long_answers(void **state)
{
    struct buf body = {0};
    struct judgement judgement = {0};
    const struct span id = span_of(UUID);
    (void)state;
    buf_add_text(&body, "<VerbaApi><Response code=\"2\"><ErrorMessage>");
    for (size_t i = 0; i < 200000; i++)
        buf_add_text(&body,
                     "ten megabytes of &lt;words&gt; &#233; follow, and more of them ");
    buf_add_text(&body, "cannot be found</ErrorMessage></Response></VerbaApi>");
    assert_true(body.len > 10000000);
    struct answer answer = {200, {body.data, body.len}};
    op_verba_delete_call.judge(&answer, &id, 1, &judgement);
    assert_int_equal(judgement.action, ACTION_ENTRIES);
    assert_int_equal(judgement.ids[0].kind, VERDICT_GONE);
    assert_true(
        span_starts(judgement.ids[0].message, "ten megabytes of <words> \xc3\xa9"));
    buf_clear(&body);
    judgement_clear(&judgement);
}

static void
judgements_start_afresh(void **state)
{
    static const char token[] = "<VerbaApi><Response code=\"2\"><ErrorMessage>bad token"
                                "</ErrorMessage></Response></VerbaApi>";
    static const char done[] = "<VerbaApi><Response code=\"0\"/></VerbaApi>";
    struct judgement judgement = {0};
    (void)state;
    judge(token, sizeof(token) - 1, 200, &judgement);
    assert_int_equal(judgement.action, ACTION_RENEW_TOKEN);
    assert_span(judgement.whole.code, "VERBA_2");
    assert_span(judgement.whole.message, "bad token");
    judge(done, sizeof(done) - 1, 200, &judgement);
    assert_int_equal(judgement.action, ACTION_ENTRIES);
    assert_int_equal(judgement.ids[0].kind, VERDICT_DONE);
    assert_int_equal(judgement.ids[0].message.len, 0);
    judge("", 0, 200, &judgement);
    assert_int_equal(judgement.ids[0].kind, VERDICT_NONE);
    judgement_clear(&judgement);
}

void
test_verba(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_each_field),
        cmocka_unit_test(two_identifiers_are_refused),
        cmocka_unit_test(long_identifiers_are_refused),
        cmocka_unit_test(builds_both_forms),
        cmocka_unit_test(nothing_escapes_its_parameter),
        cmocka_unit_test(extensions_are_never_sent_again),
        cmocka_unit_test(checked_extensions_are_known_as_such),
        cmocka_unit_test(is_sent_one_by_one),
        cmocka_unit_test(a_cut_answer_is_unreadable),
        cmocka_unit_test(the_code_alone_decides),
        cmocka_unit_test(takes_long_answers),
        cmocka_unit_test(judgements_start_afresh),
    };
    unit_run(tally, "verba", tests, UNIT_COUNT(tests));
}
