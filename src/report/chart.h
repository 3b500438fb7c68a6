/*
 * Charts as inline SVG: stacked bars over equal steps, with a scale, labels below and
 * marks. Widths are percentages and heights pixels, so text keeps its size on a phone.
 * Colours are classes of the page.
 */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include "base/buf.h"

#include <stdbool.h>

enum { CHART_SERIES_MAX = 3, CHART_STEPS_MAX = 240 };

/* What the bars are made of, from the bottom up. */
struct chart_series {
    const char *class; /* of its colour */
    const char *name;
};

/* A label below the axis, or a line through the chart. */
struct chart_tick {
    double at; /* in steps from the left edge */
    char text[48];
};

struct chart {
    const char *title;
    const char *note; /* beside the title, dim; "" if none */
    struct chart_series series[CHART_SERIES_MAX];
    size_t series_count;
    bool whole; /* the values are counts: no half of one on the scale */
    size_t steps;
    const double *values;           /* [steps][series_count] */
    const char *const *hints;       /* [steps]: what a step that is not empty says */
    const struct chart_tick *ticks; /* below, from left to right */
    size_t tick_count;
    const struct chart_tick *gaps; /* steps that stand for time left out */
    size_t gap_count;
    const struct chart_tick *marks; /* lines with a text */
    size_t mark_count;
};

void chart_add(const struct chart *chart, struct buf *out);

#endif
