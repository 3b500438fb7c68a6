#include "run/worth.h"

bool
worth_retrying(const struct plan *plan, const struct books *books, uint32_t item,
               bool all)
{
    const struct outcome *outcome = &books->outcomes[item];
    const struct verdict_note *note = &books->verdicts[outcome->verdict];
    enum status status = (enum status)outcome->status;
    if (status != STATUS_UNKNOWN && status != STATUS_UNSENT &&
        (status != STATUS_FAILED || !(all || code_may_pass(note->code, note->http))))
        return false;
    const struct plan_target *target = plan_target_of(plan, item);
    bool was_sent = outcome->time_ms || outcome->lost || outcome->in_flight;
    return !was_sent || ops_may_resend(target->op, span_of(plan_key(plan, target)));
}
