#include "run/engine.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/pace.h"
#include "run/queue.h"
#include "run/ruling.h"
#include "run/signals.h"

#include <stdarg.h>
#include <unistd.h>

enum { TICK_MS = 200, LEASE_MIN = 16 };

/* A call in flight. */
struct call {
    struct work work;
    uint64_t number;
    uint32_t count;
    uint32_t items[BATCH_MAX];
    struct span ids[BATCH_MAX];
    struct call *next_free;
};

/* Work whose intent is on disk: it may be sent. */
struct leased {
    struct work work;
    uint64_t call;              /* number */
};

struct lane {
    uint32_t next_batch;        /* of the plan, not yet looked at */
    struct queue queue;
    struct pressure pressure;
    struct leased *leases;
    size_t lease_at, lease_count;
    size_t in_flight;
};

/* The engine at work. */
struct motor {
    struct engine *engine;
    struct lane lanes[SERVICE_COUNT];
    struct call *calls;
    struct call *free;
    struct pace pace;
    struct request request;
    struct judgement judgement;
    struct buf clean_code, clean_message;
    struct ruling ruling;
    struct journal_entry entry;         /* of answers: large, so kept */
    size_t lease_max;
    uint64_t call_number;               /* of the newest intent */
    uint64_t unsuccessful;              /* calls in a row */
    uint32_t verdicts_noted;            /* in the journal */
    int64_t started_ms, next_tick_ms;
    uint64_t chance;
    uint32_t failed;
    bool odd_success_told, aborted;
};

__attribute__((format(printf, 4, 5))) static void
stop(struct motor *motor, int exit_code, const char *code, const char *format, ...)
{
    struct stop *stop = &motor->engine->stop;
    if (stop->exit_code)
        return;
    va_list args;
    va_start(args, format);
    stop->exit_code = exit_code;
    stop->code = code;
    (void)vsnprintf(stop->message, sizeof(stop->message), format, args);
    va_end(args);
}

/* From [0, 1); not for secrets (xorshift64). */
static double
next_chance(struct motor *motor)
{
    motor->chance ^= motor->chance << 13;
    motor->chance ^= motor->chance >> 7;
    motor->chance ^= motor->chance << 17;
    return (double)(motor->chance >> 11) / 9007199254740992.0;
}

static const struct plan_target *
target_of(const struct motor *motor, const struct work *work)
{
    const struct plan *plan = motor->engine->plan;
    return &plan->targets[plan->batches[work->batch].target];
}

/* Leave out what has a final word by now. */
static void
drop_settled(const struct motor *motor, struct slice *slice)
{
    const struct outcome *outcomes = motor->engine->books->outcomes;
    for (uint32_t i = slice_next(slice, 0); i < 128; i = slice_next(slice, i + 1))
        if (outcomes[slice->first + i].status != STATUS_WAITING)
            slice->mask[i / 64] &= ~((uint64_t)1 << i % 64);
}

static bool
next_planned(struct motor *motor, enum service service, struct work *work)
{
    const struct plan *plan = motor->engine->plan;
    struct lane *lane = &motor->lanes[service];
    while (lane->next_batch < plan->batch_count) {
        const struct plan_batch *batch = &plan->batches[lane->next_batch];
        *work = (struct work){.batch = lane->next_batch++,
                              .slice = {.first = batch->first_item}};
        if (target_of(motor, work)->op->service != service)
            continue;
        for (uint32_t i = 0; i < batch->items; i++)
            slice_add(&work->slice, i);
        drop_settled(motor, &work->slice);
        if (slice_count(&work->slice))
            return true;
    }
    return false;
}

/* Work that could be sent now: what waited long enough first, then what was planned. */
static bool
next_work(struct motor *motor, enum service service, int64_t now_ms, struct work *work)
{
    struct queue *queue = &motor->lanes[service].queue;
    const struct work *first;
    while ((first = queue_first(queue)) && first->ready_ms <= now_ms) {
        *work = queue_take(queue);
        drop_settled(motor, &work->slice);
        if (slice_count(&work->slice))
            return true;
    }
    return next_planned(motor, service, work);
}

