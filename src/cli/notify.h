/*
 * --notify: a command of the user's is told that a run has ended. It gets the summary on
 * its standard input and says what it says on our standard error. It does not get our
 * credentials, it has limited time, and whatever becomes of it the run's own exit code
 * stands.
 */
#ifndef CLI_NOTIFY_H
#define CLI_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum { NOTIFY_LIMIT_MS = 60000, NOTIFY_GRACE_MS = 2000 };

struct notice {
    const char *command; /* for `sh -c` */
    const char *summary; /* JSON */
    /* Its environment has these, too. */
    int exit_code;       /* UNHITCH_EXIT_CODE */
    const char *status;  /* UNHITCH_STATUS: succeeded, failed, stopped or error */
    const char *job;     /* UNHITCH_JOB: name of the job */
    const char *run_dir; /* UNHITCH_RUN_DIR: an absolute path; "" if there is none */
};

/*
 * Run the command and wait for it. After `limit_ms`, or at a signal, it is asked to end
 * (SIGTERM to its process group), and killed if it has not ended NOTIFY_GRACE_MS later.
 * SIGPIPE must be ignored: a command need not read. -1 with what went wrong.
 */
int notify_send(const struct notice *notice, int64_t limit_ms, struct err *err);

/* Was this process started by a notify command? It tells nobody, or there were no end. */
bool notify_is_nested(void);

#endif
