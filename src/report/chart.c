#include "report/chart.h"

#include "report/closing.h"
#include "report/markup.h"

/* Pixels from the top of the drawing. */
enum { TOP = 22, FLOOR = 142, HEIGHT = 166, LABEL_Y = 159, TEXT_BYTES_MAX = 200 };

/* The scale at the left: from 0 to `top` in steps. */
struct scale {
    double top, step;
};

static double
value_at(const struct chart *chart, size_t step, size_t series)
{
    double value = chart->values[step * chart->series_count + series];
    return value > 0 && value < 1e300 ? value : 0;
}

static double
sum_at(const struct chart *chart, size_t step)
{
    double sum = 0;
    for (size_t k = 0; k < chart->series_count; k++)
        sum += value_at(chart, step, k);
    return sum;
}

/* At most four steps of 1, 2 or 5 times a power of ten. */
static struct scale
scale_of(const struct chart *chart)
{
    double most = 0, power = 1;
    for (size_t i = 0; i < chart->steps; i++)
        most = sum_at(chart, i) > most ? sum_at(chart, i) : most;
    if (most < 1e-6)
        return (struct scale){1, 1};
    double least = most / 4;
    while (power >= least)
        power /= 10;
    while (power * 10 < least)
        power *= 10;
    double step = power * 2 >= least   ? power * 2
                  : power * 5 >= least ? power * 5
                                       : power * 10;
    if (chart->whole && step < 1)
        step = 1;
    struct scale scale = {step, step};
    while (scale.top < most)
        scale.top += step;
    return scale;
}

static double
y_of(double value, const struct scale *scale)
{
    return FLOOR - value / scale->top * (FLOOR - TOP);
}

static double
percent_of(const struct chart *chart, double steps)
{
    return 100 * steps / (double)chart->steps;
}

