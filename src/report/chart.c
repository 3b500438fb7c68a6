#include "report/chart.h"

#include "base/text.h"
#include "report/closing.h"

enum { WIDTH = 600, HEIGHT = 140, TOP = 22, BOTTOM = 18 };

void
html_add_text(struct buf *out, const char *text)
{
    bool utf8 = text_is_utf8(text, strlen(text));
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x80 && !utf8)
            c = '?';
        /* U+FFFE and U+FFFF are characters of UTF-8, but none of HTML or XML. */
        if (c == 0xef && text[1] == '\xbf' && (text[2] == '\xbe' || text[2] == '\xbf')) {
            text += 2;
            c = '?';
        }
        switch (c) {
        case '<':
            buf_add_text(out, "&lt;");
            break;
        case '>':
            buf_add_text(out, "&gt;");
            break;
        case '&':
            buf_add_text(out, "&amp;");
            break;
        case '"':
            buf_add_text(out, "&quot;");
            break;
        case '\'':
            buf_add_text(out, "&#39;");
            break;
        default:
            buf_add_char(out, c < 0x20 || c == 0x7f ? ' ' : (char)c);
        }
    }
}

static double
largest(const double *values, size_t count, double so_far)
{
    for (size_t i = 0; values && i < count; i++)
        so_far = values[i] > so_far ? values[i] : so_far;
    return so_far;
}

static double
y_of(double value, double most)
{
    return HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM);
}

static void
add_bars(const struct chart *chart, double most, struct buf *out)
{
    double step = (double)WIDTH / (double)chart->steps;
    for (size_t i = 0; chart->bars && i < chart->steps; i++) {
        double y = y_of(chart->bars[i], most);
        if (chart->bars[i] > 0)
            buf_addf(out,
                     "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                     "height=\"%.1f\"/>",
                     (double)i * step + 0.5, y, step - 1, HEIGHT - BOTTOM - y);
    }
}

static void
add_line(const struct chart *chart, double most, struct buf *out)
{
    double step = (double)WIDTH / (double)chart->steps;
    if (!chart->line)
        return;
    buf_add_text(out, "<polyline class=\"line\" points=\"");
    for (size_t i = 0; i < chart->steps; i++)
        buf_addf(out, "%.1f,%.1f ", ((double)i + 0.5) * step, y_of(chart->line[i], most));
    buf_add_text(out, "\"/>");
}

static void
add_marks(const struct chart *chart, struct buf *out)
{
    double step = (double)WIDTH / (double)chart->steps;
    for (size_t i = 0; chart->marks && i < chart->steps; i++)
        if (chart->marks[i] > 0)
            buf_addf(out,
                     "<rect class=\"mark\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" "
                     "height=\"4\"/>",
                     (double)i * step + 0.5, HEIGHT - BOTTOM, step - 1);
}

void
chart_add(const struct chart *chart, struct buf *out)
{
    double most = largest(chart->line, chart->steps,
                          largest(chart->bars, chart->steps, 0));
    buf_addf(out, "<figure><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH,
             HEIGHT);
    html_add_text(out, chart->title);
    buf_add_text(out, "\"><text class=\"title\" x=\"0\" y=\"12\">");
    html_add_text(out, chart->title);
    buf_addf(out, "</text><line class=\"axis\" x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>",
             HEIGHT - BOTTOM, WIDTH, HEIGHT - BOTTOM);
    if (most > 0) {
        add_bars(chart, most, out);
        add_line(chart, most, out);
        buf_addf(out, "<text class=\"label\" x=\"%d\" y=\"12\" text-anchor=\"end\">",
                 WIDTH);
        if (most >= 10 && most < 1e18)
            closing_add_count(out, (uint64_t)(most + 0.5));
        else
            buf_addf(out, "%.1f", most);
        buf_add_text(out, " at most</text>");
    }
    add_marks(chart, out);
    buf_addf(out, "<text class=\"label\" x=\"0\" y=\"%d\">", HEIGHT - 2);
    html_add_text(out, chart->left);
    buf_addf(out, "</text><text class=\"label\" x=\"%d\" y=\"%d\" text-anchor=\"end\">",
             WIDTH, HEIGHT - 2);
    html_add_text(out, chart->right);
    buf_add_text(out, "</text></svg></figure>\n");
}
