/*
 * Job files through the real reader: CSV with its delimiters, TSV, JSONL, plain and
 * gzip, with the reader's blocks ending anywhere. What must hold: rows are numbered
 * without a gap; gzip, block borders, how a first row writes its keys and that rows are
 * like each other change nothing; the results written from the rows read back as the same
 * rows (every result file is a job file).
 */
#include "base/mem.h"
#include "cli/checking.h"
#include "fuzz.h"
#include "ops/op.h"
#include "report/result_row.h"

#include <zlib.h>

enum { BLOCK_BYTES = 1 << 18, COLUMNS_TRIED = 4000 };

static const struct field_settings no_settings = {{0}, {0}};

/* What is read of a file, as text: two readings are the same if their texts are. */
struct reading {
    unsigned lines_before, rows_before; /* that are left out */
    bool unchecked;                     /* without the first pass */
    bool refused;
    size_t rows;
    struct buf text;
    struct err err;
};

static void
add_row(struct reading *reading, const struct row *row)
{
    struct buf *out = &reading->text;
    buf_addf(out, "%llu@%llu:", (unsigned long long)row->number - reading->rows_before,
             (unsigned long long)row->line - reading->lines_before);
    buf_addf(out, "%s;", row->problem);
    buf_add(out, row->raw.ptr, row->raw.len);
    buf_addf(out, ";%zu", row->dropped.len);
    if (row->dropped.len)
        buf_addf(out, "@%zu", (size_t)(row->dropped.ptr - row->raw.ptr));
    for (size_t i = 0; i < row->cell_count; i++) {
        if (!row->cells[i].ptr)
            continue;
        buf_addf(out, "|%zu:%zu:", i, row->cells[i].len);
        buf_add(out, row->cells[i].ptr, row->cells[i].len);
    }
    buf_add_char(out, '\n');
}

static const struct op_settings op_settings = {.default_operation = "crm.delink",
                                               .api_version = "v8"};

static void
add_outcome(struct reading *reading, const struct op *op, struct span target,
            struct span id, const struct problem *problem)
{
    buf_addf(&reading->text, "%s %.*s %.*s %s\n", op ? op->name : problem->code,
             op ? (int)target.len : 0, op ? target.ptr : "", op ? (int)id.len : 0,
             op ? id.ptr : "", op ? "" : problem->text);
}

/* What the first pass makes of the row, cell by cell. */
static void
add_check(struct reading *reading, const struct reader *reader, const struct row *row)
{
    struct buf target = {0};
    struct span id = {NULL, 0};
    struct problem problem = {0};
    const struct op *op = ops_check_row(row, reader_columns(reader), &op_settings,
                                        &target, &id, &problem);
    fuzz_holds(op ? id.len && !row->problem[0] : problem.code != NULL, "neither");
    add_outcome(reading, op, (struct span){target.data, target.len}, id, &problem);
    buf_clear(&target);
}

static void
check_row(const struct reader *reader, const struct row *row, size_t rows,
          uint64_t line_before)
{
    fuzz_holds(row->number == rows + 1, "row %llu comes after %zu",
               (unsigned long long)row->number, rows);
    fuzz_holds(row->line > line_before, "lines do not grow");
    fuzz_holds(row->cell_count <= reader_columns(reader)->count, "cells beyond columns");
    for (size_t i = 0; i < row->cell_count && !row->problem[0]; i++)
        fuzz_holds(text_is_utf8(row->cells[i].ptr, row->cells[i].len) &&
                       (!row->cells[i].len ||
                        !memchr(row->cells[i].ptr, '\0', row->cells[i].len)),
                   "an accepted cell is not text");
    fuzz_holds(!row->plain || !row->problem[0], "a bad row is plain");
}

static void
read_all(const char *path, const struct reader_settings *settings,
         struct reading *reading)
{
    struct row row;
    uint64_t line = 0;
    int got = -1;
    struct reader *reader = reader_open(path, "input", settings, &reading->err);
    while (reader && (got = reader_next(reader, &row, &reading->err)) == 1) {
        check_row(reader, &row, reading->rows++, line);
        line = row.line;
        if (row.number > reading->rows_before)
            add_row(reading, &row);
        if (!reading->unchecked)
            add_check(reading, reader, &row);
    }
    reading->refused = got < 0;
    fuzz_holds(!reading->refused || reading->err.exit_code == EXIT_INPUT,
               "refused with %d: %s", reading->err.exit_code, reading->err.text);
    reader_free(reader);
}

