#include "base/clock.h"
#include "report/chart.h"
#include "report/closing.h"
#include "report/html_parts.h"
#include "report/markup.h"

enum { TICKS_MAX = 8, SHORT_RUN_MS = 120000, CHART_MS_MIN = 1000, DAY_MS = 86400000 };

/* The time axis that all charts share. */
struct axis {
    struct timeline_column columns[TIMELINE_SLICES];
    size_t count;
    int64_t width_ms;
    int64_t from_ms, to_ms;
    bool relative; /* labels are seconds from the start */
    struct chart_tick ticks[TICKS_MAX];
    size_t tick_count;
    struct chart_tick gaps[TIMELINE_SLICES];
    size_t gap_count;
};

/* "+1.5s" for a short run, else the time of day, with the day if there are several. */
static void
format_label(const struct axis *axis, int64_t ms, char text[48])
{
    char stamp[CLOCK_STAMP_BYTES];
    clock_format_stamp(ms, stamp);
    bool one_day = axis->from_ms / DAY_MS == (axis->to_ms - 1) / DAY_MS;
    if (axis->relative)
        (void)snprintf(text, 48, "+%g s", (double)(ms - axis->from_ms) / 1000);
    else if (one_day)
        (void)snprintf(text, 48, "%.*s", axis->to_ms - axis->from_ms < 1200000 ? 8 : 5,
                       stamp + 11);
    else
        (void)snprintf(text, 48, "%.5s %.5s", stamp + 5, stamp + 11);
}

/* Where labels would touch, the earlier one stands. */
static void
add_tick(struct axis *axis, double at, int64_t ms)
{
    bool is_long = !axis->relative && axis->from_ms / DAY_MS != axis->to_ms / DAY_MS;
    double apart = (double)axis->count / (is_long ? 4.5 : 6.5);
    if (axis->tick_count == TICKS_MAX ||
        (axis->tick_count && at - axis->ticks[axis->tick_count - 1].at < apart))
        return;
    struct chart_tick *tick = &axis->ticks[axis->tick_count++];
    tick->at = at;
    format_label(axis, ms, tick->text);
}

/* A step between labels that people count in, a fifth of the span or more. */
static int64_t
tick_step(int64_t span_ms)
{
    static const int64_t steps_ms[] = {
        200,     500,     1000,     2000,     5000,     10000,   20000,
        30000,   60000,   120000,   300000,   600000,   1200000, 1800000,
        3600000, 7200000, 10800000, 21600000, 43200000,
    };
    for (size_t i = 0; i < sizeof(steps_ms) / sizeof(steps_ms[0]); i++)
        if (steps_ms[i] * 5 >= span_ms)
            return steps_ms[i];
    return (span_ms / 5 / DAY_MS + 1) * DAY_MS;
}

static void
add_ticks(struct axis *axis)
{
    int64_t step = tick_step(axis->to_ms - axis->from_ms);
    int64_t origin = axis->relative ? axis->from_ms : 0;
    for (size_t i = 0; i < axis->count; i++) {
        int64_t start = axis->columns[i].start_ms;
        int64_t tick = start + (step - (start - origin) % step) % step;
        if (tick < start + axis->width_ms)
            add_tick(axis, (double)i + (double)(tick - start) / (double)axis->width_ms,
                     tick);
    }
}

/* Where time is left out, labels stand where it goes on. */
static void
add_gaps(struct axis *axis)
{
    for (size_t i = 0; i < axis->count; i++) {
        const struct timeline_column *column = &axis->columns[i];
        if (!i || axis->columns[i - 1].gap_ms)
            add_tick(axis, (double)i, column->start_ms);
        if (!column->gap_ms)
            continue;
        char span[CLOCK_STAMP_BYTES];
        struct chart_tick *gap = &axis->gaps[axis->gap_count++];
        gap->at = (double)i;
        clock_format_span(column->gap_ms, span);
        (void)snprintf(gap->text, sizeof(gap->text), "%s left out", span);
    }
}

static void
axis_init(struct axis *axis, const struct timeline *timeline)
{
    bool has_gaps = false;
    *axis = (struct axis){.width_ms = timeline->width_ms};
    axis->count = timeline_columns(timeline, axis->columns);
    if (!axis->count)
        return;
    for (size_t i = 0; i < axis->count; i++)
        has_gaps |= axis->columns[i].gap_ms > 0;
    axis->from_ms = axis->columns[0].start_ms;
    axis->to_ms = axis->columns[axis->count - 1].start_ms + axis->width_ms;
    axis->relative = !has_gaps && axis->to_ms - axis->from_ms <= SHORT_RUN_MS;
    if (has_gaps)
        add_gaps(axis);
    else
        add_ticks(axis);
}

/* What the bars of one chart stand for. */
struct measure {
    const char *title;
    struct chart_series series[CHART_SERIES_MAX];
    size_t series_count;
    bool whole;
    double (*value)(const struct timeline_slice *slice, size_t series, int64_t width_ms);
};

