#include "input/members.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

/* A key as it was written first, with all up to its value: `"a": `. */
struct spelling {
    size_t at, len; /* in `spelled` */
};

struct member {
    struct json_value key, value;
};

void
members_clear(struct members *members)
{
    free(members->values);
    free(members->spellings);
    buf_clear(&members->spelled);
    buf_clear(&members->decoded);
}

/* A column for the new key of a member; -1 if there are too many. */
static int
add_key(struct members *members, struct span name, const struct member *member,
        struct err *err)
{
    struct columns *columns = members->columns;
    size_t index = columns->count, at = members->spelled.len;
    const char *start = member->key.raw.ptr;
    if (columns_add(columns, name, true, err))
        return -1;
    if (columns->count > members->values_cap) {
        size_t cap = members->values_cap = columns->cap;
        members->values = mem_resize(members->values, cap, sizeof(*members->values));
        members->spellings = mem_resize(members->spellings, cap,
                                        sizeof(*members->spellings));
    }
    buf_add(&members->spelled, start, (size_t)(member->value.raw.ptr - start));
    members->spellings[index] = (struct spelling){at, members->spelled.len - at};
    members->values[index] = (struct span){NULL, 0};
    return 0;
}

/* Find the column of a member, from *index on. 1, 0: the row is bad, -1: refused. */
static int
find_key(struct members *members, struct row *row, const struct member *member,
         size_t *index, struct err *err)
{
    const struct columns *columns = members->columns;
    struct span name = json_text(&member->key, &members->decoded);
    if (member->key.escaped && name.len && memchr(name.ptr, '\0', name.len)) {
        row_problem(row, "a key holds a NUL");
        return 0;
    }
    for (size_t i = 0; i < columns->count; i++, ++*index) {
        *index = *index < columns->count ? *index : 0;
        const struct column *column = &columns->list[*index];
        if (span_equal(name, (struct span){column->name, column->name_len}))
            return 1;
    }
    *index = columns->count;
    return add_key(members, name, member, err) ? -1 : 1;
}

/* Two keys of a row that mean the same column: a value would be lost or misread. */
static bool
is_twin(const struct members *members, size_t index)
{
    const struct column *list = members->columns->list;
    for (size_t i = 0; list[index].has_twin && i < members->columns->count; i++)
        if (i != index && members->values[i].ptr &&
            strcmp(list[i].folded, list[index].folded) == 0)
            return true;
    return false;
}

static void
note_dropped(struct row *row, const char *start, const char *end)
{
    const char *stop = row->raw.ptr + row->raw.len;
    const char *before = start - 1, *behind = end;
    while (strchr(" \t\r\n", *before))
        before--;
    while (behind < stop && strchr(" \t\r\n", *behind))
        behind++;
    if (behind < stop && *behind == ',')
        end = behind + 1;
    else if (*before == ',')
        start = before;
    row->dropped = (struct span){start, (size_t)(end - start)};
}

static void
note_value(struct members *members, struct row *row, size_t index,
           const struct member *member)
{
    const struct column *column = &members->columns->list[index];
    const struct json_value *value = &member->value;
    if (members->values[index].ptr || is_twin(members, index)) {
        char shown[112];
        text_show((struct span){column->name, column->name_len}, shown);
        row_problem(row, "has the key '%.*s' twice", TEXT_CUT(shown, 60));
    }
    if (column->dropped)
        note_dropped(row, member->key.raw.ptr, value->raw.ptr + value->raw.len);
    struct span text = json_text(value, &members->decoded);
    if (value->kind == JSON_TEXT && value->escaped && text.len &&
        memchr(text.ptr, '\0', text.len))
        row_problem(row, "holds a NUL; remove it");
    /* Null is no value, but the key was there. */
    members->values[index] = text.ptr ? text : (struct span){"", 0};
}

/*
 * Read a member. *expected: its key is that of the column at `index`, byte for byte, and
 * was not read anew. Most are, as most rows have the keys of the first one in its order.
 * False if the member is malformed.
 */
static bool
read_member(const struct members *members, struct json_cursor *cursor, size_t index,
            struct member *member, bool *expected)
{
    struct span *written = &member->key.raw;
    *expected = false;
    if (index < members->columns->count) {
        struct spelling spelling = members->spellings[index];
        *written = (struct span){members->spelled.data + spelling.at, spelling.len};
        *expected = json_take_bytes(cursor, written);
    }
    return (*expected || json_read_key(cursor, &member->key)) &&
           json_read(cursor, &member->value);
}

/* 0, or -1 on refusal; a malformed line is noted in the row. */
static int
read_object(struct members *members, struct row *row, struct err *err)
{
    static const char broken[] = "is not a JSON object; one object a line is needed";
    struct json_cursor cursor = json_open(row->raw);
    struct member member;
    bool more = json_take(&cursor, '{'), expected;
    bool closed = more && json_take(&cursor, '}');
    for (size_t index = 0; more && !closed; index++) {
        if (!read_member(members, &cursor, index, &member, &expected))
            break;
        int found = expected ? 1 : find_key(members, row, &member, &index, err);
        if (found <= 0)
            return found;
        note_value(members, row, index, &member);
        more = json_take(&cursor, ',');
        closed = !more && json_take(&cursor, '}');
    }
    if (!closed || !json_at_end(&cursor))
        row_problem(row, "%s", broken);
    return 0;
}

int
members_read(struct members *members, struct row *row, struct err *err)
{
    for (size_t i = 0; i < members->columns->count; i++)
        members->values[i] = (struct span){NULL, 0};
    buf_reset(&members->decoded);
    buf_reserve(&members->decoded, row->raw.len);
    if (!row->problem[0] && read_object(members, row, err))
        return -1;
    row->cells = members->values;
    row->cell_count = members->columns->count;
    row->plain = !row->problem[0] && !row->dropped.len;
    return 0;
}
