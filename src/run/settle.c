#include "run/settle.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/backoff.h"
#include "run/motor.h"

/* The text, or a copy in `clean` with each secret replaced. */
static struct span
redact(const struct motor *motor, struct span text, struct buf *clean)
{
    buf_reset(clean);
    buf_add(clean, text.ptr, text.len);
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (motor->engine->auths[i])
            auth_redact(motor->engine->auths[i], clean);
    return (struct span){clean->data, clean->len};
}

/* The number of a verdict; a new one is written to the journal first. */
static uint32_t
intern(struct motor *motor, long http, struct span code, struct span message)
{
    struct verdicts *verdicts = motor->engine->books->verdicts;
    uint32_t number = verdicts_intern(verdicts, http,
                                      redact(motor, code, &motor->clean_code),
                                      redact(motor, message, &motor->clean_message));
    if (number < motor->verdicts_noted)
        return number;
    const struct verdict_note *note = verdicts_get(verdicts, number);
    struct journal_entry *entry = &motor->entry;
    entry->type = JOURNAL_VERDICT;
    entry->verdict = number;
    entry->http = http;
    entry->code = span_of(note->code);
    entry->message = span_of(note->message);
    journal_add(motor->engine->journal, entry);
    motor->verdicts_noted = number + 1;
    return number;
}

static bool
is_like(const struct journal_group *group, const struct fate *fate, uint32_t verdict)
{
    return group->status == fate->status && group->lost == fate->lost &&
           group->verdict == verdict;
}

/* Gather items of one fate, for the journal. */
static void
note_group(struct journal_entry *entry, const struct fate *fate, uint32_t verdict,
           uint32_t bit)
{
    size_t i = 0;
    while (i < entry->group_count && !is_like(&entry->groups[i], fate, verdict))
        i++;
    if (i == entry->group_count) {
        entry->group_count++;
        entry->groups[i] = (struct journal_group){
            (uint8_t)fate->status, (uint8_t)fate->lost, verdict, {0, 0}};
    }
    entry->groups[i].mask[bit / 64] |= (uint64_t)1 << bit % 64;
}

/* Items fail with the verdict of another call, without being sent. */
static void
refuse_target(struct motor *motor, const struct work *work, uint32_t verdict)
{
    struct engine *engine = motor->engine;
    const struct plan_target *target = motor_target_of(motor, work);
    motor->failed += books_refuse(engine->books, target->first_item, target->items,
                                  verdict);
    motor->entry.type = JOURNAL_REFUSED;
    motor->entry.time_ms = clock_utc_ms();
    motor->entry.first_item = target->first_item;
    motor->entry.items = target->items;
    motor->entry.verdict = verdict;
    journal_add(engine->journal, &motor->entry);
}

/* Put a call's fates into books and journal. Returns the verdict of its first item. */
static uint32_t
note_fates(struct motor *motor, const struct call *call, const struct pool_result *result)
{
    struct engine *engine = motor->engine;
    struct journal_entry *entry = &motor->entry;
    const struct fate *before = NULL;
    uint32_t verdict = 0, first = 0;
    long http = result->end == POOL_ANSWERED ? result->answer.http : 0;
    uint32_t verdicts[BATCH_MAX];
    for (uint32_t i = 0; i < call->count; i++) {
        const struct fate *fate = &motor->ruling.fates[i];
        if (fate->keep)
            verdict = engine->books->outcomes[call->items[i]].verdict;
        else if (!before || before->keep || before->code.ptr != fate->code.ptr ||
                 before->message.ptr != fate->message.ptr)
            verdict = intern(motor, http, fate->code, fate->message);
        verdicts[i] = verdict;
        before = fate;
    }
    entry->type = JOURNAL_ANSWER;
    entry->call = call->number;
    entry->time_ms = clock_utc_ms();
    entry->latency_us = (uint32_t)(result->latency_us < UINT32_MAX ? result->latency_us
                                                                   : UINT32_MAX);
    entry->sent = result->sent;
    entry->group_count = 0;
    for (uint32_t i = 0; i < call->count; i++) {
        const struct fate *fate = &motor->ruling.fates[i];
        note_group(entry, fate, verdicts[i], call->items[i] - call->work.slice.first);
        books_settle(engine->books, call->items[i], fate->status, verdicts[i], fate->lost,
                     result->sent ? entry->time_ms : 0);
        motor->failed += fate->status == STATUS_FAILED || fate->status == STATUS_UNKNOWN;
    }
    first = verdicts[0];
    journal_add(engine->journal, entry);
    return first;
}

