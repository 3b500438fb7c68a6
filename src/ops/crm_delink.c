/*
 * crm.delink: take records off a related list, up to 100 a call.
 *
 *     DELETE /crm/{version}/{module}/{record_id}/{related_list}?ids=a,b,c
 *
 * Sources: Zoho CRM API v2 to v8, "Delink related records" (form, limit, codes); Zoho's
 * OpenAPI for v8 (`ids` holds at most 2000 characters, an ID at most 20 digits).
 */
#include "ops/check.h"
#include "ops/crm_answer.h"
#include "ops/judge.h"
#include "ops/op.h"
#include "ops/relation.h"

/* clang-format off */
static const struct code_row codes[] = {
    {200, "SUCCESS", CLASS_DONE, ACTION_ENTRIES, "the relation was removed", ""},
    {207, "SUCCESS", CLASS_DONE, ACTION_ENTRIES, "the relation was removed", ""},
    {200, "INVALID_DATA", CLASS_FIX_DATA, ACTION_ENTRIES,
     "the two records are not related (older API versions)",
     "check related_id; --missing-ok if already gone is good enough"},
    {207, "INVALID_DATA", CLASS_FIX_DATA, ACTION_ENTRIES,
     "the two records are not related",
     "check related_id; --missing-ok if already gone is good enough"},
    {400, "INVALID_DATA", CLASS_FIX_DATA, ACTION_SPLIT,
     "not related, or no such parent record or related list",
     "result_message says which; check the IDs and related_list"},
    {404, "INVALID_DATA", CLASS_FIX_DATA, ACTION_SPLIT,
     "the parent record does not exist",
     "check record_id"},
    {400, "INVALID_MODULE", CLASS_FIX_DATA, ACTION_FAIL_TARGET,
     "no such module, no permission for its tab, or not in the API",
     "check the module's API name and the user's profile"},
    {400, "NOT_SUPPORTED", CLASS_FIX_DATA, ACTION_FAIL_TARGET,
     "the API does not support this module",
     "these records cannot be delinked by the API"},
    {400, "MANDATORY_NOT_FOUND", CLASS_FIX_DATA, ACTION_FAIL,
     "the service found no IDs in the request",
     "look for a proxy that shortens URLs; else report it"},
    {400, "LIMIT_EXCEEDED", CLASS_FIX_DATA, ACTION_SPLIT,
     "more IDs than the service takes in one call", "lower --batch-size"},
    {400, "UNABLE_TO_PARSE_DATA_TYPE", CLASS_FIX_DATA, ACTION_SPLIT,
     "the service cannot read this ID", "check related_id"},
    {400, "AUTHORIZATION_FAILED", CLASS_FIX_PERMISSION, ACTION_FAIL,
     "the user may not delete related records", "ask the CRM administrator"},
    {403, "NO_PERMISSION", CLASS_FIX_PERMISSION, ACTION_FAIL_TARGET,
     "the user may not delete records here", "ask the CRM administrator"},
    CRM_COMMON_CODES("ZohoCRM.modules.ALL, or ...{module}.DELETE"),
    {0},
};
/* clang-format on */

/* Module and related list of a row, as they are sent. */
struct names {
    char module[RELATION_NAME_MAX + 1], list[RELATION_NAME_MAX + 1];
    size_t module_len, list_len;
};

static int
check_name(const struct fields *fields, enum field field,
           char name[RELATION_NAME_MAX + 1], size_t *len, struct problem *problem)
{
    struct span value = fields->value[field];
    *len = relation_read_name(value, name);
    if (*len)
        return 0;
    return problem_set(problem, "bad-value", field, "not an API name", value,
                       "only letters, digits and '_' are allowed");
}

static bool
are_names(const struct fields *fields, const struct names *names)
{
    struct span module = {names->module, names->module_len};
    struct span list = {names->list, names->list_len};
    return span_equal(fields->value[FIELD_MODULE], module) &&
           span_equal(fields->value[FIELD_RELATED_LIST], list);
}

static int
refuse_relation(const struct names *names, struct problem *problem)
{
    char relation[2 * RELATION_NAME_MAX + 2];
    (void)snprintf(relation, sizeof(relation), "%s/%s", names->module, names->list);
    return problem_set(problem, "unsupported-relation", FIELD_RELATED_LIST,
                       "not a documented relation", span_of(relation),
                       "on other lists the request can delete the record itself; "
                       "permit it with --allow-relation if it is meant");
}

