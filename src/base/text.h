/*
 * Text from outside: a span of bytes that is not NUL-ended and may hold anything,
 * and what is asked of it everywhere: trimming, comparing, folding names, UTF-8.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const char *ptr; /* borrowed; NULL: not there at all */
    size_t len;
};

static inline struct span
span_of(const char *text)
{
    return (struct span){text, text ? strlen(text) : 0};
}

static inline bool
span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool span_is(struct span a, const char *text);
bool span_is_nocase(struct span a, const char *text); /* ASCII letters only */
bool span_starts(struct span a, const char *prefix);

/* Without blanks around it: space, tab, CR, LF, no-break space (U+00A0). */
struct span span_trim_blanks(struct span a);

/* Neither a blank nor a part of one. */
static inline bool
text_is_solid(char c)
{
    return c > ' ' && c <= '~';
}

/* The same; nearly always there is nothing to trim. */
static inline struct span
span_trim(struct span a)
{
    bool trimmed = a.len && text_is_solid(a.ptr[0]) && text_is_solid(a.ptr[a.len - 1]);
    return trimmed ? a : span_trim_blanks(a);
}

/* Bytes that the readers treat apart. A set of them says what a text may hold. */
enum {
    TEXT_QUOTE = 1, /* '"' */
    TEXT_CR = 2,
    TEXT_NUL = 4,
    TEXT_HIGH = 8, /* 0x80 to 0xff: not ASCII */
    TEXT_ALL = TEXT_QUOTE | TEXT_CR | TEXT_NUL | TEXT_HIGH
};

/* Which of `classes` does the text hold? */
unsigned text_holds(const char *bytes, size_t len, unsigned classes);

/* The length of what comes before the first '"', '\\' or control character of ASCII; `len`
 * if there is none. */
size_t text_plain_len(const char *bytes, size_t len);

/* Eight bytes as a little-endian word. */
static inline uint64_t
text_word(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Of a digit the high half is 3, and still is after adding 6. */
static inline bool
text_are_eight_digits(const char *bytes)
{
    const uint64_t high = 0xf0f0f0f0f0f0f0f0u, three = 0x3030303030303030u;
    uint64_t word = text_word(bytes);
    return (word & high) == three && ((word + 0x0606060606060606u) & high) == three;
}

/* Is it digits, all of it? True for an empty text. */
static inline bool
text_is_digits(const char *bytes, size_t len)
{
    if (len >= 8) {
        for (; len > 8; bytes += 8, len -= 8)
            if (!text_are_eight_digits(bytes))
                return false;
        return text_are_eight_digits(bytes + len - 8);
    }
    while (len && *bytes >= '0' && *bytes <= '9')
        bytes++, len--;
    return len == 0;
}

bool text_is_utf8(const char *bytes, size_t len); /* RFC 3629, NUL allowed */

/* Bytes of the UTF-8 character that stands first, 0 if there is none (RFC 3629, section 4);
 * `left` is at least 1. */
size_t text_char_len(const char *bytes, size_t left);

/*
 * A header name as it is compared: lower case, without blanks, '-' and '_'.
 * The result is NUL-ended and cut at `size`; returns its length.
 */
size_t text_fold(struct span name, char *folded, size_t size);

/*
 * The name nearest to `name` as they are compared: a third of its letters may be left out,
 * put in, changed or swapped; else the first of which one is a part of the other. NULL if
 * none is near.
 */
const char *text_nearest(const char *name, const char *const *names, size_t count);

enum { TEXT_HINT_BYTES = 128 };

/* "; did you mean NEAREST?" for the end of a message, or `otherwise` if it is NULL. `quote`
 * stands around it, or before it if it is "--". Returns `hint`. */
const char *text_hint(const char *nearest, const char *quote, const char *otherwise,
                      char hint[TEXT_HINT_BYTES]);

/* Cut to at most `max` bytes without splitting a UTF-8 character. */
size_t text_cut(const char *bytes, size_t len, size_t max);

/* The same for `text`, in place of a precision: `%.*s` with TEXT_CUT(text, max). */
#define TEXT_CUT(text, max) (int)text_cut((text), strlen(text), (max)), (text)

/* For messages: printable, at most 80 characters, `...` where cut. Returns `out`. */
const char *text_show(struct span a, char out[112]);

/* A whole non-negative decimal number up to `max`; false for anything else. */
bool text_number(struct span a, unsigned long long max, unsigned long long *number);

/* A 64-bit hash of bytes, the same on every machine. Not against attackers. */
unsigned long long text_hash(const char *bytes, size_t len);

/* Another one, faster for many bytes. */
unsigned long long text_hash_long(const char *bytes, size_t len);

#endif
