/*
 * What follows a run, however it ended: metrics are written, a command is told, old runs
 * are removed (--metrics, --notify, --keep). Nothing of it changes the run's exit code; what
 * goes wrong is said on standard error.
 */
#ifndef CLI_FOLLOWUP_H
#define CLI_FOLLOWUP_H

#include "cli/session.h"

/* `err` holds why the run could not be done, or nothing. */
void followup_run(const struct session *session, const struct err *err);

#endif
