#include "report/html.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/version.h"
#include "report/chart.h"
#include "report/closing.h"

static const char page_head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'\"/>\n"
    "<title>unhitch report</title>\n<style>\n"
    ":root{color-scheme:light dark;--ink:#1b1f24;--dim:#5b6570;--paper:#fff;--rule:#d8dee4;"
    "--success:#2b8a4b;--failed:#c93c37;--unknown:#b7791f;--rejected:#6b7280;"
    "--unsent:#3b74c9}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--dim:#9aa5b1;--paper:#14181d;"
    "--rule:#333b44;--success:#4cb56e;--failed:#e5645e;--unknown:#d9a441;"
    "--rejected:#9aa1ab;--unsent:#6ea1f0}}\n"
    "body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);"
    "max-width:62rem;margin:0 auto;padding:1rem}\n"
    "h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}\n"
    "p{margin:.3rem 0}.dim{color:var(--dim)}\n"
    ".bar-row{display:flex;height:1.6rem;border-radius:.3rem;overflow:hidden;margin:.6rem 0;"
    "background:var(--rule)}.bar-row div{min-width:3px}\n"
    ".success{background:var(--success)}.failed{background:var(--failed)}"
    ".unknown{background:var(--unknown)}.rejected{background:var(--rejected)}"
    ".unsent{background:var(--unsent)}\n"
    ".key{display:inline-block;width:.8em;height:.8em;border-radius:.15em;margin-right:.35em}\n"
    ".legend span{margin-right:1.2em;white-space:nowrap}\n"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;"
    "border-bottom:1px solid var(--rule)}th{font-weight:600}td.n,th.n{text-align:right}\n"
    "td.words{overflow-wrap:anywhere}td.tight{white-space:nowrap}code,pre{font-family:ui-monospace,monospace;"
    "font-size:.9em}pre{overflow-x:auto;padding:.6rem;border:1px solid var(--rule);"
    "border-radius:.3rem}\n"
    "figure{margin:.8rem 0}svg{width:100%;height:auto;display:block}"
    ".bar{fill:var(--success)}.line{fill:none;stroke:var(--unsent);stroke-width:2}"
    ".mark{fill:var(--failed)}.axis{stroke:var(--rule)}"
    ".title{fill:var(--ink);font-size:12px}.label{fill:var(--dim);font-size:11px}\n"
    "@media print{body{max-width:none}.scroll{overflow:visible}pre{white-space:pre-wrap}}\n"
    "</style>\n</head>\n<body>\n";

enum { CODE_UNBROKEN = 30, CHART_MS_MIN = 1000 };

/* The statuses in the order they are shown. */
static const enum status shown[] = {STATUS_SUCCESS, STATUS_FAILED, STATUS_UNKNOWN,
                                    STATUS_REJECTED, STATUS_UNSENT};

enum { SHOWN = sizeof(shown) / sizeof(shown[0]) };

static void
add_sentence(const struct totals *totals, struct buf *out)
{
    buf_add_text(out, "<h1>");
    if (totals->exit_code == EXIT_OK)
        buf_add_text(out, "It worked: ");
    else if (totals->finished)
        buf_add_text(out, "Finished, but not everything succeeded: ");
    else
        buf_add_text(out, "Stopped before the end: ");
    closing_add_count(out, totals->by_status[STATUS_SUCCESS]);
    buf_add_text(out, " of ");
    closing_add_count(out, totals->rows);
    buf_add_text(out, totals->rows == 1 ? " row succeeded.</h1>\n"
                                        : " rows succeeded.</h1>\n");
    if (totals->stop_code) {
        buf_add_text(out, "<p>Why it stopped: ");
        html_add_text(out, totals->stop_message);
        buf_add_text(out, ".</p>\n");
    }
}

static void
add_about(const struct totals *totals, struct buf *out)
{
    char stamp[CLOCK_STAMP_BYTES], span[CLOCK_STAMP_BYTES];
    clock_format_stamp(totals->started_utc_ms, stamp);
    clock_format_span((int64_t)(totals->seconds * 1000), span);
    buf_add_text(out, "<p class=\"dim\">Job file <code>");
    html_add_text(out, totals->input);
    buf_addf(out, "</code>, begun %s, took %s, ", stamp, span);
    closing_add_count(out, totals->calls);
    buf_add_text(out, " calls for ");
    closing_add_count(out, totals->targets);
    buf_addf(out, " targets, exit code %d.</p>\n", totals->exit_code);
}

