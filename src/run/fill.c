#include "run/fill.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "run/motor.h"

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
next_planned(struct motor *motor, struct lane *lane, struct work *work)
{
    const struct plan *plan = motor->engine->plan;
    while (lane->next_batch < plan->batch_count) {
        const struct plan_batch *batch = &plan->batches[lane->next_batch];
        if (lane->next_batch % PLAN_RELAX_EVERY == 0) {
            plan_relax(plan);
            books_relax(motor->engine->books);
        }
        *work = (struct work){.batch = lane->next_batch++,
                              .slice = {.first = batch->first_item}};
        if (motor_lane_of(motor, motor_target_of(motor, work)->op) != lane)
            continue;
        for (uint32_t i = 0; i < batch->items; i++)
            slice_add(&work->slice, i);
        drop_settled(motor, &work->slice);
        if (slice_count(&work->slice))
            return true;
    }
    return false;
}

/* Work that could be sent now: what waited long enough first, then what was planned.
 * Where order counts, nothing overtakes what waits. */
static bool
next_work(struct motor *motor, struct lane *lane, int64_t now_ms, struct work *work)
{
    struct queue *queue = &lane->queue;
    const struct work *first;
    while ((first = queue_first(queue)) && first->ready_ms <= now_ms) {
        *work = queue_take(queue);
        drop_settled(motor, &work->slice);
        if (slice_count(&work->slice))
            return true;
    }
    return !(lane->ordered && first) && next_planned(motor, lane, work);
}

/* Write down that the work is about to be sent. */
static struct leased
lease(struct motor *motor, const struct work *work)
{
    struct journal_entry *entry = &motor->entry;
    entry->type = JOURNAL_INTENT;
    entry->call = ++motor->call_number;
    entry->time_ms = clock_utc_ms();
    entry->slice = work->slice;
    journal_add(motor->engine->journal, entry);
    return (struct leased){*work, motor->call_number};
}

/* Several calls at a time; have it put on disk. */
static int
write_intents(struct motor *motor, struct lane *lane, int64_t now_ms, struct err *err)
{
    struct journal *journal = motor->engine->journal;
    struct lease_group *group = &lane->coming;
    struct work work;
    group->at = group->count = 0;
    group->list = mem_resize(group->list, lane->lease_max, sizeof(*group->list));
    while (group->count < lane->lease_max && next_work(motor, lane, now_ms, &work))
        group->list[group->count++] = lease(motor, &work);
    return group->count ? journal_sync_begin(journal, &group->request, err) : 0;
}

/*
 * A group that was used up in no time, or faster than the disk took the next one, makes for
 * too many syncs: the next is to last longer.
 */
static void
grow_leases(struct lane *lane, bool waits, int64_t now_ms)
{
    enum { LEASE_MOST = 1024, LAST_MS = 8 };
    if (lane->ahead && (waits || now_ms - lane->ready_ms < LAST_MS) &&
        lane->ready.count == lane->lease_max && lane->lease_max < LEASE_MOST)
        lane->lease_max *= 2;
}

/*
 * The leases at hand are used up: take those that are on disk by now, and have the next
 * ones written meanwhile. Nothing is sent whose intent is not on disk.
 */
static int
renew_leases(struct motor *motor, struct lane *lane, int64_t now_ms, struct err *err)
{
    if (!lane->coming.count && write_intents(motor, lane, now_ms, err))
        return -1;
    if (!lane->coming.count)
        return 0;
    int synced = journal_is_synced(motor->engine->journal, lane->coming.request, err);
    if (synced >= 0)
        grow_leases(lane, synced == 0, now_ms);
    if (synced <= 0)
        return synced;
    lane->ready_ms = now_ms;
    struct lease_group used = lane->ready;
    lane->ready = lane->coming;
    lane->coming = used;
    lane->coming.count = 0;
    return lane->ahead ? write_intents(motor, lane, now_ms, err) : 0;
}

/* What was refused for its token goes before what was leased: the new token is fresh. */
static int
lease_renewed(struct motor *motor, struct lane *lane, struct err *err)
{
    const struct work *first = queue_first(&lane->queue);
    if (!first || !first->renewed || lane->has_urgent)
        return 0;
    struct work work = queue_take(&lane->queue);
    lane->urgent = lease(motor, &work);
    lane->has_urgent = true;
    return journal_sync(motor->engine->journal, err);
}

