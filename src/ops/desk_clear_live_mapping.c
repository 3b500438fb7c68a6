/*
 * desk.clear_live_mapping: disconnect a call from the activity it is mapped to.
 *
 *     DELETE /api/v1/calls/{callId}/clearLiveMapping      (--desk-form delete)
 *     POST   /api/v1/calls/{callId}/clearLiveCall         (--desk-form post)
 *
 * Sources: the help page "How to clear live call mapping in Zoho Desk" has the first
 * form; Zoho's OpenAPI for Desk the second (no body, 204). Which one an organisation's
 * Desk takes is not documented, so both are here.
 */
#include "base/json.h"
#include "ops/check.h"
#include "ops/judge.h"

/* clang-format off */
static const struct code_row codes[] = {
    {204, "SUCCESS", CLASS_DONE, ACTION_ENTRIES, "the mapping was cleared", ""},
    {400, "BAD_REQUEST", CLASS_FIX_DATA, ACTION_FAIL,
     "the service cannot read the request",
     "check call_id, or try the other --desk-form"},
    {401, "UNAUTHORIZED", CLASS_STOP, ACTION_STOP,
     "the user may not use this organisation's Desk",
     "check org_id and the token's user"},
    {401, "INVALID_OAUTH", CLASS_STOP, ACTION_RENEW_TOKEN,
     "the access token has expired or was revoked", "get a new token"},
    {403, "SCOPE_MISMATCH", CLASS_STOP, ACTION_STOP,
     "the token lacks the scope for calls",
     "get a token with Desk.calls.UPDATE (Desk.calls.DELETE for --desk-form delete)"},
    {403, "OAUTH_ORG_MISMATCH", CLASS_STOP, ACTION_STOP,
     "the token belongs to another organisation", "check org_id and ZOHO_DESK_ORG_ID"},
    {403, "FORBIDDEN", CLASS_FIX_PERMISSION, ACTION_FAIL, "the user may not do this",
     "ask the Desk administrator"},
    {403, "LICENSE_ACCESS_LIMITED", CLASS_FIX_PERMISSION, ACTION_FAIL,
     "the organisation's edition does not include this", "ask the Desk administrator"},
    {404, "URL_NOT_FOUND", CLASS_FIX_DATA, ACTION_ENTRIES,
     "no such call, or its mapping is cleared already",
     "check call_id; --missing-ok if already cleared is good enough"},
    {405, "METHOD_NOT_ALLOWED", CLASS_STOP, ACTION_FAIL,
     "this Desk does not take the request", "try the other --desk-form"},
    {413, "RESOURCE_SIZE_EXCEEDED", CLASS_FIX_DATA, ACTION_FAIL,
     "the service finds the request too large", "check call_id"},
    {415, "UNSUPPORTED_MEDIA_TYPE", CLASS_STOP, ACTION_FAIL,
     "this Desk does not take the request", "try the other --desk-form"},
    {422, "INVALID_DATA", CLASS_FIX_DATA, ACTION_FAIL,
     "the service refuses the call's ID",
     "check call_id"},
    {422, "UNPROCESSABLE_ENTITY", CLASS_FIX_DATA, ACTION_FAIL,
     "the service cannot do this with the call", "look at the call in Desk"},
    {422, "EMPTY_PAYLOAD", CLASS_STOP, ACTION_FAIL, "this Desk wants a body",
     "try the other --desk-form"},
    {429, "THRESHOLD_EXCEEDED", CLASS_STOP, ACTION_STOP_LIMIT,
     "the day's API credits are used up", "`unhitch resume` when the 24 hours are over"},
    {429, "TOO_MANY_REQUESTS", CLASS_TRY_LATER, ACTION_SLOW_DOWN,
     "too many calls at once", "lower --concurrency"},
    {500, "INTERNAL_SERVER_ERROR", CLASS_TRY_LATER, ACTION_RETRY_LOST,
     "the service failed; it may have been applied", "`unhitch retry` later"},
    {0},
};
/* clang-format on */