/*
 * Write down what is about to be sent, several calls at a time, and wait until it is
 * on disk. Nothing leaves without.
 */
static int
renew_leases(struct motor *motor, enum service service, int64_t now_ms, struct err *err)
{
    struct lane *lane = &motor->lanes[service];
    struct journal *journal = motor->engine->journal;
    lane->lease_at = lane->lease_count = 0;
    struct work work;
    while (lane->lease_count < motor->lease_max &&
           next_work(motor, service, now_ms, &work)) {
        struct journal_entry *entry = &motor->entry;
        entry->type = JOURNAL_INTENT;
        entry->call = ++motor->call_number;
        entry->time_ms = clock_utc_ms();
        entry->slice = work.slice;
        journal_add(journal, entry);
        lane->leases[lane->lease_count++] = (struct leased){work, motor->call_number};
    }
    return lane->lease_count ? journal_sync(journal, err) : 0;
}

static void
start_call(struct motor *motor, struct lane *lane, const struct leased *leased)
{
    struct engine *engine = motor->engine;
    const struct plan_target *target = target_of(motor, &leased->work);
    struct call *call = motor->free;
    motor->free = call->next_free;
    call->work = leased->work;
    call->number = leased->call;
    call->count = 0;
    const struct slice *slice = &call->work.slice;
    for (uint32_t i = slice_next(slice, 0); i < 128; i = slice_next(slice, i + 1)) {
        uint32_t item = slice->first + i;
        call->items[call->count] = item;
        call->ids[call->count++] = plan_id(engine->plan, item);
        books_start(engine->books, item);
    }
    target->op->build(span_of(target->key), call->ids, call->count,
                      engine->settings->ops, &motor->request);
    motor->entry.type = JOURNAL_START;
    motor->entry.call = call->number;
    journal_add(engine->journal, &motor->entry);
    pool_start(engine->pool, &motor->request, call);
    lane->in_flight++;
}

static bool
budget_allows(struct motor *motor)
{
    const struct engine *engine = motor->engine;
    int64_t most = engine->settings->calls_max;
    return most < 0 || engine->calls + pool_in_flight(engine->pool) < (uint64_t)most;
}

static bool
may_start(struct motor *motor, const struct lane *lane, int64_t now_us)
{
    const struct engine *engine = motor->engine;
    return !engine->stop.exit_code &&
           pool_in_flight(engine->pool) < engine->settings->concurrency &&
           lane->in_flight < pressure_allowed(&lane->pressure) &&
           now_us / 1000 >= lane->pressure.hold_until_ms &&
           pace_may_start(&motor->pace, now_us);
}

/* Start one call of the lane. 1: done, 0: there is nothing to start now. */
static int
start_one(struct motor *motor, enum service service, int64_t now_us, struct err *err)
{
    struct lane *lane = &motor->lanes[service];
    if (!may_start(motor, lane, now_us))
        return 0;
    for (;;) {
        if (lane->lease_at == lane->lease_count &&
            renew_leases(motor, service, now_us / 1000, err))
            return -1;
        if (lane->lease_at == lane->lease_count)
            return 0;
        struct leased *leased = &lane->leases[lane->lease_at];
        drop_settled(motor, &leased->work.slice);
        if (!slice_count(&leased->work.slice)) {
            lane->lease_at++;
            continue;
        }
        if (!budget_allows(motor)) {
            if (!pool_in_flight(motor->engine->pool))
                stop(motor, EXIT_BUDGET, "budget",
                     "the budget of %lld calls (--max-calls) is used up",
                     (long long)motor->engine->settings->calls_max);
            return 0;
        }
        lane->lease_at++;
        start_call(motor, lane, leased);
        pace_note_start(&motor->pace, now_us);
        return 1;
    }
}

