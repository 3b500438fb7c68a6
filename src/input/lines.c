#include "input/lines.h"

#include "base/err.h"

enum { SAMPLE_BYTES = 65536 };

static int
refuse_encoding(const struct lines *lines, struct err *err)
{
    return err_set(err, EXIT_INPUT,
                   "%s: is UTF-16, not UTF-8; nothing was sent. Save it as UTF-8 "
                   "(`iconv -f UTF-16 -t UTF-8`)",
                   source_name(lines->source));
}

/* A workbook as it is saved: what .xlsx and .ods are packed in, and the old .xls. */
static bool
is_workbook(struct span sample)
{
    return span_starts(sample, "PK\x03\x04") || span_starts(sample, "\xd0\xcf\x11\xe0");
}

static int
refuse_workbook(const struct lines *lines, struct err *err)
{
    return err_set(
        err, EXIT_INPUT,
        "%s: is a spreadsheet's own file (.xlsx, .xls, .ods) or a ZIP archive, "
        "not text; nothing was sent. Save the sheet as CSV, its IDs as text",
        source_name(lines->source));
}

static void
look_at_window(struct lines *lines)
{
    struct span window = source_window(lines->source);
    lines->at = window.ptr;
    lines->end = window.ptr + window.len;
    lines->may_hold = source_may_hold(lines->source);
}

/* More behind what is not yet handed out; `at` moves. As source_more. */
static int
refill(struct lines *lines, struct err *err)
{
    source_consume(lines->source, (size_t)(lines->at - source_window(lines->source).ptr));
    int more = source_more(lines->source, err);
    look_at_window(lines);
    return more;
}

int
lines_open(struct lines *lines, struct source *source, struct err *err)
{
    *lines = (struct lines){.source = source, .line_end = '\n'};
    int more = 1;
    while (more == 1 && source_window(source).len < SAMPLE_BYTES)
        more = source_more(source, err);
    if (more < 0)
        return -1;
    struct span sample = source_window(source);
    if (sample.len == 0)
        return err_set(err, EXIT_INPUT, "%s: is empty (0 bytes); nothing was sent",
                       source_name(source));
    if (span_starts(sample, "\xff\xfe") || span_starts(sample, "\xfe\xff"))
        return refuse_encoding(lines, err);
    if (is_workbook(sample))
        return refuse_workbook(lines, err);
    if (span_starts(sample, "\xef\xbb\xbf"))
        source_consume(source, 3);
    sample = source_window(source);
    /* The last byte may be the first half of a CRLF. */
    if (sample.len && !memchr(sample.ptr, '\n', sample.len) &&
        memchr(sample.ptr, '\r', sample.len - 1))
        lines->line_end = '\r';
    look_at_window(lines);
    return 0;
}

static int
refuse_long(const struct lines *lines, const char *why, struct err *err)
{
    return err_set(err, EXIT_INPUT, "%s:%llu: %s. Nothing was sent",
                   source_name(lines->source), (unsigned long long)lines->line + 1, why);
}

/* As find_line_end, where the line does not end in what was read so far. */
static int
read_line_end(struct lines *lines, size_t from, size_t *end, size_t *next,
              struct err *err)
{
    const char *found = NULL;
    while (!found) {
        size_t searched = (size_t)(lines->end - lines->at);
        if (searched - from > RECORD_BYTES_MAX)
            return refuse_long(lines, "a line of more than 16 MiB", err);
        int more = refill(lines, err);
        if (more < 0)
            return -1;
        if (more == 0) {
            *end = *next = searched;
            return searched > from;
        }
        found = memchr(lines->at + searched, lines->line_end,
                       (size_t)(lines->end - lines->at) - searched);
    }
    *end = (size_t)(found - lines->at);
    *next = *end + 1;
    return 1;
}

/*
 * The end of the line that begins `from` bytes behind `at`: its offset, and in *next
 * where the following one begins. Reads more as needed. 1, 0: nothing left, -1.
 */