static void
must_equal(const struct reading *a, const struct reading *b, const char *what)
{
    fuzz_holds(a->refused == b->refused, "%s: refused or not: %s%s", what, a->err.text,
               b->err.text);
    fuzz_holds(a->refused || (a->text.len == b->text.len &&
                              (!a->text.len ||
                               memcmp(a->text.data, b->text.data, a->text.len) == 0)),
               "%s: read\n%s\nnot\n%s", what, b->text.data, a->text.data);
}

static void
add_gzip(struct buf *out, struct span bytes)
{
    z_stream z = {0};
    size_t room = bytes.len + bytes.len / 100 + 64;
    (void)deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    buf_reserve(out, room);
    z.next_in = (Bytef *)(uintptr_t)bytes.ptr;
    z.avail_in = (uInt)bytes.len;
    z.next_out = (Bytef *)out->data + out->len;
    z.avail_out = (uInt)room;
    fuzz_holds(deflate(&z, Z_FINISH) == Z_STREAM_END, "deflate");
    out->len += z.total_out;
    (void)deflateEnd(&z);
}

/* In two members, the first of which ends anywhere. */
static void
try_gzip(struct span bytes, unsigned border, const struct reader_settings *settings,
         const struct reading *plain)
{
    struct buf packed = {0};
    struct reading reading = {0};
    size_t first = border < bytes.len ? border : bytes.len;
    add_gzip(&packed, (struct span){bytes.ptr, first});
    add_gzip(&packed, (struct span){bytes.ptr + first, bytes.len - first});
    read_all(fuzz_file("again", (struct span){packed.data, packed.len}), settings,
             &reading);
    must_equal(plain, &reading, "gzip");
    buf_clear(&reading.text);
    buf_clear(&packed);
}

/* May a line go before the first? */
static bool
may_move(struct span bytes)
{
    return !span_starts(bytes, "\xff\xfe") && !span_starts(bytes, "\xfe\xff") &&
           !span_starts(bytes, "\x1f\x8b") && bytes.len &&
           memchr(bytes.ptr, '\n', bytes.len);
}

/* Behind a comment so long that the reader's first block ends at `border`. */
static void
try_border(struct span bytes, unsigned border, const struct reader_settings *settings,
           const struct reading *plain)
{
    struct buf padded = {0};
    struct reading reading = {.lines_before = 1};
    bool marked = span_starts(bytes, "\xef\xbb\xbf");
    if (!may_move(bytes) || border >= bytes.len)
        return;
    buf_add(&padded, bytes.ptr, marked ? 3 : 0);
    buf_reserve(&padded, BLOCK_BYTES + bytes.len);
    size_t comment = BLOCK_BYTES - border - padded.len - 1;
    memset(padded.data + padded.len, '#', comment);
    padded.len += comment;
    buf_add_char(&padded, '\n');
    buf_add(&padded, bytes.ptr + (marked ? 3 : 0), bytes.len - (marked ? 3 : 0));
    read_all(fuzz_file("again", (struct span){padded.data, padded.len}), settings,
             &reading);
    must_equal(plain, &reading, "border");
    buf_clear(&reading.text);
    buf_clear(&padded);
}

static bool
feeds_any(const struct columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        if (columns->list[i].fields)
            return true;
    return false;
}

static size_t
find_column(const struct columns *columns, const char *name)
{
    size_t i = 0;
    while (i < columns->count && strcmp(columns->list[i].name, name) != 0)
        i++;
    return i;
}

/* A row of the job file and the same row of the results. */
static void
same_cells(const struct result_form *form, const struct row *row,
           const struct columns *columns, const struct row *again)
{
    fuzz_holds(!again->problem[0], "row %llu of the results %s",
               (unsigned long long)row->number, again->problem);
    size_t position = 0;
    for (size_t i = 0; i < form->columns->count; i++) {
        if (!form->names[i])
            continue;
        bool by_name = form->jsonl && form->input == FORMAT_JSONL;
        size_t at = form->jsonl
                        ? find_column(columns, by_name ? form->columns->list[i].name
                                                       : form->names[i])
                        : position++;
        struct span cell = i < row->cell_count ? row->cells[i] : span_of(NULL);
        if (!cell.ptr)
            continue; /* absent, or under another spelling */
        fuzz_holds(at < again->cell_count, "a column is lost");
        struct span got = again->cells[at];
        fuzz_holds(got.ptr && span_equal(cell, got),
                   "row %llu, column %zu: '%.*s' not '%.*s'",
                   (unsigned long long)row->number, i, (int)got.len, got.ptr,
                   (int)cell.len, cell.ptr);
    }
}

