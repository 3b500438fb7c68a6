/*
 * One row of a result file: the original columns, then ours, as CSV (RFC 4180, LF) or
 * JSONL.
 */
#ifndef REPORT_RESULT_ROW_H
#define REPORT_RESULT_ROW_H

#include "base/buf.h"
#include "input/columns.h"
#include "input/reader.h"
#include "run/books.h"

/* What became of a row: our columns. */
struct result {
    uint64_t row, line;
    enum status status;
    const char *code;
    long http; /* 0: none */
    const char *message;
    unsigned attempts;
    int64_t time_ms; /* UTC; 0: never sent */
    /* 1 + the number of the verdict: rows with one number and status have the same code,
     * HTTP status and message; 0: this row has its own. */
    uint32_t verdict_next;
};

/* A number of the last row, and its digits. */
enum { RESULT_DIGITS_MAX = 20 };

struct result_count {
    uint64_t number;
    char digits[RESULT_DIGITS_MAX];
    size_t len;
};

/* How the rows of a run are written. */
struct result_form {
    bool jsonl;
    enum format input; /* of the job file */
    char delimiter;
    const struct columns *columns; /* all of the job file, borrowed */
    bool plain; /* a plain row is copied as it is: same kind of file, all columns kept */
    bool quoting;          /* our numbers and times may hold the delimiter */
    char **names;          /* [columns] as they are written; NULL: it is not. Owned */
    struct buf words;      /* status, code, HTTP status and message of the last row ... */
    uint32_t verdict_next; /* ... that had this verdict ... */
    enum status status;    /* ... and this status */
    struct result_count row, line;
};

void result_form_init(struct result_form *form, bool jsonl, const struct reader *reader,
                      const struct columns *columns);

void result_form_clear(struct result_form *form);

/* The header line; nothing for JSONL. */
void result_add_header(const struct result_form *form, struct buf *out);

void result_add_row(struct result_form *form, const struct row *row,
                    const struct result *result, struct buf *out);

#endif
