#include "cli/session.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

static bool
needs(const struct session *session, enum service service)
{
    const struct plan *plan = session->plan;
    for (size_t i = 0; i < plan->use_count; i++)
        if (plan->uses[i].op->service == service)
            return true;
    return false;
}

static int
find_url(struct session *session, enum service service, struct err *err)
{
    struct service_url *url = &session->urls[service];
    if (service_find_url(&session->services, service, url, err))
        return -1;
    if (!url->tls && !url->loopback)
        log_warn("%s is not https: credentials can be read on the way", url->base);
    return 0;
}

/* Call preferences exist in version 8 of the API only. */
static int
check_versions(const struct session *session, struct err *err)
{
    if (plan_use_of(session->plan, &op_crm_call_preferences) &&
        strcmp(session->ops.api_version, "v8") != 0)
        return err_set(err, EXIT_USAGE,
                       "--api-version %s: %s exists in v8 only; nothing was sent",
                       session->ops.api_version, op_crm_call_preferences.name);
    return 0;
}

/* A file that cannot be read would be an error of every call. */
static int
check_ca_file(const struct session *session, struct err *err)
{
    const char *path = options_text(session->options, OPTION_CA_FILE);
    FILE *file = path ? fopen(path, "re") : NULL;
    if (path && !file)
        return err_set_errno(err, EXIT_USAGE, "--ca-file: %s", path);
    if (file)
        (void)fclose(file);
    return 0;
}

/* Rows without org_id belong to the organisation of ZOHO_DESK_ORG_ID. */
static int
check_orgs(const struct session *session, struct err *err)
{
    const struct plan_use *desk = plan_use_of(session->plan, &op_desk_clear_live_mapping);
    if (session->desk_org_id && !session->ops.desk_org_id)
        return err_set(err, EXIT_USAGE,
                       "ZOHO_DESK_ORG_ID is not a number: '%s'; nothing was "
                       "sent",
                       session->desk_org_id);
    if (desk && desk->unnamed && session->org_fault.exit_code)
        return err_set(err, EXIT_USAGE, "%s", session->org_fault.text);
    if (desk && desk->unnamed)
        return err_set(err, EXIT_USAGE,
                       "rows without org_id need ZOHO_DESK_ORG_ID; nothing was sent");
    return 0;
}

int
session_sign_in(struct session *session, struct err *err)
{
    bool crm = needs(session, SERVICE_CRM), desk = needs(session, SERVICE_DESK);
    bool verba = needs(session, SERVICE_VERBA);
    if (check_versions(session, err) || check_ca_file(session, err) ||
        (crm && find_url(session, SERVICE_CRM, err)) ||
        (desk && (find_url(session, SERVICE_DESK, err) || check_orgs(session, err))) ||
        (verba && find_url(session, SERVICE_VERBA, err)))
        return -1;
    if (crm || desk)
        session->zoho = auth_open_zoho(err);
    if (verba)
        session->verba = auth_open_verba(err);
    if (err->exit_code)
        return -1;
    return session->zoho && auth_can_renew(session->zoho)
               ? find_url(session, SERVICE_ACCOUNTS, err)
               : 0;
}
