#include "sandbox/desk.h"

#include "sandbox/answer.h"
#include "sandbox/call.h"
#include "sandbox/relations.h"
#include "sandbox/scopes.h"
#include "sandbox/settings.h"
#include "sandbox/tally.h"
#include "sandbox/tokens.h"
#include "sandbox/world.h"

#define SCOPE_AREA "Desk.calls"
#define SCOPE_RIGHTS "ALL,UPDATE,DELETE"
#define RETRY_AFTER_S "3600"

enum { AT_CALL = 3 }; /* segment of the path */

enum refusal {
    NOT_FOUND,
    BAD_METHOD,
    NO_TOKEN,
    BAD_TOKEN,
    NO_SCOPE,
    BAD_ORG,
    OTHER_ORG,
    BUSY,
    NO_CREDITS,
    BAD_QUERY
};

static const struct {
    unsigned status;
    const char *code;
    const char *message;
} REFUSALS[] = {
    [NOT_FOUND] = {404, "URL_NOT_FOUND", "The URL you requested could not be found."},
    [BAD_METHOD] = {405, "METHOD_NOT_ALLOWED",
                    "The HTTP method is not allowed for this URL."},
    [NO_TOKEN] = {401, "UNAUTHORIZED",
                  "You are not authenticated to perform this operation."},
    [BAD_TOKEN] = {401, "INVALID_OAUTH", "The OAuth Token you provided is invalid."},
    [NO_SCOPE] = {403, "SCOPE_MISMATCH",
                  "The OAuth Token you provided does not have the scope required."},
    [BAD_ORG] = {500, "INTERNAL_SERVER_ERROR", "An internal error occurred."},
    [OTHER_ORG] = {403, "OAUTH_ORG_MISMATCH",
                   "The OAuthToken is not valid for specified organization."},
    [BUSY] = {429, "TOO_MANY_REQUESTS",
              "Too many requests are in flight at the same time."},
    [NO_CREDITS] = {429, "THRESHOLD_EXCEEDED",
                    "You have used up the API credits of the day."},
    [BAD_QUERY] = {422, "UNPROCESSABLE_ENTITY",
                   "Extra query parameters are present in the input."},
};

static bool
refuse(struct answer *answer, enum refusal refusal)
{
    answer->status = REFUSALS[refusal].status;
    buf_addf(&answer->body, "{\"errorCode\":\"%s\",\"message\":\"%s\"}",
             REFUSALS[refusal].code, REFUSALS[refusal].message);
    return false;
}

/* ---- the checks, in the order of desk.h */

static bool
check_form(const struct world *world, const struct call *call, unsigned form,
           const char *method, struct answer *answer)
{
    unsigned wanted = world->settings->desk_form;
    if (wanted != SETTINGS_DESK_BOTH && wanted != form)
        return refuse(answer, NOT_FOUND);
    return strcmp(call->method, method) == 0 || refuse(answer, BAD_METHOD);
}

static bool
check_token(const struct world *world, const struct call *call, struct answer *answer)
{
    struct span token = call_zoho_token(call);
    if (!token.ptr)
        return refuse(answer, NO_TOKEN);
    if (!tokens_accept(world->zoho_tokens, token, call->now_ms))
        return refuse(answer, BAD_TOKEN);
    return scopes_allow(world->settings->scopes, SCOPE_AREA, SCOPE_RIGHTS) ||
           refuse(answer, NO_SCOPE);
}

static bool
check_org(const struct world *world, const struct call *call, struct answer *answer)
{
    const char *org = call_header(call, "orgId");
    if (!org || !relations_is_id(span_of(org)))
        return refuse(answer, BAD_ORG);
    const char *own = world->settings->desk_org;
    return !own || strcmp(org, own) == 0 || refuse(answer, OTHER_ORG);
}

static bool
check_limits(struct world *world, const struct call *call, struct answer *answer)
{
    unsigned long long in_flight = world->settings->desk_limit_in_flight;
    unsigned long long credits = world->settings->desk_limit_calls;
    if (in_flight && call->service_in_flight > in_flight) {
        answer->at_once = true;
        return refuse(answer, BUSY);
    }
    answer_add_header(answer, "X-Rate-Limit-Request-Weight-v3", "1");
    if (!credits)
        return true;
    bool left = world->desk_credits_used < credits;
    world->desk_credits_used += left;
    char remaining[24];
    (void)snprintf(remaining, sizeof(remaining), "%llu",
                   credits - world->desk_credits_used);
    answer_add_header(answer, "X-Rate-Limit-Remaining-v3", remaining);
    if (left)
        return true;
    answer_add_header(answer, "Retry-After", RETRY_AFTER_S);
    return refuse(answer, NO_CREDITS);
}

static bool
check_query(const struct call *call, struct answer *answer)
{
    return !call->target.parameters.count || refuse(answer, BAD_QUERY);
}

/* ---- the work */

static void
clear_mapping(struct world *world, struct span id, struct answer *answer)
{
    if (!relations_is_id(id)) {
        (void)refuse(answer, NOT_FOUND);
        return;
    }
    char name[32];
    int len = snprintf(name, sizeof(name), "desk/%.*s", (int)id.len, id.ptr);
    struct tally_entry *entry = tally_at(world->tally, (struct span){name, (size_t)len});
    bool never = world_never_had(world, id);
    bool gone = entry->removed && world->settings->desk_again == SETTINGS_DESK_ERROR;
    entry->asked++;
    if (never || gone) {
        (void)refuse(answer, NOT_FOUND);
        return;
    }
    entry->removed = 1;
    answer->status = world->settings->desk_success_body ? 200 : 204;
    if (world->settings->desk_success_body)
        buf_add_text(&answer->body, "{\"message\":\"Live call mapping cleared\"}");
}

static void
serve(struct world *world, const struct call *call, unsigned form, const char *method,
      struct answer *answer)
{
    if (check_form(world, call, form, method, answer) &&
        check_token(world, call, answer) && check_org(world, call, answer) &&
        check_limits(world, call, answer) && check_query(call, answer))
        clear_mapping(world, call->target.segments[AT_CALL], answer);
}

void
desk_serve_mapping(struct world *world, struct call *call, struct answer *answer)
{
    serve(world, call, SETTINGS_DESK_DELETE, "DELETE", answer);
}

void
desk_serve_call(struct world *world, struct call *call, struct answer *answer)
{
    serve(world, call, SETTINGS_DESK_POST, "POST", answer);
}

void
desk_serve_nothing(struct world *world, struct call *call, struct answer *answer)
{
    (void)world;
    (void)call;
    (void)refuse(answer, NOT_FOUND);
}
