#include "input/columns.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include <strings.h>

void
columns_clear(struct columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        free(columns->list[i].name);
        free(columns->list[i].folded);
    }
    free(columns->list);
    free(columns->feeds);
    *columns = (struct columns){0};
}

static char *
fold_copy(struct span name)
{
    char *folded = mem_alloc(name.len + 1, 1);
    (void)text_fold(name, folded, name.len + 1);
    return folded;
}

static bool
folds_to(const char *name, const char *folded)
{
    char *copy = fold_copy(span_of(name));
    bool same = strcmp(copy, folded) == 0;
    free(copy);
    return same;
}

/* A --map that names the column decides alone; else the column's own name does. */
static uint32_t
fields_fed(const struct column *column, const struct field_settings *settings)
{
    uint32_t fields = 0;
    for (enum field field = 0; field < FIELD_COUNT; field++)
        if (settings->column[field] && folds_to(settings->column[field], column->folded))
            fields |= 1u << field;
    enum field own = field_find(span_of(column->name));
    if (!fields && own != FIELD_NONE && !settings->column[own])
        fields = 1u << own;
    return fields;
}

static void
note_feeds(struct columns *columns, size_t index)
{
    for (uint32_t fed = columns->list[index].fields; fed; fed &= fed - 1) {
        if (columns->feed_count == columns->feed_cap) {
            columns->feed_cap = columns->feed_cap ? columns->feed_cap * 2 : 8;
            columns->feeds = mem_resize(columns->feeds, columns->feed_cap,
                                        sizeof(*columns->feeds));
        }
        columns->feeds[columns->feed_count++] =
            (struct column_feed){(uint16_t)index, (uint16_t)__builtin_ctz(fed)};
    }
}

int
columns_add(struct columns *columns, struct span name, bool json, struct err *err)
{
    if (columns->count == COLUMNS_MAX)
        return err_set(err, EXIT_INPUT,
                       "more than %d columns; nothing was sent. Is this "
                       "a job file?",
                       COLUMNS_MAX);
    if (columns->count == columns->cap) {
        columns->cap = columns->cap ? columns->cap * 2 : 16;
        columns->list = mem_resize(columns->list, columns->cap, sizeof(*columns->list));
    }
    struct column *column = &columns->list[columns->count++];
    column->name = mem_copy(name.ptr, name.len);
    column->name_len = name.len;
    column->folded = fold_copy(name);
    struct span trimmed = span_trim(name);
    column->dropped = json ? strcmp(column->folded, "result") == 0
                           : trimmed.len >= 7 &&
                                 strncasecmp(trimmed.ptr, "result_", 7) == 0;
    column->fields = column->dropped ? 0 : fields_fed(column, columns->settings);
    column->has_twin = false;
    note_feeds(columns, columns->count - 1);
    for (size_t i = 0; i + 1 < columns->count; i++)
        if (strcmp(columns->list[i].folded, column->folded) == 0)
            columns->list[i].has_twin = column->has_twin = true;
    return 0;
}

static bool
is_taken(const struct columns *columns, enum field field)
{
    for (size_t i = 0; i < columns->count; i++)
        if (columns->list[i].fields & 1u << field)
            return true;
    return false;
}

const char *
columns_nearest(const struct columns *columns, enum field field)
{
    const char *names[COLUMNS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < columns->count; i++)
        if (!columns->list[i].fields && !columns->list[i].dropped)
            names[count++] = columns->list[i].name;
    return text_nearest(field_names[field], names, count);
}

static int
check_twins(const struct columns *columns, const char *place, struct err *err)
{
    for (size_t i = 0; i < columns->count; i++) {
        const struct column *a = &columns->list[i];
        for (size_t j = 0; j < i && a->folded[0] && !a->dropped; j++) {
            const struct column *b = &columns->list[j];
            if (!b->dropped && strcmp(a->folded, b->folded) == 0)
                return err_set(err, EXIT_INPUT,
                               "%s: two columns of one name: '%s' (column %zu) and '%s' "
                               "(column %zu); rename or remove one. Nothing was sent",
                               place, b->name, j + 1, a->name, i + 1);
        }
    }
    return 0;
}

