#include "input/reader.h"

#include "base/err.h"
#include "base/mem.h"
#include "input/cells.h"
#include "input/lines.h"
#include "input/members.h"

#include <strings.h>

struct reader {
    struct source *source;
    struct lines lines;
    struct columns columns;
    struct buf header; /* CSV: as written */
    enum format format;
    char delimiter;
    uint64_t rows;
    struct cells cells;     /* CSV */
    struct members members; /* JSONL */
    bool all_plain, lines_only;
    bool is_line; /* of the last row only the line was read */
};

void
reader_free(struct reader *reader)
{
    if (!reader)
        return;
    source_free(reader->source);
    columns_clear(&reader->columns);
    buf_clear(&reader->header);
    cells_clear(&reader->cells);
    members_clear(&reader->members);
    free(reader);
}

const struct columns *
reader_columns(const struct reader *reader)
{
    return &reader->columns;
}

struct span
reader_header(const struct reader *reader)
{
    return (struct span){reader->header.data, reader->header.len};
}

enum format
reader_format(const struct reader *reader)
{
    return reader->format;
}

char
reader_delimiter(const struct reader *reader)
{
    return reader->delimiter;
}

bool
reader_all_plain(const struct reader *reader)
{
    return reader->all_plain;
}

void
reader_lines_only(struct reader *reader)
{
    reader->lines_only = true;
}

struct fingerprint
reader_fingerprint(const struct reader *reader)
{
    return source_fingerprint(reader->source);
}

static enum format
format_by_name(const char *name)
{
    static const struct {
        const char *ending;
        enum format format;
    } endings[] = {
        {".csv", FORMAT_CSV},     {".tsv", FORMAT_TSV},      {".tab", FORMAT_TSV},
        {".jsonl", FORMAT_JSONL}, {".ndjson", FORMAT_JSONL},
    };
    size_t len = strlen(name);
    if (len > 3 && strcasecmp(name + len - 3, ".gz") == 0)
        len -= 3;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t ending = strlen(endings[i].ending);
        if (len > ending &&
            strncasecmp(name + len - ending, endings[i].ending, ending) == 0)
            return endings[i].format;
    }
    return FORMAT_AUTO;
}

static bool
is_blank(struct span line, char delimiter)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] != ' ' && (line.ptr[i] != '\t' || delimiter == '\t'))
            return false;
    return true;
}

/* Step over blank and comment lines. 1: `record` is the first real line, 0: none. */
static int
skip_to_content(struct reader *reader, struct record *record, struct err *err)
{
    int got;
    do
        got = lines_next(&reader->lines, record, err);
    while (got == 1 && (is_blank(record->bytes, '\0') || record->bytes.ptr[0] == '#'));
    return got;
}

static char
detect_delimiter(struct span header)
{
    static const char candidates[] = ",;\t|";
    size_t counts[4] = {0};
    bool quoted = false;
    for (size_t i = 0; i < header.len; i++) {
        const char *found = header.ptr[i] ? strchr(candidates, header.ptr[i]) : NULL;
        quoted ^= header.ptr[i] == '"';
        if (found && !quoted)
            counts[found - candidates]++;
    }
    size_t best = 0;
    for (size_t i = 1; i < 4; i++)
        if (counts[i] > counts[best])
            best = i;
    return candidates[best];
}

static int
read_header(struct reader *reader, struct err *err)
{
    struct record record;
    int got = lines_next_csv(&reader->lines, reader->delimiter, &record, err);
    if (got < 0)
        return -1;
    struct buf place = {0};
    buf_add(&reader->header, record.bytes.ptr, record.bytes.len);
    buf_addf(&place, "%s:%llu", source_name(reader->source),
             (unsigned long long)record.line);
    int rc = 0;
    if (memchr(record.bytes.ptr, '\0', record.bytes.len) ||
        !text_is_utf8(record.bytes.ptr, record.bytes.len))
        rc = err_set(err, EXIT_INPUT,
                     "%s: the header is not UTF-8 text; save the file as "
                     "UTF-8. Nothing was sent",
                     place.data);
    else if (record.stray_quote ||
             !cells_split(&reader->cells, record.bytes, record.holds, reader->delimiter))
        rc = err_set(err, EXIT_INPUT,
                     "%s: the header has text after a closing quote; "
                     "nothing was sent",
                     place.data);
    for (size_t i = 0; rc == 0 && i < reader->cells.count; i++)
        rc = columns_add(&reader->columns, reader->cells.list[i], false, err);
    if (rc == 0)
        rc = columns_check_header(&reader->columns, place.data, err);
    buf_clear(&place);
    return rc;
}

