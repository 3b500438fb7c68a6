#include "cli/commands.h"

#include "base/log.h"
#include "cli/session.h"
#include "report/closing.h"
#include "run/signals.h"

static void
tell_plan(const struct session *session)
{
    const struct options *options = session->options;
    bool json = options_on(options, OPTION_JSON);
    struct plan_pace pace = {options_number(options, OPTION_CONCURRENCY),
                             options_interval_us(options)};
    struct buf text = {0};
    closing_add_plan(&session->totals, pace, &text);
    if (json) {
        char *summary = totals_plan_json(&session->totals);
        (void)fputs(summary, stdout);
        free(summary);
    }
    if (!json || !options_on(options, OPTION_QUIET))
        (void)fputs(text.data, json ? stderr : stdout);
    buf_clear(&text);
}

int
command_plan(struct options *options, struct err *err)
{
    struct session session;
    int rc = -1;
    signals_catch();
    if (session_configure(&session, options, err) == 0 &&
        session_read(&session, err) == 0) {
        tell_plan(&session);
        if (!session_may_send(&session))
            log_note("a run would send nothing: --on-invalid is stop, and %llu rows are "
                     "rejected",
                     (unsigned long long)session.plan->rejected);
        rc = !session.plan->rejected      ? EXIT_OK
             : session_may_send(&session) ? EXIT_ROWS
                                          : EXIT_INPUT;
    }
    session_clear(&session);
    return rc;
}
