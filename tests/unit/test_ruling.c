/* The retry rules, as a table: how a call ended, what is known, what becomes of each ID. */
#include "unit.h"

#include "ops/judge.h"
#include "run/ruling.h"

/* What the judge of the tests answers. */
static struct judgement canned;

static void
canned_judge(const struct answer *answer, const struct span *ids, size_t count,
             struct judgement *judgement)
{
    (void)answer;
    (void)ids;
    (void)count;
    *judgement = canned;
}

static const struct op canned_op = {.name = "canned", .judge = canned_judge};
static const struct span ids[] = {{"1", 1}, {"2", 1}, {"3", 1}, {"4", 1}, {"5", 1}};

/* Rule on a call of `count` IDs; `lost` is what was known of each. */
static void
rule(enum pool_end end, size_t count, bool last_try, bool lost, bool missing_ok,
     struct ruling *ruling)
{
    struct outcome known = {.lost = lost, .told = lost};
    const struct outcome *outcomes[] = {&known, &known, &known, &known, &known};
    struct ruling_facts facts = {.op = &canned_op, .ids = ids, .outcomes = outcomes,
                                 .count = count, .last_try = last_try,
                                 .missing_ok = missing_ok};
    struct pool_result result = {.end = end, .sent = true, .retry_after_s = -1,
                                 .error = "libcurl's words"};
    struct judgement judgement = {0};
    memset(ruling, 0x5a, sizeof(*ruling));      /* nothing may be left over */
    result.answer.http = 400;
    ruling_make(&facts, &result, &judgement, ruling);
}

/* What is wanted of each combination, in the order of these flags. */
struct wanted {
    enum status status;
    bool lost, keep;
    enum again again;
};

static void
check(const struct ruling *ruling, const struct wanted *wanted, const char *code,
      const char *what)
{
    const struct fate *fate = &ruling->fates[0];
    unit_check(fate->status == wanted->status, "%s: status %s, not %s", what,
               status_names[fate->status], status_names[wanted->status]);
    unit_check(fate->lost == wanted->lost, "%s: lost %d", what, fate->lost);
    unit_check(fate->keep == wanted->keep, "%s: keep %d", what, fate->keep);
    unit_check(ruling->again == wanted->again, "%s: again %d", what, ruling->again);
    if (code && !wanted->keep)
        assert_span(fate->code, code);
}

