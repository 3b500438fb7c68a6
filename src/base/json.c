#include "base/json.h"

#include "base/buf.h"

#include <stdint.h>

enum { JSON_DEPTH_MAX = 64 };

struct json_cursor
json_open(struct span text)
{
    return (struct json_cursor){text.ptr, text.len ? text.ptr + text.len : text.ptr};
}

bool
json_take_bytes(struct json_cursor *cursor, struct span *bytes)
{
    json_skip_blanks(cursor);
    if ((size_t)(cursor->end - cursor->at) < bytes->len ||
        memcmp(cursor->at, bytes->ptr, bytes->len) != 0)
        return false;
    bytes->ptr = cursor->at;
    cursor->at += bytes->len;
    return true;
}

bool
json_at_end(struct json_cursor *cursor)
{
    json_skip_blanks(cursor);
    return cursor->at == cursor->end;
}

/* The code unit of four hexadecimal digits, or -1. */
static int
read_hex4(const char *at, const char *end)
{
    int unit = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/*
 * The character of an escape that begins at the backslash `at`; `*len` is how many
 * bytes it takes. -1 if it is malformed or half a surrogate pair.
 */
static long
read_escape(const char *at, const char *end, size_t *len)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    if (end - at < 2)
        return -1;
    if (at[1] != 'u') {
        const char *letter = at[1] ? strchr(letters, at[1]) : NULL;
        *len = 2;
        return letter ? (unsigned char)meant[letter - letters] : -1;
    }
    int unit = read_hex4(at + 2, end);
    *len = 6;
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    if (unit > 0xdbff || end - at < 12 || at[6] != '\\' || at[7] != 'u')
        return -1;
    int low = read_hex4(at + 8, end);
    if (low < 0xdc00 || low > 0xdfff)
        return -1;
    *len = 12;
    return 0x10000 + ((long)(unit - 0xd800) << 10) + (low - 0xdc00);
}

/* A string without escapes, as most values are: this is where the time goes. */
static bool
read_plain_string(struct json_cursor *cursor, struct json_value *value)
{
    const char *start = cursor->at, *end = cursor->end;
    if (start == end || *start != '"')
        return false;
    const char *close = start + 1 + text_plain_len(start + 1, (size_t)(end - start - 1));
    if (close == end || *close != '"')
        return false;
    cursor->at = close + 1;
    value->kind = JSON_TEXT;
    value->escaped = false;
    value->raw = (struct span){start, (size_t)(close + 1 - start)};
    return true;
}

static bool
read_string(struct json_cursor *cursor, struct json_value *value)
{
    value->kind = JSON_TEXT;
    value->escaped = false;
    if (cursor->at == cursor->end || *cursor->at != '"')
        return false;
    for (const char *at = cursor->at + 1;;) {
        size_t len;
        at += text_plain_len(at, (size_t)(cursor->end - at));
        if (at == cursor->end)
            return false;
        if (*at == '"') {
            cursor->at = at + 1;
            return true;
        }
        if (*at != '\\' || read_escape(at, cursor->end, &len) < 0)
            return false;
        value->escaped = true;
        at += len;
    }
}

static const char *
skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

static bool
read_number(struct json_cursor *cursor)
{
    const char *at = cursor->at;
    const char *end = cursor->end;
    if (at < end && *at == '-')
        at++;
    const char *digits = at;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at - digits > 1))
        return false;
    if (at < end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, end);
        if (at == digits)
            return false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        digits = at;
        at = skip_digits(at, end);
        if (at == digits)
            return false;
    }
    cursor->at = at;
    return true;
}

static bool
read_word(struct json_cursor *cursor, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(cursor->end - cursor->at) < len || memcmp(cursor->at, word, len) != 0)
        return false;
    cursor->at += len;
    return true;
}

static bool read_value(struct json_cursor *cursor, struct json_value *value, int depth);

static bool
read_members(struct json_cursor *cursor, char close, int depth)
{
    struct json_value ignored;
    cursor->at++;
    if (json_take(cursor, close))
        return true;
    do {
        if (close == '}' && !json_read_key(cursor, &ignored))
            return false;
        if (!read_value(cursor, &ignored, depth + 1))
            return false;
    } while (json_take(cursor, ','));
    return json_take(cursor, close);
}

static bool
read_value(struct json_cursor *cursor, struct json_value *value, int depth)
{
    json_skip_blanks(cursor);
    if (cursor->at == cursor->end || depth > JSON_DEPTH_MAX)
        return false;
    const char *start = cursor->at;
    bool good;
    switch (*start) {
    case '"':
        good = read_string(cursor, value);
        break;
    case '{':
        value->kind = JSON_OBJECT_TEXT;
        good = read_members(cursor, '}', depth);
        break;
    case '[':
        value->kind = JSON_ARRAY_TEXT;
        good = read_members(cursor, ']', depth);
        break;
    case 't':
        value->kind = JSON_TRUE_WORD;
        good = read_word(cursor, "true");
        break;
    case 'f':
        value->kind = JSON_FALSE_WORD;
        good = read_word(cursor, "false");
        break;
    case 'n':
        value->kind = JSON_NULL_WORD;
        good = read_word(cursor, "null");
        break;
    default:
        value->kind = JSON_NUMERAL;
        good = read_number(cursor);
    }
    value->raw = (struct span){start, (size_t)(cursor->at - start)};
    return good;
}

bool
json_read(struct json_cursor *cursor, struct json_value *value)
{
    return read_plain_string(cursor, value) || read_value(cursor, value, 0);
}

bool
json_read_key(struct json_cursor *cursor, struct json_value *key)
{
    json_skip_blanks(cursor);
    const char *start = cursor->at;
    if (!read_string(cursor, key))
        return false;
    key->raw = (struct span){start, (size_t)(cursor->at - start)};
    return json_take(cursor, ':');
}

static void
add_utf8(struct buf *out, long c)
{
    if (c < 0x80) {
        buf_add_char(out, (char)c);
    } else if (c < 0x800) {
        buf_add_char(out, (char)(0xc0 | c >> 6));
        buf_add_char(out, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buf_add_char(out, (char)(0xe0 | c >> 12));
        buf_add_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_add_char(out, (char)(0x80 | (c & 0x3f)));
    } else {
        buf_add_char(out, (char)(0xf0 | c >> 18));
        buf_add_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
        buf_add_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_add_char(out, (char)(0x80 | (c & 0x3f)));
    }
}

struct span
json_decode(const struct json_value *value, struct buf *scratch)
{
    struct span inner = {value->raw.ptr + 1, value->raw.len - 2};
    /* Room first, so that what is decoded below does not move. */
    buf_reserve(scratch, inner.len);
    size_t start = scratch->len;
    const char *end = inner.ptr + inner.len;
    for (const char *at = inner.ptr; at < end;) {
        size_t len = 1;
        if (*at == '\\')
            add_utf8(scratch, read_escape(at, end, &len));
        else
            buf_add_char(scratch, *at);
        at += len;
    }
    return (struct span){scratch->data + start, scratch->len - start};
}

bool
json_find(const struct json_value *object, const char *name, struct json_value *value)
{
    struct json_cursor cursor = json_open(object->raw);
    struct json_value key;
    size_t len = strlen(name);
    if (object->kind != JSON_OBJECT_TEXT || !json_take(&cursor, '{'))
        return false;
    while (json_read_key(&cursor, &key) && json_read(&cursor, value)) {
        if (key.raw.len == len + 2 && memcmp(key.raw.ptr + 1, name, len) == 0)
            return true;
        if (!json_take(&cursor, ','))
            break;
    }
    return false;
}
