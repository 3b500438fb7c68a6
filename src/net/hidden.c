#include "net/hidden.h"

#include "base/mem.h"
#include "net/service.h"
#include "ops/op.h"

/* `text` is taken. */
static void
add_form(struct hidden *hidden, char *text)
{
    size_t at = 0, len = strlen(text);
    while (at < hidden->count && strlen(hidden->list[at]) >= len)
        if (strcmp(hidden->list[at++], text) == 0) {
            secret_free(text);
            return;
        }
    hidden->list = mem_resize(hidden->list, hidden->count + 1, sizeof(*hidden->list));
    memmove(&hidden->list[at + 1], &hidden->list[at],
            (hidden->count - at) * sizeof(*hidden->list));
    hidden->list[at] = text;
    hidden->count++;
}

void
hidden_add(struct hidden *hidden, const char *secret)
{
    struct buf encoded = {0}, escaped = {0};
    request_add_encoded(&encoded, span_of(secret));
    for (const char *at = secret; *at; at++)
        buf_addf(&escaped, "%s%c", *at == '/' ? "\\" : "", *at);
    add_form(hidden, mem_strdup(secret));
    add_form(hidden, buf_take(&encoded));
    add_form(hidden, buf_take(&escaped));
}

void
hidden_redact(const struct hidden *hidden, struct buf *text)
{
    for (size_t i = 0; i < hidden->count; i++)
        secret_redact(hidden->list[i], text);
}

void
hidden_clear(struct hidden *hidden)
{
    for (size_t i = 0; i < hidden->count; i++)
        secret_free(hidden->list[i]);
    free(hidden->list);
    *hidden = (struct hidden){0};
}
