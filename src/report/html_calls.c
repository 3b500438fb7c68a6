#include "base/clock.h"
#include "base/err.h"
#include "report/chart.h"
#include "report/closing.h"
#include "report/html_parts.h"
#include "report/markup.h"

/* Buckets of the histogram that make up a bar, and the narrowest chart. */
enum { BUCKETS_A_BAR = 4, BARS = LATENCY_BUCKETS / BUCKETS_A_BAR, BARS_MIN = 16 };

/* Bars `first` to `last`, widened to a sight worth drawing. */
struct range {
    size_t first, last;
};

static struct range
range_of(const double counts[BARS])
{
    struct range range = {BARS, 0};
    for (size_t i = 0; i < BARS; i++)
        if (counts[i] > 0) {
            range.first = range.first < i ? range.first : i;
            range.last = i;
        }
    while (range.last - range.first + 1 < BARS_MIN) {
        range.first -= range.first > 0;
        range.last += range.last < BARS - 1;
    }
    return range;
}

/* Where a latency stands, in bars from the left of the range. */
static double
place_of(double ms, const struct range *range)
{
    double us = ms * 1000;
    double low = 0, high = BARS;
    while (high - low > 1e-3) {
        double middle = (low + high) / 2;
        if (latency_bucket_us(middle * BUCKETS_A_BAR) < us)
            low = middle;
        else
            high = middle;
    }
    return low - (double)range->first;
}

static size_t
add_latency_ticks(const struct range *range, struct chart_tick *ticks, size_t most)
{
    static const double firsts[] = {1, 2, 5};
    size_t count = 0, bars = range->last - range->first + 1;
    double apart = (double)bars / 5.5;
    for (double power = 1e-3; power < 1e8; power *= 10)
        for (size_t i = 0; i < 3 && count < most; i++) {
            double at = place_of(firsts[i] * power, range);
            if (at < 0 || at > (double)bars ||
                (count && at - ticks[count - 1].at < apart))
                continue;
            struct buf text = {0};
            markup_add_latency(&text, firsts[i] * power);
            ticks[count].at = at;
            (void)snprintf(ticks[count].text, sizeof(ticks[count].text), "%s", text.data);
            count++;
            buf_clear(&text);
        }
    return count;
}

static size_t
add_latency_marks(const struct latency *latency, const struct range *range,
                  struct chart_tick marks[3])
{
    static const struct {
        double percent;
        const char *name;
    } names[] = {{50, "median"}, {90, "90 %"}, {99, "99 %"}};
    for (size_t i = 0; i < 3; i++) {
        struct buf text = {0};
        double ms = latency_percentile_ms(latency, names[i].percent);
        buf_addf(&text, "%s ", names[i].name);
        markup_add_latency(&text, ms);
        marks[i].at = place_of(ms, range);
        (void)snprintf(marks[i].text, sizeof(marks[i].text), "%s", text.data);
        buf_clear(&text);
    }
    return 3;
}

static char *
make_hint(size_t bar, double calls)
{
    struct buf hint = {0};
    markup_add_latency(&hint, latency_bucket_us((double)bar * BUCKETS_A_BAR) / 1000);
    buf_add_text(&hint, " to ");
    markup_add_latency(&hint,
                       latency_bucket_us((double)(bar + 1) * BUCKETS_A_BAR) / 1000);
    buf_add_text(&hint, ": ");
    markup_add_counted(&hint, (uint64_t)calls, "call", "calls");
    return buf_take(&hint);
}

void
html_add_latency(const struct html_facts *facts, struct buf *out)
{
    const struct latency *latency = facts->totals->latency;
    double counts[BARS] = {0};
    char *hints[BARS];
    struct chart_tick ticks[8], marks[3];
    if (!latency->total)
        return;
    for (size_t i = 0; i < LATENCY_BUCKETS; i++)
        counts[i / BUCKETS_A_BAR] += (double)latency->counts[i];
    struct range range = range_of(counts);
    size_t bars = range.last - range.first + 1;
    for (size_t i = 0; i < bars; i++)
        hints[i] = make_hint(range.first + i, counts[range.first + i]);
    buf_add_text(out, "<h2>How long calls took</h2>\n<p>Half of them at most ");
    markup_add_latency(out, latency_percentile_ms(latency, 50));
    buf_add_text(out, ", 90 % at most ");
    markup_add_latency(out, latency_percentile_ms(latency, 90));
    buf_add_text(out, ", 99 % at most ");
    markup_add_latency(out, latency_percentile_ms(latency, 99));
    buf_add_text(out, "; the longest ");
    markup_add_latency(out, latency_percentile_ms(latency, 100));
    buf_add_text(out, ".</p>\n");
    chart_add(&(struct chart){.title = "Calls by latency",
                              .note = "each bar about a fifth longer than the one before",
                              .series = {{"unsent", "calls"}},
                              .series_count = 1,
                              .whole = true,
                              .steps = bars,
                              .values = counts + range.first,
                              .hints = (const char *const *)hints,
                              .ticks = ticks,
                              .tick_count = add_latency_ticks(&range, ticks, 8),
                              .marks = marks,
                              .mark_count = add_latency_marks(latency, &range, marks)},
              out);
    for (size_t i = 0; i < bars; i++)
        free(hints[i]);
}