static void
unanswered_calls(void **state)
{
    static const struct {
        enum pool_end end;
        const char *code;
        /* [last_try][lost before] */
        struct wanted wanted[2][2];
    } cases[] = {
        {POOL_CONNECT_FAILED, "connect-failed",
         {{{STATUS_WAITING, false, false, AGAIN_RETRY},
           {STATUS_WAITING, false, true, AGAIN_RETRY}},
          {{STATUS_FAILED, false, false, AGAIN_NEVER},
           {STATUS_UNKNOWN, false, true, AGAIN_NEVER}}}},
        {POOL_TLS_FAILED, "tls-failed",
         {{{STATUS_FAILED, false, false, AGAIN_NEVER},
           {STATUS_UNKNOWN, false, true, AGAIN_NEVER}},
          {{STATUS_FAILED, false, false, AGAIN_NEVER},
           {STATUS_UNKNOWN, false, true, AGAIN_NEVER}}}},
        {POOL_TIMEOUT, "timeout",
         {{{STATUS_WAITING, true, false, AGAIN_RETRY},
           {STATUS_WAITING, true, false, AGAIN_RETRY}},
          {{STATUS_UNKNOWN, true, false, AGAIN_NEVER},
           {STATUS_UNKNOWN, true, false, AGAIN_NEVER}}}},
        {POOL_LOST, "connection-lost",
         {{{STATUS_WAITING, true, false, AGAIN_RETRY},
           {STATUS_WAITING, true, false, AGAIN_RETRY}},
          {{STATUS_UNKNOWN, true, false, AGAIN_NEVER},
           {STATUS_UNKNOWN, true, false, AGAIN_NEVER}}}},
        {POOL_UNREADABLE, "bad-response",
         {{{STATUS_WAITING, true, false, AGAIN_RETRY},
           {STATUS_WAITING, true, false, AGAIN_RETRY}},
          {{STATUS_UNKNOWN, true, false, AGAIN_NEVER},
           {STATUS_UNKNOWN, true, false, AGAIN_NEVER}}}},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (int flags = 0; flags < 8; flags++) {
            bool last = flags & 1, lost = flags & 2, missing_ok = flags & 4;
            struct ruling ruling;
            char what[80];
            (void)snprintf(what, sizeof(what), "%s, last %d, lost %d, missing_ok %d",
                           cases[i].code, last, lost, missing_ok);
            rule(cases[i].end, 2, last, lost, missing_ok, &ruling);
            check(&ruling, &cases[i].wanted[last][lost], cases[i].code, what);
            assert_true(ruling.counts_for_halt);
            assert_false(ruling.any_success || ruling.blames_target || ruling.stop ||
                         ruling.odd_success);
            if (!ruling.fates[0].keep)
                assert_span(ruling.fates[1].message, "libcurl's words");
        }
}

static void
entries(void **state)
{
    static const struct {
        enum verdict_kind kind;
        const char *code;       /* of the fate; under lost or missing_ok: already-done */
        enum status status, last_status;
        bool lost;
    } cases[] = {
        {VERDICT_DONE, "SUCCESS", STATUS_SUCCESS, STATUS_SUCCESS, false},
        {VERDICT_GONE, "THE_CODE", STATUS_FAILED, STATUS_FAILED, false},
        {VERDICT_REFUSED, "THE_CODE", STATUS_FAILED, STATUS_FAILED, false},
        {VERDICT_NONE, "no-entry", STATUS_WAITING, STATUS_UNKNOWN, true},
        {VERDICT_CONFLICT, "bad-response", STATUS_WAITING, STATUS_UNKNOWN, true},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (int flags = 0; flags < 8; flags++) {
            bool last = flags & 1, lost = flags & 2, missing_ok = flags & 4;
            struct ruling ruling;
            char what[80];
            canned = (struct judgement){.action = ACTION_ENTRIES, .retry_after_s = -1};
            canned.ids[0] = (struct verdict){cases[i].kind, span_of("THE_CODE"),
                                             span_of("words")};
            rule(POOL_ANSWERED, 1, last, lost, missing_ok, &ruling);
            bool already = cases[i].kind == VERDICT_GONE && (lost || missing_ok);
            struct wanted wanted = {
                already ? STATUS_SUCCESS : last ? cases[i].last_status : cases[i].status,
                cases[i].lost, false, AGAIN_NEVER};
            wanted.again = wanted.status == STATUS_WAITING ? AGAIN_RETRY : AGAIN_NEVER;
            (void)snprintf(what, sizeof(what), "kind %d, last %d, lost %d, missing_ok %d",
                           cases[i].kind, last, lost, missing_ok);
            check(&ruling, &wanted, already ? "already-done" : cases[i].code, what);
            assert_int_equal(ruling.any_success, wanted.status == STATUS_SUCCESS);
            assert_false(ruling.blames_target || ruling.stop);
        }
}

static void
one_answer_may_say_all_of_it(void **state)
{
    static const enum verdict_kind kinds[] = {VERDICT_DONE, VERDICT_GONE, VERDICT_REFUSED,
                                              VERDICT_NONE, VERDICT_CONFLICT};
    struct ruling ruling;
    (void)state;
    canned = (struct judgement){.action = ACTION_ENTRIES, .retry_after_s = 7,
                                .odd_success = true};
    for (size_t i = 0; i < UNIT_COUNT(kinds); i++)
        canned.ids[i] = (struct verdict){kinds[i], span_of("C"), span_of("m")};
    rule(POOL_ANSWERED, 5, false, false, false, &ruling);
    assert_int_equal(ruling.fates[0].status, STATUS_SUCCESS);
    assert_int_equal(ruling.fates[1].status, STATUS_FAILED);
    assert_int_equal(ruling.fates[2].status, STATUS_FAILED);
    assert_int_equal(ruling.fates[3].status, STATUS_WAITING);
    assert_int_equal(ruling.fates[4].status, STATUS_WAITING);
    assert_int_equal(ruling.again, AGAIN_RETRY);
    assert_true(ruling.any_success);
    assert_true(ruling.odd_success);
    assert_int_equal(ruling.retry_after_s, 7);
    assert_span(ruling.fates[2].message, "m");
}

static void
whole_answers(void **state)
{
    static const struct {
        const char *name;
        enum action action;
        const char *code;
        enum status status, last_status;
        bool lost;              /* by this answer */
        enum again again;       /* while it waits */
        bool keeps;             /* an earlier lost word, while it waits */
        bool halts, target, stops;
    } cases[] = {
        {"fail", ACTION_FAIL, "C", STATUS_FAILED, STATUS_FAILED, false, AGAIN_NEVER, false,
         true, false, false},
        {"fail-target", ACTION_FAIL_TARGET, "C", STATUS_FAILED, STATUS_FAILED, false,
         AGAIN_NEVER, false, true, true, false},
        {"split", ACTION_SPLIT, "C", STATUS_WAITING, STATUS_WAITING, false, AGAIN_HALVES,
         true, false, false, false},
        {"retry", ACTION_RETRY, "C", STATUS_WAITING, STATUS_FAILED, false, AGAIN_RETRY, true,
         true, false, false},
        {"retry-lost", ACTION_RETRY_LOST, "http-503", STATUS_WAITING, STATUS_FAILED, true,
         AGAIN_RETRY, false, true, false, false},
        {"unreadable", ACTION_RETRY_LOST, "bad-response", STATUS_WAITING, STATUS_UNKNOWN,
         true, AGAIN_RETRY, false, true, false, false},
        {"slow-down", ACTION_SLOW_DOWN, "C", STATUS_WAITING, STATUS_WAITING, false,
         AGAIN_SLOWER, true, false, false, false},
        {"renew-token", ACTION_RENEW_TOKEN, "C", STATUS_WAITING, STATUS_WAITING, false,
         AGAIN_RESUME, true, true, false, true},
        {"stop", ACTION_STOP, "C", STATUS_WAITING, STATUS_WAITING, false, AGAIN_RESUME, true,
         true, false, true},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (int flags = 0; flags < 8; flags++) {
            bool last = flags & 1, lost = flags & 2, missing_ok = flags & 4;
            struct ruling ruling;
            char what[80];
            canned = (struct judgement){.action = cases[i].action, .retry_after_s = -1};
            canned.whole = (struct verdict){VERDICT_REFUSED, span_of(cases[i].code),
                                            span_of("words")};
            rule(POOL_ANSWERED, 2, last, lost, missing_ok, &ruling);
            enum status status = last ? cases[i].last_status : cases[i].status;
            bool keep = cases[i].keeps && lost;
            if (last && cases[i].action == ACTION_RETRY && lost)
                status = STATUS_UNKNOWN;
            struct wanted wanted = {status, cases[i].lost, keep,
                                    status == STATUS_WAITING ? cases[i].again : AGAIN_NEVER};
            (void)snprintf(what, sizeof(what), "%s, last %d, lost %d, missing_ok %d",
                           cases[i].name, last, lost, missing_ok);
            check(&ruling, &wanted, cases[i].code, what);
            unit_check(ruling.counts_for_halt == cases[i].halts, "%s: halt", what);
            unit_check(ruling.blames_target == cases[i].target, "%s: target", what);
            unit_check(ruling.stop == cases[i].stops, "%s: stop", what);
            assert_false(ruling.any_success);
        }
}

static void
a_bad_id_alone_is_the_culprit(void **state)
{
    struct ruling ruling;
    (void)state;
    canned = (struct judgement){.action = ACTION_SPLIT, .retry_after_s = -1};
    canned.whole = (struct verdict){VERDICT_REFUSED, span_of("UNABLE_TO_PARSE_DATA_TYPE"),
                                    span_of("words")};
    rule(POOL_ANSWERED, 1, false, false, false, &ruling);
    assert_int_equal(ruling.fates[0].status, STATUS_FAILED);
    assert_span(ruling.fates[0].code, "UNABLE_TO_PARSE_DATA_TYPE");
    assert_int_equal(ruling.again, AGAIN_NEVER);
    assert_false(ruling.blames_target);
}

/* What a body asks for counts, and what the header asks for; the longer wins. */
static void
the_longer_wait_wins(void **state)
{
    static const struct {
        long header, body, wanted;
    } cases[] = {{-1, -1, -1}, {5, -1, 5}, {-1, 5, 5}, {5, 9, 9}, {9, 5, 9}, {0, -1, 0}};
    struct outcome known = {0};
    const struct outcome *outcomes[] = {&known};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct ruling_facts facts = {.op = &canned_op, .ids = ids, .outcomes = outcomes,
                                     .count = 1};
        struct pool_result result = {.end = POOL_ANSWERED, .error = "",
                                     .retry_after_s = cases[i].header};
        struct judgement judgement = {0};
        struct ruling ruling;
        canned = (struct judgement){.action = ACTION_SLOW_DOWN,
                                    .retry_after_s = cases[i].body};
        ruling_make(&facts, &result, &judgement, &ruling);
        assert_int_equal(ruling.retry_after_s, cases[i].wanted);
    }
}

void
test_ruling(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(unanswered_calls),
        cmocka_unit_test(entries),
        cmocka_unit_test(one_answer_may_say_all_of_it),
        cmocka_unit_test(whole_answers),
        cmocka_unit_test(a_bad_id_alone_is_the_culprit),
        cmocka_unit_test(the_longer_wait_wins),
    };
    unit_run(tally, "ruling", tests, UNIT_COUNT(tests));
}
