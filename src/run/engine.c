#include "run/engine.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "run/fill.h"
#include "run/motor.h"
#include "run/settle.h"
#include "run/signals.h"

#include <stdarg.h>
#include <unistd.h>

enum { TICK_MS = 200, LEASE_MIN = 16 };

void
motor_stop(struct motor *motor, int exit_code, const char *code, const char *format, ...)
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

const struct plan_target *
motor_target_of(const struct motor *motor, const struct work *work)
{
    const struct plan *plan = motor->engine->plan;
    return &plan->targets[plan->batches[work->batch].target];
}

static void
heed_outside(struct motor *motor, int64_t now_ms)
{
    const struct engine_settings *settings = motor->engine->settings;
    int signal_number = signals_first();
    if (signal_number)
        motor_stop(motor, EXIT_SIGNAL + signal_number, "interrupted", "stopped by signal %d",
             signal_number);
    if (settings->stop_at_ms && now_ms >= settings->stop_at_ms)
        motor_stop(motor, EXIT_WINDOW, "window",
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
        if (fill_calls(motor, now_us, err))
            return -1;
        if (!pool_in_flight(engine->pool) && engine->stop.exit_code)
            break;
        if (pool_wait(engine->pool, wait_span_ms(motor, now_us / 1000), err))
            return -1;
        struct pool_result result;
        int64_t now_ms = clock_mono_ms();
        while (pool_take(engine->pool, &result)) {
            settle_call(motor, &result, now_ms);
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
    motor->pace = (struct pace){engine->settings->interval_us, clock_mono_us()};
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