/* What of a call has no final word, as work again. */
static struct work
remaining(const struct motor *motor, const struct call *call)
{
    struct work work = call->work;
    work.slice.mask[0] = work.slice.mask[1] = 0;
    for (uint32_t i = 0; i < call->count; i++)
        if (motor->ruling.fates[i].status == STATUS_WAITING)
            slice_add(&work.slice, call->items[i] - work.slice.first);
    return work;
}

static void
queue_halves(struct lane *lane, struct work work)
{
    struct work half = work;
    uint32_t left = slice_count(&work.slice) / 2;
    half.slice.mask[0] = half.slice.mask[1] = 0;
    for (uint32_t i = slice_next(&work.slice, 0); left;
         i = slice_next(&work.slice, i + 1)) {
        slice_add(&half.slice, i);
        left--;
    }
    queue_add(&lane->queue, half);
    work.slice.mask[0] &= ~half.slice.mask[0];
    work.slice.mask[1] &= ~half.slice.mask[1];
    queue_add(&lane->queue, work);
}

/* A 429 is about calls at once or about the day: neither asks for long waits. */
static unsigned
slow_tries(unsigned refusals)
{
    enum { SLOW_TRIES_MAX = 4 };
    return refusals < SLOW_TRIES_MAX ? refusals : SLOW_TRIES_MAX;
}

static void
queue_again(struct motor *motor, const struct call *call, int64_t now_ms)
{
    struct lane *lane = motor_lane_of(motor, motor_target_of(motor, &call->work)->op);
    struct work work = remaining(motor, call);
    double chance = motor_chance(motor);
    long asked = motor->ruling.retry_after_s;
    work.ready_ms = now_ms;
    work.renewed = motor->ruling.again == AGAIN_SIGNED;
    switch (motor->ruling.again) {
    case AGAIN_NEVER:
    case AGAIN_RESUME:
        return;
    case AGAIN_HALVES:
        queue_halves(lane, work);
        return;
    case AGAIN_SIGNED:
        work.ready_ms = 0; /* before all that waits */
        break;
    case AGAIN_RETRY:
        work.ready_ms += backoff_ms(work.tries++, chance, asked);
        break;
    case AGAIN_SLOWER:
        work.ready_ms += backoff_ms(slow_tries(work.slowed++), chance, asked);
        break;
    }
    queue_add(&lane->queue, work);
}

static void
stop_for_limit(struct motor *motor, const struct op *op)
{
    long asked = motor->ruling.retry_after_s;
    char when[CLOCK_STAMP_BYTES] = "when its 24 hours are over";
    if (asked > 0)
        clock_format_stamp(clock_utc_ms() + asked * 1000, when);
    motor_stop(motor, EXIT_BUDGET, "budget",
               "the %s refuses more calls: the day's limit is reached; resume %s%s",
               service_names[op->service], asked > 0 ? "after " : "", when);
}

static void
heed_pressure(struct motor *motor, const struct call *call,
              const struct pool_result *result, struct lane *lane, int64_t now_ms)
{
    if (motor->ruling.again != AGAIN_SLOWER) {
        pressure_note_answer(&lane->pressure,
                             result->end == POOL_ANSWERED ? result->answer.http : 0);
        return;
    }
    int64_t wait_ms = backoff_ms(slow_tries(lane->pressure.alone_refused),
                                 motor_chance(motor), motor->ruling.retry_after_s);
    if (pressure_note_refused(&lane->pressure, call->start, motor->starts, now_ms,
                              wait_ms))
        stop_for_limit(motor, motor_target_of(motor, &call->work)->op);
}

/* What ended the call, also where its first item keeps the word of an earlier one. */
static struct verdict_note
word_of_call(struct motor *motor, uint32_t verdict, const struct pool_result *result)
{
    const struct fate *fate = &motor->ruling.fates[0];
    if (!fate->keep)
        return *verdicts_get(motor->engine->books->verdicts, verdict);
    (void)redact(motor, fate->code, &motor->clean_code);
    (void)redact(motor, fate->message, &motor->clean_message);
    return (struct verdict_note){
        .http = (uint16_t)(result->end == POOL_ANSWERED ? result->answer.http : 0),
        .code = motor->clean_code.data,
        .message = motor->clean_message.data};
}

/*
 * A bad ID that stands alone at the end of a split does not count for --halt-after, nor did
 * the calls before. But a batch of which nothing succeeded counts as one call, at its end:
 * a wrong file is not to be split for ever.
 */