static inline int
find_line_end(struct lines *lines, size_t from, size_t *end, size_t *next,
              struct err *err)
{
    size_t len = (size_t)(lines->end - lines->at);
    const char *found = len > from ? memchr(lines->at + from, lines->line_end, len - from)
                                   : NULL;
    if (!found)
        return read_line_end(lines, from, end, next, err);
    *end = (size_t)(found - lines->at);
    *next = *end + 1;
    return 1;
}

/* The record is the next `end` bytes, less a carriage return that ends them. */
static void
set_bytes(struct lines *lines, struct record *record, size_t end)
{
    record->bytes = (struct span){lines->at, end};
    if (end && lines->at[end - 1] == '\r')
        record->bytes.len--;
    record->holds = lines->may_hold
                        ? text_holds(lines->at, record->bytes.len, lines->may_hold)
                        : 0;
}

int
lines_next(struct lines *lines, struct record *record, struct err *err)
{
    size_t end, next;
    int found = find_line_end(lines, 0, &end, &next, err);
    if (found <= 0)
        return found;
    record->line = ++lines->line;
    record->stray_quote = false;
    set_bytes(lines, record, end);
    lines->at += next;
    return 1;
}

void
lines_unread(struct lines *lines, const struct record *record)
{
    lines->at = record->bytes.ptr;
    lines->line--;
}

/* Where in a CSV record the scan for quotes stands. */
struct quotes {
    enum { AT_START, IN_PLAIN, IN_QUOTES, AFTER_QUOTE } state;
    bool stray;
};

static void
scan_quotes(struct quotes *quotes, char delimiter, const char *at, const char *end)
{
    for (; at < end; at++) {
        switch (quotes->state) {
        case AT_START:
            quotes->state = *at == '"'         ? IN_QUOTES
                            : *at == delimiter ? AT_START
                                               : IN_PLAIN;
            break;
        case IN_PLAIN:
            if (*at == delimiter)
                quotes->state = AT_START;
            break;
        case IN_QUOTES:
            if (*at == '"')
                quotes->state = AFTER_QUOTE;
            break;
        case AFTER_QUOTE:
            if (*at != '"' && *at != delimiter && *at != '\r')
                quotes->stray = true;
            quotes->state = *at == delimiter ? AT_START
                            : *at == '\r'    ? AFTER_QUOTE
                                             : IN_QUOTES;
            break;
        }
        if (quotes->stray)
            return;
    }
}

int
lines_next_csv(struct lines *lines, char delimiter, struct record *record,
               struct err *err)
{
    size_t start = 0, end, next;
    int found = find_line_end(lines, 0, &end, &next, err);
    if (found <= 0)
        return found;
    struct quotes quotes = {.state = AT_START};
    uint64_t physical = 1;
    record->line = lines->line + 1;
    set_bytes(lines, record, end);
    while (record->holds & TEXT_QUOTE) {
        scan_quotes(&quotes, delimiter, lines->at + start, lines->at + end);
        if (quotes.stray || quotes.state != IN_QUOTES)
            break;
        if (next > RECORD_BYTES_MAX)
            return refuse_long(lines,
                               "a quote opens here and does not close within 16 "
                               "MiB; close it or double the quotes inside the cell",
                               err);
        start = next;
        found = find_line_end(lines, start, &end, &next, err);
        if (found < 0)
            return -1;
        if (found == 0)
            return refuse_long(lines,
                               "a quote opens here and never closes; close it or "
                               "double the quotes inside the cell",
                               err);
        physical++;
    }
    if (quotes.stray && physical > 1)
        return refuse_long(lines,
                           "a quote opens here and does not close properly (a "
                           "quote inside a later line is followed by text); close "
                           "it or double the quotes inside the cell",
                           err);
    record->stray_quote = quotes.stray;
    if (physical > 1)
        set_bytes(lines, record, end);
    lines->line += physical;
    lines->at += next;
    return 1;
}
