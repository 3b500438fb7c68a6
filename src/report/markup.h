/*
 * Text and numbers as HTML that is XML too. Whatever came from a service or a job file
 * stays text: in content and in attributes.
 */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include "base/buf.h"

#include <stdint.h>

/* Escaped, and as shown_add shows it: cut after `max_bytes`. */
void markup_add(struct buf *out, const char *text, size_t max_bytes);

/* "1,204 rows" */
void markup_add_counted(struct buf *out, uint64_t n, const char *one, const char *many);

/* The share of a whole, true at both ends: "<0.1 %", never "100 %" of a part. */
void markup_add_percent(struct buf *out, uint64_t part, uint64_t whole);

/* "850 µs", "151 ms", "1.25 s", "2m05s" */
void markup_add_latency(struct buf *out, double ms);

/* "2026-11-24 15:27:29", UTC */
void markup_add_stamp(struct buf *out, int64_t utc_ms);

#endif