static void
add_totals(const struct totals *totals, struct buf *out)
{
    buf_add_text(out,
                 "<div class=\"bar-row\" role=\"img\" aria-label=\"rows by status\">");
    for (size_t i = 0; i < SHOWN; i++)
        if (totals->by_status[shown[i]])
            buf_addf(out, "<div class=\"%s\" style=\"flex:%llu\"></div>",
                     status_names[shown[i]],
                     (unsigned long long)totals->by_status[shown[i]]);
    buf_add_text(out, "</div>\n<p class=\"legend\">");
    for (size_t i = 0; i < SHOWN; i++) {
        buf_addf(out, "<span><span class=\"key %s\"></span>", status_names[shown[i]]);
        closing_add_count(out, totals->by_status[shown[i]]);
        buf_addf(out, " %s</span>", status_names[shown[i]]);
    }
    buf_add_text(out, "</p>\n");
    if (totals->duplicates) {
        buf_add_text(out, "<p class=\"dim\">");
        closing_add_count(out, totals->duplicates);
        buf_add_text(out, " rows repeat another one and were sent once.</p>\n");
    }
}

static void
add_cell(struct buf *out, const char *class, const char *text)
{
    buf_addf(out, "<td class=\"%s\">", class);
    html_add_text(out, text);
    buf_add_text(out, "</td>");
}

static void
add_codes(const struct totals *totals, struct buf *out)
{
    buf_add_text(out,
                 "<h2>Codes</h2>\n<div class=\"scroll\"><table><tr><th class=\"n\">Rows"
                 "</th><th>Status</th><th>Code</th><th>Meaning</th><th>What to do</th>"
                 "</tr>\n");
    for (size_t i = 0; i < totals->code_count; i++) {
        const struct code_count *count = &totals->codes[i];
        const struct code_row *row = ops_explain(count->op, span_of(count->code),
                                                 count->http);
        buf_add_text(out, "<tr><td class=\"n\">");
        closing_add_count(out, count->rows);
        buf_addf(out,
                 "</td><td class=\"tight\"><span class=\"key %s\"></span>%s</td>"
                 "<td class=\"%s\"><code>",
                 status_names[count->status], status_names[count->status],
                 strlen(count->code) <= CODE_UNBROKEN ? "tight" : "words");
        html_add_text(out, count->code);
        buf_add_text(out, "</code>");
        if (totals->mixed && count->op)
            buf_addf(out, "<br/><span class=\"dim\">%s</span>", count->op->name);
        buf_add_text(out, "</td><td class=\"words\">");
        html_add_text(out, row ? row->meaning : "");
        if (count->words[0]) {
            buf_add_text(out, "<br/><span class=\"dim\">");
            html_add_text(out, count->words);
            buf_add_text(out, "</span>");
        }
        buf_add_text(out, "</td>");
        add_cell(out, "words", row ? row->advice : "");
        buf_add_text(out, "</tr>\n");
    }
    buf_add_text(out, "</table></div>\n");
}

static void
add_next(const struct html_facts *facts, struct buf *out)
{
    struct buf text = {0};
    char *rest = NULL;
    closing_add_next(facts->totals, facts->results_ending, &text);
    if (text.len) {
        buf_add_text(out, "<h2>What to type next</h2>\n<pre>");
        for (char *line = strtok_r(text.data, "\n", &rest); line;
             line = strtok_r(NULL, "\n", &rest)) {
            html_add_text(out, line);
            buf_add_char(out, '\n');
        }
        buf_add_text(out, "</pre>\n");
    }
    buf_clear(&text);
}

static void
add_times(const struct timeline *timeline, struct buf *out)
{
    struct timeline_slice slices[TIMELINE_SLICES];
    double rows[TIMELINE_SLICES], flight[TIMELINE_SLICES], refused[TIMELINE_SLICES];
    char from[CLOCK_STAMP_BYTES], to[CLOCK_STAMP_BYTES], width[CLOCK_STAMP_BYTES];
    struct buf title = {0};
    if (timeline->to_ms - timeline->from_ms < CHART_MS_MIN)
        return; /* slices of milliseconds tell nothing */
    timeline_cut(timeline, slices);
    for (size_t i = 0; i < TIMELINE_SLICES; i++) {
        rows[i] = (double)slices[i].rows;
        flight[i] = slices[i].in_flight;
        refused[i] = (double)slices[i].refused;
    }
    clock_format_stamp(timeline->from_ms, from);
    clock_format_stamp(timeline->to_ms, to);
    clock_format_span((timeline->to_ms - timeline->from_ms) / TIMELINE_SLICES, width);
    buf_addf(&title, "Rows done in each %s", width);
    buf_add_text(out, "<h2>Over time</h2>\n");
    chart_add(&(struct chart){.title = title.data,
                              .left = from,
                              .right = to,
                              .bars = rows,
                              .steps = TIMELINE_SLICES},
              out);
    chart_add(
        &(struct chart){.title = "Calls in flight; red: the service pushed back (429)",
                        .left = from,
                        .right = to,
                        .line = flight,
                        .marks = refused,
                        .steps = TIMELINE_SLICES},
        out);
    buf_clear(&title);
}

