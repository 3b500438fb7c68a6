#include "sandbox/scopes.h"

#include "base/text.h"

/* The next of `list`; moves *list behind it, to NULL behind the last. */
static struct span
take_item(const char **list)
{
    const char *comma = strchr(*list, ',');
    struct span item = {*list, comma ? (size_t)(comma - *list) : strlen(*list)};
    *list = comma ? comma + 1 : NULL;
    return span_trim(item);
}

static bool
scope_is(struct span scope, const char *area, struct span right)
{
    size_t area_len = strlen(area);
    if (scope.len != area_len + 1 + right.len || scope.ptr[area_len] != '.')
        return false;
    struct span has_area = {scope.ptr, area_len};
    struct span has_right = {scope.ptr + area_len + 1, right.len};
    char wanted[32];
    (void)snprintf(wanted, sizeof(wanted), "%.*s", (int)right.len, right.ptr);
    return span_is_nocase(has_area, area) && span_is_nocase(has_right, wanted);
}

bool
scopes_allow(const char *list, const char *area, const char *rights)
{
    if (!list)
        return true;
    while (list) {
        struct span scope = take_item(&list);
        for (const char *left = rights; left;)
            if (scope_is(scope, area, take_item(&left)))
                return true;
    }
    return false;
}
