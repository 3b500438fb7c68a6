#include "sandbox/preferences.h"

#include "base/json.h"
#include "sandbox/answer.h"
#include "sandbox/call.h"
#include "sandbox/crm.h"
#include "sandbox/settings.h"
#include "sandbox/world.h"

#define SCOPE_AREA "ZohoCRM.settings.modules"
#define WRAPPER "call_preferences"

enum refusal { BODY_EMPTY, BODY_BAD, FIELD_MISSING, FIELD_BAD, FIELD_LOCKED };

/* Details name the place, and what was expected there. */
static const struct {
    const char *code;
    const char *message;
    bool expected;
    bool wrapped;
} REFUSALS[] = {
    [BODY_EMPTY] = {"INVALID_DATA", "Input body should not be empty", true, false},
    [BODY_BAD] = {"INVALID_DATA", "Invalid data given in the input body", true, false},
    [FIELD_MISSING] = {"MANDATORY_NOT_FOUND", "required field not found", false, false},
    [FIELD_BAD] = {"INVALID_DATA", "The data type for the given fields are invalid", true,
                   true},
    [FIELD_LOCKED] = {"NOT_ALLOWED",
                      "Preferences cannot be disabled because the fields are mandatory "
                      "or used in other configurations",
                      false, true},
};

enum { FROM, TO, FIELDS };
static const struct {
    const char *name;
    unsigned lock; /* bit of settings.call_preferences_locked */
} FIELD[FIELDS] = {
    [FROM] = {"show_from_number", SETTINGS_LOCKED_FROM},
    [TO] = {"show_to_number", SETTINGS_LOCKED_TO},
};

struct wish {
    struct json_value wrapper;
    struct json_value values[FIELDS];
};

/* The answer's body, wrapped where that is asked for. */
static void
write_body(const struct world *world, bool wrapped, const struct buf *inner,
           struct answer *answer)
{
    bool top = !wrapped || world->settings->call_preferences_form == SETTINGS_TOP;
    if (!top)
        buf_add_text(&answer->body, "{\"" WRAPPER "\":");
    buf_add(&answer->body, inner->data, inner->len);
    if (!top)
        buf_add_char(&answer->body, '}');
}

/* `field`: NULL for the wrapper itself. */
static bool
refuse(const struct world *world, enum refusal refusal, const char *field,
       struct answer *answer)
{
    struct buf inner = {0};
    buf_addf(&inner, "{\"code\":\"%s\",\"details\":{", REFUSALS[refusal].code);
    if (REFUSALS[refusal].expected)
        buf_addf(&inner, "\"expected_data_type\":\"%s\",",
                 field ? "boolean" : "jsonobject");
    buf_addf(&inner, "\"api_name\":\"%s\",\"json_path\":\"$." WRAPPER "%s%s\"}",
             field ? field : WRAPPER, field ? "." : "", field ? field : "");
    buf_addf(&inner, ",\"message\":\"%s\",\"status\":\"error\"}",
             REFUSALS[refusal].message);
    answer->status = 400;
    write_body(world, REFUSALS[refusal].wrapped, &inner, answer);
    buf_clear(&inner);
    return false;
}

/* ---- the checks, in the order of preferences.h */

static bool
check_method(const struct call *call, struct answer *answer)
{
    return strcmp(call->method, "GET") == 0 || crm_check_method(call, "PUT", answer);
}

static bool
check_body(const struct world *world, struct span text, struct wish *wish,
           struct answer *answer)
{
    struct json_value body;
    struct json_cursor cursor = json_open(text);
    if (!span_trim(text).len)
        return refuse(world, BODY_EMPTY, NULL, answer);
    if (!text_is_utf8(text.ptr, text.len) || !json_read(&cursor, &body) ||
        !json_at_end(&cursor) || body.kind != JSON_OBJECT_TEXT)
        return refuse(world, BODY_BAD, NULL, answer);
    if (!json_find(&body, WRAPPER, &wish->wrapper))
        return refuse(world, FIELD_MISSING, NULL, answer);
    if (wish->wrapper.kind != JSON_OBJECT_TEXT)
        return refuse(world, BODY_BAD, NULL, answer);
    return true;
}

static bool
check_fields(const struct world *world, struct wish *wish, struct answer *answer)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (!json_find(&wish->wrapper, FIELD[i].name, &wish->values[i]))
            return refuse(world, FIELD_MISSING, FIELD[i].name, answer);
    for (size_t i = 0; i < FIELDS; i++)
        if (wish->values[i].kind != JSON_TRUE_WORD &&
            wish->values[i].kind != JSON_FALSE_WORD)
            return refuse(world, FIELD_BAD, FIELD[i].name, answer);
    return true;
}

static bool
check_locks(const struct world *world, const struct wish *wish, struct answer *answer)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (world->settings->call_preferences_locked & FIELD[i].lock &&
            wish->values[i].kind == JSON_FALSE_WORD)
            return refuse(world, FIELD_LOCKED, FIELD[i].name, answer);
    return true;
}

/* ---- the work */

static void
add_values(struct buf *text, bool from, bool to)
{
    buf_addf(text, "{\"%s\":%s,\"%s\":%s", FIELD[FROM].name, from ? "true" : "false",
             FIELD[TO].name, to ? "true" : "false");
}

static void
put(struct world *world, const struct wish *wish, struct answer *answer)
{
    bool from = wish->values[FROM].kind == JSON_TRUE_WORD;
    bool to = wish->values[TO].kind == JSON_TRUE_WORD;
    bool applied = check_locks(world, wish, answer);
    if (world->preferences_put.len)
        buf_add_text(&world->preferences_put, ",\n");
    add_values(&world->preferences_put, from, to);
    buf_addf(&world->preferences_put, ",\"applied\":%s}", applied ? "true" : "false");
    if (!applied)
        return;
    world->hides_from_number = !from;
    world->hides_to_number = !to;
    struct buf inner = {0};
    buf_add_text(&inner, "{\"code\":\"SUCCESS\",\"details\":{},\"message\":\"Calls "
                         "preferences updated successfully\",\"status\":\"success\"}");
    answer->status = 200;
    write_body(world, true, &inner, answer);
    buf_clear(&inner);
}

static void
get(const struct world *world, struct answer *answer)
{
    answer->status = 200;
    buf_add_text(&answer->body, "{\"" WRAPPER "\":");
    add_values(&answer->body, !world->hides_from_number, !world->hides_to_number);
    buf_add_text(&answer->body, "}}");
}

void
preferences_serve(struct world *world, struct call *call, struct answer *answer)
{
    struct wish wish = {0};
    bool reads = strcmp(call->method, "GET") == 0;
    if (!check_method(call, answer) || !crm_check_token(world, call, answer) ||
        !crm_check_scope(world, SCOPE_AREA, reads ? "ALL,READ" : "ALL,UPDATE", answer) ||
        !crm_check_limits(world, call, answer))
        return;
    if (reads)
        get(world, answer);
    else if (check_body(world, call->body, &wish, answer) &&
             check_fields(world, &wish, answer))
        put(world, &wish, answer);
}
