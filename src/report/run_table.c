#include "report/run_table.h"

#include "base/mem.h"
#include "base/terminal.h"
#include "report/closing.h"

#include <jansson.h>

enum { GAP = 2, NAME_MIN = 8, CELL_BYTES = 160 };

enum run_column {
    COLUMN_NAME,
    COLUMN_STARTED,
    COLUMN_STATE,
    COLUMN_EXIT,
    COLUMN_ROWS,
    COLUMN_SUCCESS,
    COLUMN_FAILED,
    COLUMN_UNKNOWN,
    COLUMN_REJECTED,
    COLUMN_UNSENT,
    COLUMN_CALLS,
    COLUMN_TIME,
    COLUMN_COUNT
};

static const struct {
    const char *title;
    unsigned rank; /* 1: the last to be left out */
    bool right;
} columns[COLUMN_COUNT] = {
    [COLUMN_NAME] = {"RUN", 1, false},
    [COLUMN_STARTED] = {"STARTED (UTC)", 3, false},
    [COLUMN_STATE] = {"STATE", 2, false},
    [COLUMN_EXIT] = {"EXIT", 4, true},
    [COLUMN_ROWS] = {"ROWS", 5, true},
    [COLUMN_SUCCESS] = {"SUCCESS", 7, true},
    [COLUMN_FAILED] = {"FAILED", 6, true},
    [COLUMN_UNKNOWN] = {"UNKNOWN", 8, true},
    [COLUMN_REJECTED] = {"REJECTED", 10, true},
    [COLUMN_UNSENT] = {"UNSENT", 9, true},
    [COLUMN_CALLS] = {"CALLS", 11, true},
    [COLUMN_TIME] = {"TIME", 12, true},
};

/* What the layout of a table is decided from. */
struct layout {
    size_t cells[COLUMN_COUNT]; /* width of each; 0: left out */
};

/* A name or code from a file as it may be shown: no control characters, and ASCII only
 * where the locale has no other. */
static void
add_foreign(struct buf *out, const char *text, bool utf8)
{
    char shown[112];
    for (const char *at = text_show(span_of(text), shown); *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (utf8 || c < 0x80)
            buf_add_char(out, *at);
        else if (c >= 0xc0)
            buf_add_char(out, '?');
    }
}

static const char *
state_name(const struct run_record *run)
{
    static const char *const names[] = {"unfinished", "stopped", "finished"};
    return run->in_use ? "in use" : names[run->state];
}

static void
add_state(struct buf *cell, const struct run_record *run, bool utf8)
{
    buf_add_text(cell, state_name(run));
    if (!run->in_use && run->stop_code[0]) {
        buf_add_text(cell, ": ");
        add_foreign(cell, run->stop_code, utf8);
    }
}

static uint64_t
number_of(const struct run_record *run, enum run_column column)
{
    static const enum status statuses[COLUMN_COUNT] = {
        [COLUMN_SUCCESS] = STATUS_SUCCESS, [COLUMN_FAILED] = STATUS_FAILED,
        [COLUMN_UNKNOWN] = STATUS_UNKNOWN, [COLUMN_REJECTED] = STATUS_REJECTED,
        [COLUMN_UNSENT] = STATUS_UNSENT,
    };
    return column == COLUMN_ROWS    ? run->rows
           : column == COLUMN_CALLS ? run->calls
           : column == COLUMN_EXIT  ? (uint64_t)run->exit_code
                                    : run->by_status[statuses[column]];
}

static void
add_cell(struct buf *cell, const struct run_record *run, enum run_column column,
         bool utf8)
{
    char span[CLOCK_STAMP_BYTES];
    buf_add(cell, "", 0);
    if (column == COLUMN_NAME) {
        add_foreign(cell, run->name, utf8);
    } else if (column == COLUMN_STARTED) {
        buf_addf(cell, "%.10s %.5s", run->started, run->started + 11);
    } else if (column == COLUMN_STATE) {
        add_state(cell, run, utf8);
    } else if (run->state == RUN_UNFINISHED) {
        buf_add_char(cell, '-');
    } else if (column == COLUMN_TIME) {
        clock_format_span((int64_t)(run->seconds * 1000), span);
        buf_add_text(cell, span);
    } else {
        closing_add_count(cell, number_of(run, column));
    }
}

