#include "run/ruling.h"

/* Calls that got no answer. */
static const struct ending {
    const char *code;
    bool retried;
    enum lost lost;
} endings[] = {
    [POOL_CONNECT_FAILED] = {"connect-failed", true, LOST_NOT},
    [POOL_TLS_FAILED] = {"tls-failed", false, LOST_NOT},
    [POOL_TIMEOUT] = {"timeout", true, LOST_SILENT},
    [POOL_LOST] = {"connection-lost", true, LOST_SILENT},
    [POOL_UNREADABLE] = {"bad-response", true, LOST_SILENT},
};

/*
 * An item is tried again: waiting, or the end of its tries. Then it is unknown if any
 * call may have been applied without a word, else failed. An earlier word is kept if it
 * is the graver one; of a 5xx that the run before got (retry) there is none.
 */
static void
try_again(const struct ruling_facts *facts, size_t i, enum lost lost,
          struct ruling *ruling)
{
    struct fate *fate = &ruling->fates[i];
    enum lost before = (enum lost)facts->outcomes[i]->lost;
    bool silent = lost == LOST_SILENT || before == LOST_SILENT;
    bool has_word = before == LOST_SILENT || facts->outcomes[i]->time_ms;
    fate->lost = lost;
    fate->keep = before > lost && has_word;
    if (!facts->last_try && (lost == LOST_NOT || facts->may_resend)) {
        fate->status = STATUS_WAITING;
        ruling->again = AGAIN_RETRY;
    } else {
        fate->status = silent ? STATUS_UNKNOWN : STATUS_FAILED;
    }
}

static void
rule_unanswered(const struct ruling_facts *facts, const struct pool_result *result,
                struct ruling *ruling)
{
    const struct ending *ending = &endings[result->end];
    ruling->counts_for_halt = true;
    for (size_t i = 0; i < facts->count; i++) {
        struct fate *fate = &ruling->fates[i];
        *fate = (struct fate){.status = STATUS_FAILED,
                              .code = span_of(ending->code),
                              .message = span_of(result->error)};
        if (ending->retried)
            try_again(facts, i, ending->lost, ruling);
        else if (facts->outcomes[i]->lost == LOST_SILENT)
            fate->status = STATUS_UNKNOWN, fate->keep = true;
    }
}

static void
rule_entry(const struct ruling_facts *facts, size_t i, const struct verdict *verdict,
           struct ruling *ruling)
{
    struct fate *fate = &ruling->fates[i];
    *fate = (struct fate){.status = STATUS_FAILED,
                          .code = verdict->code,
                          .message = verdict->message};
    switch (verdict->kind) {
    case VERDICT_DONE:
        fate->status = STATUS_SUCCESS;
        fate->code = span_of("SUCCESS");
        break;
    case VERDICT_GONE:
        if (!facts->missing_ok && !facts->outcomes[i]->lost)
            break;
        fate->status = STATUS_SUCCESS;
        fate->code = span_of("already-done");
        break;
    case VERDICT_REFUSED:
        break;
    case VERDICT_NONE:
        fate->code = span_of("no-entry");
        fate->message = span_of("the answer does not mention this ID");
        try_again(facts, i, LOST_SILENT, ruling);
        break;
    case VERDICT_CONFLICT:
        fate->code = span_of("bad-response");
        fate->message = span_of("the answer contradicts itself about this ID");
        try_again(facts, i, LOST_SILENT, ruling);
        break;
    }
    ruling->any_success |= fate->status == STATUS_SUCCESS;
}

/* One fate for all: `action` says which. */
static void
rule_whole(const struct ruling_facts *facts, const struct judgement *judgement,
           struct ruling *ruling)
{
    bool unreadable = span_is(judgement->whole.code, "bad-response");
    bool bare = span_starts(judgement->whole.code, "http-");
    enum action action = judgement->action;
    enum lost lost;
    ruling->ends_split = action == ACTION_SPLIT && facts->count == 1;
    if (ruling->ends_split)
        action = ACTION_FAIL;
    if (action == ACTION_RENEW_TOKEN && !facts->may_renew)
        action = ACTION_STOP;
    ruling->counts_for_halt = action != ACTION_SPLIT && action != ACTION_SLOW_DOWN &&
                              action != ACTION_RENEW_TOKEN;
    ruling->blames_target = action == ACTION_FAIL_TARGET;
    if (action == ACTION_STOP || action == ACTION_STOP_LIMIT)
        ruling->stop = action;
    for (size_t i = 0; i < facts->count; i++) {
        struct fate *fate = &ruling->fates[i];
        *fate = (struct fate){.status = STATUS_WAITING,
                              .code = judgement->whole.code,
                              .message = judgement->whole.message,
                              .keep = facts->outcomes[i]->lost != LOST_NOT};
        switch (action) {
        case ACTION_ENTRIES:
        case ACTION_FAIL:
        case ACTION_FAIL_TARGET:
            /* A status alone says nothing of what an earlier call may have done. */
            lost = (enum lost)facts->outcomes[i]->lost;
            fate->keep = bare && (lost == LOST_SILENT ||
                                  (lost == LOST_ANSWERED && facts->outcomes[i]->time_ms));
            fate->status = fate->keep && lost == LOST_SILENT ? STATUS_UNKNOWN
                                                             : STATUS_FAILED;
            break;
        case ACTION_SPLIT:
            ruling->again = AGAIN_HALVES;
            break;
        case ACTION_RETRY:
            /* A gateway's 408 may hide what was applied. */
            if (!facts->may_resend)
                fate->status = STATUS_FAILED;
            else
                try_again(facts, i, LOST_NOT, ruling);
            break;
        case ACTION_RETRY_LOST:
            try_again(facts, i, unreadable ? LOST_SILENT : LOST_ANSWERED, ruling);
            break;
        case ACTION_SLOW_DOWN:
            ruling->again = AGAIN_SLOWER;
            break;
        case ACTION_RENEW_TOKEN:
            ruling->again = AGAIN_SIGNED;
            break;
        case ACTION_STOP:
        case ACTION_STOP_LIMIT:
            ruling->again = AGAIN_RESUME;
            break;
        }
    }
}

void
ruling_make(const struct ruling_facts *facts, const struct pool_result *result,
            struct judgement *judgement, struct ruling *ruling)
{
    ruling->again = AGAIN_NEVER;
    ruling->any_success = ruling->blames_target = false;
    ruling->stop = ACTION_ENTRIES;
    ruling->odd_success = ruling->ends_split = false;
    ruling->counts_for_halt = true;
    ruling->retry_after_s = result->retry_after_s;
    if (result->end != POOL_ANSWERED) {
        rule_unanswered(facts, result, ruling);
        return;
    }
    facts->op->judge(&result->answer, facts->ids, facts->count, judgement);
    if (judgement->retry_after_s > ruling->retry_after_s)
        ruling->retry_after_s = judgement->retry_after_s;
    ruling->odd_success = judgement->odd_success;
    if (judgement->action != ACTION_ENTRIES) {
        rule_whole(facts, judgement, ruling);
        return;
    }
    for (size_t i = 0; i < facts->count; i++)
        rule_entry(facts, i, &judgement->ids[i], ruling);
}
