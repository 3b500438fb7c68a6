/*
 * The retry rules, as a table: how a call ended, what is known, what becomes of each ID.
 */
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

/* Rule on a call of `count` IDs; `before` is what a call of this run told of each. */
static void
rule(enum pool_end end, size_t count, bool last_try, enum lost before, bool missing_ok,
     struct ruling *ruling)
{
    struct outcome known = {
        .lost = before & 3u, .told = before != LOST_NOT, .time_ms = before != LOST_NOT};
    const struct outcome *outcomes[] = {&known, &known, &known, &known, &known};
    struct ruling_facts facts = {.op = &canned_op, .ids = ids, .outcomes = outcomes,
                                 .count = count, .last_try = last_try,
                                 .may_resend = true, .missing_ok = missing_ok};
    struct pool_result result = {.end = end, .sent = true, .retry_after_s = -1,
                                 .error = "libcurl's words"};
    struct judgement judgement = {0};
    memset(ruling, 0x5a, sizeof(*ruling));      /* nothing may be left over */
    result.answer.http = 400;
    ruling_make(&facts, &result, &judgement, ruling);
}

/* What becomes of an ID: its status, `keep` where an earlier word stands. */
struct wanted {
    enum status status;
    bool keep;
};

/* Each row of a table: [last try][what was known before: not, answered, silent]. */
#define WAITS                                                                            \
    {                                                                                    \
        {STATUS_WAITING, false}, {STATUS_WAITING, false}, {STATUS_WAITING, false}        \
    }
#define WAITS_AND_KEEPS                                                                  \
    {                                                                                    \
        {STATUS_WAITING, false}, {STATUS_WAITING, true}, {STATUS_WAITING, true}          \
    }
#define FAILS                                                                            \
    {                                                                                    \
        {STATUS_FAILED, false}, {STATUS_FAILED, false}, {STATUS_FAILED, false}           \
    }
#define IS_UNKNOWN                                                                       \
    {                                                                                    \
        {STATUS_UNKNOWN, false}, {STATUS_UNKNOWN, false}, {STATUS_UNKNOWN, false}        \
    }
/* Not sent, this time: the graver word of an earlier call stands. */
#define FAILS_UNLESS_SENT_BEFORE                                                         \
    {                                                                                    \
        {STATUS_FAILED, false}, {STATUS_FAILED, true}, {STATUS_UNKNOWN, true}            \
    }
#define FAILS_UNLESS_SILENT                                                              \
    {                                                                                    \
        {STATUS_FAILED, false}, {STATUS_FAILED, false}, {STATUS_UNKNOWN, true}           \
    }

static void
check(const struct ruling *ruling, const struct wanted *wanted, const char *code,
      const char *what)
{
    const struct fate *fate = &ruling->fates[0];
    unit_check(fate->status == wanted->status, "%s: status %s, not %s", what,
               status_names[fate->status], status_names[wanted->status]);
    unit_check(fate->keep == wanted->keep, "%s: keep %d", what, fate->keep);
    if (!wanted->keep)
        assert_span(fate->code, code);
}

/* All combinations: last try, what was known before, --missing-ok. */
struct flags {
    bool last, missing_ok;
    enum lost before;
    char what[80];
};

static bool
next_flags(struct flags *flags, int i, const char *name)
{
    flags->last = i & 1;
    flags->missing_ok = i & 2;
    flags->before = (enum lost)(i / 4);
    (void)snprintf(flags->what, sizeof(flags->what),
                   "%s, last %d, before %d, missing_ok %d", name, flags->last,
                   flags->before, flags->missing_ok);
    return i < 12;
}

