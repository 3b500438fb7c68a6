#include "base/shown.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

static uint32_t
code_point(const char *bytes, size_t len)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = (unsigned char)bytes[0] & first_bits[len];
    for (size_t i = 1; i < len; i++)
        code = code << 6 | ((unsigned char)bytes[i] & 0x3fu);
    return code;
}

/* Controls, what is not seen, what changes the direction of writing, no characters. */
static bool
is_hidden(uint32_t code)
{
    static const struct {
        uint32_t from, to;
    } hidden[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},     {0x61c, 0x61c},
        {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180f}, {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f},   {0x3164, 0x3164}, {0xfdd0, 0xfdef},
        {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},   {0xffa0, 0xffa0}, {0xfff0, 0xfffb},
        {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        if (code >= hidden[i].from && code <= hidden[i].to)
            return true;
    return code > 0xffff && (code & 0xfffe) == 0xfffe;
}

static bool
is_space(uint32_t code)
{
    return code == '\t' || code == '\n' || code == '\r';
}

void
shown_add(struct buf *out, const char *text, size_t max_bytes)
{
    size_t len = strnlen(text, max_bytes + 1);
    size_t end = text_cut(text, len, max_bytes);
    for (size_t at = 0; at < end;) {
        size_t step = text_char_len(text + at, end - at);
        uint32_t code = step ? code_point(text + at, step) : '?';
        if (is_space(code))
            buf_add_char(out, ' ');
        else if (is_hidden(code))
            buf_addf(out, "<U+%04X>", (unsigned)code);
        else if (step)
            buf_add(out, text + at, step);
        else
            buf_add_char(out, '?');
        at += step ? step : 1;
    }
    if (end < len)
        buf_add_text(out, "...");
}

/* How much quoting a word needs. */
enum quoting { QUOTING_NONE, QUOTING_PLAIN, QUOTING_BYTES };

static enum quoting
quoting_of(const char *word)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_@+:,./-";
    if (word[0] && !word[strspn(word, safe)])
        return QUOTING_NONE;
    for (size_t at = 0, len = strlen(word); at < len;) {
        size_t step = text_char_len(word + at, len - at);
        if (!step || is_hidden(code_point(word + at, step)))
            return QUOTING_BYTES;
        at += step;
    }
    return QUOTING_PLAIN;
}

static void
add_bytes(struct buf *out, const char *word)
{
    buf_add_text(out, "$'");
    for (; *word; word++) {
        unsigned char c = (unsigned char)*word;
        if (c < 0x20 || c >= 0x7f)
            buf_addf(out, "\\%03o", c);
        else if (c == '\'' || c == '\\')
            buf_addf(out, "\\%c", c);
        else
            buf_add_char(out, *word);
    }
    buf_add_char(out, '\'');
}

static void
add_quoted(struct buf *out, const char *word)
{
    buf_add_char(out, '\'');
    for (; *word; word++)
        if (*word == '\'')
            buf_add_text(out, "'\\''");
        else
            buf_add_char(out, *word);
    buf_add_char(out, '\'');
}

void
shown_add_path(struct buf *out, const char *path)
{
    struct buf word = {0};
    if (!path[0]) {
        buf_add_text(out, "''");
        return;
    }
    buf_addf(&word, "%s%s", path[0] == '-' ? "./" : "", path);
    switch (quoting_of(word.data)) {
    case QUOTING_NONE:
        buf_add(out, word.data, word.len);
        break;
    case QUOTING_PLAIN:
        add_quoted(out, word.data);
        break;
    case QUOTING_BYTES:
        add_bytes(out, word.data);
        break;
    }
    buf_clear(&word);
}
