#include "cli/session.h"

#include "base/mem.h"
#include "run/engine.h"

static int64_t
stop_time_ms(const struct session *session)
{
    const struct options *options = session->options;
    int64_t at = 0;
    if (options_text(options, OPTION_MAX_DURATION))
        at = session->started_ms + options_duration_ms(options, OPTION_MAX_DURATION);
    if (options_text(options, OPTION_STOP_AT)) {
        int64_t clock = session->started_ms +
                        options_until_stop_ms(options, session->started_utc_ms);
        at = at && at < clock ? at : clock;
    }
    return at;
}

static int
run_engine(struct session *session, struct pool *pool, struct err *err)
{
    const struct options *options = session->options;
    const char *max_calls = options_text(options, OPTION_MAX_CALLS);
    const char *const secrets[] = {session->token, NULL};
    struct engine_settings settings = {
        .concurrency = options_number(options, OPTION_CONCURRENCY),
        .interval_us = options_interval_us(options),
        .retries = (unsigned)options_number(options, OPTION_RETRIES),
        .calls_max = max_calls ? (int64_t)options_number(options, OPTION_MAX_CALLS) : -1,
        .stop_at_ms = stop_time_ms(session),
        .halt_after = (unsigned)options_number(options, OPTION_HALT_AFTER),
        .missing_ok = options_on(options, OPTION_MISSING_OK),
        .ops = &session->ops,
        .secrets = secrets,
    };
    struct engine *engine = mem_alloc(1, sizeof(*engine));
    engine->settings = &settings;
    engine->plan = session->plan;
    engine->books = &session->books;
    engine->journal = session->journal;
    engine->pool = pool;
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

int
session_send(struct session *session, struct err *err)
{
    const struct options *options = session->options;
    struct pool_settings settings = {
        .calls_max = options_number(options, OPTION_CONCURRENCY),
        .timeout_ms = options_duration_ms(options, OPTION_TIMEOUT),
        .ca_file = options_text(options, OPTION_CA_FILE),
        .proxy = options_text(options, OPTION_PROXY),
    };
    struct pool *pool = pool_open(&settings, err);
    if (!pool)
        return -1;
    struct buf header = {0};
    buf_addf(&header, "Authorization: Zoho-oauthtoken %s", session->token);
    pool_set_service(pool, SERVICE_CRM, &session->url, header.data);
    memset(header.data, 0, header.len);
    buf_clear(&header);
    int rc = run_engine(session, pool, err);
    progress_end(&session->progress);
    pool_free(pool);
    return rc;
}
