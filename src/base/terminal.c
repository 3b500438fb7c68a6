#include "base/terminal.h"

#include <stdint.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80 };

bool
terminal_locale_is_utf8(const char *lc_all, const char *lc_ctype, const char *lang)
{
    const char *const names[] = {lc_all, lc_ctype, lang};
    size_t i = 0;
    while (i < 2 && (!names[i] || !names[i][0]))
        i++;
    const char *dot = names[i] ? strchr(names[i], '.') : NULL;
    return dot &&
           (strncasecmp(dot, ".utf-8", 6) == 0 || strncasecmp(dot, ".utf8", 5) == 0);
}

struct terminal
terminal_look(int fd)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    bool is_one = isatty(fd) == 1 && !(term && strcmp(term, "dumb") == 0);
    return (struct terminal){
        .is_one = is_one,
        .colours = is_one && term && term[0] && !(no_color && no_color[0]),
        .utf8 = terminal_locale_is_utf8(getenv("LC_ALL"), getenv("LC_CTYPE"),
                                        getenv("LANG")),
    };
}

size_t
terminal_width(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return WIDTH_DEFAULT;
}

bool
terminal_is_ours(int fd)
{
    pid_t foreground = tcgetpgrp(fd);
    return foreground < 0 || foreground == getpgrp();
}

/* Ranges of characters, from Unicode's EastAsianWidth (W, F) and general categories (Mn,
 * Me, Cf), as far as names are likely to hold them. */
struct range {
    uint32_t from, to;
};

static bool
is_in(uint32_t c, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].from && c <= ranges[i].to)
            return true;
    return false;
}

static size_t
cells_of(uint32_t c)
{
    static const struct range none[] = {
        {0x300, 0x36f},   {0x483, 0x489},    {0x591, 0x5bd},   {0x610, 0x61a},
        {0x64b, 0x65f},   {0x93c, 0x93c},    {0x94d, 0x94d},   {0xe31, 0xe31},
        {0xe34, 0xe3a},   {0xe47, 0xe4e},    {0x200b, 0x200f}, {0x202a, 0x202e},
        {0x2060, 0x2064}, {0x20d0, 0x20f0},  {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
        {0xfeff, 0xfeff}, {0xe0100, 0xe01ef}};
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x231a, 0x231b},  {0x2e80, 0x303e},   {0x3041, 0xa4cf},
        {0xa960, 0xa97f},   {0xac00, 0xd7a3},  {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
        {0xff01, 0xff60},   {0xffe0, 0xffe6},  {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
        {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
    if (is_in(c, none, sizeof(none) / sizeof(none[0])))
        return 0;
    return is_in(c, wide, sizeof(wide) / sizeof(wide[0])) ? 2 : 1;
}

size_t
terminal_cells(struct span text)
{
    size_t cells = 0;
    for (size_t i = 0; i < text.len;) {
        unsigned char c = (unsigned char)text.ptr[i++];
        uint32_t character = c < 0xc0   ? c
                             : c < 0xe0 ? c & 0x1fu
                             : c < 0xf0 ? c & 0xfu
                                        : c & 7u;
        while (i < text.len && ((unsigned char)text.ptr[i] & 0xc0) == 0x80)
            character = character << 6 | ((unsigned char)text.ptr[i++] & 0x3fu);
        cells += cells_of(character);
    }
    return cells;
}

const char *
terminal_tint(bool colours, enum tint tint)
{
    static const char *const tints[] = {
        [TINT_NONE] = "\033[0m",   [TINT_BOLD] = "\033[1m",    [TINT_RED] = "\033[31m",
        [TINT_GREEN] = "\033[32m", [TINT_YELLOW] = "\033[33m",
    };
    return colours ? tints[tint] : "";
}