/* The target is the organisation; empty: none is known (a plan needs none). */
static int
clear_check(const struct fields *fields, const struct op_settings *settings,
            struct buf *target, struct span *id, struct problem *problem)
{
    static const enum field needed[] = {FIELD_CALL_ID};
    struct span org = {NULL, 0};
    if (check_present(fields, needed, 1, problem) ||
        check_record_id(fields, FIELD_CALL_ID, id, problem))
        return -1;
    if (fields->value[FIELD_ORG_ID].len &&
        check_record_id(fields, FIELD_ORG_ID, &org, problem))
        return -1;
    if (!org.len)
        org = span_of(settings->desk_org_id);
    buf_reset(target);
    buf_add(target, org.ptr, org.len);
    return 0;
}

static void
clear_build(struct span target, const struct span *ids, size_t count,
            const struct op_settings *settings, struct request *request)
{
    (void)count;
    bool post = settings->desk_post;
    request_begin(request, post ? "POST" : "DELETE", SERVICE_DESK);
    request->has_body = post;
    buf_addf(&request->target, "/api/v1/calls/%.*s/%s", (int)ids[0].len, ids[0].ptr,
             post ? "clearLiveCall" : "clearLiveMapping");
    buf_addf(&request->header, "orgId: %.*s", (int)target.len, target.ptr);
}

/* An array without entries, or no array. */
static bool
is_empty_array(const struct json_value *value)
{
    struct json_cursor cursor = json_open(value->raw);
    return !json_take(&cursor, '[') || json_take(&cursor, ']');
}

static struct span
with_errors(struct span message, struct span errors, struct buf *scratch)
{
    size_t start = scratch->len;
    buf_addf(scratch, "%.*s%s%.*s", (int)message.len, message.ptr,
             message.len ? ": " : "", (int)errors.len, errors.ptr);
    return (struct span){scratch->data + start, scratch->len - start};
}

/* The errorCode and message of an error's body; false if it is no JSON object. */
static bool
read_error(struct span body, struct buf *scratch, struct span *code, struct span *message)
{
    struct json_cursor cursor = json_open(body);
    struct json_value root, value;
    *code = *message = (struct span){"", 0};
    buf_reserve(scratch, 4 * body.len);
    if (!text_is_utf8(body.ptr, body.len) || !json_read(&cursor, &root) ||
        !json_at_end(&cursor) || root.kind != JSON_OBJECT_TEXT)
        return false;
    if (json_find(&root, "errorCode", &value) && value.kind == JSON_TEXT)
        *code = json_text(&value, scratch);
    if (json_find(&root, "message", &value) && value.kind == JSON_TEXT)
        *message = json_text(&value, scratch);
    /* Which field was wrong; the message alone does not say it. */
    if (json_find(&root, "errors", &value) && !is_empty_array(&value))
        *message = with_errors(*message, value.raw, scratch);
    return true;
}

static void
clear_judge(const struct answer *answer, const struct span *ids, size_t count,
            struct judgement *judgement)
{
    struct span code, message;
    (void)ids, (void)count;
    judge_begin(judgement);
    bool readable = read_error(answer->body, &judgement->scratch, &code, &message);
    bool nothing = span_trim(answer->body).len == 0;
    judgement->action = ACTION_ENTRIES;
    if (answer->http >= 200 && answer->http < 300 && (readable || nothing) && !code.len)
        judgement->ids[0] = (struct verdict){VERDICT_DONE, span_of("SUCCESS"), message};
    else if (answer->http == 404 && span_is(code, "URL_NOT_FOUND"))
        judgement->ids[0] = (struct verdict){VERDICT_GONE, code, message};
    else
        judge_whole(answer, code, message, codes, judgement);
}

const struct op op_desk_clear_live_mapping = {
    .name = "desk.clear_live_mapping",
    .service = SERVICE_DESK,
    .batch_max = 1,
    .ids_bytes_max = 255,
    .scope = "Desk.calls.UPDATE",
    .note =
        "There are two forms because two sources differ: a help page has DELETE "
        "../clearLiveMapping\n  (--desk-form delete), Zoho's OpenAPI for Desk has POST "
        "../clearLiveCall (--desk-form post).",
    .check = clear_check,
    .build = clear_build,
    .judge = clear_judge,
    .codes = codes,
};
