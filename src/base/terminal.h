/*
 * What a stream of ours is: a terminal or not, how wide, and what it can show.
 */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include "base/text.h"

struct terminal {
    bool is_one;  /* it can redraw a line: not so TERM=dumb */
    bool colours; /* the same, with a TERM and without NO_COLOR */
    bool utf8;    /* the locale's characters are UTF-8 */
};

struct terminal terminal_look(int fd);

/* Its columns at this moment: people resize it. 80 if it does not say. */
size_t terminal_width(int fd);

/* Are we in the foreground of it? In the background we would write into another's line. */
bool terminal_is_ours(int fd);

/* How many columns a text takes: two for wide characters, none for those that combine. */
size_t terminal_cells(struct span text);

enum tint { TINT_NONE, TINT_BOLD, TINT_RED, TINT_GREEN, TINT_YELLOW };

/* The bytes that begin a tint, TINT_NONE ends all; "" where there are no colours. */
const char *terminal_tint(bool colours, enum tint tint);

/* Does LC_ALL, else LC_CTYPE, else LANG name UTF-8? NULL or "": not set. */
bool terminal_locale_is_utf8(const char *lc_all, const char *lc_ctype, const char *lang);

#endif
