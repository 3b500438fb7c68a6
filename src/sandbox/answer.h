/*
 * An answer as a route writes it, before it is known how it will travel. A zeroed
 * struct is an answer nobody has written yet.
 */
#ifndef SANDBOX_ANSWER_H
#define SANDBOX_ANSWER_H

#include "base/buf.h"

#include <stdbool.h>

struct answer {
    unsigned status;    /* HTTP status */
    struct buf body;    /* JSON, unless a Content-Type header says otherwise */
    struct buf headers; /* name NUL value NUL, again and again */
    bool at_once;       /* --latency does not delay it */
};

void answer_clear(struct answer *answer);
void answer_add_header(struct answer *answer, const char *name, const char *value);

/* Calls `visit` for each header, in the order they were added. */
void answer_visit_headers(const struct answer *answer,
                          void (*visit)(void *context, const char *name,
                                        const char *value),
                          void *context);

#endif
