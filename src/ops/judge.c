#include "ops/judge.h"

void
judge_begin(struct judgement *judgement)
{
    struct buf scratch = judgement->scratch;
    *judgement = (struct judgement){.retry_after_s = -1, .scratch = scratch};
    buf_reset(&judgement->scratch);
}

/* The action of a code that refuses whole requests; ACTION_ENTRIES if it is none. */
static enum action
action_of_code(struct span code, const struct code_row *rows)
{
    for (; code.len && rows->code; rows++)
        if (span_is(code, rows->code) && rows->action != ACTION_ENTRIES)
            return rows->action;
    return ACTION_ENTRIES;
}

static enum action
action_of(long http, struct span code, const struct code_row *rows)
{
    bool claims_success = http >= 200 && http < 300;
    enum action by_code = action_of_code(code, rows);
    if (http >= 500)
        return ACTION_RETRY_LOST;
    if (http == 429)
        return by_code == ACTION_STOP_LIMIT ? by_code : ACTION_SLOW_DOWN;
    if (http == 408)
        return ACTION_RETRY;
    if (by_code != ACTION_ENTRIES)
        return by_code;
    if (http == 401)
        return ACTION_RENEW_TOKEN;
    return claims_success && !code.len ? ACTION_RETRY_LOST : ACTION_FAIL;
}

void
judge_whole(const struct answer *answer, struct span code, struct span message,
            const struct code_row *rows, struct judgement *judgement)
{
    if (span_is_nocase(code, "SUCCESS"))
        code = message = (struct span){"", 0};
    judgement->action = action_of(answer->http, code, rows);
    if (!code.len) {
        bool claims_success = answer->http >= 200 && answer->http < 300;
        (void)snprintf(judgement->own_code, sizeof(judgement->own_code),
                       claims_success ? "bad-response" : "http-%ld", answer->http);
        code = span_of(judgement->own_code);
    }
    judgement->whole = (struct verdict){VERDICT_REFUSED, code, message};
}
