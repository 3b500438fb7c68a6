#include "sandbox/delink.h"

#include "base/err.h"
#include "sandbox/answer.h"
#include "sandbox/call.h"
#include "sandbox/crm.h"
#include "sandbox/faults.h"
#include "sandbox/linefile.h"
#include "sandbox/modules.h"
#include "sandbox/relations.h"
#include "sandbox/scopes.h"
#include "sandbox/settings.h"
#include "sandbox/world.h"

#include <assert.h>

#define LIST_NAME_BYTES 256
#define SCOPE_AREA "ZohoCRM.modules"
#define SCOPE_RIGHTS "ALL,WRITE,DELETE"
#define PIECE(text) text, sizeof(text) - 1

/* Segments of the path. */
enum { AT_MODULE = 2, AT_RECORD = 3, AT_LIST = 4, AT_RELATED = 5 };

struct delink {
    struct span module; /* plain name */
    struct span list;   /* plain name */
    struct span record;
    struct span ids[DELINK_MAX_IDS];
    size_t id_count;
};

enum outcome { OUTCOME_REMOVED, OUTCOME_DELETED, OUTCOME_NOT_FOUND };

/* What an entry of `data` has before and behind its ID. */
static const struct {
    struct span before;
    struct span behind;
} ENTRIES[] = {
    [OUTCOME_REMOVED] =
        {{PIECE("{\"code\":\"SUCCESS\",\"details\":{\"id\":\"")},
         {PIECE("\"},\"message\":\"relation removed\",\"status\":\"success\"}")}},
    [OUTCOME_DELETED] =
        {{PIECE("{\"code\":\"SUCCESS\",\"details\":{\"id\":\"")},
         {PIECE("\"},\"message\":\"record deleted\",\"status\":\"success\"}")}},
    [OUTCOME_NOT_FOUND] =
        {{PIECE("{\"code\":\"INVALID_DATA\",\"details\":{\"id\":\"")},
         {PIECE("\"},\"message\":\"relation not found\",\"status\":\"error\"}")}},
};

static bool
ends_with(struct span text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.ptr + text.len - len, end, len) == 0;
}

/* ---- the checks, in the order of delink.h */

/* A module may bear another name in the scope than in the path (Potentials, Deals). */
static bool
check_scope(const struct world *world, struct span name, struct answer *answer)
{
    const char *scopes = world->settings->scopes;
    struct span plain = name;
    if (!scopes)
        return true;
    (void)modules_find(name, &plain);
    char area[64];
    (void)snprintf(area, sizeof(area), SCOPE_AREA ".%.*s", (int)name.len, name.ptr);
    char plain_area[64];
    (void)snprintf(plain_area, sizeof(plain_area), SCOPE_AREA ".%.*s", (int)plain.len,
                   plain.ptr);
    return scopes_allow(scopes, area, SCOPE_RIGHTS) ||
           scopes_allow(scopes, plain_area, SCOPE_RIGHTS) ||
           crm_check_scope(world, SCOPE_AREA, "ALL", answer);
}

static bool
check_module(struct span name, struct delink *delink, struct answer *answer)
{
    enum modules_verdict verdict = modules_find(name, &delink->module);
    if (verdict == MODULES_UNKNOWN)
        return crm_refuse(answer, CRM_BAD_MODULE);
    if (verdict == MODULES_UNSUPPORTED)
        return crm_refuse(answer, CRM_UNSUPPORTED_MODULE);
    return true;
}

static bool
check_parent(const struct world *world, struct span record, struct delink *delink,
             struct answer *answer)
{
    if (!relations_is_id(record))
        return crm_refuse(answer, CRM_BAD_PARENT);
    if (!world->settings->no_magic && ends_with(record, "404"))
        return crm_refuse(answer, CRM_BAD_PARENT);
    delink->record = record;
    return true;
}

static bool
check_list(struct span name, struct delink *delink, struct answer *answer)
{
    return modules_find_list(delink->module, name, &delink->list) ||
           crm_refuse(answer, CRM_BAD_LIST);
}

static size_t
count_ids(struct span ids)
{
    size_t count = 1;
    for (size_t i = 0; i < ids.len; i++)
        count += ids.ptr[i] == ',';
    return count;
}

static bool
check_ids(struct span ids, struct delink *delink, struct answer *answer)
{
    if (!ids.len)
        return crm_refuse(answer, CRM_NO_IDS);
    if (count_ids(ids) > DELINK_MAX_IDS)
        return crm_refuse(answer, CRM_TOO_MANY_IDS);
    if (ids.len > DELINK_MAX_IDS_BYTES)
        return crm_refuse(answer, CRM_BAD_IDS);
    const char *end = ids.ptr + ids.len;
    for (const char *at = ids.ptr; at <= end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        struct span id = {at, (size_t)((comma ? comma : end) - at)};
        if (!relations_is_id(id))
            return crm_refuse(answer, CRM_BAD_IDS);
        delink->ids[delink->id_count++] = id;
        at += id.len + 1;
    }
    return true;
}

/* ---- the work */