static bool
counts_for_halt(const struct motor *motor, const struct call *call)
{
    const struct plan_batch *batch = &motor->engine->plan->batches[call->work.batch];
    const struct outcome *outcomes = &motor->engine->books->outcomes[batch->first_item];
    bool counts = motor->ruling.counts_for_halt;
    for (uint32_t i = 0; counts && motor->ruling.ends_split && i < batch->items; i++)
        counts = outcomes[i].status == STATUS_FAILED;
    return counts;
}

static void
heed_stops(struct motor *motor, const struct call *call, const struct verdict_note *note,
           const struct op *op)
{
    const struct engine_settings *settings = motor->engine->settings;
    if (motor->ruling.stop == ACTION_STOP_LIMIT)
        stop_for_limit(motor, op);
    if (motor->ruling.stop == ACTION_STOP) {
        const struct code_row *row = ops_explain(op, span_of(note->code), note->http);
        if (row && row->class != CLASS_STOP) /* its advice is about data */
            row = ops_explain(op, span_of("http-401"), 401);
        bool scope = motor->judgement.action == ACTION_STOP;
        motor_stop(motor, EXIT_CREDENTIALS, "halted",
                   "the %s refused the credentials: %s%s%.*s%s%s%s%s%s%s%s",
                   service_names[op->service], note->code, note->message[0] ? ": " : "",
                   TEXT_CUT(note->message, 200), row ? "; " : "", row ? row->advice : "",
                   scope ? " (needed by " : "", scope ? op->name : "", scope ? ": " : "",
                   scope ? op->scope : "", scope ? ")" : "");
    }
    if (limits_note_end(&settings->limits, motor->ruling.any_success,
                        counts_for_halt(motor, call), &motor->unsuccessful))
        motor_stop(
            motor, EXIT_HALTED, "halted",
            "%llu %s in a row without one success (--halt-after); the last: %s%s%.*s",
            (unsigned long long)motor->unsuccessful,
            motor->unsuccessful == 1 ? "call" : "calls", note->code,
            note->message[0] ? ": " : "", TEXT_CUT(note->message, 200));
}

static void
tell_odd_success(struct motor *motor)
{
    if (!motor->ruling.odd_success || motor->odd_success_told)
        return;
    motor->odd_success_told = true;
    log_warn("the service reports success, but not \"relation removed\": on this related "
             "list the request may delete the record itself! Look at result_message");
}

void
settle_call(struct motor *motor, struct pool_result *result, int64_t now_ms)
{
    struct engine *engine = motor->engine;
    struct call *call = result->tag;
    const struct plan_target *target = motor_target_of(motor, &call->work);
    const char *key = plan_key(engine->plan, target);
    struct lane *lane = motor_lane_of(motor, target->op);
    struct auth *auth = engine->auths[lane->service];
    const struct outcome *outcomes[BATCH_MAX];
    for (uint32_t i = 0; i < call->count; i++)
        outcomes[i] = &engine->books->outcomes[call->items[i]];
    struct ruling_facts facts = {
        .op = target->op,
        .ids = call->ids,
        .outcomes = outcomes,
        .count = call->count,
        .last_try = call->work.tries >= engine->settings->retries,
        .may_resend = ops_may_resend(target->op, span_of(key)),
        .may_renew = auth_can_renew(auth) && !call->work.renewed,
        .missing_ok = engine->settings->missing_ok,
    };
    ruling_make(&facts, result, &motor->judgement, &motor->ruling);
    uint32_t verdict = note_fates(motor, call, result);
    struct verdict_note word = word_of_call(motor, verdict, result);
    engine->calls += result->sent;
    if (result->sent)
        latency_note(&engine->latency, motor->entry.latency_us);
    log_detail("call %llu: %s, %u IDs, %s %ld in %lld ms%s%s",
               (unsigned long long)call->number, key, call->count, word.code,
               result->answer.http, (long long)(result->latency_us / 1000),
               result->error[0] ? ": " : "", result->error);
    if (motor->ruling.blames_target)
        refuse_target(motor, &call->work, verdict);
    if (motor->ruling.again == AGAIN_SIGNED)
        auth_refused(auth, call->generation);
    heed_pressure(motor, call, result, lane, now_ms);
    heed_stops(motor, call, &word, target->op);
    tell_odd_success(motor);
    queue_again(motor, call, now_ms);
    lane->in_flight--;
    motor->in_flight--;
    call->next_free = motor->free;
    motor->free = call;
}
