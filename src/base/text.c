#include "base/text.h"

#include <stdint.h>
#include <strings.h>

bool
span_is(struct span a, const char *text)
{
    return span_equal(a, span_of(text));
}

bool
span_is_nocase(struct span a, const char *text)
{
    return a.len == strlen(text) && (a.len == 0 || strncasecmp(a.ptr, text, a.len) == 0);
}

bool
span_starts(struct span a, const char *prefix)
{
    size_t len = strlen(prefix);
    return a.len >= len && memcmp(a.ptr, prefix, len) == 0;
}

static size_t
blank_len(const char *at, size_t len)
{
    if (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')
        return 1;
    return len >= 2 && memcmp(at, "\xc2\xa0", 2) == 0 ? 2 : 0;
}

struct span
span_trim_blanks(struct span a)
{
    size_t blank;
    while (a.len && (blank = blank_len(a.ptr, a.len))) {
        a.ptr += blank;
        a.len -= blank;
    }
    for (;;) {
        if (a.len && blank_len(a.ptr + a.len - 1, 1))
            a.len -= 1;
        else if (a.len >= 2 && blank_len(a.ptr + a.len - 2, 2) == 2)
            a.len -= 2;
        else
            return a;
    }
}

size_t
text_char_len(const char *bytes, size_t left)
{
    const unsigned char *at = (const unsigned char *)bytes;
    unsigned char c = at[0];
    if (c < 0x80)
        return 1;
    size_t len = c >= 0xc2 && c <= 0xdf   ? 2
                 : c >= 0xe0 && c <= 0xef ? 3
                 : c >= 0xf0 && c <= 0xf4 ? 4
                                          : 0;
    if (len == 0 || len > left)
        return 0;
    unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (at[i] < 0x80 || at[i] > 0xbf)
            return 0;
    return len;
}

static bool
is_ascii(const char *bytes, size_t len)
{
    uint64_t high = 0, word;
    for (; len >= 8; bytes += 8, len -= 8) {
        memcpy(&word, bytes, 8);
        high |= word;
    }
    for (; len; len--)
        high |= (uint64_t)(unsigned char)*bytes++;
    return !(high & 0x8080808080808080u);
}

unsigned
text_holds(const char *bytes, size_t len, unsigned classes)
{
    static const struct {
        unsigned class;
        char byte;
    } singles[] = {{TEXT_QUOTE, '"'}, {TEXT_CR, '\r'}, {TEXT_NUL, '\0'}};
    unsigned held = 0;
    if (!len)
        return 0;
    for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++)
        if (classes & singles[i].class && memchr(bytes, singles[i].byte, len))
            held |= singles[i].class;
    return classes & TEXT_HIGH && !is_ascii(bytes, len) ? held | TEXT_HIGH : held;
}

/*
 * Eight at a time; of the bytes that are marked, the lowest is marked rightly. With bit 1
 * turned, '"' and ' ' change places: the quote comes next to the control characters.
 */
size_t
text_plain_len(const char *bytes, size_t len)
{
    const uint64_t each = 0x0101010101010101u, high = 0x8080808080808080u;
    size_t at = 0;
    for (; len - at >= 8; at += 8) {
        uint64_t word = text_word(bytes + at);
        uint64_t low = (word ^ each * 2) - each * '!';
        uint64_t slash = (word ^ each * '\\') - each;
        uint64_t marks = (low | slash) & ~word & high;
        if (marks)
            return at + (size_t)__builtin_ctzll(marks) / 8;
    }
    while (at < len && (unsigned char)bytes[at] >= ' ' && bytes[at] != '"' &&
           bytes[at] != '\\')
        at++;
    return at;
}

