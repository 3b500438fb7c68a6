#include "run/engine.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "net/multi.h"
#include "run/fill.h"
#include "run/motor.h"
#include "run/settle.h"
#include "run/signals.h"
#include "run/signin.h"

#include <stdarg.h>
#include <unistd.h>

enum { TICK_MS = 200, LEASE_MIN = 16 };

/* Where an unknown fate is for good, few intents stand on disk that are not yet sent; in
 * order, just the next one. */
static bool
may_lease_ahead(const struct motor *motor, const struct lane *lane)
{
    for (size_t i = 0; ops_all[i]; i++)
        if (motor_lane_of((struct motor *)motor, ops_all[i]) == lane &&
            (ops_all[i]->ordered || ops_all[i]->may_resend))
            return false;
    return true;
}

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

/* xorshift64 */
double
motor_chance(struct motor *motor)
{
    motor->chance ^= motor->chance << 13;
    motor->chance ^= motor->chance >> 7;
    motor->chance ^= motor->chance << 17;
    return (double)(motor->chance >> 11) / 9007199254740992.0;
}

struct lane *
motor_lane_of(struct motor *motor, const struct op *op)
{
    return &motor->lanes[op->ordered ? LANE_ORDERED : LANE_SERVICES + op->service];
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
        motor_stop(motor, EXIT_SIGNAL + signal_number, "interrupted",
                   "stopped by signal %d", signal_number);
    if (limits_window_is_over(&settings->limits, now_ms, clock_utc_ms()))
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
    for (size_t i = 0; i < LANE_COUNT; i++) {
        const struct work *first = queue_first(&motor->lanes[i].queue);
        const struct auth *auth = motor->engine->auths[motor->lanes[i].service];
        if (first)
            sooner(&wait_ms, first->ready_ms, now_ms);
        if (auth)
            sooner(&wait_ms, auth_ask_at_ms(auth), now_ms);
        sooner(&wait_ms, motor->lanes[i].pressure.hold_until_ms, now_ms);
    }
    sooner(&wait_ms, (motor->pace.next_us + 999) / 1000, now_ms);
    sooner(&wait_ms, motor->engine->settings->limits.close_ms, now_ms);
    return (int)wait_ms;
}

/* Rows with a final word; which items have repeats is not looked up for this. */
static uint64_t
rows_done(const struct engine *engine)
{
    const struct plan *plan = engine->plan;
    uint64_t settled = plan->item_count - engine->books->waiting;
    uint64_t repeats = plan->item_count ? plan->duplicates * settled / plan->item_count
                                        : 0;
    return plan->rejected + settled + repeats;
}

/* May start no call before; 0 if it has no work. */
static int64_t
lane_start_ms(const struct motor *motor, const struct lane *lane)
{
    const struct work *first = queue_first(&lane->queue);
    const struct auth *auth = motor->engine->auths[lane->service];
    bool planned = lane->next_batch < motor->engine->plan->batch_count;
    bool at_once = lane->ready.at < lane->ready.count || lane->coming.count ||
                   (planned && !(lane->ordered && first));
    int64_t at_ms = at_once ? 1 : first ? first->ready_ms : 0;
    if (at_ms && lane->pressure.hold_until_ms > at_ms)
        at_ms = lane->pressure.hold_until_ms;
    if (at_ms && auth && auth_ask_at_ms(auth) > at_ms)
        at_ms = auth_ask_at_ms(auth);
    return auth ? at_ms : 0;
}

/* How long nothing will be sent. */
static int64_t
pause_ms(const struct motor *motor, int64_t now_ms)
{
    int64_t soonest_ms = 0;
    if (motor->in_flight || motor->engine->stop.exit_code)
        return 0;
    for (size_t i = 0; i < LANE_COUNT; i++) {
        int64_t at_ms = lane_start_ms(motor, &motor->lanes[i]);
        if (at_ms && (!soonest_ms || at_ms < soonest_ms))
            soonest_ms = at_ms;
    }
    if (soonest_ms && motor->pace.next_us / 1000 > soonest_ms)
        soonest_ms = motor->pace.next_us / 1000;
    return soonest_ms > now_ms ? soonest_ms - now_ms : 0;
}

/* The fewest calls that a service allows at once, if it pushes back. */
static size_t
slowed_to(const struct motor *motor)
{
    size_t fewest = 0;
    for (size_t i = LANE_SERVICES; i < LANE_COUNT; i++) {
        const struct pressure *pressure = &motor->lanes[i].pressure;
        size_t allowed = pressure_allowed(pressure);
        if (allowed < pressure->most && (!fewest || allowed < fewest))
            fewest = allowed;
    }
    return fewest;
}

