#include "report/timeline.h"

#include "base/mem.h"

/* Calls that have begun, by number modulo their count: as many as can be in flight. */
enum { OPEN_MAX = 1 << 14 };

enum { CLOCK_JITTER_MS = 1000, DAY_MS = 86400000 };

struct open_call {
    uint64_t number;
    struct slice slice;
};

struct collecting {
    struct timeline *timeline;
    const struct books *books;
    struct open_call *open;
};

/* Widths people know; each divides the next, so that slices can be joined. */
static const int64_t widths_ms[] = {
    1,     2,     10,     20,     100,     200,     1000,     2000,     10000,
    30000, 60000, 120000, 600000, 1800000, 3600000, 10800000, 21600000, 43200000,
};

static int64_t
next_width(int64_t width_ms)
{
    for (size_t i = 0; i < sizeof(widths_ms) / sizeof(widths_ms[0]); i++)
        if (widths_ms[i] > width_ms)
            return widths_ms[i];
    return width_ms < DAY_MS ? DAY_MS : width_ms * 2;
}

/* A clock may show anything; sums of it must not overflow. */
static int64_t
clamp(int64_t ms)
{
    static const int64_t most_ms = (int64_t)1 << 52;
    return ms < 0 ? 0 : ms > most_ms ? most_ms : ms;
}

static int64_t
align(int64_t ms, int64_t width_ms)
{
    return ms - ms % width_ms;
}

static void
join(struct timeline_slice *into, const struct timeline_slice *from)
{
    for (size_t i = 0; i < STATUS_COUNT; i++)
        into->ids[i] += from->ids[i];
    into->calls += from->calls;
    into->refused += from->refused;
    into->troubled += from->troubled;
    into->flight_ms += from->flight_ms;
    into->begins |= from->begins;
}

static void
widen(struct timeline *timeline)
{
    size_t count = 0;
    timeline->width_ms = next_width(timeline->width_ms);
    for (size_t i = 0; i < timeline->slice_count; i++) {
        struct timeline_slice slice = timeline->slices[i];
        slice.start_ms = align(slice.start_ms, timeline->width_ms);
        if (count && timeline->slices[count - 1].start_ms == slice.start_ms)
            join(&timeline->slices[count - 1], &slice);
        else
            timeline->slices[count++] = slice;
    }
    timeline->slice_count = count;
}

/* The slice that begins at `start_ms`; NULL if there is no room for it. */
static struct timeline_slice *
slice_at(struct timeline *timeline, int64_t start_ms)
{
    struct timeline_slice *slices = timeline->slices;
    size_t at = timeline->slice_count;
    while (at && slices[at - 1].start_ms > start_ms)
        at--;
    if (at && slices[at - 1].start_ms == start_ms)
        return &slices[at - 1];
    if (timeline->slice_count == TIMELINE_SLICES)
        return NULL;
    memmove(&slices[at + 1], &slices[at], (timeline->slice_count - at) * sizeof(*slices));
    timeline->slice_count++;
    slices[at] = (struct timeline_slice){.start_ms = start_ms};
    return &slices[at];
}

/* Make sure that every slice from one moment to another is there. */
static void
cover(struct timeline *timeline, int64_t from_ms, int64_t to_ms)
{
    for (;;) {
        int64_t width = timeline->width_ms;
        int64_t at = align(from_ms, width), last = align(to_ms, width);
        while ((last - at) / width < TIMELINE_SLICES && at <= last &&
               slice_at(timeline, at))
            at += width;
        if (at > last)
            return;
        widen(timeline);
    }
}

static void
add_flight(struct timeline *timeline, int64_t from_ms, int64_t to_ms)
{
    int64_t width = timeline->width_ms;
    for (int64_t at = align(from_ms, width); at <= to_ms; at += width) {
        int64_t low = from_ms > at ? from_ms : at;
        int64_t high = to_ms < at + width ? to_ms : at + width;
        slice_at(timeline, at)->flight_ms += (double)(high - low);
    }
}

