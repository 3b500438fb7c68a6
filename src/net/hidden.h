/*
 * What no word of a service may show: secrets that it may echo, in the forms in which it
 * may write them.
 */
#ifndef NET_HIDDEN_H
#define NET_HIDDEN_H

#include "base/buf.h"

/* A zeroed struct hides nothing. */
struct hidden {
    char **list; /* owned; the longest first: a shorter one may be its beginning */
    size_t count;
};

/* The secret as it is, as a URL has it, and with "/" as JSON may write it; copied. */
void hidden_add(struct hidden *hidden, const char *secret);

/* Replace each of them in `text` (secret_redact). */
void hidden_redact(const struct hidden *hidden, struct buf *text);

/* Wipes and frees the copies. */
void hidden_clear(struct hidden *hidden);

#endif
