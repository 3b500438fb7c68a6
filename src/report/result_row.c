#include "report/result_row.h"

#include "base/clock.h"
#include "base/mem.h"

#include <strings.h>

static const char *const our_names[] = {"row",  "line",    "status",   "code",
                                        "http", "message", "attempts", "time"};

enum { OUR_COUNT = sizeof(our_names) / sizeof(our_names[0]) };

/* Is it written at all? What an earlier run added is not, nor is a second spelling of
 * the same column (JSONL has those in different rows). */
static bool
is_written(const struct result_form *form, size_t index)
{
    const struct column *column = &form->columns->list[index];
    if (column->dropped || (!form->jsonl && strncasecmp(column->name, "result_", 7) == 0))
        return false;
    for (size_t i = 0; column->has_twin && column->folded[0] && i < index; i++)
        if (strcmp(form->columns->list[i].folded, column->folded) == 0)
            return false;
    return true;
}

static bool
is_taken(const struct result_form *form, const char *name)
{
    char *folded = mem_strdup(name);
    bool taken = false;
    (void)text_fold(span_of(name), folded, strlen(name) + 1);
    for (size_t i = 0; i < form->columns->count && !taken; i++)
        taken = strcmp(form->columns->list[i].folded, folded) == 0;
    free(folded);
    return taken;
}

/* Its own name; as a JSON key one that is there and is not ours. */
static char *
written_name(const struct result_form *form, size_t index)
{
    const struct column *column = &form->columns->list[index];
    bool ours = strcmp(column->folded, "result") == 0;
    struct buf name = {0};
    if (!form->jsonl || (column->folded[0] && !ours))
        return mem_strdup(column->name);
    if (ours)
        buf_add_text(&name, "result_column");
    else
        buf_addf(&name, "column_%zu", index + 1);
    while (is_taken(form, name.data))
        buf_add_char(&name, 'x');
    return buf_take(&name);
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

static void
add_number_cell(struct buf *out, unsigned long long number, char delimiter)
{
    char digits[RESULT_DIGITS_MAX];
    add_cell(out, digits, (size_t)(buf_put_number(digits, number) - digits), delimiter);
}

/* Rows of one call have the same time, so it is formatted once. */
static char *
put_stamp(char *at, int64_t time_ms)
{
    static int64_t last_ms;
    static char stamp[CLOCK_STAMP_BYTES];
    if (!time_ms)
        return at;
    if (time_ms != last_ms)
        clock_format_stamp(time_ms, stamp);
    last_ms = time_ms;
    memcpy(at, stamp, CLOCK_STAMP_LEN);
    return at + CLOCK_STAMP_LEN;
}

/* Rows and lines count up: mostly the last digit of the number before is one less. */
static char *
put_count(char *at, struct result_count *count, uint64_t number)
{
    size_t last = count->len - 1;
    if (count->len && number == count->number + 1 && count->digits[last] != '9')
        count->digits[last]++;
    else
        count->len = (size_t)(buf_put_number(count->digits, number) - count->digits);
    count->number = number;
    memcpy(at, count->digits, RESULT_DIGITS_MAX);
    return at + count->len;
}

void
result_form_init(struct result_form *form, bool jsonl, const struct reader *reader,
                 const struct columns *columns)
{
    *form = (struct result_form){.jsonl = jsonl,
                                 .input = reader_format(reader),
                                 .delimiter = reader_delimiter(reader),
                                 .columns = columns,
                                 .plain = (reader_format(reader) == FORMAT_JSONL) ==
                                          jsonl,
                                 .names = mem_alloc(columns->count, sizeof(char *))};
    form->quoting = strchr("0123456789-:.TZ", form->delimiter);
    for (size_t i = 0; i < columns->count; i++) {
        form->names[i] = is_written(form, i) ? written_name(form, i) : NULL;
        form->plain &= jsonl || form->names[i] != NULL;
    }
}

void
result_form_clear(struct result_form *form)
{
    for (size_t i = 0; form->names && i < form->columns->count; i++)
        free(form->names[i]);
    free(form->names);
    form->names = NULL;
    buf_clear(&form->words);
}

void
result_add_header(const struct result_form *form, struct buf *out)
{
    if (form->jsonl)
        return;
    for (size_t i = 0; i < form->columns->count; i++) {
        if (!form->names[i])
            continue;
        add_name_cell(out, form->names[i], form->delimiter);
        buf_add_char(out, form->delimiter);
    }
    for (size_t i = 0; i < OUR_COUNT; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "result_%s", our_names[i]);
        add_text_cell(out, name, form->delimiter);
        buf_add_char(out, i + 1 < OUR_COUNT ? form->delimiter : '\n');
    }
}

/* The value of a column, whichever spelling of it the row has. */
static struct span
value_of(const struct result_form *form, const struct row *row, size_t index)
{
    const struct column *list = form->columns->list;
    struct span cell = index < row->cell_count ? row->cells[index] : span_of(NULL);
    for (size_t i = index + 1; !cell.ptr && list[index].has_twin && i < row->cell_count;
         i++)
        if (strcmp(list[i].folded, list[index].folded) == 0)
            cell = row->cells[i];
    return cell.ptr ? cell : (struct span){"", 0};
}

