#include "cli/commands.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/followup.h"
#include "cli/job_name.h"
#include "run/signals.h"

#include <sys/stat.h>
#include <unistd.h>

/* runs/<name>-<UTC time>; a number follows if that is taken. */
static char *
default_out(const struct session *session)
{
    struct buf path = {0};
    struct stat st;
    char stamp[32];
    struct tm tm;
    time_t now = (time_t)(session->started_utc_ms / 1000);
    (void)gmtime_r(&now, &tm);
    (void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
    char *job = job_path(session->options), *name = job_name(job);
    buf_addf(&path, "runs/%s-%s", name, stamp);
    size_t plain = path.len;
    for (int n = 2; stat(path.data, &st) == 0; n++) {
        path.len = plain;
        buf_addf(&path, "-%d", n);
    }
    free(name);
    free(job);
    return buf_take(&path);
}

static int
make_rundir(struct session *session, struct err *err)
{
    const char *given = options_text(session->options, OPTION_OUT);
    bool taken = true;
    while (taken && !session->rundir) {
        char *path = given ? mem_strdup(given) : default_out(session);
        session->rundir = rundir_create(path, err);
        /* Another run of that second was faster: the next number. */
        taken = !given && access(path, F_OK) == 0 &&
                (err->exit_code == EXIT_IN_USE || err->exit_code == EXIT_USAGE);
        if (taken)
            *err = (struct err){0};
        free(path);
    }
    return session->rundir ? 0 : -1;
}

/* Everything up to the first call: what fails here leaves no run directory. */
static int
prepare(struct session *session, struct err *err)
{
    if (make_rundir(session, err))
        return -1;
    if (session_spool(session, err) || session_read(session, err) ||
        session_sign_in(session, err) || session_begin(session, NULL, NULL, err)) {
        rundir_abandon(session->rundir);
        session->rundir = NULL;
        return -1;
    }
    return 0;
}

int
command_run(struct options *options, struct err *err)
{
    struct session session;
    int rc = -1;
    if (options_on(options, OPTION_DRY_RUN))
        return command_plan(options, err);
    signals_catch();
    if (session_configure(&session, options, err) || prepare(&session, err))
        goto out;
    log_detail("run directory: %s", rundir_path(session.rundir));
    if (session_carry_out(&session, err)) {
        log_error("the run directory is %s; `unhitch resume` carries on there",
                  rundir_path(session.rundir));
        goto out;
    }
    session_tell(&session);
    rc = session.totals.exit_code;
out:
    followup_run(&session, err);
    session_clear(&session);
    return rc;
}

static int
carry_on(struct session *session, struct err *err)
{
    if (session_read(session, err) || session_take_up(session, true, err))
        return -1;
    if (session->books.waiting == 0)
        log_note("%s: finished already; nothing was sent", rundir_path(session->rundir));
    else if (session_sign_in(session, err))
        return -1;
    return session_carry_out(session, err);
}

int
command_resume(struct options *options, struct err *err)
{
    struct session session;
    int rc = -1;
    signals_catch();
    if (session_open_run(&session, options, err) == 0 && carry_on(&session, err) == 0) {
        session_tell(&session);
        rc = session.totals.exit_code;
    }
    followup_run(&session, err);
    session_clear(&session);
    return rc;
}

int
command_report(struct options *options, struct err *err)
{
    struct session session;
    int rc = -1;
    if (session_open_run(&session, options, err) == 0 &&
        session_read(&session, err) == 0 && session_take_up(&session, false, err) == 0 &&
        session_report(&session, err) == 0) {
        session_tell(&session);
        rc = EXIT_OK;
    }
    session_clear(&session);
    return rc;
}