static int
fill(struct motor *motor, int64_t now_us, struct err *err)
{
    bool started = true;
    while (started) {
        started = false;
        for (enum service service = 0; service < SERVICE_COUNT; service++) {
            int got = start_one(motor, service, now_us, err);
            if (got < 0)
                return -1;
            started |= got > 0;
        }
    }
    return journal_flush(motor->engine->journal, err);
}

/* The text, or a copy in `clean` with each secret replaced. */
static struct span
redact(const struct motor *motor, struct span text, struct buf *clean)
{
    buf_reset(clean);
    buf_add(clean, text.ptr, text.len);
    for (const char *const *secret = motor->engine->settings->secrets; *secret; secret++)
        secret_redact(*secret, clean);
    return (struct span){clean->data, clean->len};
}

/* The number of a verdict; a new one is written to the journal first. */
static uint32_t
intern(struct motor *motor, long http, struct span code, struct span message)
{
    struct books *books = motor->engine->books;
    uint32_t number = books_intern(books, http, redact(motor, code, &motor->clean_code),
                                   redact(motor, message, &motor->clean_message));
    if (number < motor->verdicts_noted)
        return number;
    const struct verdict_note *note = &books->verdicts[number];
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
        entry->groups[i] = (struct journal_group){(uint8_t)fate->status, fate->lost,
                                                  verdict, {0, 0}};
    }
    entry->groups[i].mask[bit / 64] |= (uint64_t)1 << bit % 64;
}

/* Items fail with the verdict of another call, without being sent. */
static void
refuse_target(struct motor *motor, const struct work *work, uint32_t verdict)
{
    struct engine *engine = motor->engine;
    const struct plan_target *target = target_of(motor, work);
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
    for (uint32_t i = slice_next(&work.slice, 0); left; i = slice_next(&work.slice, i + 1)) {
        slice_add(&half.slice, i);
        left--;
    }
    queue_add(&lane->queue, half);
    work.slice.mask[0] &= ~half.slice.mask[0];
    work.slice.mask[1] &= ~half.slice.mask[1];
    queue_add(&lane->queue, work);
}

static void
queue_again(struct motor *motor, const struct call *call, int64_t now_ms)
{
    struct lane *lane = &motor->lanes[target_of(motor, &call->work)->op->service];
    struct work work = remaining(motor, call);
    double chance = next_chance(motor);
    long asked = motor->ruling.retry_after_s;
    work.ready_ms = now_ms;
    switch (motor->ruling.again) {
    case AGAIN_NEVER:
    case AGAIN_RESUME:
        return;
    case AGAIN_HALVES:
        queue_halves(lane, work);
        return;
    case AGAIN_RETRY:
        work.ready_ms += backoff_ms(work.tries++, chance, asked);
        break;
    case AGAIN_SLOWER:
        work.ready_ms += backoff_ms(work.slowed++, chance, asked);
        break;
    }
    queue_add(&lane->queue, work);
}

static void
heed_pressure(struct motor *motor, const struct call *call,
              const struct pool_result *result, struct lane *lane, int64_t now_ms)
{
    if (motor->ruling.again != AGAIN_SLOWER) {
        if (result->end == POOL_ANSWERED && result->answer.http < 500)
            pressure_note_good(&lane->pressure);
        return;
    }
    int64_t wait_ms = backoff_ms(lane->pressure.alone_refused, next_chance(motor),
                                 motor->ruling.retry_after_s);
    if (pressure_note_refused(&lane->pressure, call->number, motor->call_number, now_ms,
                              wait_ms))
        stop(motor, EXIT_BUDGET, "budget",
             "the %s refuses every call with 429: the day's limit is reached; resume "
             "when its 24 hours are over",
             service_names[target_of(motor, &call->work)->op->service]);
}

