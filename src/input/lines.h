/*
 * Records of a source: physical lines, or what a quoted cell holds together. Counts
 * the lines. The line end (LF, CRLF, or CR in files that have nothing else) is not part of
 * the record.
 */
#ifndef INPUT_LINES_H
#define INPUT_LINES_H

#include "input/source.h"

enum { RECORD_BYTES_MAX = 16 << 20 };

struct lines {
    struct source *source; /* borrowed */
    char line_end;         /* '\n', or '\r' for old Macintosh files */
    uint64_t line;         /* physical lines handed out so far */
    const char *at, *end;  /* of the window, what is not yet handed out */
    unsigned may_hold;     /* as the source says */
};

struct record {
    struct span bytes; /* borrowed from the window until the next call */
    uint64_t line;     /* where it starts, from 1 */
    unsigned holds;    /* which of TEXT_QUOTE and the others */
    bool stray_quote;  /* something follows a closing quote */
};

/* Begin at the start of the source: skips a byte-order mark, finds the line end. */
int lines_open(struct lines *lines, struct source *source, struct err *err);

/* The next physical line. 1, 0 at the end, -1 on error. */
int lines_next(struct lines *lines, struct record *record, struct err *err);

/* Hand the last physical line back: the next call reads it again. */
void lines_unread(struct lines *lines, const struct record *record);

/* The next CSV record: like lines_next, but line ends inside quotes do not end it. */
int lines_next_csv(struct lines *lines, char delimiter, struct record *record,
                   struct err *err);

#endif