static void
unanswered_calls(void **state)
{
    static const struct {
        enum pool_end end;
        const char *code;
        enum lost lost;
        bool retried;
        struct wanted wanted[2][3];
    } cases[] = {
        {POOL_CONNECT_FAILED, "connect-failed", LOST_NOT, true,
         {WAITS_AND_KEEPS, FAILS_UNLESS_SENT_BEFORE}},
        {POOL_TLS_FAILED, "tls-failed", LOST_NOT, false,
         {FAILS_UNLESS_SILENT, FAILS_UNLESS_SILENT}},
        {POOL_TIMEOUT, "timeout", LOST_SILENT, true, {WAITS, IS_UNKNOWN}},
        {POOL_LOST, "connection-lost", LOST_SILENT, true, {WAITS, IS_UNKNOWN}},
        {POOL_UNREADABLE, "bad-response", LOST_SILENT, true, {WAITS, IS_UNKNOWN}},
    };
    struct flags flags;
    (void)state;
    for (size_t c = 0; c < UNIT_COUNT(cases); c++)
        for (int i = 0; next_flags(&flags, i, cases[c].code); i++) {
            struct ruling ruling;
            rule(cases[c].end, 2, flags.last, flags.before, flags.missing_ok, &ruling);
            check(&ruling, &cases[c].wanted[flags.last][flags.before], cases[c].code,
                  flags.what);
            unit_check(ruling.fates[0].lost == cases[c].lost, "%s: lost", flags.what);
            unit_check(ruling.again == (cases[c].retried && !flags.last ? AGAIN_RETRY
                                                                        : AGAIN_NEVER),
                       "%s: again %d", flags.what, ruling.again);
            assert_true(ruling.counts_for_halt);
            assert_false(ruling.any_success || ruling.blames_target ||
                         ruling.odd_success);
            assert_int_equal(ruling.stop, ACTION_ENTRIES);
            if (!ruling.fates[1].keep)
                assert_span(ruling.fates[1].message, "libcurl's words");
        }
}

