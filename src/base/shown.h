/*
 * Text from outside for the eyes of a person, on a terminal or a page: what would not be
 * seen, would reorder its neighbours or would steer a terminal is made visible.
 */
#ifndef BASE_SHOWN_H
#define BASE_SHOWN_H

#include "base/buf.h"

/*
 * Add `text`: valid UTF-8 whatever it holds. White space becomes a blank, a character
 * that is not seen is named ("<U+202E>"), a byte that is no UTF-8 is "?". After `max_bytes`
 * of the text it is cut, with "..." for the rest.
 */
void shown_add(struct buf *out, const char *text, size_t max_bytes);

/*
 * Add a path as one word of a shell command: as it is if that is safe, else quoted. What
 * cannot be seen is written as $'\\ooo', which bash, zsh and ksh read. Never taken for an
 * option: a leading dash becomes "./-".
 */
void shown_add_path(struct buf *out, const char *path);

#endif
