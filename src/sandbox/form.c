#include "sandbox/form.h"

#include "base/mem.h"
#include "sandbox/call.h"

void
form_read(const struct call *call, struct form_body *form)
{
    static const char type[] = "application/x-www-form-urlencoded";
    struct span given = span_of(call_header(call, "Content-Type"));
    *form = (struct form_body){.text = NULL};
    given.len = given.len < sizeof(type) - 1 ? given.len : sizeof(type) - 1;
    if (!given.ptr || !span_is_nocase(given, type))
        return;
    form->text = mem_copy(call->body.ptr, call->body.len);
    target_split_form(form->text, &form->parameters);
}

void
form_clear(struct form_body *form)
{
    free(form->text);
}