bool
text_is_utf8(const char *bytes, size_t len)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = len ? at + len : at;
    if (is_ascii(bytes, len))
        return true;
    while (at < end) {
        uint64_t eight;
        while (end - at >= 8) {
            memcpy(&eight, at, 8);
            if (eight & 0x8080808080808080u)
                break;
            at += 8;
        }
        if (at == end)
            break;
        size_t step = text_char_len((const char *)at, (size_t)(end - at));
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

size_t
text_fold(struct span name, char *folded, size_t size)
{
    name = span_trim(name);
    size_t len = 0;
    for (size_t i = 0; i < name.len && len + 1 < size; i++) {
        char c = name.ptr[i];
        if (c == ' ' || c == '\t' || c == '-' || c == '_')
            continue;
        folded[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    folded[len] = '\0';
    return len;
}

enum { NEAREST_MAX = 40 };

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Letters left out, put in, changed, or swapped with their neighbour. */
static unsigned
edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned rows[3][NEAREST_MAX + 1];
    for (unsigned j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= a_len; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = least(least(row[j - 1], above[j]) + 1,
                           above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], rows[(i + 1) % 3][j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

const char *
text_nearest(const char *name, const char *const *names, size_t count)
{
    enum { PART_MIN = 3 };
    char a[NEAREST_MAX + 1], b[NEAREST_MAX + 1];
    size_t a_len = text_fold(span_of(name), a, sizeof(a));
    const char *nearest = NULL, *part = NULL;
    unsigned best = a_len < 3 ? 2 : (unsigned)((a_len + 1) / 3 + 1);
    for (size_t i = 0; i < count; i++) {
        size_t b_len = text_fold(span_of(names[i]), b, sizeof(b));
        unsigned distance = edit_distance(a, a_len, b, b_len);
        if (b_len && distance < best) {
            best = distance;
            nearest = names[i];
        }
        if (!part &&
            ((a_len >= PART_MIN && strstr(b, a)) || (b_len > PART_MIN && strstr(a, b))))
            part = names[i];
    }
    return nearest ? nearest : part;
}

const char *
text_hint(const char *nearest, const char *quote, const char *otherwise,
          char hint[TEXT_HINT_BYTES])
{
    bool dashes = quote[0] == '-';
    if (nearest)
        (void)snprintf(hint, TEXT_HINT_BYTES, "; did you mean %s%.*s%s?", quote,
                       TEXT_CUT(nearest, 80), dashes ? "" : quote);
    else
        (void)snprintf(hint, TEXT_HINT_BYTES, "%s", otherwise);
    return hint;
}

size_t
text_cut(const char *bytes, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max && ((unsigned char)bytes[max] & 0xc0) == 0x80)
        max--;
    return max;
}

const char *
text_show(struct span a, char out[112])
{
    size_t len = text_cut(a.ptr, a.len, 80);
    bool utf8 = text_is_utf8(a.ptr, len);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)a.ptr[i];
        bool c1 = i && (unsigned char)a.ptr[i - 1] == 0xc2 && c >= 0x80 && c < 0xa0;
        out[i] = c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8) || c1 ? '?' : a.ptr[i];
        if (c1)
            out[i - 1] = '?';
    }
    (void)snprintf(out + len, 112 - len, "%s", len < a.len ? "..." : "");
    return out;
}

bool
text_number(struct span a, unsigned long long max, unsigned long long *number)
{
    unsigned long long n = 0;
    for (size_t i = 0; i < a.len; i++) {
        unsigned digit = (unsigned)(unsigned char)a.ptr[i] - '0';
        if (digit > 9 || n > (max - digit) / 10 || digit > max)
            return false;
        n = n * 10 + digit;
    }
    if (a.len)
        *number = n;
    return a.len != 0;
}

/* The last len % 8 bytes as such a word. */
static uint64_t
load_tail(const char *bytes, size_t len)
{
    size_t tail = len % 8;
    uint64_t word = 0;
    if (tail && len > 8)
        return text_word(bytes + len - 8) >> (64 - 8 * tail);
    for (const char *at = bytes + len; tail--;)
        word = word << 8 | (unsigned char)*--at;
    return word;
}

static uint64_t
mix_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0xff51afd7ed558ccdu;
    return hash ^ hash >> 32;
}

unsigned long long
text_hash(const char *bytes, size_t len)
{
    uint64_t hash = 0x9e3779b97f4a7c15u ^ len;
    for (size_t at = 0; len - at >= 8; at += 8)
        hash = mix_word(hash, text_word(bytes + at));
    hash ^= load_tail(bytes, len);
    hash *= 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 29;
}

/* No word of a lane waits for those of the others. */
unsigned long long
text_hash_long(const char *bytes, size_t len)
{
    enum { LANES = 4, STEP = LANES * 8 };
    uint64_t lanes[LANES] = {1, 2, 3, 4};
    size_t at = 0;
    for (; len - at >= STEP; at += STEP)
        for (size_t i = 0; i < LANES; i++)
            lanes[i] = mix_word(lanes[i], text_word(bytes + at + i * 8));
    uint64_t hash = text_hash(bytes + at, len - at);
    for (size_t i = 0; i < LANES; i++)
        hash = mix_word(hash, lanes[i]);
    return hash;
}
