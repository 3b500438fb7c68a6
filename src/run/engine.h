/*
 * The engine: sends the batches of a plan and settles their answers, until every item
 * has a final word or the run is stopped. One thread: fill, wait, settle.
 *
 * Each service is a lane of its own: its waiting batches, its back-off. Concurrency,
 * rate and budget bound all lanes together.
 */
#ifndef RUN_ENGINE_H
#define RUN_ENGINE_H

#include "net/auth.h"
#include "net/pool.h"
#include "plan/plan.h"
#include "run/books.h"
#include "run/journal.h"
#include "run/latency.h"
#include "run/limits.h"

struct engine_settings {
    size_t concurrency;  /* calls in flight at most */
    int64_t interval_us; /* between starts (--rate); 0: none */
    unsigned retries;    /* further tries of a batch */
    struct limits limits;
    bool missing_ok;
    const struct op_settings *ops;
};

/* Why a run ended before its work did. */
struct stop {
    int exit_code;    /* 0: it did not */
    const char *code; /* of the rows left over: budget, window, ... */
    char message[512];
};

/* How far a run is; what a progress line shows. */
struct engine_state {
    uint64_t rows, done;  /* of the job file; with a final word (repeats in proportion) */
    uint64_t done_before; /* when this process began: rejected, or done before a resume */
    uint64_t failed;
    uint64_t calls; /* sent */
    size_t in_flight;
    size_t slowed_to;   /* calls in flight that a service allows after 429; 0: all */
    int64_t wait_ms;    /* until the next call may start, while none is in flight */
    bool stopping;      /* no more calls are started */
    int64_t elapsed_ms; /* since this process began to send */
    int64_t now_ms;     /* monotonic */
};

struct engine {
    /* Set by the caller, borrowed. */
    const struct engine_settings *settings;
    const struct plan *plan;
    struct books *books;
    struct journal *journal;
    struct pool *pool;
    struct auth *auths[SERVICE_COUNT]; /* CRM and Desk share one; NULL: not used */
    struct service_url *urls;          /* [SERVICE_COUNT] */
    bool may_move_crm;                 /* sign-in may tell the CRM's address */
    void (*progress)(const struct engine_state *state, void *context); /* or NULL */
    void *context;

    /* Filled in by engine_run. */
    struct stop stop;
    uint64_t calls; /* requests that may have left */
    struct latency latency;
};

/*
 * Send what the books have no final word on. 0 when the work is done or was stopped
 * (engine->stop says which); -1 on an internal error (disk full, curl).
 */
int engine_run(struct engine *engine, struct err *err);

#endif