static void
add_csv_cells(const struct result_form *form, const struct row *row, struct buf *out)
{
    if (row->plain && form->plain) {
        buf_add(out, row->raw.ptr, row->raw.len);
        buf_add_char(out, form->delimiter);
        return;
    }
    for (size_t i = 0; i < form->columns->count; i++) {
        if (!form->names[i])
            continue;
        struct span cell = value_of(form, row, i);
        add_cell(out, cell.ptr, cell.len, form->delimiter);
        buf_add_char(out, form->delimiter);
    }
}

static void
add_csv_words(const struct result *result, char d, struct buf *out)
{
    add_text_cell(out, status_names[result->status], d);
    buf_add_char(out, d);
    add_text_cell(out, result->code, d);
    buf_add_char(out, d);
    if (result->http)
        add_number_cell(out, (unsigned long long)result->http, d);
    buf_add_char(out, d);
    add_text_cell(out, result->message, d);
    buf_add_char(out, d);
}

static void
add_json_words(const struct result *result, struct buf *out)
{
    buf_addf(out, ",\"status\":\"%s\",\"code\":", status_names[result->status]);
    buf_add_json(out, result->code, strlen(result->code));
    if (result->http)
        buf_addf(out, ",\"http\":%ld", result->http);
    else
        buf_add_text(out, ",\"http\":null");
    buf_add_text(out, ",\"message\":");
    buf_add_json(out, result->message, strlen(result->message));
    buf_add_text(out, ",\"attempts\":");
}

/* Rows of one verdict come by the million: their words are put together once. */
static char *
put_words(char *at, const struct result_form *form)
{
    memcpy(at, form->words.data, form->words.len);
    return at + form->words.len;
}

static void
find_words(struct result_form *form, const struct result *result)
{
    if (result->verdict_next && form->verdict_next == result->verdict_next &&
        form->status == result->status)
        return;
    buf_reset(&form->words);
    if (form->jsonl)
        add_json_words(result, &form->words);
    else
        add_csv_words(result, form->delimiter, &form->words);
    form->verdict_next = result->verdict_next;
    form->status = result->status;
}

/* What our columns hold besides the words: numbers, a time, and what is around them. */
enum { REST_BYTES = 3 * RESULT_DIGITS_MAX + CLOCK_STAMP_BYTES + 64 };

/* For a delimiter such as ':': any of our cells may have to be quoted. */
static void
add_quoting_row(const struct result_form *form, const struct row *row,
                const struct result *result, struct buf *out)
{
    char d = form->delimiter, stamp[CLOCK_STAMP_BYTES];
    add_csv_cells(form, row, out);
    add_number_cell(out, result->row, d);
    buf_add_char(out, d);
    add_number_cell(out, result->line, d);
    buf_add_char(out, d);
    add_csv_words(result, d, out);
    add_number_cell(out, result->attempts, d);
    buf_add_char(out, d);
    add_cell(out, stamp, (size_t)(put_stamp(stamp, result->time_ms) - stamp), d);
    buf_add_char(out, '\n');
}

static void
add_csv_row(struct result_form *form, const struct row *row, const struct result *result,
            struct buf *out)
{
    char d = form->delimiter;
    if (form->quoting) {
        add_quoting_row(form, row, result, out);
        return;
    }
    add_csv_cells(form, row, out);
    find_words(form, result);
    char *at = buf_begin(out, form->words.len + REST_BYTES);
    at = put_count(at, &form->row, result->row);
    *at++ = d;
    at = put_count(at, &form->line, result->line);
    *at++ = d;
    at = put_words(at, form);
    at = buf_put_number(at, result->attempts);
    *at++ = d;
    at = put_stamp(at, result->time_ms);
    *at++ = '\n';
    buf_end(out, at);
}

static void
add_result_object(struct result_form *form, const struct result *result, struct buf *out)
{
    find_words(form, result);
    char *at = buf_begin(out, form->words.len + REST_BYTES);
    at = stpcpy(at, "\"result\":{\"row\":");
    at = put_count(at, &form->row, result->row);
    at = stpcpy(at, ",\"line\":");
    at = put_count(at, &form->line, result->line);
    at = put_words(at, form);
    at = buf_put_number(at, result->attempts);
    at = stpcpy(at, result->time_ms ? ",\"time\":\"" : ",\"time\":null");
    at = put_stamp(at, result->time_ms);
    at = stpcpy(at, result->time_ms ? "\"}" : "}");
    buf_end(out, at);
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
    if (out->len > start && out->data[out->len - 1] != '{')
        buf_add_char(out, ',');
}

static void
add_column_members(const struct result_form *form, const struct row *row, struct buf *out)
{
    buf_add_char(out, '{');
    for (size_t i = 0; i < form->columns->count; i++) {
        if (!form->names[i])
            continue;
        struct span cell = value_of(form, row, i);
        buf_add_json(out, form->names[i], strlen(form->names[i]));
        buf_add_char(out, ':');
        buf_add_json(out, cell.ptr, cell.len);
        buf_add_char(out, ',');
    }
}

static void
add_jsonl_row(struct result_form *form, const struct row *row,
              const struct result *result, struct buf *out)
{
    if (row->problem[0])
        buf_add_char(out, '{');
    else if (form->input == FORMAT_JSONL)
        add_json_members(row, out);
    else
        add_column_members(form, row, out);
    add_result_object(form, result, out);
    buf_add_text(out, "}\n");
}

void
result_add_row(struct result_form *form, const struct row *row,
               const struct result *result, struct buf *out)
{
    if (form->jsonl)
        add_jsonl_row(form, row, result, out);
    else
        add_csv_row(form, row, result, out);
}