/* What may be sent next; NULL: nothing is on disk. */
static struct leased *
next_leased(struct lane *lane)
{
    struct lease_group *ready = &lane->ready;
    return lane->has_urgent           ? &lane->urgent
           : ready->at < ready->count ? &ready->list[ready->at]
                                      : NULL;
}

static void
use_lease(struct lane *lane)
{
    lane->ready.at += !lane->has_urgent;
    lane->has_urgent = false;
}

static void
start_call(struct motor *motor, struct lane *lane, const struct leased *leased)
{
    struct engine *engine = motor->engine;
    const struct plan_target *target = motor_target_of(motor, &leased->work);
    struct call *call = motor->free;
    motor->free = call->next_free;
    call->work = leased->work;
    call->number = leased->call;
    call->start = ++motor->starts;
    call->count = 0;
    const struct slice *slice = &call->work.slice;
    for (uint32_t i = slice_next(slice, 0); i < 128; i = slice_next(slice, i + 1)) {
        uint32_t item = slice->first + i;
        call->items[call->count] = item;
        call->ids[call->count++] = plan_id(engine->plan, item);
        books_start(engine->books, item);
    }
    target->op->build(span_of(plan_key(engine->plan, target)), call->ids, call->count,
                      engine->settings->ops, &motor->request);
    motor->entry.type = JOURNAL_START;
    motor->entry.call = call->number;
    journal_add(engine->journal, &motor->entry);
    call->generation = auth_generation(engine->auths[lane->service]);
    pool_start(engine->pool, &motor->request, call);
    lane->in_flight++;
    motor->in_flight++;
}

static bool
may_start(struct motor *motor, const struct lane *lane, int64_t now_us)
{
    const struct engine *engine = motor->engine;
    return !engine->stop.exit_code && motor->in_flight < engine->settings->concurrency &&
           lane->in_flight < pressure_allowed(&lane->pressure) &&
           now_us / 1000 >= lane->pressure.hold_until_ms &&
           engine->auths[lane->service] &&
           auth_is_ready(engine->auths[lane->service], now_us / 1000) &&
           pace_may_start(&motor->pace, now_us);
}

/* Start one call of the lane. 1: done, 0: there is nothing to start now. */
static int
start_one(struct motor *motor, struct lane *lane, int64_t now_us, struct err *err)
{
    const struct limits *limits = &motor->engine->settings->limits;
    if (!may_start(motor, lane, now_us))
        return 0;
    if (lease_renewed(motor, lane, err))
        return -1;
    for (;;) {
        if (!next_leased(lane) && renew_leases(motor, lane, now_us / 1000, err))
            return -1;
        struct leased *leased = next_leased(lane);
        if (!leased)
            return 0;
        drop_settled(motor, &leased->work.slice);
        if (!slice_count(&leased->work.slice)) {
            use_lease(lane);
            continue;
        }
        if (!limits_allow_call(limits, motor->engine->calls, motor->in_flight)) {
            if (!motor->in_flight)
                motor_stop(motor, EXIT_BUDGET, "budget",
                           "the budget of %lld %s (--max-calls) is used up",
                           (long long)limits->calls_max,
                           limits->calls_max == 1 ? "call" : "calls");
            return 0;
        }
        use_lease(lane);
        start_call(motor, lane, leased);
        pace_note_start(&motor->pace, now_us);
        return 1;
    }
}

/* Is everything of the lane done? */
static bool
is_through(const struct motor *motor, const struct lane *lane)
{
    return lane->next_batch >= motor->engine->plan->batch_count && !lane->in_flight &&
           !queue_first(&lane->queue) && !lane->has_urgent &&
           lane->ready.at == lane->ready.count && !lane->coming.count;
}

int
fill_calls(struct motor *motor, int64_t now_us, struct err *err)
{
    bool started = true;
    while (started) {
        started = false;
        for (size_t i = 0; i < LANE_COUNT; i++) {
            int got = start_one(motor, &motor->lanes[i], now_us, err);
            if (got < 0)
                return -1;
            started |= got > 0;
            if (i == LANE_ORDERED && !is_through(motor, &motor->lanes[i]))
                break;
        }
    }
    return journal_flush(motor->engine->journal, err);
}