static void
measure(const struct run_list *list, bool utf8, struct layout *layout)
{
    struct buf cell = {0};
    for (enum run_column column = 0; column < COLUMN_COUNT; column++)
        layout->cells[column] = strlen(columns[column].title);
    for (size_t i = 0; i < list->count; i++)
        for (enum run_column column = 0; column < COLUMN_COUNT; column++) {
            buf_reset(&cell);
            add_cell(&cell, &list->runs[i], column, utf8);
            size_t cells = terminal_cells(span_of(cell.data));
            if (cells > layout->cells[column])
                layout->cells[column] = cells;
        }
    buf_clear(&cell);
}

/* The most important columns that fit; names are cut before states are left out. */
static void
choose(size_t width, struct layout *layout)
{
    size_t *name = &layout->cells[COLUMN_NAME];
    size_t state = layout->cells[COLUMN_STATE] + GAP;
    if (*name + state > width)
        *name = width > state + NAME_MIN ? width - state : *name < width ? *name : width;
    size_t used = *name;
    for (unsigned rank = 2; rank <= COLUMN_COUNT; rank++)
        for (enum run_column column = 0; column < COLUMN_COUNT; column++) {
            if (columns[column].rank != rank)
                continue;
            if (width - used >= GAP + layout->cells[column])
                used += GAP + layout->cells[column];
            else
                layout->cells[column] = 0;
        }
}

/* The end of a text: names end in the time, which tells them apart. */
static struct span
cut_front(struct span text, size_t cells)
{
    while (text.len && terminal_cells(text) > cells) {
        do {
            text.ptr++;
            text.len--;
        } while (text.len && ((unsigned char)text.ptr[0] & 0xc0) == 0x80);
    }
    return text;
}

static void
put_cell(struct buf *out, const struct layout *layout, enum run_column column,
         struct span text, const char *tint)
{
    size_t cells = layout->cells[column];
    if (!cells)
        return;
    text = cut_front(text, cells);
    int pad = (int)(cells - terminal_cells(text));
    buf_addf(out, "%*s%s", (column ? GAP : 0) + (columns[column].right ? pad : 0), "",
             tint);
    buf_add(out, text.ptr, text.len);
    buf_addf(out, "%s%*s", tint[0] ? terminal_tint(true, TINT_NONE) : "",
             columns[column].right ? 0 : pad, "");
}

static void
end_line(struct buf *out)
{
    while (out->len && out->data[out->len - 1] == ' ')
        out->len--;
    buf_add_char(out, '\n');
}

static enum tint
tint_of(const struct run_record *run)
{
    return run->in_use                  ? TINT_BOLD
           : run_record_is_good(run)    ? TINT_GREEN
           : run->state == RUN_FINISHED ? TINT_YELLOW
                                        : TINT_RED;
}

static void
add_run(const char *dir, const struct run_record *run, const struct layout *layout,
        const struct run_table_style *style, struct buf *out)
{
    struct buf cell = {0}, next = {0};
    for (enum run_column column = 0; column < COLUMN_COUNT; column++) {
        buf_reset(&cell);
        add_cell(&cell, run, column, style->utf8);
        put_cell(out, layout, column, span_of(cell.data),
                 column == COLUMN_STATE ? terminal_tint(style->colours, tint_of(run))
                                        : "");
    }
    end_line(out);
    run_table_add_next(dir, run, &next);
    if (next.len)
        buf_addf(out, "  -> %s\n", next.data);
    buf_clear(&next);
    buf_clear(&cell);
}

