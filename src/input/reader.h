/*
 * A job file, row by row: CSV, TSV or JSONL, plain or gzip. The format and the
 * delimiter are detected unless given. Memory is bounded by the longest row.
 */
#ifndef INPUT_READER_H
#define INPUT_READER_H

#include "input/columns.h"
#include "input/row.h"
#include "input/source.h"

enum format { FORMAT_AUTO, FORMAT_CSV, FORMAT_TSV, FORMAT_JSONL };

struct reader_settings {
    enum format format;
    char delimiter;                      /* CSV only; 0: detect */
    const struct field_settings *fields; /* borrowed */
};

struct reader;

/*
 * Open a job file and read its header, if it has one. `name` is what messages call it
 * and what the format is guessed from. NULL on error: EXIT_USAGE if the file cannot be
 * opened, EXIT_INPUT if it is refused.
 */
struct reader *reader_open(const char *path, const char *name,
                           const struct reader_settings *settings, struct err *err);
void reader_free(struct reader *reader);

/* 1: a row, 0: no more, -1: the file is refused (EXIT_INPUT). */
int reader_next(struct reader *reader, struct row *row, struct err *err);

/*
 * The same, but of a row that has no quotes and nothing else that needs care only the line
 * is read: it has no cells until reader_look_into fills them in, and may have a problem
 * then.
 */
int reader_next_line(struct reader *reader, struct row *row, struct err *err);

/* Was every row so far plain, also those that were not looked into? Then another pass may
 * read only the lines. */
bool reader_all_plain(const struct reader *reader);
void reader_lines_only(struct reader *reader);
int reader_look_into(struct reader *reader, struct row *row, struct err *err);

/* The columns met so far: for CSV all of them, for JSONL all once the end was reached. */
const struct columns *reader_columns(const struct reader *reader);

/* The header line as it stands in the file; empty for JSONL. Borrowed. */
struct span reader_header(const struct reader *reader);

enum format reader_format(const struct reader *reader);
char reader_delimiter(const struct reader *reader);

/* The fingerprint of what was read so far: the file's, once reader_next returned 0. */
struct fingerprint reader_fingerprint(const struct reader *reader);

#endif
