#include "report/html.h"

#include "base/version.h"
#include "report/html_parts.h"
#include "report/markup.h"

static const char page_head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n"
    "<meta name=\"referrer\" content=\"no-referrer\"/>\n";

static const char *
class_of(const char *column)
{
    return column[0] == '#' ? "n" : column[0] == '=' ? "tight" : "t";
}

static const char *
name_of(const char *column)
{
    return column + (column[0] == '#' || column[0] == '=');
}

void
html_begin_table(const char *class, const char *const *columns, struct buf *out)
{
    buf_addf(out, "<table class=\"%s\">\n<tr class=\"head\">", class);
    for (; *columns; columns++)
        buf_addf(out, "<th scope=\"col\" class=\"%s\">%s</th>", class_of(*columns),
                 name_of(*columns));
    buf_add_text(out, "</tr>\n");
}

void
html_begin_cell(const char *const *columns, size_t column, struct buf *out)
{
    buf_addf(out, "<td class=\"%s\" data-label=\"%s\"><span>", class_of(columns[column]),
             name_of(columns[column]));
}

void
html_end_cell(struct buf *out)
{
    buf_add_text(out, "</span></td>");
}

void
html_end_table(struct buf *out)
{
    buf_add_text(out, "</table>\n");
}

void
html_add_id(struct buf *out, const char *text, size_t max_bytes)
{
    enum { UNBROKEN_MAX = 40 };
    buf_addf(out, "<code class=\"id%s\">", strlen(text) <= UNBROKEN_MAX ? " whole" : "");
    markup_add(out, text, max_bytes);
    buf_add_text(out, "</code>");
}

static void
add_settings(const struct html_setting *settings, struct buf *out)
{
    static const char *const columns[] = {"Setting", "Value", "", NULL};
    if (!settings->name)
        return;
    buf_add_text(out, "<h2>Settings</h2>\n");
    html_begin_table("settings", columns, out);
    for (; settings->name; settings++) {
        buf_add_text(out, settings->is_default ? "<tr class=\"dim\"><td>" : "<tr><td>");
        if (settings->group)
            buf_addf(out, "%s ", settings->group);
        markup_add(out, settings->name, HTML_NAME_BYTES);
        buf_add_text(out, "</td><td class=\"id\">");
        markup_add(out, settings->value, HTML_NAME_BYTES);
        buf_addf(out, "</td><td>%s</td></tr>\n", settings->is_default ? "default" : "");
    }
    html_end_table(out);
}

void
html_add_report(const struct html_facts *facts, struct buf *out)
{
    buf_add_text(out, page_head);
    buf_add_text(out, "<title>unhitch: ");
    markup_add(out, facts->totals->input, HTML_NAME_BYTES);
    buf_add_text(out, "</title>\n<style>\n");
    for (size_t i = 0; html_style[i]; i++)
        buf_add_text(out, html_style[i]);
    buf_add_text(out, "</style>\n</head>\n<body>\n");
    html_add_summary(facts, out);
    html_add_codes(facts, out);
    html_add_samples(facts, out);
    html_add_times(facts, out);
    html_add_latency(facts, out);
    html_add_slowest(facts, out);
    html_add_sessions(facts, out);
    add_settings(facts->settings, out);
    buf_add_text(
        out,
        "<footer class=\"dim small\">Times are UTC. Written by unhitch " UNHITCH_VERSION
        ".</footer>\n</body>\n</html>\n");
}