static void
add_latency(const struct latency *latency, struct buf *out)
{
    enum { STEPS = LATENCY_BUCKETS / 4 };
    double bars[STEPS] = {0};
    size_t first = STEPS, last = 0;
    char left[32], right[32];
    if (!latency->total)
        return;
    for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
        bars[i / 4] += (double)latency->counts[i];
        if (latency->counts[i]) {
            first = first < i / 4 ? first : i / 4;
            last = i / 4;
        }
    }
    (void)snprintf(left, sizeof(left), "%.1f ms", latency_percentile_ms(latency, 0.0001));
    (void)snprintf(right, sizeof(right), "%.1f ms", latency_percentile_ms(latency, 100));
    chart_add(
        &(struct chart){.title = "How long calls took (calls, each bar 19 % longer)",
                        .left = left,
                        .right = right,
                        .bars = bars + first,
                        .steps = last - first + 1},
        out);
    buf_addf(out,
             "<p>Median %.0f ms, 90 %% within %.0f ms, 99 %% within %.0f ms, longest "
             "%.0f ms.</p>\n",
             latency_percentile_ms(latency, 50), latency_percentile_ms(latency, 90),
             latency_percentile_ms(latency, 99), latency_percentile_ms(latency, 100));
}

static void
add_slowest(const struct html_facts *facts, struct buf *out)
{
    const struct timeline_call *slowest[TIMELINE_SLOWEST];
    size_t count = timeline_slowest(facts->timeline, slowest);
    if (!count)
        return;
    buf_add_text(out,
                 "<h2>Slowest calls</h2>\n<div class=\"scroll\"><table><tr><th "
                 "class=\"n\">ms</th><th>Ended</th><th>Target</th><th class=\"n\">IDs"
                 "</th><th>HTTP</th></tr>\n");
    for (size_t i = 0; i < count; i++) {
        const struct timeline_call *call = slowest[i];
        char stamp[CLOCK_STAMP_BYTES];
        clock_format_stamp(call->end_ms, stamp);
        buf_addf(out, "<tr><td class=\"n\">%u</td><td>%s</td>", call->latency_us / 1000,
                 stamp);
        const struct plan_target *target = plan_target_of(facts->plan, call->first_item);
        const char *key = plan_key(facts->plan, target);
        add_cell(out, "words", key[0] ? key : target->op->name);
        buf_addf(out, "<td class=\"n\">%u</td><td>%u</td></tr>\n", call->items,
                 call->http);
    }
    buf_add_text(out, "</table></div>\n");
}

static void
add_samples(const struct totals *totals, struct buf *out)
{
    bool begun = false;
    for (size_t i = 0; i < totals->code_count; i++) {
        const struct code_count *count = &totals->codes[i];
        for (size_t k = 0; k < count->sample_count; k++) {
            if (!begun)
                buf_add_text(out,
                             "<h2>First rows of each code</h2>\n<div class=\"scroll\">"
                             "<table><tr><th class=\"n\">Row</th><th class=\"n\">Line"
                             "</th><th>Code</th><th>ID</th><th>Message</th></tr>\n");
            begun = true;
            buf_addf(out, "<tr><td class=\"n\">%llu</td><td class=\"n\">%llu</td>",
                     (unsigned long long)count->samples[k].row,
                     (unsigned long long)count->samples[k].line);
            add_cell(out, "tight", count->code);
            add_cell(out, "tight", count->samples[k].id);
            add_cell(out, "words", count->samples[k].message);
            buf_add_text(out, "</tr>\n");
        }
    }
    if (begun)
        buf_add_text(out, "</table></div>\n");
}

static void
add_settings(const struct html_setting *settings, struct buf *out)
{
    buf_add_text(out, "<h2>Settings</h2>\n<div class=\"scroll\"><table>\n");
    for (; settings->name; settings++) {
        buf_add_text(out, "<tr>");
        add_cell(out, "name", settings->name);
        add_cell(out, "words", settings->value);
        buf_add_text(out, "</tr>\n");
    }
    buf_add_text(out, "</table></div>\n");
}

void
html_add_report(const struct html_facts *facts, struct buf *out)
{
    buf_add_text(out, page_head);
    add_sentence(facts->totals, out);
    add_about(facts->totals, out);
    add_totals(facts->totals, out);
    add_next(facts, out);
    add_codes(facts->totals, out);
    add_samples(facts->totals, out);
    add_times(facts->timeline, out);
    add_latency(facts->totals->latency, out);
    add_slowest(facts, out);
    add_settings(facts->settings, out);
    buf_add_text(out,
                 "<p class=\"dim\">unhitch " UNHITCH_VERSION "</p>\n</body>\n</html>\n");
}
