/*
 * The parts of report.html, in the order of the page; each may be empty. The page is in
 * html.c, the style sheet in html_style.c.
 */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include "report/html.h"

/* Of words from outside on the page. */
enum { HTML_NAME_BYTES = 600, HTML_WORDS_BYTES = 300, HTML_CODE_BYTES = 100 };

extern const char *const html_style[]; /* in pieces, ended by NULL */

/* html_summary.c: how it ended, the facts, totals as tiles and as a bar, what to do. */
void html_add_summary(const struct html_facts *facts, struct buf *out);

/* html_codes.c: every code with its meaning, and the first rows of each. */
void html_add_codes(const struct html_facts *facts, struct buf *out);
void html_add_samples(const struct html_facts *facts, struct buf *out);

/* html_times.c: charts over time. */
void html_add_times(const struct html_facts *facts, struct buf *out);

/* html_calls.c: how long calls took, the slowest, the sessions of the run. */
void html_add_latency(const struct html_facts *facts, struct buf *out);
void html_add_slowest(const struct html_facts *facts, struct buf *out);
void html_add_sessions(const struct html_facts *facts, struct buf *out);

/* A table: its begin with the names of its columns (ended by NULL; "#" before a name:
 * numbers, "=": not to be wrapped), a cell, its end. Columns are named in each cell for
 * narrow screens. */
void html_begin_table(const char *class, const char *const *columns, struct buf *out);
void html_begin_cell(const char *const *columns, size_t column, struct buf *out);
void html_end_cell(struct buf *out);
void html_end_table(struct buf *out);

/* A code, an ID: in a fixed font, wrapped only if it is long. */
void html_add_id(struct buf *out, const char *text, size_t max_bytes);

#endif