static double
ids_value(const struct timeline_slice *slice, size_t series, int64_t width_ms)
{
    static const enum status order[] = {STATUS_SUCCESS, STATUS_FAILED, STATUS_UNKNOWN};
    (void)width_ms;
    return (double)slice->ids[order[series]];
}

static double
calls_value(const struct timeline_slice *slice, size_t series, int64_t width_ms)
{
    (void)width_ms;
    const uint64_t values[] = {slice->calls - slice->refused - slice->troubled,
                               slice->refused, slice->troubled};
    return (double)values[series];
}

static double
flight_value(const struct timeline_slice *slice, size_t series, int64_t width_ms)
{
    (void)series;
    return slice->flight_ms / (double)width_ms;
}

static const struct measure measures[] = {
    {"IDs done",
     {{"success", "success"}, {"failed", "failed"}, {"unknown", "unknown"}},
     3,
     true,
     ids_value},
    {"Calls",
     {{"unsent", "answered"},
      {"unknown", "pushed back (429)"},
      {"failed", "5xx or no answer"}},
     3,
     true,
     calls_value},
    {"Calls in flight", {{"unsent", "on average"}}, 1, false, flight_value},
};

static char *
make_hint(const struct axis *axis, size_t column, const struct measure *measure,
          const double *values)
{
    const struct timeline_column *at = &axis->columns[column];
    struct buf hint = {0};
    char span[CLOCK_STAMP_BYTES];
    clock_format_span(axis->width_ms, span);
    if (axis->relative)
        buf_addf(&hint, "+%g s", (double)(at->start_ms - axis->from_ms) / 1000);
    else
        markup_add_stamp(&hint, at->start_ms);
    buf_addf(&hint, ", %s: ", span);
    for (size_t k = 0; k < measure->series_count; k++)
        if (values[k] > 0 || k == 0)
            buf_addf(&hint, "%s%.*f %s", k ? ", " : "", measure->whole ? 0 : 1, values[k],
                     measure->series[k].name);
    return buf_take(&hint);
}

static void
add_measure(const struct axis *axis, const struct measure *measure, const char *note,
            struct buf *out)
{
    double values[TIMELINE_SLICES * CHART_SERIES_MAX] = {0};
    char *hints[TIMELINE_SLICES];
    for (size_t i = 0; i < axis->count; i++) {
        double *here = &values[i * measure->series_count];
        for (size_t k = 0; k < measure->series_count && axis->columns[i].slice; k++)
            here[k] = measure->value(axis->columns[i].slice, k, axis->width_ms);
        hints[i] = make_hint(axis, i, measure, here);
    }
    struct chart chart = {.title = measure->title,
                          .note = note,
                          .series_count = measure->series_count,
                          .whole = measure->whole,
                          .steps = axis->count,
                          .values = values,
                          .hints = (const char *const *)hints,
                          .ticks = axis->ticks,
                          .tick_count = axis->tick_count,
                          .gaps = axis->gaps,
                          .gap_count = axis->gap_count};
    memcpy(chart.series, measure->series, sizeof(chart.series));
    chart_add(&chart, out);
    for (size_t i = 0; i < axis->count; i++)
        free(hints[i]);
}

static const char *
setting(const struct html_setting *settings, const char *name)
{
    for (; settings->name; settings++)
        if (strcmp(settings->name, name) == 0)
            return settings->value;
    return NULL;
}

static void
add_lead(const struct axis *axis, const struct timeline *timeline, struct buf *out)
{
    buf_add_text(out, "<p class=\"dim\">");
    markup_add_stamp(out, axis->from_ms);
    buf_add_text(out, " to ");
    markup_add_stamp(out, axis->to_ms);
    buf_add_text(out, " UTC.");
    if (axis->gap_count) {
        buf_add_text(out, " The axis is not even: ");
        markup_add_counted(out, axis->gap_count, "gap in which nothing was sent is",
                           "gaps in which nothing was sent are");
        buf_add_text(out, " left out, a grey band each.");
    }
    if (timeline->clock_set_back)
        buf_add_text(out,
                     " The machine's clock was set back during the run: times are as "
                     "it showed them.");
    buf_add_text(out, "</p>\n");
}

void
html_add_times(const struct html_facts *facts, struct buf *out)
{
    struct axis axis;
    char span[CLOCK_STAMP_BYTES], note[80];
    axis_init(&axis, facts->timeline);
    if (axis.to_ms - axis.from_ms < CHART_MS_MIN || facts->timeline->calls < 2)
        return; /* it would tell nothing */
    clock_format_span(axis.width_ms, span);
    buf_add_text(out, "<h2>Over time</h2>\n");
    add_lead(&axis, facts->timeline, out);
    (void)snprintf(note, sizeof(note), "in each %s", span);
    add_measure(&axis, &measures[0], note, out);
    add_measure(&axis, &measures[1], note, out);
    const char *most = setting(facts->settings, "concurrency");
    (void)snprintf(note, sizeof(note), "on average%s%.20s", most ? "; allowed: " : "",
                   most ? most : "");
    add_measure(&axis, &measures[2], note, out);
}
