#include "sandbox/routes.h"

#include "sandbox/call.h"
#include "sandbox/crm.h"
#include "sandbox/delink.h"
#include "sandbox/desk.h"
#include "sandbox/oauth.h"
#include "sandbox/preferences.h"
#include "sandbox/verba.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* `*` stands for any segment that is not empty, `@` for a version of the CRM API, `**`
 * for whatever follows. The first that matches serves. */
static const struct route {
    const char *path[TARGET_SEGMENTS];
    enum call_service service;
    void (*serve)(struct world *world, struct call *call, struct answer *answer);
} ROUTES[] = {
    {{"crm", "@", "*", "*", "*"}, CALL_CRM, delink_serve},
    {{"crm", "@", "*", "*", "*", "*"}, CALL_CRM, delink_serve},
    {{"crm", "v8", "settings", "call_preferences"}, CALL_CRM, preferences_serve},
    {{"oauth", "v2", "token"}, CALL_ACCOUNTS, oauth_serve},
    {{"api", "v1", "calls", "*", "clearLiveMapping"}, CALL_DESK, desk_serve_mapping},
    {{"api", "v1", "calls", "*", "clearLiveCall"}, CALL_DESK, desk_serve_call},
    {{"api", "**"}, CALL_DESK, desk_serve_nothing},
    {{"verba", "api"}, CALL_VERBA, verba_serve},
    {{"**"}, CALL_CRM, crm_serve_nothing},
};

static const char *const CRM_VERSIONS[] = {"v2", "v2.1", "v3", "v4",
                                           "v5", "v6",   "v7", "v8"};

static bool
segment_matches(struct span segment, const char *pattern)
{
    if (strcmp(pattern, "*") == 0)
        return segment.len > 0;
    if (strcmp(pattern, "@") != 0)
        return span_is(segment, pattern);
    for (size_t i = 0; i < COUNT(CRM_VERSIONS); i++)
        if (span_is(segment, CRM_VERSIONS[i]))
            return true;
    return false;
}

static bool
path_matches(const struct target *target, const char *const path[TARGET_SEGMENTS])
{
    for (size_t i = 0; i < TARGET_SEGMENTS; i++) {
        if (!path[i])
            return target->segment_count == i;
        if (strcmp(path[i], "**") == 0)
            return true;
        if (i >= target->segment_count || !segment_matches(target->segments[i], path[i]))
            return false;
    }
    return target->segment_count == TARGET_SEGMENTS;
}

void
routes_find(struct call *call)
{
    const struct route *route = ROUTES;
    while (!path_matches(&call->target, route->path))
        route++;
    call->route = route;
    call->service = route->service;
}

void
routes_serve(struct world *world, struct call *call, struct answer *answer)
{
    call->route->serve(world, call, answer);
}
