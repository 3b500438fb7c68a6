#include "input/idform.h"

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

struct span
idform_unquote(struct span cell)
{
    cell = span_trim(cell);
    if (cell.len >= 3 && span_starts(cell, "=\"") && cell.ptr[cell.len - 1] == '"')
        cell = span_trim((struct span){cell.ptr + 2, cell.len - 3});
    if (span_starts(cell, "'"))
        cell = span_trim((struct span){cell.ptr + 1, cell.len - 1});
    return cell;
}

static struct span
unwrap(struct span cell)
{
    cell = idform_unquote(cell);
    if (span_starts(cell, "zcrm_"))
        cell = span_trim((struct span){cell.ptr + 5, cell.len - 5});
    return cell;
}

/* Bytes of the thousands separator at `at`: , ' _ blank, no-break and thin blanks. */
static size_t
separator_len(const char *at, size_t left)
{
    static const char *const wide[] = {"\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x89",
                                       "\xe2\x80\x99"};
    if (strchr(",'_ \t", *at) && *at)
        return 1;
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        if (left >= strlen(wide[i]) && memcmp(at, wide[i], strlen(wide[i])) == 0)
            return strlen(wide[i]);
    return 0;
}

static bool
is_grouped(struct span text)
{
    size_t separators = 0;
    for (size_t i = 0; i < text.len;) {
        size_t len = is_digit(text.ptr[i]) ? 0
                                           : separator_len(text.ptr + i, text.len - i);
        if (!len && !is_digit(text.ptr[i]))
            return false;
        separators += len != 0;
        i += len ? len : 1;
    }
    return separators && is_digit(text.ptr[0]);
}

/* 3.65E+18, 3,65E+18, 365E18: a point or E+ anywhere, or digits, an E, digits. */
static bool
is_rounded(struct span text)
{
    size_t exponents = 0, others = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool exponent = c == 'e' || c == 'E';
        if (c == '.' || (exponent && i + 1 < text.len && text.ptr[i + 1] == '+'))
            return true;
        exponents += exponent;
        others += !exponent && !is_digit(c);
    }
    return exponents == 1 && others == 0 && text.len > 2 && is_digit(text.ptr[0]) &&
           is_digit(text.ptr[text.len - 1]);
}

enum idform
idform_read(struct span cell, struct span *id)
{
    bool bare = idform_is_bare(cell);
    struct span text = bare ? cell : unwrap(cell);
    if (!text.len)
        return IDFORM_MISSING;
    if (bare || idform_is_bare(text)) {
        *id = text;
        return IDFORM_GOOD;
    }
    return is_rounded(text) || is_grouped(text) ? IDFORM_MANGLED : IDFORM_BAD;
}
