#include "cli/session.h"

#include "base/mem.h"
#include "run/engine.h"

enum { SIGN_INS = 2 }; /* requests for tokens, beside the calls */

static struct limits
limits_of(const struct session *session)
{
    const struct options *options = session->options;
    bool budget = options_text(options, OPTION_MAX_CALLS) != NULL;
    bool duration = options_text(options, OPTION_MAX_DURATION) != NULL;
    int64_t clock_ms = options_text(options, OPTION_STOP_AT)
                           ? options_until_stop_ms(options, session->started_utc_ms)
                           : -1;
    return (struct limits){
        .calls_max = budget ? (int64_t)options_number(options, OPTION_MAX_CALLS) : -1,
        .close_ms = limits_close_ms(
            session->started_ms,
            duration ? options_duration_ms(options, OPTION_MAX_DURATION) : -1, clock_ms),
        .close_utc_ms = clock_ms < 0 ? 0 : session->started_utc_ms + clock_ms,
        .halt_after = options_number(options, OPTION_HALT_AFTER),
    };
}

static int
run_engine(struct session *session, struct pool *pool, struct err *err)
{
    const struct options *options = session->options;
    struct engine_settings settings = {
        .concurrency = options_number(options, OPTION_CONCURRENCY),
        .interval_us = options_interval_us(options),
        .retries = (unsigned)options_number(options, OPTION_RETRIES),
        .limits = limits_of(session),
        .missing_ok = options_on(options, OPTION_MISSING_OK),
        .ops = &session->ops,
    };
    struct engine *engine = mem_alloc(1, sizeof(*engine));
    engine->settings = &settings;
    engine->plan = session->plan;
    engine->books = &session->books;
    engine->journal = session->journal;
    engine->pool = pool;
    engine->auths[SERVICE_CRM] = engine->auths[SERVICE_DESK] = session->zoho;
    engine->auths[SERVICE_VERBA] = session->verba;
    engine->urls = session->urls;
    engine->may_move_crm = !session->services.base_url &&
                           !session->services.url[SERVICE_CRM];
    engine->progress = progress_draw;
    engine->context = &session->progress;
    engine->latency = session->latency;
    int rc = engine_run(engine, err);
    session->totals.calls += engine->calls;
    session->latency = engine->latency;
    if (engine->stop.exit_code && session->books.waiting)
        session_note_stop(session, engine->stop.exit_code, engine->stop.code,
                          engine->stop.message);
    free(engine);
    return rc;
}

static void
set_services(const struct session *session, struct pool *pool)
{
    const struct auth *const auths[SERVICE_COUNT] = {
        [SERVICE_CRM] = session->zoho,
        [SERVICE_DESK] = session->zoho,
        [SERVICE_VERBA] = session->verba,
    };
    for (enum service service = 0; service < SERVICE_COUNT; service++)
        if (session->urls[service].base)
            pool_set_service(pool, service, &session->urls[service],
                             auths[service] ? auth_header(auths[service]) : NULL,
                             auths[service] ? auth_parameters(auths[service]) : NULL);
}

int
session_send(struct session *session, struct err *err)
{
    const struct options *options = session->options;
    struct pool_settings settings = {
        .calls_max = options_number(options, OPTION_CONCURRENCY) + SIGN_INS,
        .timeout_ms = options_duration_ms(options, OPTION_TIMEOUT),
        .ca_file = options_text(options, OPTION_CA_FILE),
        .proxy = options_text(options, OPTION_PROXY),
    };
    struct pool *pool = pool_open(&settings, err);
    if (!pool)
        return -1;
    set_services(session, pool);
    int rc = run_engine(session, pool, err);
    progress_end(&session->progress);
    pool_free(pool);
    return rc;
}