static int
check_maps(const struct columns *columns, const char *place, struct err *err)
{
    for (enum field field = 0; field < FIELD_COUNT; field++) {
        const char *wanted = columns->settings->column[field];
        if (!wanted || is_taken(columns, field))
            continue;
        const char *names[COLUMNS_MAX];
        for (size_t i = 0; i < columns->count; i++)
            names[i] = columns->list[i].name;
        const char *nearest = text_nearest(wanted, names, columns->count);
        return err_set(err, EXIT_INPUT,
                       "%s: --map %s=%s: no such column%s%s%s. Nothing was sent", place,
                       field_names[field], wanted, nearest ? "; the nearest is '" : "",
                       nearest ? nearest : "", nearest ? "'" : "");
    }
    return 0;
}

enum { NAMES_SHOWN = 12, NAME_SHOWN = 40 }; /* columns of a header; bytes of each */

static int
check_any_known(const struct columns *columns, const char *place, struct err *err)
{
    for (enum field field = 0; field < FIELD_COUNT; field++)
        if (is_taken(columns, field))
            return 0;
    struct buf text = {0};
    static const enum field typical[] = {FIELD_RELATED_ID, FIELD_RECORD_ID,
                                         FIELD_CALL_ID};
    for (size_t i = 0; i < columns->count && i < NAMES_SHOWN; i++)
        buf_addf(&text, "%s%.*s%s", i ? ", " : "",
                 TEXT_CUT(columns->list[i].name, NAME_SHOWN),
                 strlen(columns->list[i].name) > NAME_SHOWN ? "..." : "");
    if (columns->count > NAMES_SHOWN)
        buf_add_text(&text, ", ...");
    for (size_t i = 0; i < sizeof(typical) / sizeof(typical[0]); i++) {
        const char *nearest = columns_nearest(columns, typical[i]);
        if (nearest)
            buf_addf(&text, "; for %s the nearest is --map '%s=%s'",
                     field_names[typical[i]], field_names[typical[i]], nearest);
    }
    err_set(err, EXIT_INPUT,
            "%s: no usable column: the header names no field (module, record_id, "
            "related_list, related_id, ...). Say which is which with --map FIELD=COLUMN. "
            "The columns are: %s. Nothing was sent",
            place, text.data);
    buf_clear(&text);
    return -1;
}

int
columns_check_header(const struct columns *columns, const char *place, struct err *err)
{
    return check_twins(columns, place, err) || check_maps(columns, place, err) ||
                   check_any_known(columns, place, err)
               ? -1
               : 0;
}

/* What --set says of a field, or an absent span. */
static inline struct span
value_given(const struct field_settings *settings, size_t field)
{
    const char *value = settings->value[field];
    return value ? span_trim(span_of(value)) : (struct span){NULL, 0};
}

void
columns_read_fields(const struct columns *columns, const struct span *cells,
                    size_t cell_count, struct fields *fields)
{
    const struct field_settings *settings = columns->settings;
    uintptr_t given = 0;
    for (size_t field = 0; field < FIELD_COUNT; field++)
        given |= (uintptr_t)settings->value[field];
    *fields = (struct fields){{{NULL, 0}}};
    for (size_t field = 0; given && field < FIELD_COUNT; field++)
        fields->value[field] = value_given(settings, field);
    for (size_t i = 0; i < columns->feed_count; i++) {
        size_t column = columns->feeds[i].column, field = columns->feeds[i].field;
        if (column >= cell_count || !cells[column].ptr)
            continue;
        struct span value = span_trim(cells[column]);
        bool stands = value.len || !settings->value[field];
        fields->value[field] = stands ? value : value_given(settings, field);
    }
}