static void
entries(void **state)
{
    static const struct {
        const char *name;
        enum verdict_kind kind;
        const char *code;       /* of the fate; gone after a lost answer: already-done */
        enum status status, last_status;
        enum lost lost;
    } cases[] = {
        {"done", VERDICT_DONE, "SUCCESS", STATUS_SUCCESS, STATUS_SUCCESS, LOST_NOT},
        {"gone", VERDICT_GONE, "THE_CODE", STATUS_FAILED, STATUS_FAILED, LOST_NOT},
        {"refused", VERDICT_REFUSED, "THE_CODE", STATUS_FAILED, STATUS_FAILED, LOST_NOT},
        {"none", VERDICT_NONE, "no-entry", STATUS_WAITING, STATUS_UNKNOWN, LOST_SILENT},
        {"conflict", VERDICT_CONFLICT, "bad-response", STATUS_WAITING, STATUS_UNKNOWN,
         LOST_SILENT},
    };
    struct flags flags;
    (void)state;
    for (size_t c = 0; c < UNIT_COUNT(cases); c++)
        for (int i = 0; next_flags(&flags, i, cases[c].name); i++) {
            struct ruling ruling;
            canned = (struct judgement){.action = ACTION_ENTRIES, .retry_after_s = -1};
            canned.ids[0] = (struct verdict){cases[c].kind, span_of("THE_CODE"),
                                             span_of("words")};
            rule(POOL_ANSWERED, 1, flags.last, flags.before, flags.missing_ok, &ruling);
            bool already = cases[c].kind == VERDICT_GONE &&
                           (flags.before != LOST_NOT || flags.missing_ok);
            struct wanted wanted = {already      ? STATUS_SUCCESS
                                    : flags.last ? cases[c].last_status
                                                 : cases[c].status, false};
            check(&ruling, &wanted, already ? "already-done" : cases[c].code, flags.what);
            unit_check(ruling.fates[0].lost == cases[c].lost, "%s: lost", flags.what);
            assert_int_equal(ruling.again, wanted.status == STATUS_WAITING ? AGAIN_RETRY
                                                                           : AGAIN_NEVER);
            assert_int_equal(ruling.any_success, wanted.status == STATUS_SUCCESS);
            assert_false(ruling.blames_target);
            assert_int_equal(ruling.stop, ACTION_ENTRIES);
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
    rule(POOL_ANSWERED, 5, false, LOST_NOT, false, &ruling);
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
        enum lost lost;         /* by this answer */
        enum again again;       /* while it waits */
        bool halts, target;
        enum action stop;
        struct wanted wanted[2][3];
    } cases[] = {
        {"fail", ACTION_FAIL, "C", LOST_NOT, AGAIN_NEVER, true, false, ACTION_ENTRIES,
         {FAILS, FAILS}},
        {"fail-target", ACTION_FAIL_TARGET, "C", LOST_NOT, AGAIN_NEVER, true, true,
         ACTION_ENTRIES,
         {FAILS, FAILS}},
        {"split", ACTION_SPLIT, "C", LOST_NOT, AGAIN_HALVES, false, false, ACTION_ENTRIES,
         {WAITS_AND_KEEPS, WAITS_AND_KEEPS}},
        {"retry", ACTION_RETRY, "C", LOST_NOT, AGAIN_RETRY, true, false, ACTION_ENTRIES,
         {WAITS_AND_KEEPS, FAILS_UNLESS_SENT_BEFORE}},
        {"retry-lost", ACTION_RETRY_LOST, "http-503", LOST_ANSWERED, AGAIN_RETRY, true,
         false, ACTION_ENTRIES,
         {{{STATUS_WAITING, false}, {STATUS_WAITING, false}, {STATUS_WAITING, true}},
          FAILS_UNLESS_SILENT}},
        {"unreadable", ACTION_RETRY_LOST, "bad-response", LOST_SILENT, AGAIN_RETRY, true,
         false, ACTION_ENTRIES, {WAITS, IS_UNKNOWN}},
        {"slow-down", ACTION_SLOW_DOWN, "C", LOST_NOT, AGAIN_SLOWER, false, false,
         ACTION_ENTRIES,
         {WAITS_AND_KEEPS, WAITS_AND_KEEPS}},
        {"renew-token", ACTION_RENEW_TOKEN, "C", LOST_NOT, AGAIN_RESUME, true, false,
         ACTION_STOP, {WAITS_AND_KEEPS, WAITS_AND_KEEPS}},
        {"stop-limit", ACTION_STOP_LIMIT, "C", LOST_NOT, AGAIN_RESUME, true, false,
         ACTION_STOP_LIMIT, {WAITS_AND_KEEPS, WAITS_AND_KEEPS}},
        {"stop", ACTION_STOP, "C", LOST_NOT, AGAIN_RESUME, true, false, ACTION_STOP,
         {WAITS_AND_KEEPS, WAITS_AND_KEEPS}},
    };
    struct flags flags;
    (void)state;
    for (size_t c = 0; c < UNIT_COUNT(cases); c++)
        for (int i = 0; next_flags(&flags, i, cases[c].name); i++) {
            struct ruling ruling;
            canned = (struct judgement){.action = cases[c].action, .retry_after_s = -1};
            canned.whole = (struct verdict){VERDICT_REFUSED, span_of(cases[c].code),
                                            span_of("words")};
            rule(POOL_ANSWERED, 2, flags.last, flags.before, flags.missing_ok, &ruling);
            const struct wanted *wanted = &cases[c].wanted[flags.last][flags.before];
            check(&ruling, wanted, cases[c].code, flags.what);
            enum again again = wanted->status == STATUS_WAITING ? cases[c].again
                                                                : AGAIN_NEVER;
            unit_check(ruling.again == again, "%s: again %d", flags.what, ruling.again);
            unit_check(ruling.fates[1].lost == cases[c].lost, "%s: lost", flags.what);
            unit_check(ruling.counts_for_halt == cases[c].halts, "%s: halt", flags.what);
            unit_check(ruling.blames_target == cases[c].target, "%s: target", flags.what);
            unit_check(ruling.stop == cases[c].stop, "%s: stop", flags.what);
            assert_false(ruling.any_success || ruling.ends_split);
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
    rule(POOL_ANSWERED, 1, false, LOST_NOT, false, &ruling);
    assert_int_equal(ruling.fates[0].status, STATUS_FAILED);
    assert_span(ruling.fates[0].code, "UNABLE_TO_PARSE_DATA_TYPE");
    assert_int_equal(ruling.again, AGAIN_NEVER);
    assert_true(ruling.ends_split && ruling.counts_for_halt);
    assert_false(ruling.blames_target);
}

/* One call to rule on, with these facts. */
static void
rule_one(struct ruling_facts facts, enum pool_end end, struct ruling *ruling)
{
    struct outcome known = {0};
    const struct outcome *outcomes[] = {&known};
    struct pool_result result = {.end = end, .sent = true, .retry_after_s = -1,
                                 .error = ""};
    struct judgement judgement = {0};
    facts.op = &canned_op;
    facts.ids = ids;
    facts.outcomes = outcomes;
    facts.count = 1;
    result.answer.http = 401;
    ruling_make(&facts, &result, &judgement, ruling);
}

/* What could delete another call is not sent again once its fate is unknown. */
static void
some_calls_are_never_sent_again(void **state)
{
    static const struct ruling_facts once = {.may_resend = false};
    static const enum pool_end silent[] = {POOL_TIMEOUT, POOL_LOST, POOL_UNREADABLE};
    struct ruling ruling;
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(silent); i++) {
        rule_one(once, silent[i], &ruling);
        assert_int_equal(ruling.fates[0].status, STATUS_UNKNOWN);
        assert_int_equal(ruling.again, AGAIN_NEVER);
    }
    rule_one(once, POOL_CONNECT_FAILED, &ruling);
    assert_int_equal(ruling.fates[0].status, STATUS_WAITING);
    assert_int_equal(ruling.again, AGAIN_RETRY);
    canned = (struct judgement){.action = ACTION_RETRY_LOST, .retry_after_s = -1};
    canned.whole = (struct verdict){VERDICT_REFUSED, span_of("http-503"), span_of("")};
    rule_one(once, POOL_ANSWERED, &ruling);
    assert_int_not_equal(ruling.fates[0].status, STATUS_WAITING);
    assert_int_equal(ruling.again, AGAIN_NEVER);
    canned.action = ACTION_SLOW_DOWN;
    rule_one(once, POOL_ANSWERED, &ruling);
    assert_int_equal(ruling.again, AGAIN_SLOWER);
    /* A gateway's 408 may hide what was applied. */
    canned.action = ACTION_RETRY;
    rule_one(once, POOL_ANSWERED, &ruling);
    assert_int_equal(ruling.fates[0].status, STATUS_FAILED);
    assert_int_equal(ruling.again, AGAIN_NEVER);
}