static void
heed_stops(struct motor *motor, uint32_t verdict, const struct op *op)
{
    const struct engine_settings *settings = motor->engine->settings;
    const struct verdict_note *note = &motor->engine->books->verdicts[verdict];
    if (motor->ruling.stop) {
        const struct code_row *row = ops_explain(op, span_of(note->code), note->http);
        bool scope = motor->judgement.action == ACTION_STOP;
        stop(motor, EXIT_CREDENTIALS, "halted",
             "the %s refused the credentials: %s: %.200s%s%s%s%s", service_names[op->service],
             note->code, note->message, row ? "; " : "", row ? row->advice : "",
             scope ? "; needed: " : "", scope ? op->scope : "");
    }
    if (motor->ruling.any_success)
        motor->unsuccessful = 0;
    else if (motor->ruling.counts_for_halt)
        motor->unsuccessful++;
    if (settings->halt_after && motor->unsuccessful >= settings->halt_after)
        stop(motor, EXIT_HALTED, "halted",
             "%llu calls in a row without one success (--halt-after); the last: %s: %.200s",
             (unsigned long long)motor->unsuccessful, note->code, note->message);
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

static void
settle(struct motor *motor, struct pool_result *result, int64_t now_ms)
{
    struct engine *engine = motor->engine;
    struct call *call = result->tag;
    const struct plan_target *target = target_of(motor, &call->work);
    struct lane *lane = &motor->lanes[target->op->service];
    const struct outcome *outcomes[BATCH_MAX];
    for (uint32_t i = 0; i < call->count; i++)
        outcomes[i] = &engine->books->outcomes[call->items[i]];
    struct ruling_facts facts = {
        .op = target->op,
        .ids = call->ids,
        .outcomes = outcomes,
        .count = call->count,
        .last_try = call->work.tries >= engine->settings->retries,
        .missing_ok = engine->settings->missing_ok,
    };
    ruling_make(&facts, result, &motor->judgement, &motor->ruling);
    uint32_t verdict = note_fates(motor, call, result);
    engine->calls += result->sent;
    if (result->sent)
        latency_note(&engine->latency, motor->entry.latency_us);
    log_detail("call %llu: %s, %u IDs, %s %ld in %lld ms%s%s",
               (unsigned long long)call->number, target->key, call->count,
               engine->books->verdicts[verdict].code, result->answer.http,
               (long long)(result->latency_us / 1000), result->error[0] ? ": " : "",
               result->error);
    if (motor->ruling.blames_target)
        refuse_target(motor, &call->work, verdict);
    heed_pressure(motor, call, result, lane, now_ms);
    heed_stops(motor, verdict, target->op);
    tell_odd_success(motor);
    queue_again(motor, call, now_ms);
    lane->in_flight--;
    call->next_free = motor->free;
    motor->free = call;
}

static void
heed_outside(struct motor *motor, int64_t now_ms)
{
    const struct engine_settings *settings = motor->engine->settings;
    int signal_number = signals_first();
    if (signal_number)
        stop(motor, EXIT_SIGNAL + signal_number, "interrupted", "stopped by signal %d",
             signal_number);
    if (settings->stop_at_ms && now_ms >= settings->stop_at_ms)
        stop(motor, EXIT_WINDOW, "window",
             "the time to send in is over (--max-duration, --stop-at)");
    if (signals_count() > 1 && !motor->aborted) {
        motor->aborted = true;
        pool_abort(motor->engine->pool);
    }
}

static bool
has_work(const struct motor *motor)
{
    return motor->engine->books->waiting > 0 && !motor->engine->stop.exit_code;
}

static void
sooner(int64_t *wait_ms, int64_t at_ms, int64_t now_ms)
{
    if (at_ms > now_ms && at_ms - now_ms < *wait_ms)
        *wait_ms = at_ms - now_ms;
}

/* Until the next thing that time brings about. */
static int
wait_span_ms(const struct motor *motor, int64_t now_ms)
{
    int64_t wait_ms = TICK_MS;
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        const struct work *first = queue_first(&motor->lanes[i].queue);
        if (first)
            sooner(&wait_ms, first->ready_ms, now_ms);
        sooner(&wait_ms, motor->lanes[i].pressure.hold_until_ms, now_ms);
    }
    sooner(&wait_ms, (motor->pace.next_us + 999) / 1000, now_ms);
    sooner(&wait_ms, motor->engine->settings->stop_at_ms, now_ms);
    return (int)wait_ms;
}

