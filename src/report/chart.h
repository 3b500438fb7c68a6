/*
 * Charts as inline SVG: bars and lines over equal steps, with a scale and two labels
 * below. Colours are CSS variables of the page.
 */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include "base/buf.h"

struct chart {
    const char *title;
    const char *left, *right; /* labels below: the first and the last step */
    const double *bars;       /* or NULL */
    const double *line;       /* or NULL */
    const double *marks;      /* where not 0, a mark stands on the axis; or NULL */
    size_t steps;
};

void chart_add(const struct chart *chart, struct buf *out);

/* Text for HTML and attributes. */
void html_add_text(struct buf *out, const char *text);

#endif
