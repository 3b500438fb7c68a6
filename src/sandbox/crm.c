#include "sandbox/crm.h"

#include "base/text.h"
#include "sandbox/answer.h"
#include "sandbox/call.h"
#include "sandbox/scopes.h"
#include "sandbox/settings.h"
#include "sandbox/tokens.h"
#include "sandbox/world.h"

static const struct {
    unsigned status;
    const char *code;
    const char *details;
    const char *message;
} REFUSALS[] = {
    [CRM_BAD_PATH] = {404, "INVALID_URL_PATTERN", "{}",
                      "Please check if the URL trying to access is a correct one"},
    [CRM_BAD_METHOD] = {400, "INVALID_REQUEST_METHOD", "{}",
                        "The http request method type is not a valid one"},
    [CRM_NO_TOKEN] = {401, "AUTHENTICATION_FAILURE", "{}", "Authentication failed"},
    [CRM_BAD_TOKEN] = {401, "INVALID_TOKEN", "{}", "invalid oauth token"},
    [CRM_NO_SCOPE] = {401, "OAUTH_SCOPE_MISMATCH", "{}",
                      "invalid oauth scope to access this URL"},
    [CRM_BUSY] = {429, "TOO_MANY_REQUESTS", "{}",
                  "Too many requests are in flight at the same time"},
    [CRM_NO_CREDITS] = {429, "TOO_MANY_REQUESTS", "{}",
                        "You have used up the API credits of the day"},
    [CRM_BAD_MODULE] = {400, "INVALID_MODULE", "{\"resource_path_index\":0}",
                        "The module name given seems to be invalid"},
    [CRM_UNSUPPORTED_MODULE] = {400, "INVALID_MODULE", "{\"resource_path_index\":0}",
                                "The given module is not supported in API"},
    [CRM_BAD_PARENT] = {400, "INVALID_DATA", "{\"resource_path_index\":1}",
                        "the related id given seems to be invalid"},
    [CRM_BAD_LIST] = {400, "INVALID_DATA", "{\"resource_path_index\":2}",
                      "The relation name given seems to be invalid"},
    [CRM_NO_IDS] = {400, "MANDATORY_NOT_FOUND", "{\"param_name\":\"ids\"}",
                    "One of the expected parameter is missing"},
    [CRM_TOO_MANY_IDS] = {400, "LIMIT_EXCEEDED",
                          "{\"limit\":\"100\",\"param_name\":\"ids\"}",
                          "Limit Exceeded, You cannot give more than 100 record ids"},
    [CRM_BAD_IDS] = {400, "UNABLE_TO_PARSE_DATA_TYPE", "{}",
                     "either the request body or parameters is in wrong format"},
};

bool
crm_refuse(struct answer *answer, enum crm_refusal refusal)
{
    answer->status = REFUSALS[refusal].status;
    buf_addf(&answer->body,
             "{\"code\":\"%s\",\"details\":%s,\"message\":\"%s\",\"status\":\"error\"}",
             REFUSALS[refusal].code, REFUSALS[refusal].details,
             REFUSALS[refusal].message);
    return false;
}

bool
crm_check_method(const struct call *call, const char *method, struct answer *answer)
{
    return strcmp(call->method, method) == 0 || crm_refuse(answer, CRM_BAD_METHOD);
}

bool
crm_check_token(const struct world *world, const struct call *call, struct answer *answer)
{
    struct span token = call_zoho_token(call);
    if (!token.ptr)
        return crm_refuse(answer, CRM_NO_TOKEN);
    return tokens_accept(world->zoho_tokens, token, call->now_ms) ||
           crm_refuse(answer, CRM_BAD_TOKEN);
}

bool
crm_check_scope(const struct world *world, const char *area, const char *rights,
                struct answer *answer)
{
    return scopes_allow(world->settings->scopes, area, rights) ||
           crm_refuse(answer, CRM_NO_SCOPE);
}

bool
crm_check_limits(struct world *world, const struct call *call, struct answer *answer)
{
    unsigned long long in_flight = world->settings->limit_in_flight;
    unsigned long long credits = world->settings->limit_calls;
    if (in_flight && call->service_in_flight > in_flight) {
        answer->at_once = true;
        return crm_refuse(answer, CRM_BUSY);
    }
    if (!credits)
        return true;
    if (world->credits_used >= credits)
        return crm_refuse(answer, CRM_NO_CREDITS);
    world->credits_used++;
    if (world->credits_used * 2 >= credits) {
        char left[24];
        (void)snprintf(left, sizeof(left), "%llu", credits - world->credits_used);
        answer_add_header(answer, "X-API-CREDITS-REMAINING", left);
    }
    return true;
}

void
crm_serve_nothing(struct world *world, struct call *call, struct answer *answer)
{
    (void)world;
    (void)call;
    (void)crm_refuse(answer, CRM_BAD_PATH);
}
