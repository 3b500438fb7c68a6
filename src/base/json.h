/*
 * A strict, allocation-free reader of JSON text (RFC 8259), for the two places where
 * JSON arrives by the million: rows and answers. It hands out spans of the text, so
 * numbers keep every digit (IDs have up to 20, more than 64 bits hold) and nothing is
 * copied. It refuses what jansson refuses; a test holds the two against each other.
 * The text must be valid UTF-8: check it first (text_is_utf8).
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/text.h"

struct buf;

enum json_kind {
    JSON_TEXT, /* a string; raw includes the quotes */
    JSON_NUMERAL,
    JSON_OBJECT_TEXT,
    JSON_ARRAY_TEXT,
    JSON_TRUE_WORD,
    JSON_FALSE_WORD,
    JSON_NULL_WORD
};

struct json_value {
    enum json_kind kind;
    bool escaped;    /* a string that holds escapes: json_text decodes them */
    struct span raw; /* borrowed from the text */
};

/* Where the reader stands. */
struct json_cursor {
    const char *at;
    const char *end;
};

struct json_cursor json_open(struct span text);

static inline void
json_skip_blanks(struct json_cursor *cursor)
{
    const char *at = cursor->at;
    while (at < cursor->end && (unsigned char)*at <= ' ' &&
           (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    cursor->at = at;
}

/* Skip white space, then consume `c` if it comes next. */
static inline bool
json_take(struct json_cursor *cursor, char c)
{
    json_skip_blanks(cursor);
    bool taken = cursor->at < cursor->end && *cursor->at == c;
    cursor->at += taken;
    return taken;
}

/* The same for some bytes that were read before; `bytes` is those of the text then. */
bool json_take_bytes(struct json_cursor *cursor, struct span *bytes);

/* Read one whole value, checked to the last byte of it; false if it is malformed or
 * nested deeper than 64. */
bool json_read(struct json_cursor *cursor, struct json_value *value);

/* Read `"key":`; `key` is a value of kind JSON_TEXT. */
bool json_read_key(struct json_cursor *cursor, struct json_value *key);

/* Is only white space left? */
bool json_at_end(struct json_cursor *cursor);

/* The text of a string that holds escapes; json_text calls it. */
struct span json_decode(const struct json_value *value, struct buf *scratch);

/*
 * The text a value stands for: a string without quotes and escapes, any other value
 * as it is written, null as an absent span. Borrowed from the value, or from
 * `scratch` (appended to it) where escapes had to be decoded.
 */
static inline struct span
json_text(const struct json_value *value, struct buf *scratch)
{
    if (value->kind == JSON_NULL_WORD)
        return (struct span){NULL, 0};
    if (value->kind != JSON_TEXT)
        return value->raw;
    if (value->escaped)
        return json_decode(value, scratch);
    return (struct span){value->raw.ptr + 1, value->raw.len - 2};
}

/* Find `name` in an object that json_read returned; false if it is not there. */
bool json_find(const struct json_value *object, const char *name,
               struct json_value *value);

#endif