/* Keep the call if it is among the slowest; among equals the first stays first. */
static void
note_slow(struct timeline *timeline, const struct timeline_call *call)
{
    struct timeline_call *slowest = timeline->slowest;
    size_t at = timeline->slowest_count;
    while (at && slowest[at - 1].latency_us < call->latency_us)
        at--;
    if (at == TIMELINE_SLOWEST)
        return;
    if (timeline->slowest_count < TIMELINE_SLOWEST)
        timeline->slowest_count++;
    for (size_t k = timeline->slowest_count - 1; k > at; k--)
        slowest[k] = slowest[k - 1];
    slowest[at] = *call;
}

/* What an answer said of the call's IDs: counts, and the verdict to tell of. */
static void
sum_up(const struct journal_entry *entry, struct timeline_call *call)
{
    static const enum status gravest[] = {STATUS_FAILED, STATUS_UNKNOWN, STATUS_WAITING,
                                          STATUS_SUCCESS};
    for (size_t i = 0; i < entry->group_count; i++) {
        const struct journal_group *group = &entry->groups[i];
        struct slice slice = {0, {group->mask[0], group->mask[1]}};
        uint8_t *ids = &call->ids[group->status];
        *ids = (uint8_t)(*ids + slice_count(&slice));
    }
    for (size_t g = 0; g < sizeof(gravest) / sizeof(gravest[0]); g++)
        for (size_t i = 0; i < entry->group_count; i++)
            if (entry->groups[i].status == gravest[g]) {
                call->verdict = entry->groups[i].verdict;
                return;
            }
}

static void
note_call(struct collecting *collecting, const struct journal_entry *entry)
{
    struct timeline *timeline = collecting->timeline;
    const struct books *books = collecting->books;
    const struct open_call *open = &collecting->open[entry->call % OPEN_MAX];
    if (!entry->sent || open->number != entry->call || !timeline->session_count)
        return;
    struct timeline_call call = {
        .number = entry->call,
        .session = timeline->session_count,
        .end_ms = clamp(entry->time_ms),
        .latency_us = entry->latency_us,
        .first_item = open->slice.first + slice_next(&open->slice, 0),
        .items = (uint8_t)slice_count(&open->slice),
    };
    sum_up(entry, &call);
    int64_t start_ms = call.end_ms - call.latency_us / 1000;
    if (start_ms < 0)
        start_ms = call.end_ms;
    cover(timeline, start_ms, call.end_ms);
    add_flight(timeline, start_ms, call.end_ms);
    struct timeline_slice *slice = slice_at(timeline,
                                            align(call.end_ms, timeline->width_ms));
    unsigned http = call.verdict < books->verdicts->count
                        ? verdicts_get(books->verdicts, call.verdict)->http
                        : 0;
    bool done = call.ids[STATUS_SUCCESS] > 0;
    for (size_t i = 0; i < STATUS_COUNT; i++)
        slice->ids[i] += call.ids[i];
    slice->calls++;
    slice->refused += !done && http == 429;
    slice->troubled += !done && (http >= 500 || http == 408 || http == 0);
    timeline->calls++;
    timeline->sessions[(timeline->session_count - 1) % TIMELINE_SESSIONS].calls++;
    note_slow(timeline, &call);
}

static void
begin_session(struct timeline *timeline, int64_t now_ms)
{
    timeline->sessions[timeline->session_count++ % TIMELINE_SESSIONS] =
        (struct timeline_session){.from_ms = now_ms, .to_ms = now_ms};
    timeline->before_ms += timeline->newest_ms;
    timeline->newest_ms = 0;
    cover(timeline, now_ms, now_ms);
    slice_at(timeline, align(now_ms, timeline->width_ms))->begins = true;
}

static void
note_time(struct timeline *timeline, const struct journal_entry *entry)
{
    struct timeline_session *session =
        &timeline->sessions[(timeline->session_count - 1) % TIMELINE_SESSIONS];
    int64_t now_ms = clamp(entry->time_ms), passed_ms = now_ms - session->to_ms;
    if (passed_ms < -CLOCK_JITTER_MS)
        timeline->clock_set_back = true;
    if (passed_ms > 0)
        timeline->newest_ms += passed_ms;
    session->to_ms = now_ms;
    if (entry->type == JOURNAL_END) {
        session->ended = true;
        session->exit_code = entry->exit_code;
    }
}