/* All columns of the file, known once it was read to its end. */
static struct reader *
read_columns(const char *path, const struct reader_settings *settings)
{
    struct err err = {0};
    struct row row;
    struct reader *reader = reader_open(path, "input", settings, &err);
    while (reader_next(reader, &row, &err) == 1)
        continue;
    return reader;
}

static void
add_odd_row(const struct columns *columns, struct buf *out)
{
    buf_add_char(out, '{');
    for (size_t i = 0; i < columns->count; i++) {
        buf_add_text(out, i ? "," : "");
        buf_add_json(out, columns->list[i].name, columns->list[i].name_len);
        buf_add_text(out, "\t: null");
    }
    buf_add_text(out, "}\n");
}

/*
 * Behind a row that has every key, written as none is after it: what is known of how keys
 * are written helps no row any more. That must change none.
 */
static void
try_odd_keys(const char *path, struct span bytes, const struct reader_settings *settings)
{
    struct buf text = {0};
    struct reading plain = {.unchecked = true};
    struct reading odd = {.unchecked = true, .lines_before = 1, .rows_before = 1};
    struct reader *reader = read_columns(path, settings);
    read_all(path, settings, &plain);
    bool at_once = span_starts((struct span){plain.text.data, plain.text.len}, "1@1:") &&
                   !span_starts(bytes, "\xef\xbb\xbf");
    if (reader_format(reader) == FORMAT_JSONL && at_once && may_move(bytes)) {
        add_odd_row(reader_columns(reader), &text);
        buf_add(&text, bytes.ptr, bytes.len);
        read_all(fuzz_file("again", (struct span){text.data, text.len}), settings, &odd);
        must_equal(&plain, &odd, "odd keys");
    }
    reader_free(reader);
    buf_clear(&text);
    buf_clear(&plain.text);
    buf_clear(&odd.text);
}

static void
write_results(const char *path, const struct reader_settings *settings,
              struct result_form *form, struct buf *out)
{
    struct err err = {0};
    struct row row;
    struct reader *reader = reader_open(path, "input", settings, &err);
    result_add_header(form, out);
    while (reader_next(reader, &row, &err) == 1) {
        struct result result = {.row = row.number,
                                .line = row.line,
                                .status = STATUS_FAILED,
                                .code = "A,\"CODE\"",
                                .http = 207,
                                .message = "words;\n\t| more",
                                .attempts = 2,
                                .time_ms = 1700000000000,
                                .verdict_next = row.number % 3 != 0};
        result_add_row(form, &row, &result, out);
    }
    reader_free(reader);
}

static void
compare_results(const char *path, const struct reader_settings *settings,
                const char *results, const struct reader_settings *results_settings,
                const struct result_form *form)
{
    struct err err = {0};
    struct row row, again;
    struct reader *first = reader_open(path, "input", settings, &err);
    struct reader *second = reader_open(results, "results", results_settings, &err);
    fuzz_holds(second, "the results are refused: %s", err.text);
    while (reader_next(first, &row, &err) == 1) {
        fuzz_holds(reader_next(second, &again, &err) == 1, "row %llu is lost: %s",
                   (unsigned long long)row.number, err.text);
        if (!row.problem[0])
            same_cells(form, &row, reader_columns(second), &again);
    }
    fuzz_holds(reader_next(second, &again, &err) == 0, "one row more: %s", err.text);
    reader_free(first);
    reader_free(second);
}

