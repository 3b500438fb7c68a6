#include "sandbox/form.h"

#include "base/mem.h"
#include "sandbox/call.h"

static bool
has_type(struct span given, const char *type)
{
    size_t len = strlen(type);
    given.len = given.len < len ? given.len : len;
    return given.ptr && span_is_nocase(given, type);
}

/* What stands behind `mark`; an absent span if it is not there. */
static struct span
behind(struct span text, const char *mark)
{
    size_t len = strlen(mark);
    for (size_t i = 0; text.ptr && i + len <= text.len; i++)
        if (memcmp(text.ptr + i, mark, len) == 0)
            return (struct span){text.ptr + i + len, text.len - i - len};
    return (struct span){NULL, 0};
}

static struct span
before(struct span text, const char *mark)
{
    struct span rest = behind(text, mark);
    if (!rest.ptr)
        return rest;
    return (struct span){text.ptr, text.len - rest.len - strlen(mark)};
}

/* Each part: headers with name="...", an empty line, the value, the boundary. */
static void
split_parts(struct span body, const char *boundary, struct parameters *parameters)
{
    char end[128];
    (void)snprintf(end, sizeof(end), "\r\n--%s", boundary);
    while (parameters->count < TARGET_PARAMETERS) {
        struct span name = before(body = behind(body, "name=\""), "\"");
        struct span value = before(body = behind(body, "\r\n\r\n"), end);
        if (!name.ptr || !value.ptr)
            return;
        parameters->list[parameters->count++] = (struct parameter){name, value};
        body = behind(body, end);
    }
}

void
form_read(const struct call *call, struct form_body *form)
{
    const char *given = call_header(call, "Content-Type");
    struct span type = span_of(given);
    *form = (struct form_body){.text = NULL};
    bool parts = has_type(type, "multipart/form-data");
    if (!parts && !has_type(type, "application/x-www-form-urlencoded"))
        return;
    form->text = mem_copy(call->body.ptr, call->body.len);
    struct span boundary = behind(type, "boundary=");
    if (!parts)
        target_split_form(form->text, &form->parameters);
    else if (boundary.ptr && boundary.len < 100)
        split_parts((struct span){form->text, call->body.len}, boundary.ptr,
                    &form->parameters);
}

void
form_clear(struct form_body *form)
{
    free(form->text);
}
