#include "base/clock.h"
#include "report/closing.h"
#include "report/ending.h"
#include "report/html_parts.h"
#include "report/markup.h"

enum { ENDING_BYTES = 4000 };

/* The statuses in the order they are shown. */
static const enum status shown[] = {STATUS_SUCCESS, STATUS_FAILED, STATUS_UNKNOWN,
                                    STATUS_REJECTED, STATUS_UNSENT};

enum { SHOWN = sizeof(shown) / sizeof(shown[0]) };

static void
add_sentence(const struct totals *totals, struct buf *out)
{
    static const struct {
        const char *class, *sign;
    } signs[] = {[ENDING_GOOD] = {"good", "✓"},
                 [ENDING_MIXED] = {"mixed", "!"},
                 [ENDING_STOPPED] = {"stopped", "■"},
                 [ENDING_REFUSED] = {"refused", "✕"}};
    enum ending ending = ending_of(totals);
    struct buf words = {0}, counts = {0};
    ending_add_words(totals, &words);
    ending_add_counts(totals, &counts);
    buf_addf(out, "<header class=\"%s\">\n<h1><span aria-hidden=\"true\">%s</span> ",
             signs[ending].class, signs[ending].sign);
    markup_add(out, words.data, ENDING_BYTES);
    buf_add_text(out, ".</h1>\n<p class=\"lead\">");
    markup_add(out, counts.data, ENDING_BYTES);
    buf_add_text(out, ".</p>\n");
    if (totals->stop_code && ending_tells_why(totals)) {
        buf_add_text(out, "<p>Why: ");
        markup_add(out, totals->stop_message, HTML_NAME_BYTES);
        buf_add_text(out, ".</p>\n");
    }
    buf_add_text(out, "</header>\n");
    buf_clear(&words);
    buf_clear(&counts);
}

static void
add_tiles(const struct totals *totals, struct buf *out)
{
    buf_add_text(out, "<ul class=\"tiles\">\n");
    for (size_t i = 0; i < SHOWN; i++) {
        uint64_t rows = totals->by_status[shown[i]];
        buf_addf(out, "<li class=\"%s\"><b>", rows ? status_names[shown[i]] : "none");
        closing_add_count(out, rows);
        buf_addf(out, "</b> %s", status_names[shown[i]]);
        if (rows) {
            buf_add_text(out, " <span class=\"dim small\">");
            markup_add_percent(out, rows, totals->rows);
            buf_add_text(out, "</span>");
        }
        buf_add_text(out, "</li>\n");
    }
    buf_add_text(out, "</ul>\n");
}

/* A status with few rows is drawn wide enough to be seen. */
static double
width_of(const struct totals *totals, enum status status)
{
    static const double least = 0.008;
    double share = totals->rows ? (double)totals->by_status[status] / (double)totals->rows
                                : 0;
    return share > 0 && share < least ? least : share;
}

static void
add_bar(const struct totals *totals, struct buf *out)
{
    static const double gap = 0.2;
    double whole = 0, x = 0;
    for (size_t i = 0; i < SHOWN; i++)
        whole += width_of(totals, shown[i]);
    if (whole <= 0)
        return;
    buf_add_text(out, "<svg class=\"total\" width=\"100%\" height=\"26\" role=\"img\" "
                      "aria-label=\"rows by status\">\n");
    for (size_t i = 0; i < SHOWN; i++) {
        double width = 100 * width_of(totals, shown[i]) / whole;
        if (width <= 0)
            continue;
        buf_addf(out, "<g><title>%s: ", status_names[shown[i]]);
        markup_add_counted(out, totals->by_status[shown[i]], "row", "rows");
        buf_addf(out,
                 "</title><rect class=\"%s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"0\" "
                 "height=\"26\"/></g>\n",
                 status_names[shown[i]], x, width > gap ? width - gap : width);
        x += width;
    }
    buf_add_text(out, "</svg>\n");
}

/* Commands apart from what is said about them: each can be copied by itself. */
static void
add_next(const struct html_facts *facts, struct buf *out)
{
    struct buf text = {0};
    char *rest = NULL;
    ending_add_next(facts->totals, facts->run_dir, facts->results_ending, &text);
    if (text.len) {
        buf_add_text(out, "<section class=\"next\">\n<h2>What to do next</h2>\n");
        for (char *line = strtok_r(text.data, "\n", &rest); line;
             line = strtok_r(NULL, "\n", &rest)) {
            bool words = strncmp(line, "# ", 2) == 0;
            if (words && line[2] >= 'a' && line[2] <= 'z')
                line[2] = (char)(line[2] - 'a' + 'A');
            buf_add_text(out, words ? "<p>" : "<pre><code>");
            markup_add(out, words ? line + 2 : line, ENDING_BYTES);
            bool command_follows = *rest && strncmp(rest, "# ", 2) != 0;
            buf_add_text(out, !words            ? "</code></pre>\n"
                              : command_follows ? ":</p>\n"
                                                : ".</p>\n");
        }
        buf_add_text(out, "</section>\n");
    }
    buf_clear(&text);
}

static void
begin_fact(const char *name, struct buf *out)
{
    buf_addf(out, "<dt>%s</dt><dd>", name);
}

static void
end_fact(struct buf *out)
{
    buf_add_text(out, "</dd>\n");
}

static void
add_named(const char *name, const char *text, struct buf *out)
{
    begin_fact(name, out);
    buf_add_text(out, "<code class=\"id\">");
    markup_add(out, text, HTML_NAME_BYTES);
    buf_add_text(out, "</code>");
    end_fact(out);
}

static void
add_facts(const struct html_facts *facts, struct buf *out)
{
    const struct totals *totals = facts->totals;
    char span[CLOCK_STAMP_BYTES];
    clock_format_span((int64_t)(totals->seconds * 1000), span);
    buf_add_text(out, "<dl class=\"facts\">\n");
    add_named("Job file", totals->input, out);
    if (totals->parent)
        add_named("Retry of", totals->parent, out);
    add_named("Run directory", facts->run_dir, out);
    begin_fact("Begun", out);
    markup_add_stamp(out, totals->started_utc_ms);
    buf_addf(out, " UTC, at work for %s", span);
    if (facts->timeline->session_count > 1) {
        buf_add_text(out, " in ");
        markup_add_counted(out, facts->timeline->session_count, "session", "sessions");
    }
    end_fact(out);
    begin_fact("Calls", out);
    closing_add_count(out, totals->calls);
    buf_add_text(out, " sent; planned: ");
    markup_add_counted(out, totals->planned_calls, "call", "calls");
    buf_add_text(out, " to ");
    markup_add_counted(out, totals->targets, "target", "targets");
    end_fact(out);
    if (totals->duplicates) {
        begin_fact("Repeats", out);
        markup_add_counted(out, totals->duplicates, "row repeats another and was",
                           "rows repeat others and were");
        buf_add_text(out, " sent once");
        end_fact(out);
    }
    begin_fact("Exit code", out);
    buf_addf(out, "%d", totals->exit_code);
    end_fact(out);
    buf_add_text(out, "</dl>\n");
}

void
html_add_summary(const struct html_facts *facts, struct buf *out)
{
    add_sentence(facts->totals, out);
    add_tiles(facts->totals, out);
    add_bar(facts->totals, out);
    add_next(facts, out);
    add_facts(facts, out);
}