static void
try_results(const char *path, const struct reader_settings *settings, bool jsonl)
{
    struct reader *reader = read_columns(path, settings);
    const struct columns *columns = reader_columns(reader);
    struct result_form form;
    struct buf out = {0};
    struct reader_settings again = {jsonl ? FORMAT_JSONL : FORMAT_CSV,
                                    settings->delimiter, &no_settings};
    result_form_init(&form, jsonl, reader, columns);
    if (!jsonl && !settings->delimiter && reader_format(reader) == FORMAT_TSV)
        again.format = FORMAT_TSV;
    if (columns->count < COLUMNS_TRIED && (jsonl || feeds_any(columns))) {
        write_results(path, settings, &form, &out);
        const char *results = fuzz_file("again", (struct span){out.data, out.len});
        if (out.len)
            compare_results(path, settings, results, &again, &form);
    }
    buf_clear(&out);
    result_form_clear(&form);
    reader_free(reader);
}

/* The target of the row just taken; its number is where it stands in `names`. */
static struct span
name_target(struct checking *checking, uint32_t number, struct buf *names)
{
    if (number == RECALL_NONE) {
        struct span target = checking_target(checking);
        number = (uint32_t)names->len;
        buf_add(names, target.ptr, target.len);
        buf_add_char(names, '\0');
        checking_learn(checking, number);
    }
    fuzz_holds(number < names->len, "a number that was never told");
    return span_of(names->data + number);
}

/* Row by row by likeness, and cell by cell. */
static void
try_likeness(const char *path, const struct reader_settings *settings)
{
    struct row row;
    struct reading whole = {0}, like = {0};
    struct span id;
    struct problem problem;
    struct buf names = {0};
    uint32_t number;
    struct reader *reader = reader_open(path, "input", settings, &whole.err);
    int got = reader ? 1 : -1;
    while (got == 1 && (got = reader_next(reader, &row, &whole.err)) == 1)
        add_check(&whole, reader, &row);
    whole.refused = got < 0;
    reader_free(reader);
    reader = reader_open(path, "input", settings, &like.err);
    struct checking checking = {.reader = reader, .settings = &op_settings};
    got = reader ? 1 : -1;
    while (got == 1 && (got = reader_next_line(reader, &row, &like.err)) == 1) {
        const struct op *op = checking_row(&checking, &row, &number, &id, &problem,
                                           &like.err);
        struct span target = op ? name_target(&checking, number, &names) : span_of("");
        if (!op && like.err.exit_code)
            got = -1;
        else
            add_outcome(&like, op, target, id, &problem);
    }
    like.refused = got < 0;
    checking_clear(&checking);
    reader_free(reader);
    buf_clear(&names);
    must_equal(&whole, &like, "likeness");
    buf_clear(&whole.text);
    buf_clear(&like.text);
}

static void
run(struct feed *feed, struct reader_settings settings)
{
    unsigned tricks = feed_choice(feed, 16), border = feed_choice(feed, 256);
    struct span bytes = feed_rest(feed);
    struct reading reading = {0};
    const char *path = fuzz_file("input", bytes);
    settings.fields = &no_settings;
    read_all(path, &settings, &reading);
    if (tricks & 1 && !span_starts(bytes, "\x1f\x8b"))
        try_gzip(bytes, border, &settings, &reading);
    if (tricks & 2)
        try_border(bytes, border, &settings, &reading);
    if (!reading.refused)
        try_results(path, &settings, tricks & 4);
    if (tricks & 8)
        try_likeness(path, &settings);
    if (!reading.refused && tricks & 8)
        try_odd_keys(path, bytes, &settings);
    buf_clear(&reading.text);
}

static void
run_csv(struct feed *feed)
{
    static const struct reader_settings forms[] = {
        {FORMAT_AUTO, 0, NULL},  {FORMAT_CSV, 0, NULL},    {FORMAT_CSV, ',', NULL},
        {FORMAT_CSV, ';', NULL}, {FORMAT_CSV, '\t', NULL}, {FORMAT_CSV, '|', NULL},
        {FORMAT_CSV, ':', NULL}, {FORMAT_TSV, 0, NULL},
    };
    run(feed, forms[feed_choice(feed, FUZZ_COUNT(forms))]);
}

static void
run_jsonl(struct feed *feed)
{
    run(feed, (struct reader_settings){feed_choice(feed, 2) ? FORMAT_AUTO : FORMAT_JSONL,
                                       0, NULL});
}

const struct fuzz_target fuzz_csv = {"csv", run_csv};
const struct fuzz_target fuzz_jsonl = {"jsonl", run_jsonl};
