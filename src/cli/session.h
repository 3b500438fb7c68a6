/*
 * What the commands share: the stages of a run, each a function. A session is made from
 * options and carries what one stage leaves for the next.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "base/err.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "input/reader.h"
#include "net/auth.h"
#include "net/service.h"
#include "ops/op.h"
#include "plan/planner.h"
#include "report/totals.h"
#include "run/books.h"
#include "run/journal.h"
#include "run/latency.h"
#include "run/rundir.h"

struct session {
    const struct options *options; /* borrowed */
    struct progress progress;
    uint64_t input_bytes; /* of the job file; 0: not known */
    bool silent;          /* the rows were told about before: a retry reads them again */
    int64_t started_ms, started_utc_ms; /* this process, */
    int64_t first_utc_ms;               /* and the first one of the run */
    /* session_configure */
    struct field_settings fields;
    struct reader_settings reader;
    struct op_settings ops;
    struct service_settings services;
    char *input_path, *input_name;
    /* session_read */
    struct plan *plan;
    struct columns columns; /* copies of names; no settings */
    enum format format;
    char delimiter;
    struct fingerprint fingerprint;
    bool all_plain; /* the rows of the job file (input/reader.h) */
    struct totals totals;
    /* session_sign_in */
    struct service_url urls[SERVICE_COUNT];
    struct auth *zoho, *verba; /* NULL: not needed */
    char *desk_org_id;
    struct err org_fault; /* why it could not be read */
    /* run commands */
    struct rundir *rundir;
    struct books books;
    struct journal *journal;
    uint64_t journal_bytes; /* of a run that was taken up: whole entries */
    bool sends;             /* this process has a journal to write, or had */
    struct latency latency;
    char *stop_code, *stop_message; /* owned; totals refer to them */
};

/* From options to settings; finds the job file. EXIT_USAGE. */
int session_configure(struct session *session, const struct options *options,
                      struct err *err);
void session_clear(struct session *session);

/* The same for a run that exists: opens options->run_dir, puts its saved settings beneath
 * what was given anew. EXIT_USAGE, EXIT_IN_USE. */
int session_open_run(struct session *session, struct options *options, struct err *err);

/* Standard input, and files that can be read only once, are kept in the run directory. */
int session_spool(struct session *session, struct err *err);

/* The first pass: every row is read and checked, the plan made. EXIT_INPUT. */
int session_read(struct session *session, struct err *err);

/* Addresses and credentials of the services that the plan needs. EXIT_USAGE if they are
 * missing, or if an operation does not go with the settings. */
int session_sign_in(struct session *session, struct err *err);

/*
 * Begin the books and the journal of a new run, and save the settings: with their name the
 * run can be resumed. `last` (or NULL) is done right before that, when all that may fail
 * for want of room is done.
 */
int session_begin(struct session *session, int (*last)(void *context, struct err *err),
                  void *context, struct err *err);

/* Take up books and journal of a run that stopped. `to_send`: more is to be sent, so
 * calls that were in flight are waiting again. EXIT_INPUT: the job file has changed. */
int session_take_up(struct session *session, bool to_send, struct err *err);

/*
 * A retry, whose path is given, takes over items (in order) that must not be sent twice:
 * this run, which was taken up without being sent, will not send them. All of them, or
 * none if it fails.
 */
int session_hand_over(struct session *session, const uint32_t *items, size_t count,
                      const char *retry, struct err *err);

/* Frees plan and books; lets go of the run directory and its journal, for others to open. */
void session_forget_rows(struct session *session);
void session_release(struct session *session);

/* The run ended before its work did. */
void session_note_stop(struct session *session, int exit_code, const char *code,
                       const char *message);

/* Send what the books do not know yet; notes why it stopped in totals. */
int session_send(struct session *session, struct err *err);

/* Send, unless --on-invalid forbids it, and report. */
int session_carry_out(struct session *session, struct err *err);

/* What may have been applied and must not be sent twice is unknown for good. */
void session_give_up_unsafe(struct session *session);

/*
 * The proof of balance: read the journal back from the disk. It must tell what this process
 * believes it did, and from then on the books are those of the journal. EXIT_INTERNAL.
 */
int session_audit(struct session *session, struct err *err);

/* The second pass: results, summary.json, and the exit code into totals. */
int session_report(struct session *session, struct err *err);

/* The closing summary, or the JSON with --json, on standard output. */
void session_tell(const struct session *session);

/* Was nothing rejected, or may the run go on all the same (--on-invalid)? */
bool session_may_send(const struct session *session);

#endif