static void
a_token_is_renewed_where_it_can_be(void **state)
{
    struct ruling ruling;
    (void)state;
    canned = (struct judgement){.action = ACTION_RENEW_TOKEN, .retry_after_s = -1};
    canned.whole = (struct verdict){VERDICT_REFUSED, span_of("INVALID_TOKEN"),
                                    span_of("")};
    rule_one((struct ruling_facts){.may_resend = true, .may_renew = true}, POOL_ANSWERED,
             &ruling);
    assert_int_equal(ruling.again, AGAIN_SIGNED);
    assert_int_equal(ruling.fates[0].status, STATUS_WAITING);
    assert_int_equal(ruling.stop, ACTION_ENTRIES);
    assert_false(ruling.counts_for_halt);
    rule_one((struct ruling_facts){.may_resend = true, .may_renew = true,
                                   .last_try = true}, POOL_ANSWERED, &ruling);
    assert_int_equal(ruling.again, AGAIN_SIGNED);
    rule_one((struct ruling_facts){.may_resend = true}, POOL_ANSWERED, &ruling);
    assert_int_equal(ruling.again, AGAIN_RESUME);
    assert_int_equal(ruling.stop, ACTION_STOP);
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
        cmocka_unit_test(some_calls_are_never_sent_again),
        cmocka_unit_test(a_token_is_renewed_where_it_can_be),
        cmocka_unit_test(the_longer_wait_wins),
    };
    unit_run(tally, "ruling", tests, UNIT_COUNT(tests));
}
