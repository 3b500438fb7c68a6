#include "ops/op.h"

#include "base/mem.h"

#include <strings.h>

const char *const service_names[SERVICE_COUNT] = {
    [SERVICE_CRM] = "CRM",
    [SERVICE_DESK] = "Desk",
    [SERVICE_VERBA] = "Verba",
    [SERVICE_ACCOUNTS] = "Zoho sign-in",
};

const struct op *const ops_all[] = {
    &op_crm_delink,
    &op_crm_call_preferences,
    &op_desk_clear_live_mapping,
    &op_verba_delete_call,
    NULL,
};

void
judgement_clear(struct judgement *judgement)
{
    buf_clear(&judgement->scratch);
}

void
request_begin(struct request *request, const char *method, enum service service)
{
    request->method = method;
    request->service = service;
    request->has_body = request->is_signed = request->is_apart = false;
    request->content_type = NULL;
    buf_reset(&request->target);
    buf_reset(&request->body);
    buf_reset(&request->header);
}

void
request_wipe(struct request *request)
{
    struct buf *const parts[] = {&request->target, &request->body, &request->header};
    for (size_t i = 0; i < 3; i++) {
        for (volatile char *at = parts[i]->data;
             at && at < parts[i]->data + parts[i]->cap; at++)
            *at = '\0';
        buf_reset(parts[i]);
    }
}

void
request_clear(struct request *request)
{
    buf_clear(&request->target);
    buf_clear(&request->body);
    buf_clear(&request->header);
}

void
request_add_encoded(struct buf *out, struct span text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c && strchr(plain, c))
            buf_add_char(out, (char)c);
        else
            buf_addf(out, "%%%02X", c);
    }
}

bool
ops_may_resend(const struct op *op, struct span target)
{
    return !op->may_resend || op->may_resend(target);
}

int
problem_set(struct problem *problem, const char *code, enum field field, const char *what,
            struct span value, const char *remedy)
{
    char shown[112];
    bool named = field != FIELD_NONE;
    problem->code = code;
    problem->field = field;
    (void)snprintf(problem->text, sizeof(problem->text), "%s%s%s%s%s%s; %s",
                   named ? field_names[field] : "", named ? ": " : "", what,
                   value.ptr ? ": '" : "", value.ptr ? text_show(value, shown) : "",
                   value.ptr ? "'" : "", remedy);
    return -1;
}

const struct op *
ops_find(struct span name)
{
    for (size_t i = 0; ops_all[i]; i++)
        if (span_is_nocase(name, ops_all[i]->name))
            return ops_all[i];
    return NULL;
}

const char *
ops_nearest(struct span name)
{
    const char *names[sizeof(ops_all) / sizeof(ops_all[0])];
    size_t count = 0;
    for (; ops_all[count]; count++)
        names[count] = ops_all[count]->name;
    char *text = mem_copy(name.ptr, name.len);
    const char *nearest = text_nearest(text, names, count);
    free(text);
    return nearest;
}

/* The operation of a row; NULL with a problem. */
static const struct op *
op_of_row(const struct fields *fields, const struct op_settings *settings,
          struct problem *problem)
{
    struct span name = fields->value[FIELD_OPERATION];
    if (!name.len && settings->default_op)
        return settings->default_op;
    if (!name.len)
        name = span_of(settings->default_operation);
    if (!name.len) {
        problem_set(problem, "missing-field", FIELD_OPERATION, "is empty", span_of(NULL),
                    "fill the column or give --operation");
        return NULL;
    }
    const struct op *op = ops_find(name);
    if (!op) {
        char hint[TEXT_HINT_BYTES];
        const char *remedy = text_hint(ops_nearest(name), "",
                                       "; `unhitch codes` lists them", hint);
        problem_set(problem, "unknown-operation", FIELD_OPERATION, "no such operation",
                    name, remedy + 2);
    }
    return op;
}

const struct op *
ops_check_row(const struct row *row, const struct columns *columns,
              const struct op_settings *settings, struct buf *target, struct span *id,
              struct problem *problem)
{
    struct fields fields;
    if (row->problem[0]) {
        problem->code = "bad-syntax";
        problem->field = FIELD_NONE;
        (void)snprintf(problem->text, sizeof(problem->text), "%s", row->problem);
        return NULL;
    }
    columns_read_fields(columns, row->cells, row->cell_count, &fields);
    const struct op *op = op_of_row(&fields, settings, problem);
    return op && op->check(&fields, settings, target, id, problem) == 0 ? op : NULL;
}

static const struct code_row *
find_code(const struct code_row *rows, struct span code, long http)
{
    const struct code_row *found = NULL;
    for (; rows->code; rows++)
        if (span_is(code, rows->code) && (!found || rows->http == http))
            found = rows;
    return found;
}

const struct code_row *
ops_explain(const struct op *op, struct span code, long http)
{
    const struct code_row *row = op ? find_code(op->codes, code, http) : NULL;
    char family[] = "http-0xx";
    if (row || !span_starts(code, "http-") || code.len != 8)
        return row ? row : find_code(codes_own, code, http);
    family[5] = code.ptr[5];
    return find_code(codes_own, span_of(family), http);
}