static int
refuse_json_array(struct reader *reader, uint64_t line, struct err *err)
{
    return err_set(err, EXIT_INPUT,
                   "%s:%llu: a JSON array; JSONL is one object a line "
                   "(`jq -c '.[]'` makes it). Nothing was sent",
                   source_name(reader->source), (unsigned long long)line);
}

static int
begin(struct reader *reader, const struct reader_settings *settings, struct err *err)
{
    struct record record;
    if (lines_open(&reader->lines, reader->source, err))
        return -1;
    int got = skip_to_content(reader, &record, err);
    if (got < 0)
        return -1;
    enum format format = settings->format;
    if (format == FORMAT_AUTO)
        format = format_by_name(source_name(reader->source));
    struct span content = got ? span_trim(record.bytes) : (struct span){"", 0};
    if (format == FORMAT_AUTO)
        format = content.len && (content.ptr[0] == '{' || content.ptr[0] == '[')
                     ? FORMAT_JSONL
                     : FORMAT_CSV;
    reader->format = format;
    if (format == FORMAT_JSONL) {
        reader->delimiter = ',';
        if (content.len && content.ptr[0] == '[')
            return refuse_json_array(reader, record.line, err);
    } else {
        if (!got)
            return err_set(err, EXIT_INPUT, "%s: has no header line; nothing was sent",
                           source_name(reader->source));
        reader->delimiter = format == FORMAT_TSV  ? '\t'
                            : settings->delimiter ? settings->delimiter
                                                  : detect_delimiter(record.bytes);
        cells_init(&reader->cells, reader->delimiter);
    }
    if (got)
        lines_unread(&reader->lines, &record);
    return format == FORMAT_JSONL ? 0 : read_header(reader, err);
}

struct reader *
reader_open(const char *path, const char *name, const struct reader_settings *settings,
            struct err *err)
{
    struct source *source = source_open(path, name, err);
    if (!source)
        return NULL;
    struct reader *reader = mem_alloc(1, sizeof(*reader));
    reader->source = source;
    reader->columns.settings = settings->fields;
    reader->members.columns = &reader->columns;
    reader->all_plain = true;
    if (begin(reader, settings, err)) {
        reader_free(reader);
        return NULL;
    }
    return reader;
}

static void
check_text(struct row *row, unsigned holds)
{
    if (holds & TEXT_NUL)
        row_problem(row, "holds a NUL byte; remove it");
    else if (holds & TEXT_HIGH && !text_is_utf8(row->raw.ptr, row->raw.len))
        row_problem(row, "is not UTF-8 text; save the file as UTF-8");
}

/* The room for a problem is left as it is. */
static void
begin_row(struct reader *reader, struct row *row, const struct record *record)
{
    row->number = ++reader->rows;
    row->line = record->line;
    row->raw = record->bytes;
    row->dropped = (struct span){NULL, 0};
    row->cells = NULL;
    row->cell_count = 0;
    row->plain = false;
    row->problem[0] = '\0';
}

/* Of a file whose lines end in CR only: an LF that came late. Copied as it is, it would end
 * a line of the results. */
static bool
has_line_feed(const struct reader *reader, struct span text)
{
    return reader->lines.line_end == '\r' && memchr(text.ptr, '\n', text.len);
}

