#include "report/timeline.h"

#include "base/mem.h"

/* Calls that have begun, by number modulo their count: as many as can be in flight. */
enum { OPEN_MAX = 1 << 14 };

struct open_call {
    uint64_t number;
    struct slice slice;
};

struct collecting {
    struct timeline *timeline;
    struct open_call *open;
    uint16_t *http; /* of each verdict */
    size_t http_count, http_cap;
};

static void
note_verdict(struct collecting *collecting, const struct journal_entry *entry)
{
    while (collecting->http_cap <= entry->verdict) {
        collecting->http_cap = collecting->http_cap ? collecting->http_cap * 2 : 64;
        collecting->http = mem_resize(collecting->http, collecting->http_cap,
                                      sizeof(*collecting->http));
    }
    while (collecting->http_count <= entry->verdict)
        collecting->http[collecting->http_count++] = 0;
    collecting->http[entry->verdict] = (uint16_t)entry->http;
}

static void
note_call(struct collecting *collecting, const struct journal_entry *entry)
{
    struct timeline *timeline = collecting->timeline;
    const struct open_call *open = &collecting->open[entry->call % OPEN_MAX];
    if (!entry->sent || open->number != entry->call)
        return;
    if (timeline->count == timeline->cap) {
        timeline->cap = timeline->cap ? timeline->cap * 2 : 1024;
        timeline->calls = mem_resize(timeline->calls, timeline->cap,
                                     sizeof(*timeline->calls));
    }
    struct timeline_call *call = &timeline->calls[timeline->count++];
    *call = (struct timeline_call){.end_ms = entry->time_ms,
                                   .latency_us = entry->latency_us,
                                   .first_item = open->slice.first,
                                   .items = (uint8_t)slice_count(&open->slice)};
    for (size_t i = 0; i < entry->group_count; i++) {
        const struct journal_group *group = &entry->groups[i];
        struct slice slice = {0, {group->mask[0], group->mask[1]}};
        if (group->status == STATUS_SUCCESS)
            call->successes = (uint8_t)(call->successes + slice_count(&slice));
        if (group->verdict < collecting->http_count)
            call->http = collecting->http[group->verdict];
    }
    int64_t start_ms = call->end_ms - call->latency_us / 1000;
    if (!timeline->from_ms || start_ms < timeline->from_ms)
        timeline->from_ms = start_ms;
    if (call->end_ms > timeline->to_ms)
        timeline->to_ms = call->end_ms;
}

static int
collect(const struct journal_entry *entry, void *context, struct err *err)
{
    struct collecting *collecting = context;
    (void)err;
    if (entry->type == JOURNAL_VERDICT)
        note_verdict(collecting, entry);
    else if (entry->type == JOURNAL_INTENT)
        collecting->open[entry->call % OPEN_MAX] = (struct open_call){entry->call,
                                                                      entry->slice};
    else if (entry->type == JOURNAL_ANSWER)
        note_call(collecting, entry);
    return 0;
}

int
timeline_read(const char *path, struct timeline *timeline, struct err *err)
{
    struct collecting collecting = {
        .timeline = timeline,
        .open = mem_alloc(OPEN_MAX, sizeof(struct open_call)),
    };
    uint64_t whole_bytes;
    *timeline = (struct timeline){0};
    int rc = journal_replay(path, collect, &collecting, &whole_bytes, err);
    free(collecting.open);
    free(collecting.http);
    return rc;
}

void
timeline_clear(struct timeline *timeline)
{
    free(timeline->calls);
    *timeline = (struct timeline){0};
}

static size_t
slice_at(const struct timeline *timeline, double width_ms, int64_t ms)
{
    double at = (double)(ms - timeline->from_ms) / width_ms;
    return at < 0 ? 0 : at >= TIMELINE_SLICES ? TIMELINE_SLICES - 1 : (size_t)at;
}

static double
overlap(double from, double to, double start, double end)
{
    double low = from > start ? from : start;
    double high = to < end ? to : end;
    return high > low ? high - low : 0;
}

void
timeline_cut(const struct timeline *timeline,
             struct timeline_slice slices[TIMELINE_SLICES])
{
    double span_ms = (double)(timeline->to_ms - timeline->from_ms);
    double width_ms = span_ms > 0 ? span_ms / TIMELINE_SLICES : 1;
    memset(slices, 0, sizeof(*slices) * TIMELINE_SLICES);
    for (size_t i = 0; i < timeline->count; i++) {
        const struct timeline_call *call = &timeline->calls[i];
        double end = (double)(call->end_ms - timeline->from_ms);
        double start = end - call->latency_us / 1000.0;
        size_t last = slice_at(timeline, width_ms, call->end_ms);
        size_t first = slice_at(timeline, width_ms,
                                call->end_ms - call->latency_us / 1000);
        slices[last].rows += call->successes;
        slices[last].calls++;
        slices[last].refused += call->http == 429;
        for (size_t k = first; k <= last; k++)
            slices[k].in_flight += overlap(start, end, (double)k * width_ms,
                                           (double)(k + 1) * width_ms) /
                                   width_ms;
    }
}

size_t
timeline_slowest(const struct timeline *timeline,
                 const struct timeline_call *slowest[TIMELINE_SLOWEST])
{
    size_t count = 0;
    for (size_t i = 0; i < timeline->count; i++) {
        const struct timeline_call *call = &timeline->calls[i];
        size_t at = count;
        while (at && slowest[at - 1]->latency_us < call->latency_us)
            at--;
        if (at == TIMELINE_SLOWEST)
            continue;
        if (count < TIMELINE_SLOWEST)
            count++;
        for (size_t k = count - 1; k > at; k--)
            slowest[k] = slowest[k - 1];
        slowest[at] = call;
    }
    return count;
}
