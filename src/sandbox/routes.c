#include "sandbox/routes.h"

#include "sandbox/call.h"
#include "sandbox/crm.h"
#include "sandbox/delink.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* `*` stands for any segment that is not empty, `@` for a version of the CRM API. */
static const struct {
    const char *path[TARGET_SEGMENTS];
    void (*serve)(struct world *world, struct call *call, struct answer *answer);
} ROUTES[] = {
    {{"crm", "@", "*", "*", "*"}, delink_serve},
    {{"crm", "@", "*", "*", "*", "*"}, delink_serve},
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
        if (i >= target->segment_count || !segment_matches(target->segments[i], path[i]))
            return false;
    }
    return target->segment_count == TARGET_SEGMENTS;
}

void
routes_serve(struct world *world, struct call *call, struct answer *answer)
{
    for (size_t i = 0; i < COUNT(ROUTES); i++)
        if (path_matches(&call->target, ROUTES[i].path)) {
            ROUTES[i].serve(world, call, answer);
            return;
        }
    (void)crm_refuse(answer, CRM_BAD_PATH);
}
