#include "run/signin.h"

#include "base/err.h"
#include "base/log.h"
#include "run/motor.h"

static void
stop_unsigned(struct motor *motor, const struct err *err)
{
    motor_stop(motor, err->exit_code, "halted", "%s", err->text);
}

void
signin_ask(struct motor *motor, int64_t now_ms)
{
    struct engine *engine = motor->engine;
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        struct auth *auth = engine->auths[i];
        struct err err = {0};
        if (!auth || engine->stop.exit_code || !auth_should_ask(auth, now_ms))
            continue;
        if (auth_ask(auth, &motor->request, now_ms, &err))
            stop_unsigned(motor, &err);
        else
            pool_start(engine->pool, &motor->request, auth);
        request_wipe(&motor->request);
    }
}

/* Sign what is sent from now on with the new token. */
static void
apply(struct motor *motor, const struct auth *auth)
{
    struct engine *engine = motor->engine;
    const char *domain = auth_api_domain(auth);
    struct service_url *crm = &engine->urls[SERVICE_CRM];
    if (domain && crm->base && engine->may_move_crm && strcmp(domain, crm->base) != 0 &&
        service_is_known(domain, SERVICE_CRM)) {
        log_note("sign-in says that the CRM is at %s", domain);
        service_url_move(crm, domain);
    }
    for (enum service service = 0; service < SERVICE_COUNT; service++)
        if (engine->auths[service] == auth && engine->urls[service].base)
            pool_set_service(engine->pool, service, &engine->urls[service],
                             auth_header(auth), auth_parameters(auth));
}

bool
signin_take(struct motor *motor, const struct pool_result *result, int64_t now_ms)
{
    struct engine *engine = motor->engine;
    struct auth *auth = NULL;
    struct err err = {0};
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (result->tag == engine->auths[i])
            auth = engine->auths[i];
    if (!auth)
        return false;
    unsigned before = auth_generation(auth);
    if (auth_take(auth, result, now_ms, motor_chance(motor), &err))
        stop_unsigned(motor, &err);
    if (auth_generation(auth) != before)
        apply(motor, auth);
    return true;
}
