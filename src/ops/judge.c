#include "ops/judge.h"

void
judge_begin(struct judgement *judgement)
{
    struct buf scratch = judgement->scratch;
    *judgement = (struct judgement){.retry_after_s = -1, .scratch = scratch};
    buf_reset(&judgement->scratch);
}

static enum action
action_of(long http, struct span code, const struct code_row *rows)
{
    bool claims_success = http >= 200 && http < 300;
    if (http >= 500)
        return ACTION_RETRY_LOST;
    if (http == 408)
        return ACTION_RETRY;
    for (; code.len && rows->code; rows++)
        if (span_is(code, rows->code) && rows->action != ACTION_ENTRIES)
            return rows->action;
    if (http == 429)
        return ACTION_SLOW_DOWN;
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