void
run_table_add(const char *dir, const struct run_list *list,
              const struct run_table_style *style, struct buf *out)
{
    struct layout layout;
    measure(list, style->utf8, &layout);
    choose(style->width, &layout);
    for (enum run_column column = 0; column < COLUMN_COUNT; column++)
        put_cell(out, &layout, column, span_of(columns[column].title), "");
    end_line(out);
    for (size_t i = 0; i < list->count; i++)
        add_run(dir, &list->runs[i], &layout, style, out);
}

/* As a word for the shell; false if it holds what nobody can type. */
static bool
add_quoted(struct buf *out, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~/:@%+=,";
    if (!text_is_utf8(word, strlen(word)))
        return false;
    for (const char *at = word; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f ||
            ((unsigned char)at[0] == 0xc2 && (unsigned char)at[1] < 0xa0))
            return false;
    if (word[strspn(word, plain)] == '\0') {
        buf_add_text(out, word);
        return true;
    }
    buf_add_char(out, '\'');
    for (const char *at = word; *at; at++)
        if (*at == '\'')
            buf_add_text(out, "'\\''");
        else
            buf_add_char(out, *at);
    buf_add_char(out, '\'');
    return true;
}

void
run_table_add_next(const char *dir, const struct run_record *run, struct buf *out)
{
    bool open = run->state != RUN_FINISHED;
    if (run->in_use || (!open && (!run->retryable || run->retried)))
        return;
    struct buf path = {0}, word = {0};
    buf_addf(&path, "%s%s%s%s", dir[0] == '-' ? "./" : "", dir,
             dir[0] && dir[strlen(dir) - 1] == '/' ? "" : "/", run->name);
    if (add_quoted(&word, path.data))
        buf_addf(out, "unhitch %s %s", open ? "resume" : "retry", word.data);
    buf_clear(&path);
    buf_clear(&word);
}

/* Folder names may be no UTF-8, which JSON cannot hold. */
static json_t *
name_json(const char *name)
{
    char *copy = mem_strdup(name);
    for (char *at = copy; *at && !text_is_utf8(copy, strlen(copy)); at++)
        *at = (unsigned char)*at < 0x80 ? *at : '?';
    json_t *value = json_string(copy);
    free(copy);
    return value;
}

static void
set_numbers(json_t *object, const struct run_record *run)
{
    static const struct {
        const char *key;
        enum run_column column;
    } counts[] = {{"rows", COLUMN_ROWS},         {"success", COLUMN_SUCCESS},
                  {"failed", COLUMN_FAILED},     {"unknown", COLUMN_UNKNOWN},
                  {"rejected", COLUMN_REJECTED}, {"unsent", COLUMN_UNSENT},
                  {"calls", COLUMN_CALLS},       {"exit_code", COLUMN_EXIT}};
    bool told = run->state != RUN_UNFINISHED;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        (void)json_object_set_new(object, counts[i].key,
                                  told ? json_integer(
                                             (json_int_t)number_of(run, counts[i].column))
                                       : json_null());
    (void)json_object_set_new(object, "seconds",
                              told ? json_real(run->seconds) : json_null());
}

char *
run_table_json(const char *dir, const struct run_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct run_record *run = &list->runs[i];
        struct buf next = {0};
        json_t *object = json_object();
        run_table_add_next(dir, run, &next);
        (void)json_object_set_new(object, "name", name_json(run->name));
        (void)json_object_set_new(object, "started", json_string(run->started));
        (void)json_object_set_new(object, "state", json_string(state_name(run)));
        (void)json_object_set_new(object, "stopped_by",
                                  run->stop_code[0] ? json_string(run->stop_code)
                                                    : json_null());
        set_numbers(object, run);
        (void)json_object_set_new(object, "next",
                                  next.len ? json_string(next.data) : json_null());
        (void)json_array_append_new(array, object);
        buf_clear(&next);
    }
    char *dumped = json_dumps(array, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    struct buf text = {0};
    buf_addf(&text, "%s\n", dumped);
    free(dumped);
    json_decref(array);
    return buf_take(&text);
}