static void
split_cells(struct reader *reader, struct row *row, const struct record *record)
{
    bool whole = cells_split(&reader->cells, record->bytes, record->holds,
                             reader->delimiter);
    if (!(record->holds & TEXT_QUOTE))
        whole &= !has_line_feed(reader, record->bytes);
    size_t columns = reader->columns.count;
    if (record->stray_quote)
        row_problem(row, "has text after a closing quote; double the quotes in the cell");
    else if (!whole)
        row_problem(row, "has a %s outside quotes; remove it",
                    reader->lines.line_end == '\r' ? "line feed" : "carriage return");
    else if (reader->cells.count > columns)
        row_problem(row,
                    "has %zu cells, the header has %zu; quote the cell that holds "
                    "the delimiter",
                    reader->cells.count, columns);
    row->cells = reader->cells.list;
    row->cell_count = reader->cells.count < columns ? reader->cells.count : columns;
    row->plain = !(record->holds & TEXT_QUOTE) && reader->cells.count == columns &&
                 !row->problem[0];
}

static int
next_csv(struct reader *reader, struct row *row, struct err *err)
{
    struct record record;
    int got;
    do
        got = lines_next_csv(&reader->lines, reader->delimiter, &record, err);
    while (got == 1 && is_blank(record.bytes, reader->delimiter));
    if (got <= 0)
        return got;
    begin_row(reader, row, &record);
    check_text(row, record.holds);
    split_cells(reader, row, &record);
    return 1;
}

static int
next_jsonl(struct reader *reader, struct row *row, struct err *err)
{
    struct record record;
    struct span line = {NULL, 0};
    int got = 1;
    while (got == 1 && !line.len) {
        got = lines_next(&reader->lines, &record, err);
        line = got == 1 ? span_trim(record.bytes) : line;
    }
    if (got <= 0)
        return got;
    begin_row(reader, row, &record);
    row->raw = line;
    check_text(row, record.holds);
    if (has_line_feed(reader, line))
        row_problem(row, "has a line feed within; remove it");
    return members_read(&reader->members, row, err) ? -1 : 1;
}

/* The next line that is not blank. */
static int
take_line(struct reader *reader, struct record *record, struct err *err)
{
    int got;
    do {
        got = lines_next(&reader->lines, record, err);
        if (got == 1 && reader->format == FORMAT_JSONL)
            record->bytes = span_trim(record->bytes);
    } while (got == 1 && is_blank(record->bytes, reader->delimiter));
    return got;
}

/* The line is the row, for all that is known of it. */
static int
begin_line(struct reader *reader, struct row *row, const struct record *record)
{
    begin_row(reader, row, record);
    row->plain = reader->is_line = true;
    return 1;
}

int
reader_next(struct reader *reader, struct row *row, struct err *err)
{
    struct record record;
    int got;
    if (reader->lines_only) {
        got = take_line(reader, &record, err);
        return got == 1 ? begin_line(reader, row, &record) : got;
    }
    reader->is_line = false;
    got = reader->format == FORMAT_JSONL ? next_jsonl(reader, row, err)
                                         : next_csv(reader, row, err);
    reader->all_plain &= got <= 0 || row->plain;
    return got;
}

int
reader_next_line(struct reader *reader, struct row *row, struct err *err)
{
    struct record record;
    int got;
    if (reader->format == FORMAT_JSONL || reader->lines_only)
        return reader_next(reader, row, err);
    if ((got = take_line(reader, &record, err)) != 1)
        return got;
    if (record.holds) {
        lines_unread(&reader->lines, &record);
        return reader_next(reader, row, err);
    }
    return begin_line(reader, row, &record);
}

int
reader_look_into(struct reader *reader, struct row *row, struct err *err)
{
    if (!reader->is_line)
        return 0;
    reader->is_line = false;
    int rc = 0;
    if (reader->format == FORMAT_JSONL)
        rc = members_read(&reader->members, row, err);
    else
        split_cells(reader, row, &(struct record){.bytes = row->raw});
    reader->all_plain &= row->plain;
    return rc;
}
