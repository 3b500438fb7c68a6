/*
 * crm.call_preferences: show or hide the numbers of calls, for the whole organisation.
 *
 *     PUT /crm/v8/settings/call_preferences
 *     {"call_preferences":{"show_to_number":true,"show_from_number":true}}
 *
 * Sources: Zoho CRM API v8, "Update Calls Preferences" (form, codes, answer); Zoho's
 * OpenAPI for v8 (errors come wrapped in `call_preferences` or at top level).
 */
#include "base/json.h"
#include "ops/check.h"
#include "ops/crm_answer.h"
#include "ops/judge.h"

/* clang-format off */
static const struct code_row codes[] = {
    {200, "SUCCESS", CLASS_DONE, ACTION_ENTRIES, "the preferences were updated", ""},
    {400, "INVALID_DATA", CLASS_FIX_DATA, ACTION_FAIL,
     "the service does not take the values", "check show_to_number and show_from_number"},
    {400, "MANDATORY_NOT_FOUND", CLASS_FIX_DATA, ACTION_FAIL,
     "the service misses a value", "look for a proxy that strips bodies; else report it"},
    {400, "NOT_ALLOWED", CLASS_FIX_DATA, ACTION_FAIL,
     "a number cannot be hidden: its field is mandatory, or used by rules or telephony",
     "free the field in the CRM's settings first"},
    {403, "NO_PERMISSION", CLASS_FIX_PERMISSION, ACTION_FAIL,
     "the user may not change these settings", "ask the CRM administrator"},
    CRM_COMMON_CODES("ZohoCRM.settings.modules.UPDATE"),
    {0},
};
/* clang-format on */

static const char *
word_of(bool on)
{
    return on ? "true" : "false";
}

/* The ID is what the row asks for: one of four texts that outlive the row. */
static int
preferences_check(const struct fields *fields, const struct op_settings *settings,
                  struct buf *target, struct span *id, struct problem *problem)
{
    static const enum field needed[] = {FIELD_SHOW_TO_NUMBER, FIELD_SHOW_FROM_NUMBER};
    static const char *const texts[2][2] = {{"false,false", "false,true"},
                                            {"true,false", "true,true"}};
    bool to, from;
    (void)settings;
    if (check_present(fields, needed, 2, problem) ||
        check_switch(fields, FIELD_SHOW_TO_NUMBER, &to, problem) ||
        check_switch(fields, FIELD_SHOW_FROM_NUMBER, &from, problem))
        return -1;
    buf_reset(target);
    buf_add_text(target, "call_preferences");
    *id = span_of(texts[to][from]);
    return 0;
}

static void
preferences_build(struct span target, const struct span *ids, size_t count,
                  const struct op_settings *settings, struct request *request)
{
    (void)target, (void)count;
    request_begin(request, "PUT", SERVICE_CRM);
    buf_addf(&request->target, "/crm/%s/settings/call_preferences",
             settings->api_version);
    request->has_body = true;
    request->content_type = "application/json";
    buf_addf(&request->body,
             "{\"call_preferences\":{\"show_to_number\":%s,\"show_from_number\":%s}}",
             word_of(span_starts(ids[0], "true")),
             word_of(memchr(ids[0].ptr, ',', ids[0].len) &&
                     span_is((struct span){ids[0].ptr + ids[0].len - 4, 4}, "true")));
}

/* The wrapper's content if there is one, else the answer itself. */
static struct span
unwrap(struct span body)
{
    struct json_cursor cursor = json_open(body);
    struct json_value root, inner, code;
    if (!text_is_utf8(body.ptr, body.len) || !json_read(&cursor, &root) ||
        !json_at_end(&cursor) || !json_find(&root, "call_preferences", &inner) ||
        !json_find(&inner, "code", &code))
        return body;
    return inner.raw;
}

static void
preferences_judge(const struct answer *answer, const struct span *ids, size_t count,
                  struct judgement *judgement)
{
    struct crm_error said;
    judge_begin(judgement);
    enum crm_answer read = crm_answer_read(unwrap(answer->body), ids, count, "", "",
                                           judgement, &said);
    if (read == CRM_ANSWER_ENTRIES || read == CRM_ANSWER_UNREADABLE)
        said.code = said.message = (struct span){"", 0};
    bool claims_success = span_is_nocase(said.code, "SUCCESS") &&
                          (!said.status.len || span_is_nocase(said.status, "success"));
    if (claims_success && answer->http >= 200 && answer->http < 300) {
        judgement->action = ACTION_ENTRIES;
        judgement->ids[0] = (struct verdict){VERDICT_DONE, said.code, said.message};
        return;
    }
    judge_whole(answer, said.code, said.message, codes, judgement);
    judgement->retry_after_s = said.retry_after_s;
}

const struct op op_crm_call_preferences = {
    .name = "crm.call_preferences",
    .service = SERVICE_CRM,
    .batch_max = 1,
    .ids_bytes_max = 255,
    .ordered = true,
    .scope = "ZohoCRM.settings.modules.UPDATE",
    .check = preferences_check,
    .build = preferences_build,
    .judge = preferences_judge,
    .codes = codes,
};