static int
collect(const struct journal_entry *entry, void *context, struct err *err)
{
    struct collecting *collecting = context;
    struct timeline *timeline = collecting->timeline;
    (void)err;
    if (entry->type == JOURNAL_BEGIN)
        begin_session(timeline, clamp(entry->time_ms));
    if (entry->time_ms && timeline->session_count)
        note_time(timeline, entry);
    if (entry->type == JOURNAL_INTENT)
        collecting->open[entry->call % OPEN_MAX] = (struct open_call){entry->call,
                                                                      entry->slice};
    else if (entry->type == JOURNAL_ANSWER)
        note_call(collecting, entry);
    return 0;
}

/* Before the slice nothing happened for that long. */
static int64_t
gap_before(const struct timeline *timeline, size_t i)
{
    const struct timeline_slice *slices = timeline->slices;
    return i ? slices[i].start_ms - slices[i - 1].start_ms - timeline->width_ms : 0;
}

/*
 * Which gaps are left out: those between two sessions, and any that would take up much
 * of the axis: a machine that slept, a clock that was set.
 */
static void
find_cuts(const struct timeline *timeline, bool cuts[TIMELINE_SLICES])
{
    enum { SHORT_MS = 10000 };
    static const double much = 0.4;
    int64_t span_ms = 0;
    for (size_t i = 0; i < timeline->slice_count; i++) {
        int64_t gap_ms = gap_before(timeline, i);
        cuts[i] = timeline->slices[i].begins && gap_ms > timeline->width_ms;
        span_ms += timeline->width_ms + (cuts[i] ? 0 : gap_ms);
    }
    for (;;) {
        size_t widest = 0;
        for (size_t i = 1; i < timeline->slice_count; i++)
            if (!cuts[i] &&
                (!widest || gap_before(timeline, i) > gap_before(timeline, widest)))
                widest = i;
        int64_t gap_ms = gap_before(timeline, widest);
        if (gap_ms < SHORT_MS || (double)gap_ms < much * (double)span_ms)
            return;
        cuts[widest] = true;
        span_ms -= gap_ms;
    }
}

static uint64_t
count_columns(const struct timeline *timeline, const bool cuts[TIMELINE_SLICES])
{
    uint64_t count = timeline->slice_count;
    for (size_t i = 1; i < timeline->slice_count; i++)
        count += cuts[i] ? 1 : (uint64_t)(gap_before(timeline, i) / timeline->width_ms);
    return count;
}

size_t
timeline_columns(const struct timeline *timeline,
                 struct timeline_column columns[TIMELINE_SLICES])
{
    bool cuts[TIMELINE_SLICES];
    size_t count = 0;
    find_cuts(timeline, cuts);
    for (size_t i = 0; i < timeline->slice_count; i++) {
        const struct timeline_slice *slice = &timeline->slices[i];
        int64_t gap_ms = gap_before(timeline, i), width_ms = timeline->width_ms;
        if (cuts[i])
            columns[count++] = (struct timeline_column){
                .start_ms = slice->start_ms - gap_ms, .gap_ms = gap_ms};
        else
            for (; gap_ms > 0; gap_ms -= width_ms)
                columns[count++] = (struct timeline_column){.start_ms = slice->start_ms -
                                                                        gap_ms};
        columns[count++] = (struct timeline_column){slice, slice->start_ms, 0};
    }
    return count;
}

/* Widen the slices until the axis, gaps included, has room for them. */
static void
fit(struct timeline *timeline)
{
    bool cuts[TIMELINE_SLICES];
    for (;;) {
        find_cuts(timeline, cuts);
        if (count_columns(timeline, cuts) <= TIMELINE_SLICES)
            return;
        widen(timeline);
    }
}

int
timeline_read(const char *path, const struct books *books, struct timeline *timeline,
              struct err *err)
{
    struct collecting collecting = {
        .timeline = timeline,
        .books = books,
        .open = mem_alloc(OPEN_MAX, sizeof(struct open_call)),
    };
    struct journal_tail tail;
    *timeline = (struct timeline){.width_ms = widths_ms[0]};
    int rc = journal_replay(path, collect, &collecting, &tail, err);
    free(collecting.open);
    fit(timeline);
    return rc;
}
