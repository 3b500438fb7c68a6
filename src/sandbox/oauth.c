#include "sandbox/oauth.h"

#include "sandbox/answer.h"
#include "sandbox/call.h"
#include "sandbox/form.h"
#include "sandbox/settings.h"
#include "sandbox/throttle.h"
#include "sandbox/tokens.h"
#include "sandbox/world.h"

enum refusal {
    BAD_REQUEST,
    BAD_GRANT,
    BAD_CLIENT,
    BAD_SECRET,
    BAD_REFRESH_TOKEN,
    TOO_OFTEN
};

static const struct {
    unsigned status;
    const char *body;
} REFUSALS[] = {
    [BAD_REQUEST] = {400, "{\"error\":\"invalid_request\"}"},
    [BAD_GRANT] = {200, "{\"error\":\"unsupported_grant_type\"}"},
    [BAD_CLIENT] = {200, "{\"error\":\"invalid_client\"}"},
    [BAD_SECRET] = {200, "{\"error\":\"invalid_client_secret\"}"},
    [BAD_REFRESH_TOKEN] = {200, "{\"error\":\"invalid_code\"}"},
    [TOO_OFTEN] = {400, "{\"error_description\":\"You have made too many requests "
                        "continuously. Please try again after some time.\","
                        "\"error\":\"Access Denied\",\"status\":\"failure\"}"},
};

static bool
refuse(struct answer *answer, enum refusal refusal)
{
    answer->status = REFUSALS[refusal].status;
    buf_add_text(&answer->body, REFUSALS[refusal].body);
    return false;
}

/* The parameter is there, and is `expected` where anything is. */
static bool
check_parameter(const struct parameters *parameters, const char *name,
                const char *expected, enum refusal refusal, struct answer *answer)
{
    struct span value = target_parameter(parameters, name);
    if (value.len && (!expected || span_is(value, expected)))
        return true;
    return refuse(answer, refusal);
}

static void
write_grant(struct world *world, const struct call *call, struct answer *answer)
{
    const struct settings *settings = world->settings;
    unsigned long long seconds = settings->expires_in_ms / 1000;
    struct buf *body = &answer->body;
    const char *domain = settings->api_domain ? settings->api_domain : world->address;
    buf_add_text(body, "{\"access_token\":\"");
    buf_add_text(body, tokens_issue(world->zoho_tokens, call->now_ms));
    buf_add_text(body, "\",\"api_domain\":");
    buf_add_json(body, domain, strlen(domain));
    buf_add_text(body, ",\"token_type\":\"Bearer\",");
    if (settings->expires_form == SETTINGS_MILLISECONDS)
        buf_addf(body, "\"expires_in_sec\":%llu,\"expires_in\":%llu}", seconds,
                 settings->expires_in_ms);
    else
        buf_addf(body, "\"expires_in\":%llu}", seconds);
    answer->status = 200;
}

static void
serve_form(struct world *world, const struct call *call,
           const struct parameters *parameters, struct answer *answer)
{
    const struct settings *settings = world->settings;
    struct span refresh_token = target_parameter(parameters, "refresh_token");
    if (!check_parameter(parameters, "grant_type", NULL, BAD_REQUEST, answer) ||
        !check_parameter(parameters, "grant_type", "refresh_token", BAD_GRANT, answer) ||
        !check_parameter(parameters, "client_id", settings->client_id, BAD_CLIENT,
                         answer) ||
        !check_parameter(parameters, "client_secret", settings->client_secret, BAD_SECRET,
                         answer) ||
        !check_parameter(parameters, "refresh_token", settings->refresh_token,
                         BAD_REFRESH_TOKEN, answer))
        return;
    if (throttle_take(world->refreshes, refresh_token, call->now_ms))
        write_grant(world, call, answer);
    else
        (void)refuse(answer, TOO_OFTEN);
}

void
oauth_serve(struct world *world, struct call *call, struct answer *answer)
{
    struct form_body form;
    form_read(call, &form);
    if (strcmp(call->method, "POST") != 0 || call->target.parameters.count)
        (void)refuse(answer, BAD_REQUEST);
    else
        serve_form(world, call, &form.parameters, answer);
    form_clear(&form);
}