/* The relation is permitted; `names` are filled in. */
static int
check_relation(const struct fields *fields, const struct op_settings *settings,
               struct names *names, struct span *record, struct span *id,
               struct problem *problem)
{
    if (check_name(fields, FIELD_MODULE, names->module, &names->module_len, problem) ||
        check_record_id(fields, FIELD_RECORD_ID, record, problem) ||
        check_name(fields, FIELD_RELATED_LIST, names->list, &names->list_len, problem) ||
        check_record_id(fields, FIELD_RELATED_ID, id, problem))
        return -1;
    if (!relation_is_allowed(names->module, names->list, settings->allow_relations,
                             settings->allow_relation_count))
        return refuse_relation(names, problem);
    return 0;
}

static int
delink_check(const struct fields *fields, const struct op_settings *settings,
             struct buf *target, struct span *id, struct problem *problem)
{
    /* Rows of one relation come by the million. Only a documented one is remembered: no
     * setting forbids it, so the outcome is as if it were looked up again. */
    static _Thread_local struct names documented;
    static const enum field needed[] = {FIELD_MODULE, FIELD_RECORD_ID, FIELD_RELATED_LIST,
                                        FIELD_RELATED_ID};
    struct names own;
    const struct names *names = &documented;
    struct span record;
    if (check_present(fields, needed, 4, problem))
        return -1;
    if (are_names(fields, names)) {
        if (check_record_id(fields, FIELD_RECORD_ID, &record, problem) ||
            check_record_id(fields, FIELD_RELATED_ID, id, problem))
            return -1;
    } else {
        if (check_relation(fields, settings, &own, &record, id, problem))
            return -1;
        if (relation_is_allowed(own.module, own.list, NULL, 0))
            documented = own;
        names = &own;
    }
    buf_reset(target);
    char *at = buf_begin(target, names->module_len + record.len + names->list_len + 2);
    at = mempcpy(at, names->module, names->module_len);
    *at++ = '/';
    at = mempcpy(at, record.ptr, record.len);
    *at++ = '/';
    buf_end(target, mempcpy(at, names->list, names->list_len));
    return 0;
}

static void
delink_build(struct span target, const struct span *ids, size_t count,
             const struct op_settings *settings, struct request *request)
{
    struct buf *path = &request->target;
    request_begin(request, "DELETE", SERVICE_CRM);
    buf_add_text(path, "/crm/");
    buf_add_text(path, settings->api_version);
    buf_add_char(path, '/');
    buf_add(path, target.ptr, target.len);
    buf_add_text(path, "?ids=");
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(path, ',');
        buf_add(path, ids[i].ptr, ids[i].len);
    }
}

/* An entry that refuses its ID without a code is named by the HTTP status. */
static void
name_codeless(long http, size_t count, struct judgement *judgement)
{
    (void)snprintf(judgement->own_code, sizeof(judgement->own_code), "http-%ld", http);
    for (size_t i = 0; i < count; i++)
        if (judgement->ids[i].kind != VERDICT_NONE && !judgement->ids[i].code.len)
            judgement->ids[i].code = span_of(judgement->own_code);
}

#define WORD_GONE "relation not found"

static void
delink_judge(const struct answer *answer, const struct span *ids, size_t count,
             struct judgement *judgement)
{
    struct crm_error error;
    judge_begin(judgement);
    enum crm_answer read = crm_answer_read(answer->body, ids, count, "relation removed",
                                           WORD_GONE, judgement, &error);
    if (read == CRM_ANSWER_ENTRIES) {
        judgement->action = ACTION_ENTRIES;
        name_codeless(answer->http, count, judgement);
        return;
    }
    if (read == CRM_ANSWER_UNREADABLE)
        error.code = error.message = (struct span){"", 0};
    judge_whole(answer, error.code, error.message, codes, judgement);
    judgement->retry_after_s = error.retry_after_s;
    if (judgement->action == ACTION_SPLIT && error.resource_path_index >= 0 &&
        error.resource_path_index <= 2)
        judgement->action = ACTION_FAIL_TARGET;
    /* Of one ID alone it says the same as an entry would. */
    if (judgement->action == ACTION_SPLIT && count == 1 &&
        span_is_nocase(error.message, WORD_GONE)) {
        judgement->ids[0] = (struct verdict){VERDICT_GONE, error.code, error.message};
        judgement->action = ACTION_ENTRIES;
    }
}

const struct op op_crm_delink = {
    .name = "crm.delink",
    .service = SERVICE_CRM,
    .batch_max = 100,
    .ids_bytes_max = 2000,
    .scope = "ZohoCRM.modules.ALL",
    .check = delink_check,
    .build = delink_build,
    .judge = delink_judge,
    .codes = codes,
};
