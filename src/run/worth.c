#include "run/worth.h"

static bool
may_pass(const struct books *books, const struct outcome *outcome)
{
    const struct verdict_note *note = verdicts_get(books->verdicts, outcome->verdict);
    return code_may_pass(note->code, note->http);
}

bool
worth_retrying(const struct plan *plan, const struct books *books, uint32_t item,
               bool all)
{
    const struct outcome *outcome = &books->outcomes[item];
    enum status status = (enum status)outcome->status;
    if (status != STATUS_UNKNOWN && status != STATUS_UNSENT &&
        (status != STATUS_FAILED || !(all || may_pass(books, outcome))))
        return false;
    const struct plan_target *target = plan_target_of(plan, item);
    bool was_sent = outcome->time_ms || outcome->lost || outcome->in_flight;
    return !was_sent || ops_may_resend(target->op, span_of(plan_key(plan, target)));
}