/* "0.5", "1,200", "35k", "1.5M" */
static void
add_scale_number(double value, struct buf *out)
{
    static const struct {
        double unit;
        const char *letter;
    } units[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (value >= units[i].unit && value < 1e15) {
            double unit = units[i].unit > 1e4 ? units[i].unit : 1e3;
            buf_addf(out, "%g%s", value / unit, units[i].letter);
            return;
        }
    if (value >= 1000 && value < 1e15)
        closing_add_count(out, (uint64_t)(value + 0.5));
    else
        buf_addf(out, "%.4g", value);
}

static void
add_scale(const struct scale *scale, struct buf *out)
{
    for (int i = 0; i * scale->step <= scale->top * 1.001; i++) {
        double y = y_of(i * scale->step, scale);
        buf_addf(out,
                 "<line class=\"%s\" x1=\"0\" y1=\"%.1f\" x2=\"100%%\" y2=\"%.1f\"/>"
                 "<text class=\"label\" x=\"-8\" y=\"%.1f\" text-anchor=\"end\">",
                 i ? "grid" : "axis", y, y, y + 4);
        add_scale_number(i * scale->step, out);
        buf_add_text(out, "</text>\n");
    }
}

/* One step: its bars, and its words when it is pointed at. */
static void
add_step(const struct chart *chart, const struct scale *scale, size_t step,
         struct buf *out)
{
    double x = percent_of(chart, (double)step), width = percent_of(chart, 1), below = 0;
    if (sum_at(chart, step) <= 0)
        return;
    buf_addf(out, "<g><title>");
    markup_add(out, chart->hints[step], TEXT_BYTES_MAX);
    buf_addf(out,
             "</title><rect class=\"hit\" x=\"%.3f%%\" y=\"%d\" width=\"%.3f%%\" "
             "height=\"%d\"/>",
             x, TOP, width, FLOOR - TOP);
    for (size_t k = 0; k < chart->series_count; k++) {
        double value = value_at(chart, step, k);
        if (value <= 0)
            continue;
        double y = y_of(below + value, scale), height = y_of(below, scale) - y;
        if (height < 1)
            y -= 1 - height, height = 1;
        buf_addf(out,
                 "<rect class=\"%s\" x=\"%.3f%%\" y=\"%.1f\" width=\"%.3f%%\" "
                 "height=\"%.1f\"/>",
                 chart->series[k].class, x + width * 0.06, y, width * 0.88, height);
        below += value;
    }
    buf_add_text(out, "</g>\n");
}

static const char *
anchor_of(double percent)
{
    return percent < 6 ? "start" : percent > 94 ? "end" : "middle";
}

static void
add_labels(const struct chart *chart, struct buf *out)
{
    for (size_t i = 0; i < chart->tick_count; i++) {
        double x = percent_of(chart, chart->ticks[i].at);
        buf_addf(out,
                 "<line class=\"axis\" x1=\"%.3f%%\" y1=\"%d\" x2=\"%.3f%%\" y2=\"%d\"/>"
                 "<text class=\"label\" x=\"%.3f%%\" y=\"%d\" text-anchor=\"%s\">",
                 x, FLOOR, x, FLOOR + 4, x, LABEL_Y, anchor_of(x));
        markup_add(out, chart->ticks[i].text, TEXT_BYTES_MAX);
        buf_add_text(out, "</text>\n");
    }
}

/* Time that is left out: a band, and how long it is where there is room to say so. */
static void
add_gaps(const struct chart *chart, struct buf *out)
{
    enum { TOLD_MAX = 3 };
    for (size_t i = 0; i < chart->gap_count; i++) {
        double x = percent_of(chart, chart->gaps[i].at), width = percent_of(chart, 1);
        buf_add_text(out, "<g><title>");
        markup_add(out, chart->gaps[i].text, TEXT_BYTES_MAX);
        buf_addf(out,
                 "</title><rect class=\"gap\" x=\"%.3f%%\" y=\"%d\" width=\"%.3f%%\" "
                 "height=\"%d\"/></g>\n",
                 x, TOP, width, FLOOR - TOP);
        if (chart->gap_count > TOLD_MAX)
            continue;
        buf_addf(out, "<text class=\"label\" x=\"%.3f%%\" y=\"%d\" text-anchor=\"%s\">",
                 x + width / 2, TOP - 8, anchor_of(x));
        markup_add(out, chart->gaps[i].text, TEXT_BYTES_MAX);
        buf_add_text(out, "</text>\n");
    }
}

/* Texts stand below each other, so that marks may be close. */
static void
add_marks(const struct chart *chart, struct buf *out)
{
    enum { LINE_HEIGHT = 14 };
    for (size_t i = 0; i < chart->mark_count; i++) {
        double x = percent_of(chart, chart->marks[i].at);
        int y = TOP - 10 + (int)i * LINE_HEIGHT;
        bool right = x > 70;
        buf_addf(out,
                 "<line class=\"mark\" x1=\"%.3f%%\" y1=\"%d\" x2=\"%.3f%%\" y2=\"%d\"/>"
                 "<text class=\"label halo\" x=\"%.3f%%\" y=\"%d\" dx=\"%d\" "
                 "text-anchor=\"%s\">",
                 x, y - 8, x, FLOOR, x, y, right ? -4 : 4, right ? "end" : "start");
        markup_add(out, chart->marks[i].text, TEXT_BYTES_MAX);
        buf_add_text(out, "</text>\n");
    }
}

static void
add_caption(const struct chart *chart, struct buf *out)
{
    buf_add_text(out, "<figcaption><b>");
    markup_add(out, chart->title, TEXT_BYTES_MAX);
    buf_add_text(out, "</b>");
    if (chart->note[0]) {
        buf_add_text(out, " <span class=\"dim\">");
        markup_add(out, chart->note, TEXT_BYTES_MAX);
        buf_add_text(out, "</span>");
    }
    for (size_t k = 0; k < chart->series_count && chart->series_count > 1; k++)
        buf_addf(out, " <span class=\"legend\"><span class=\"key %s\"></span>%s</span>",
                 chart->series[k].class, chart->series[k].name);
    buf_add_text(out, "</figcaption>\n");
}

void
chart_add(const struct chart *chart, struct buf *out)
{
    struct scale scale = scale_of(chart);
    buf_add_text(out, "<figure>");
    add_caption(chart, out);
    buf_addf(out,
             "<div class=\"plot\"><svg width=\"100%%\" height=\"%d\" role=\"img\" "
             "aria-label=\"",
             HEIGHT);
    markup_add(out, chart->title, TEXT_BYTES_MAX);
    buf_add_text(out, "; at most ");
    add_scale_number(scale.top, out);
    buf_add_text(out, "\">\n");
    add_scale(&scale, out);
    add_gaps(chart, out);
    for (size_t i = 0; i < chart->steps; i++)
        add_step(chart, &scale, i, out);
    add_labels(chart, out);
    add_marks(chart, out);
    buf_add_text(out, "</svg></div></figure>\n");
}
