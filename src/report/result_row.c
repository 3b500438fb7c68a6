#include "report/result_row.h"

#include "base/clock.h"

#include <strings.h>

static const char *const our_names[] = {"row",  "line",    "status",   "code",
                                        "http", "message", "attempts", "time"};

enum { OUR_COUNT = sizeof(our_names) / sizeof(our_names[0]) };

/* Columns that an earlier run added, by the rule of the format that is written. */
static bool
is_ours(const struct result_form *form, const struct column *column)
{
    return column->dropped ||
           (!form->jsonl && strncasecmp(column->name, "result_", 7) == 0);
}

static void
add_quoted(struct buf *out, const char *bytes, size_t len)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '"')
            buf_add_char(out, '"');
        buf_add_char(out, bytes[i]);
    }
    buf_add_char(out, '"');
}

static void
add_cell(struct buf *out, const char *bytes, size_t len, char delimiter)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != delimiter && bytes[i] != '"' && bytes[i] != '\n' &&
            bytes[i] != '\r')
            continue;
        add_quoted(out, bytes, len);
        return;
    }
    buf_add(out, bytes, len);
}

/* A header cell: it must not read as a comment, nor mislead who looks for a delimiter. */
static void
add_name_cell(struct buf *out, const char *name, char delimiter)
{
    if (name[0] == '#' || name[strcspn(name, ",;\t|")])
        add_quoted(out, name, strlen(name));
    else
        add_cell(out, name, strlen(name), delimiter);
}

static void
add_text_cell(struct buf *out, const char *text, char delimiter)
{
    add_cell(out, text, strlen(text), delimiter);
}

/* Rows of one call have the same time, so it is formatted once. */
static const char *
stamp_of(int64_t time_ms)
{
    static int64_t last_ms;
    static char stamp[CLOCK_STAMP_BYTES];
    if (!time_ms)
        return "";
    if (time_ms != last_ms)
        clock_format_stamp(time_ms, stamp);
    last_ms = time_ms;
    return stamp;
}

void
result_form_init(struct result_form *form, bool jsonl, const struct reader *reader,
                 const struct columns *columns)
{
    *form = (struct result_form){.jsonl = jsonl, .input = reader_format(reader),
                                 .delimiter = reader_delimiter(reader),
                                 .columns = columns};
    for (size_t i = 0; i < columns->count; i++)
        form->drops |= is_ours(form, &columns->list[i]);
}

void
result_add_header(const struct result_form *form, struct buf *out)
{
    if (form->jsonl)
        return;
    for (size_t i = 0; i < form->columns->count; i++) {
        if (is_ours(form, &form->columns->list[i]))
            continue;
        add_name_cell(out, form->columns->list[i].name, form->delimiter);
        buf_add_char(out, form->delimiter);
    }
    for (size_t i = 0; i < OUR_COUNT; i++)
        buf_addf(out, "result_%s%c", our_names[i],
                 i + 1 < OUR_COUNT ? form->delimiter : '\n');
}

static void
add_csv_cells(const struct result_form *form, const struct row *row, struct buf *out)
{
    if (row->plain && !form->drops) {
        buf_add(out, row->raw.ptr, row->raw.len);
        buf_add_char(out, form->delimiter);
        return;
    }
    for (size_t i = 0; i < form->columns->count; i++) {
        if (is_ours(form, &form->columns->list[i]))
            continue;
        if (i < row->cell_count && row->cells[i].len)
            add_cell(out, row->cells[i].ptr, row->cells[i].len, form->delimiter);
        buf_add_char(out, form->delimiter);
    }
}

static void
add_csv_row(const struct result_form *form, const struct row *row,
            const struct result *result, struct buf *out)
{
    char d = form->delimiter;
    add_csv_cells(form, row, out);
    buf_add_number(out, result->row);
    buf_add_char(out, d);
    buf_add_number(out, result->line);
    buf_add_char(out, d);
    buf_add_text(out, status_names[result->status]);
    buf_add_char(out, d);
    add_text_cell(out, result->code, d);
    buf_add_char(out, d);
    if (result->http)
        buf_add_number(out, (unsigned long long)result->http);
    buf_add_char(out, d);
    add_text_cell(out, result->message, d);
    buf_add_char(out, d);
    buf_add_number(out, result->attempts);
    buf_add_char(out, d);
    buf_add_text(out, stamp_of(result->time_ms));
    buf_add_char(out, '\n');
}

static void
add_result_object(const struct result *result, struct buf *out)
{
    buf_add_text(out, "\"result\":{\"row\":");
    buf_add_number(out, result->row);
    buf_add_text(out, ",\"line\":");
    buf_add_number(out, result->line);
    buf_addf(out, ",\"status\":\"%s\",\"code\":", status_names[result->status]);
    buf_add_json(out, result->code, strlen(result->code));
    if (result->http)
        buf_addf(out, ",\"http\":%ld", result->http);
    else
        buf_add_text(out, ",\"http\":null");
    buf_add_text(out, ",\"message\":");
    buf_add_json(out, result->message, strlen(result->message));
    buf_addf(out, ",\"attempts\":%u,\"time\":", result->attempts);
    if (result->time_ms)
        buf_addf(out, "\"%s\"", stamp_of(result->time_ms));
    else
        buf_add_text(out, "null");
    buf_add_char(out, '}');
}

/* The input's own bytes, less an earlier result, up to the last brace. */
static void
add_json_members(const struct row *row, struct buf *out)
{
    size_t start = out->len;
    const char *at = row->raw.ptr;
    const char *end = at + row->raw.len - 1;
    if (row->dropped.len) {
        buf_add(out, at, (size_t)(row->dropped.ptr - at));
        at = row->dropped.ptr + row->dropped.len;
    }
    buf_add(out, at, (size_t)(end - at));
    while (out->len > start && strchr(" \t\r\n", out->data[out->len - 1]))
        out->len--;
    if (out->data[out->len - 1] != '{')
        buf_add_char(out, ',');
}

static void
add_column_members(const struct result_form *form, const struct row *row,
                   struct buf *out)
{
    buf_add_char(out, '{');
    for (size_t i = 0; i < form->columns->count; i++) {
        const struct column *column = &form->columns->list[i];
        if (is_ours(form, column))
            continue;
        char unnamed[32];
        (void)snprintf(unnamed, sizeof(unnamed), "column_%zu", i + 1);
        /* Read again, each key must be the only one of its name, ours too. */
        const char *name = !column->folded[0]                      ? unnamed
                           : strcmp(column->folded, "result") == 0 ? "result_column"
                                                                   : column->name;
        struct span cell = i < row->cell_count ? row->cells[i] : (struct span){"", 0};
        buf_add_json(out, name, strlen(name));
        buf_add_char(out, ':');
        buf_add_json(out, cell.ptr, cell.len);
        buf_add_char(out, ',');
    }
}

static void
add_jsonl_row(const struct result_form *form, const struct row *row,
              const struct result *result, struct buf *out)
{
    if (row->problem[0])
        buf_add_char(out, '{');
    else if (form->input == FORMAT_JSONL)
        add_json_members(row, out);
    else
        add_column_members(form, row, out);
    add_result_object(result, out);
    buf_add_text(out, "}\n");
}

void
result_add_row(const struct result_form *form, const struct row *row,
               const struct result *result, struct buf *out)
{
    if (form->jsonl)
        add_jsonl_row(form, row, result, out);
    else
        add_csv_row(form, row, result, out);
}
