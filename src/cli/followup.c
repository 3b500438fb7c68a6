#include "cli/followup.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/job_name.h"
#include "cli/keep.h"
#include "cli/notify.h"
#include "report/metrics.h"

/* The totals of a run that could not be done: nothing is known but why. */
static struct totals
totals_of_error(const struct session *session, const struct err *err)
{
    static const struct latency none;
    return (struct totals){
        .latency = &none,
        .input = session->input_name ? session->input_name : "",
        .started_utc_ms = session->started_utc_ms,
        .seconds = (double)(clock_mono_ms() - session->started_ms) / 1000,
        .exit_code = err->exit_code,
        .stop_code = "error",
        .stop_message = err->text,
    };
}

static const char *
status_of(const struct totals *totals, const struct err *err)
{
    return err->exit_code      ? "error"
           : !totals->finished ? "stopped"
           : totals->exit_code ? "failed"
                               : "succeeded";
}

static void
write_metrics(const char *path, const struct metrics_facts *facts)
{
    struct err err = {0};
    struct buf text = {0};
    metrics_add(facts, &text);
    if (file_publish(path, text.data, text.len, &err))
        log_error("--metrics: %s; the run's results are not touched by this", err.text);
    buf_clear(&text);
}

static void
send_notice(struct notice *notice, const struct totals *totals)
{
    struct err err = {0};
    char *summary = totals_json(totals);
    notice->summary = summary;
    notice->exit_code = totals->exit_code;
    (void)fflush(stdout);
    if (notify_send(notice, NOTIFY_LIMIT_MS, &err))
        log_error("--notify: `%.*s`: %s; the run's exit code stays %d",
                  TEXT_CUT(notice->command, 200), err.text, totals->exit_code);
    free(summary);
}

/* A retry lies beside its parent, not where runs of the job are counted: what was saved for
 * the parent is not for it. */
static bool
asks_to_keep(const struct options *options)
{
    return options_text(options, OPTION_KEEP) &&
           (!options->parent || options->origin[OPTION_KEEP] > ORIGIN_DEFINITION);
}

void
followup_run(const struct session *session, const struct err *err)
{
    const char *metrics = options_text(session->options, OPTION_METRICS);
    const char *command = options_text(session->options, OPTION_NOTIFY);
    struct totals totals = err->exit_code ? totals_of_error(session, err)
                                          : session->totals;
    char *path = job_path(session->options), *job = job_name(path);
    char *run_dir = session->rundir ? file_absolute(rundir_path(session->rundir))
                                    : mem_strdup("");
    if (metrics)
        write_metrics(metrics, &(struct metrics_facts){
                                   .totals = &totals,
                                   .job = job,
                                   .ended_utc_ms = clock_utc_ms(),
                                   .counted = !err->exit_code,
                               });
    if (command && !notify_is_nested())
        send_notice(&(struct notice){.command = command,
                                     .status = status_of(&totals, err),
                                     .job = job,
                                     .run_dir = run_dir},
                    &totals);
    if (asks_to_keep(session->options) && totals.finished)
        keep_newest(rundir_path(session->rundir), path,
                    options_number(session->options, OPTION_KEEP));
    free(run_dir);
    free(job);
    free(path);
}