static uint32_t
list_number(struct world *world, const struct delink *delink)
{
    char name[LIST_NAME_BYTES];
    int len = snprintf(name, sizeof(name), "%.*s/%.*s/%.*s", (int)delink->module.len,
                       delink->module.ptr, (int)delink->record.len, delink->record.ptr,
                       (int)delink->list.len, delink->list.ptr);
    assert(len > 0 && (size_t)len < sizeof(name));
    return relations_list(world->relations, (struct span){name, (size_t)len});
}

static void
add_refused(struct buf *body, const struct fault *fault, struct span id)
{
    buf_add_text(body, "{\"code\":");
    buf_add_json(body, fault->entry_code, strlen(fault->entry_code));
    buf_addf(body, ",\"details\":{\"id\":\"%.*s\"},\"message\":", (int)id.len, id.ptr);
    buf_add_json(body, fault->entry_message, strlen(fault->entry_message));
    buf_add_text(body, ",\"status\":\"error\"}");
}

/* Adds the entry of one ID, unless a fault drops it. True: it is removed. */
static bool
serve_id(struct world *world, const struct fault *fault, const struct delink *delink,
         uint32_t list, struct span id, struct buf *body)
{
    relations_ask(world->relations, list, id);
    bool refused = fault && faults_match_id(fault->entry_ids, id);
    bool never = world_never_had(world, id);
    bool removed = !refused && !never && relations_remove(world->relations, list, id);
    if (fault && faults_match_id(fault->drop_ids, id))
        return removed;
    if (body->data[body->len - 1] != '[')
        buf_add_char(body, ',');
    if (refused) {
        add_refused(body, fault, id);
        return false;
    }
    bool attached = span_is(delink->list, MODULES_ATTACHMENTS);
    enum outcome outcome = attached ? OUTCOME_DELETED : OUTCOME_REMOVED;
    if (!removed)
        outcome = OUTCOME_NOT_FOUND;
    buf_add(body, ENTRIES[outcome].before.ptr, ENTRIES[outcome].before.len);
    buf_add(body, id.ptr, id.len);
    buf_add(body, ENTRIES[outcome].behind.ptr, ENTRIES[outcome].behind.len);
    return removed;
}

static void
serve_ids(struct world *world, const struct fault *fault, const struct delink *delink,
          struct answer *answer)
{
    uint32_t list = list_number(world, delink);
    size_t removed = 0;
    buf_reserve(&answer->body, 16 + 128 * delink->id_count);
    buf_add_text(&answer->body, "{\"data\":[");
    for (size_t i = 0; i < delink->id_count; i++) {
        size_t at = fault && fault->reverse ? delink->id_count - 1 - i : i;
        removed += serve_id(world, fault, delink, list, delink->ids[at], &answer->body);
    }
    buf_add_text(&answer->body, "]}");
    if (removed == delink->id_count)
        answer->status = 200;
    else
        answer->status = removed ? (unsigned)world->settings->mixed_status : 400;
}

void
delink_serve(struct world *world, struct call *call, struct answer *answer)
{
    const struct span *path = call->target.segments;
    struct span ids = call->target.segment_count > AT_RELATED
                          ? path[AT_RELATED]
                          : target_parameter(&call->target.parameters, "ids");
    struct delink delink = {.id_count = 0};
    if (crm_check_method(call, "DELETE", answer) &&
        crm_check_token(world, call, answer) &&
        check_scope(world, path[AT_MODULE], answer) &&
        crm_check_limits(world, call, answer) &&
        check_module(path[AT_MODULE], &delink, answer) &&
        check_parent(world, path[AT_RECORD], &delink, answer) &&
        check_list(path[AT_LIST], &delink, answer) && check_ids(ids, &delink, answer))
        serve_ids(world, call->fault, &delink, answer);
}

/* ---- --relations */

/* One line, cut at its slashes. */
static int
load_line(void *context, struct span line, struct err *err)
{
    struct world *world = context;
    struct span parts[4];
    size_t count = 0;
    const char *end = line.ptr + line.len;
    for (const char *at = line.ptr; at <= end && count < 4;) {
        const char *slash = count < 3 ? memchr(at, '/', (size_t)(end - at)) : NULL;
        parts[count] = (struct span){at, (size_t)((slash ? slash : end) - at)};
        at += parts[count++].len + 1;
    }
    if (count < 4)
        return err_set(err, EXIT_USAGE, "not module/record_id/related_list/related_id");
    struct delink delink = {.record = parts[1]};
    if (!relations_is_id(parts[1]) || !relations_is_id(parts[3]))
        return err_set(err, EXIT_USAGE, "an ID is not 1 to 20 digits");
    if (modules_find(parts[0], &delink.module) != MODULES_KNOWN)
        return err_set(err, EXIT_USAGE, "no such module");
    if (!modules_find_list(delink.module, parts[2], &delink.list))
        return err_set(err, EXIT_USAGE, "no such related list");
    relations_link(world->relations, list_number(world, &delink), parts[3]);
    return 0;
}

int
delink_load_relations(struct world *world, const char *path, struct err *err)
{
    return linefile_read(path, load_line, world, err);
}