static void
tell_progress(struct motor *motor, int64_t now_ms, bool last)
{
    struct engine *engine = motor->engine;
    if (!engine->progress || (now_ms < motor->next_tick_ms && !last))
        return;
    motor->next_tick_ms = now_ms + TICK_MS;
    struct engine_state state = {
        .rows = engine->plan->rows,
        .done = rows_done(engine),
        .done_before = motor->done_before,
        .failed = motor->failed,
        .calls = engine->calls,
        .in_flight = motor->in_flight,
        .slowed_to = slowed_to(motor),
        .wait_ms = pause_ms(motor, now_ms),
        .stopping = engine->stop.exit_code != 0,
        .elapsed_ms = now_ms - motor->started_ms,
        .now_ms = now_ms,
    };
    engine->progress(&state, engine->context);
}

/*
 * Settle the calls that have ended. Who had to wait for them has the time to fill the
 * place of each at once, so that no call waits for its neighbours; who did not lets
 * several share a write to the journal.
 */
static int
take_answers(struct motor *motor, struct err *err)
{
    struct pool *pool = motor->engine->pool;
    struct pool_result result;
    int got;
    while ((got = pool_take(pool, &result, err)) == 1) {
        int64_t now_us = clock_mono_us();
        if (!signin_take(motor, &result, now_us / 1000))
            settle_call(motor, &result, now_us / 1000);
        pool_release(pool, &result);
        if (journal_flush_much(motor->engine->journal, err))
            return -1;
        if (!motor->prompt)
            continue;
        motor->prompt--;
        if (fill_calls(motor, now_us, err))
            return -1;
    }
    return got;
}

static int
work_until_done(struct motor *motor, struct err *err)
{
    struct engine *engine = motor->engine;
    while (has_work(motor) || motor->in_flight) {
        int64_t now_us = clock_mono_us();
        heed_outside(motor, now_us / 1000);
        signin_ask(motor, now_us / 1000);
        if (fill_calls(motor, now_us, err))
            return -1;
        if (!motor->in_flight && engine->stop.exit_code)
            break;
        int found = pool_wait(engine->pool, wait_span_ms(motor, now_us / 1000),
                              journal_wake_fd(engine->journal), err);
        if (found < 0)
            return -1;
        if (found & MULTI_WOKEN)
            journal_heed_wake(engine->journal);
        if (found & MULTI_WAITED)
            motor->prompt = motor->in_flight;
        if (take_answers(motor, err) || verdicts_check(engine->books->verdicts, err))
            return -1;
        tell_progress(motor, clock_mono_ms(), false);
    }
    tell_progress(motor, clock_mono_ms(), true);
    return 0;
}

/* Lanes that nothing is planned for need not look for it. */
static void
open_lanes(struct motor *motor)
{
    const struct plan *plan = motor->engine->plan;
    for (size_t i = 0; i < LANE_COUNT; i++)
        motor->lanes[i].next_batch = plan->batch_count;
    for (size_t i = 0; i < plan->use_count; i++)
        motor_lane_of(motor, plan->uses[i].op)->next_batch = 0;
}

static void
motor_init(struct motor *motor, struct engine *engine)
{
    size_t concurrency = engine->settings->concurrency;
    size_t lease_max = concurrency * 2 > LEASE_MIN ? concurrency * 2 : LEASE_MIN;
    motor->engine = engine;
    motor->done_before = rows_done(engine);
    motor->started_ms = clock_mono_ms();
    motor->pace = (struct pace){engine->settings->interval_us, clock_mono_us()};
    motor->chance = (uint64_t)clock_utc_ms() * 2654435761u ^ (uint64_t)getpid() << 32 ^ 1;
    motor->verdicts_noted = engine->books->verdicts->count;
    for (size_t i = 0; i < LANE_COUNT; i++) {
        struct lane *lane = &motor->lanes[i];
        lane->ordered = i == LANE_ORDERED;
        lane->service = lane->ordered ? SERVICE_CRM : (enum service)(i - LANE_SERVICES);
        lane->lease_max = lane->ordered ? 1 : lease_max;
        lane->ahead = may_lease_ahead(motor, lane);
        pressure_init(&lane->pressure, lane->ordered ? 1 : concurrency);
    }
    open_lanes(motor);
    motor->calls = mem_alloc(concurrency, sizeof(*motor->calls));
    for (size_t i = concurrency; i--;) {
        motor->calls[i].next_free = motor->free;
        motor->free = &motor->calls[i];
    }
}

static void
motor_clear(struct motor *motor)
{
    for (size_t i = 0; i < LANE_COUNT; i++) {
        queue_clear(&motor->lanes[i].queue);
        free(motor->lanes[i].ready.list);
        free(motor->lanes[i].coming.list);
    }
    free(motor->calls);
    request_clear(&motor->request);
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
    /* Synced before it, too: so the last entry says that all others are safe. */
    if (rc == 0)
        rc = journal_sync(engine->journal, err);
    if (rc == 0) {
        journal_add(engine->journal, entry);
        rc = journal_sync(engine->journal, err);
    }
    motor_clear(motor);
    free(motor);
    return rc;
}