static void
tell_progress(struct motor *motor, int64_t now_ms, bool last)
{
    struct engine *engine = motor->engine;
    if (!engine->progress || (now_ms < motor->next_tick_ms && !last))
        return;
    motor->next_tick_ms = now_ms + TICK_MS;
    double allowed = 0;
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        allowed += motor->lanes[i].pressure.allowed;
    struct engine_state state = {
        .items = engine->books->item_count,
        .settled = engine->books->item_count - engine->books->waiting,
        .failed = motor->failed,
        .calls = engine->calls,
        .in_flight = pool_in_flight(engine->pool),
        .allowed = (size_t)allowed,
        .elapsed_ms = now_ms - motor->started_ms,
    };
    engine->progress(&state, engine->context);
}

static int
work_until_done(struct motor *motor, struct err *err)
{
    struct engine *engine = motor->engine;
    while (has_work(motor) || pool_in_flight(engine->pool)) {
        int64_t now_us = clock_mono_us();
        heed_outside(motor, now_us / 1000);
        if (fill(motor, now_us, err))
            return -1;
        if (!pool_in_flight(engine->pool) && engine->stop.exit_code)
            break;
        if (pool_wait(engine->pool, wait_span_ms(motor, now_us / 1000), err))
            return -1;
        struct pool_result result;
        int64_t now_ms = clock_mono_ms();
        while (pool_take(engine->pool, &result)) {
            settle(motor, &result, now_ms);
            pool_release(engine->pool, &result);
        }
        tell_progress(motor, now_ms, false);
    }
    tell_progress(motor, clock_mono_ms(), true);
    return 0;
}

static void
motor_init(struct motor *motor, struct engine *engine)
{
    size_t concurrency = engine->settings->concurrency;
    motor->engine = engine;
    motor->started_ms = clock_mono_ms();
    motor->pace.interval_us = engine->settings->interval_us;
    motor->chance = (uint64_t)clock_utc_ms() * 2654435761u ^ (uint64_t)getpid() << 32 ^ 1;
    motor->lease_max = concurrency * 2 > LEASE_MIN ? concurrency * 2 : LEASE_MIN;
    motor->verdicts_noted = engine->books->verdict_count;
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        pressure_init(&motor->lanes[i].pressure, concurrency);
        motor->lanes[i].leases = mem_alloc(motor->lease_max, sizeof(struct leased));
    }
    motor->calls = mem_alloc(concurrency, sizeof(*motor->calls));
    for (size_t i = concurrency; i--;) {
        motor->calls[i].next_free = motor->free;
        motor->free = &motor->calls[i];
    }
}

static void
motor_clear(struct motor *motor)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        queue_clear(&motor->lanes[i].queue);
        free(motor->lanes[i].leases);
    }
    free(motor->calls);
    buf_clear(&motor->request.target);
    judgement_clear(&motor->judgement);
    buf_clear(&motor->clean_code);
    buf_clear(&motor->clean_message);
}

int
engine_run(struct engine *engine, struct err *err)
{
    struct motor *motor = mem_alloc(1, sizeof(*motor));
    motor_init(motor, engine);
    int rc = work_until_done(motor, err);
    struct journal_entry *entry = &motor->entry;
    entry->type = JOURNAL_END;
    entry->time_ms = clock_utc_ms();
    entry->exit_code = engine->stop.exit_code;
    entry->code = span_of(engine->stop.code ? engine->stop.code : "");
    entry->message = span_of(engine->stop.message);
    if (rc == 0) {
        journal_add(engine->journal, entry);
        rc = journal_sync(engine->journal, err);
    }
    motor_clear(motor);
    free(motor);
    return rc;
}
