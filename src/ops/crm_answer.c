#include "ops/crm_answer.h"

#include "base/json.h"

/* What the entries of one answer are read with. */
struct entries {
    const struct span *ids;
    size_t count;
    const char *done, *gone;
    struct judgement *judgement;
    size_t next; /* the ID that is expected: order is kept as a rule */
    /* The last entry: most are the same as it, but for the digits of the ID. */
    struct span before_id, after_id;
    struct verdict verdict;
};

static long
read_small_number(const struct json_value *value)
{
    struct buf scratch = {0};
    unsigned long long number;
    bool good = text_number(json_text(value, &scratch), 1000000, &number);
    buf_clear(&scratch);
    return good ? (long)number : -1;
}

static size_t
find_id(const struct entries *entries, struct span id)
{
    size_t i = entries->next;
    if (i < entries->count && span_equal(id, entries->ids[i]))
        return i;
    for (i = 0; i < entries->count && !span_equal(id, entries->ids[i]); i++)
        continue;
    return i;
}

/* `i`: of the ID; their count if it is none that was asked for. */
static void
note_verdict(struct entries *entries, size_t i, struct verdict verdict)
{
    if (i == entries->count)
        return;
    entries->next = i + 1;
    struct verdict *noted = &entries->judgement->ids[i];
    if (noted->kind == VERDICT_NONE)
        *noted = verdict;
    else if (noted->kind != verdict.kind || !span_equal(noted->code, verdict.code))
        noted->kind = VERDICT_CONFLICT;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Does the expected ID come next, with a byte behind it that is no digit? */
static bool
is_expected(const struct entries *entries, const char *at, const char *end)
{
    if (entries->next >= entries->count)
        return false;
    struct span id = entries->ids[entries->next];
    return (size_t)(end - at) > id.len && memcmp(at, id.ptr, id.len) == 0 &&
           !is_digit(at[id.len]);
}

/* The same bytes as the last entry but for the digits of the ID? Then step over it. */
static bool
repeat_entry(struct entries *entries, struct json_cursor *cursor)
{
    struct span before = entries->before_id, after = entries->after_id;
    const char *at = cursor->at, *end = cursor->end;
    if (!before.len || (size_t)(end - at) < before.len + after.len ||
        memcmp(at, before.ptr, before.len) != 0)
        return false;
    struct span id = {at + before.len, 0};
    bool expected = is_expected(entries, id.ptr, end);
    if (expected)
        id.len = entries->ids[entries->next].len;
    while (!expected && id.ptr + id.len < end && is_digit(id.ptr[id.len]))
        id.len++;
    at = id.ptr + id.len;
    if (!id.len || (size_t)(end - at) < after.len ||
        memcmp(at, after.ptr, after.len) != 0)
        return false;
    note_verdict(entries, expected ? entries->next : find_id(entries, id),
                 entries->verdict);
    cursor->at = at + after.len;
    return true;
}

/* Remember the bytes around the ID, if it is a string of the entry's own text. */
static void
remember_entry(struct entries *entries, struct span entry, struct span id)
{
    const char *id_end = id.ptr + id.len;
    entries->before_id = (struct span){NULL, 0};
    if (id.ptr <= entry.ptr || id_end >= entry.ptr + entry.len || id.ptr[-1] != '"')
        return;
    entries->before_id = (struct span){entry.ptr, (size_t)(id.ptr - entry.ptr)};
    entries->after_id = (struct span){id_end, (size_t)(entry.ptr + entry.len - id_end)};
}

static struct span
find_text(const struct json_value *object, const char *name, struct buf *scratch)
{
    struct json_value value;
    if (!json_find(object, name, &value) ||
        (value.kind != JSON_TEXT && value.kind != JSON_NUMERAL))
        return (struct span){"", 0};
    return json_text(&value, scratch);
}

static struct verdict
judge_entry(struct entries *entries, const struct json_value *entry)
{
    struct buf *scratch = &entries->judgement->scratch;
    struct span status = find_text(entry, "status", scratch);
    struct verdict verdict = {
        .kind = VERDICT_REFUSED,
        .code = find_text(entry, "code", scratch),
        .message = find_text(entry, "message", scratch),
    };
    bool success = span_is_nocase(verdict.code, "SUCCESS");
    if (success && status.len && !span_is_nocase(status, "success"))
        verdict.kind = VERDICT_CONFLICT;
    else if (success)
        verdict.kind = VERDICT_DONE;
    else if (span_is_nocase(status, "success"))
        verdict.kind = VERDICT_CONFLICT;
    else if (span_is_nocase(verdict.message, entries->gone))
        verdict.kind = VERDICT_GONE;
    if (verdict.kind == VERDICT_DONE && !span_is_nocase(verdict.message, entries->done))
        entries->judgement->odd_success = true;
    return verdict;
}

static bool
read_entry(struct entries *entries, struct json_cursor *cursor)
{
    struct json_value entry, details;
    if (repeat_entry(entries, cursor))
        return true;
    if (!json_read(cursor, &entry))
        return false;
    if (entry.kind != JSON_OBJECT_TEXT || !json_find(&entry, "details", &details))
        return true;
    struct span id = find_text(&details, "id", &entries->judgement->scratch);
    entries->verdict = judge_entry(entries, &entry);
    note_verdict(entries, find_id(entries, id), entries->verdict);
    remember_entry(entries, entry.raw, id);
    return true;
}

static bool
read_entries(struct entries *entries, struct json_cursor *cursor)
{
    if (!json_take(cursor, '['))
        return false;
    if (json_take(cursor, ']'))
        return true;
    do {
        json_skip_blanks(cursor);
        if (!read_entry(entries, cursor))
            return false;
    } while (json_take(cursor, ','));
    return json_take(cursor, ']');
}

static bool
is_key(const struct json_value *key, const char *name)
{
    size_t len = strlen(name);
    return key->raw.len == len + 2 && memcmp(key->raw.ptr + 1, name, len) == 0;
}

static void
read_error(const struct json_value *key, const struct json_value *value,
           struct buf *scratch, struct crm_error *error)
{
    struct json_value detail;
    bool text = value->kind == JSON_TEXT || value->kind == JSON_NUMERAL;
    if (is_key(key, "code") && text)
        error->code = json_text(value, scratch);
    else if (is_key(key, "message") && text)
        error->message = json_text(value, scratch);
    else if (is_key(key, "status") && text)
        error->status = json_text(value, scratch);
    else if (is_key(key, "details")) {
        if (json_find(value, "resource_path_index", &detail))
            error->resource_path_index = read_small_number(&detail);
        if (json_find(value, "retry_after", &detail))
            error->retry_after_s = read_small_number(&detail);
    }
}

enum crm_answer
crm_answer_read(struct span body, const struct span *ids, size_t count, const char *done,
                const char *gone, struct judgement *judgement, struct crm_error *error)
{
    struct entries entries = {
        .ids = ids, .count = count, .done = done, .gone = gone, .judgement = judgement};
    struct json_cursor cursor = json_open(body);
    struct json_value key, value;
    bool has_entries = false, has_list = false;
    *error = (struct crm_error){.code = {"", 0},
                                .message = {"", 0},
                                .status = {"", 0},
                                .resource_path_index = -1,
                                .retry_after_s = -1};
    /* What is decoded is shorter than the body: with this room it never moves. */
    buf_reset(&judgement->scratch);
    if (body.len && memchr(body.ptr, '\\', body.len))
        buf_reserve(&judgement->scratch, 2 * body.len);
    if (!text_is_utf8(body.ptr, body.len) || !json_take(&cursor, '{'))
        return CRM_ANSWER_UNREADABLE;
    bool closed = json_take(&cursor, '}');
    while (!closed) {
        if (!json_read_key(&cursor, &key))
            return CRM_ANSWER_UNREADABLE;
        struct json_cursor list = cursor;
        if (is_key(&key, "data") && json_take(&list, '[')) {
            has_list = true;
            has_entries |= !json_take(&list, ']');
            if (!read_entries(&entries, &cursor))
                return CRM_ANSWER_UNREADABLE;
        } else {
            if (!json_read(&cursor, &value))
                return CRM_ANSWER_UNREADABLE;
            read_error(&key, &value, &judgement->scratch, error);
        }
        if (!json_take(&cursor, ',')) {
            closed = json_take(&cursor, '}');
            break;
        }
    }
    if (!closed || !json_at_end(&cursor))
        return CRM_ANSWER_UNREADABLE;
    bool refused = error->code.len && !span_is(error->code, "SUCCESS");
    if (has_entries || (has_list && !refused))
        return CRM_ANSWER_ENTRIES;
    return error->code.len ? CRM_ANSWER_ERROR : CRM_ANSWER_CODELESS;
}
