#include "sandbox/answer.h"

void
answer_clear(struct answer *answer)
{
    buf_clear(&answer->body);
    buf_clear(&answer->headers);
    *answer = (struct answer){0};
}

void
answer_add_header(struct answer *answer, const char *name, const char *value)
{
    buf_add(&answer->headers, name, strlen(name) + 1);
    buf_add(&answer->headers, value, strlen(value) + 1);
}

void
answer_visit_headers(const struct answer *answer,
                     void (*visit)(void *context, const char *name, const char *value),
                     void *context)
{
    for (size_t at = 0; at < answer->headers.len;) {
        const char *name = answer->headers.data + at;
        const char *value = name + strlen(name) + 1;
        visit(context, name, value);
        at += strlen(name) + strlen(value) + 2;
    }
}