/* "98 success, 2 failed: INVALID_DATA (207)" */
static void
add_outcome(const struct timeline_call *call, const struct books *books, struct buf *out)
{
    static const struct {
        enum status status;
        const char *name;
    } parts[] = {{STATUS_SUCCESS, "success"},
                 {STATUS_FAILED, "failed"},
                 {STATUS_UNKNOWN, "unknown"},
                 {STATUS_WAITING, "sent again"}};
    const char *gap = "";
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (call->ids[parts[i].status]) {
            buf_addf(out, "%s%u %s", gap, call->ids[parts[i].status], parts[i].name);
            gap = ", ";
        }
    if (call->verdict >= books->verdicts->count)
        return;
    const struct verdict_note *note = verdicts_get(books->verdicts, call->verdict);
    buf_add_text(out, gap[0] ? ": " : "");
    html_add_id(out, note->code, HTML_CODE_BYTES);
    if (note->http)
        buf_addf(out, " <span class=\"dim whole\">HTTP %u</span>", note->http);
}

static void
add_slow_call(const struct html_facts *facts, const struct timeline_call *call,
              const char *const *columns, struct buf *out)
{
    const struct plan_target *target = plan_target_of(facts->plan, call->first_item);
    buf_add_text(out, "<tr>");
    html_begin_cell(columns, 0, out);
    markup_add_latency(out, call->latency_us / 1000.0);
    html_end_cell(out);
    html_begin_cell(columns, 1, out);
    buf_add_number(out, call->number);
    if (facts->timeline->session_count > 1) {
        buf_add_text(out, " <span class=\"dim small\">session ");
        closing_add_count(out, call->session);
        buf_add_text(out, "</span>");
    }
    html_end_cell(out);
    html_begin_cell(columns, 2, out);
    markup_add_stamp(out, call->end_ms);
    html_end_cell(out);
    html_begin_cell(columns, 3, out);
    buf_addf(out, "%s <span class=\"id\">", target->op->name);
    markup_add(out, plan_key(facts->plan, target), HTML_WORDS_BYTES);
    buf_add_text(out, "</span>");
    html_end_cell(out);
    html_begin_cell(columns, 4, out);
    buf_addf(out, "%u", call->items);
    html_end_cell(out);
    html_begin_cell(columns, 5, out);
    buf_addf(out, "%u", facts->books->outcomes[call->first_item].attempts);
    html_end_cell(out);
    html_begin_cell(columns, 6, out);
    add_outcome(call, facts->books, out);
    html_end_cell(out);
    buf_add_text(out, "</tr>\n");
}

void
html_add_slowest(const struct html_facts *facts, struct buf *out)
{
    static const char *const columns[] = {"#Took", "#Call",  "=Ended",  "Target",
                                          "#IDs",  "#Tries", "Outcome", NULL};
    const struct timeline *timeline = facts->timeline;
    if (!timeline->slowest_count)
        return;
    buf_add_text(out,
                 "<h2>Slowest calls</h2>\n<p class=\"dim\">Tries: how often the first "
                 "of its IDs was sent in all.</p>\n");
    html_begin_table("cards slowest", columns, out);
    for (size_t i = 0; i < timeline->slowest_count; i++)
        add_slow_call(facts, &timeline->slowest[i], columns, out);
    html_end_table(out);
}

static const char *
end_of(const struct timeline_session *session)
{
    static const struct {
        int exit_code;
        const char *words;
    } ends[] = {{EXIT_OK, "through"},
                {EXIT_CREDENTIALS, "credentials refused"},
                {EXIT_HALTED, "too many failures in a row"},
                {EXIT_BUDGET, "limit of calls"},
                {EXIT_WINDOW, "time was over"}};
    if (!session->ended)
        return "killed";
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (ends[i].exit_code == session->exit_code)
            return ends[i].words;
    return session->exit_code > EXIT_SIGNAL ? "stopped by a signal" : "stopped";
}

static void
add_session(const struct timeline *timeline, uint64_t number, const char *const *columns,
            struct buf *out)
{
    const struct timeline_session *session =
        &timeline->sessions[(number - 1) % TIMELINE_SESSIONS];
    char span[CLOCK_STAMP_BYTES];
    int64_t length_ms = session->to_ms - session->from_ms;
    clock_format_span(length_ms > 0 ? length_ms : 0, span);
    buf_add_text(out, "<tr>");
    html_begin_cell(columns, 0, out);
    closing_add_count(out, number);
    html_end_cell(out);
    html_begin_cell(columns, 1, out);
    markup_add_stamp(out, session->from_ms);
    html_end_cell(out);
    html_begin_cell(columns, 2, out);
    buf_add_text(out, span);
    html_end_cell(out);
    html_begin_cell(columns, 3, out);
    closing_add_count(out, session->calls);
    html_end_cell(out);
    html_begin_cell(columns, 4, out);
    buf_add_text(out, end_of(session));
    html_end_cell(out);
    buf_add_text(out, "</tr>\n");
}

/* One session is told of in the facts already. */
void
html_add_sessions(const struct html_facts *facts, struct buf *out)
{
    static const char *const columns[] = {"#Session",        "=Begun", "#Length",
                                          "#Calls answered", "End",    NULL};
    const struct timeline *timeline = facts->timeline;
    uint64_t count = timeline->session_count, first = 1;
    if (count < 2)
        return;
    if (count > TIMELINE_SESSIONS)
        first = count - TIMELINE_SESSIONS + 1;
    buf_add_text(out, "<h2>Sessions</h2>\n<p class=\"dim\">The run was taken up ");
    markup_add_counted(out, count - 1, "time", "times");
    buf_add_text(out, first > 1 ? "; the newest sessions:</p>\n" : ".</p>\n");
    html_begin_table("cards sessions", columns, out);
    for (uint64_t number = first; number <= count; number++)
        add_session(timeline, number, columns, out);
    html_end_table(out);
}
