/*
 * Reading a journal back into books: what a stopped run knew when it ended.
 */
#ifndef RUN_REPLAY_H
#define RUN_REPLAY_H

#include "plan/plan.h"
#include "run/journal.h"
#include "run/latency.h"

struct replay {
    /* Set by the caller. */
    const struct plan *plan;
    struct fingerprint fingerprint; /* of the job file as it is now */
    const char *input_name;         /* what messages call the job file */
    struct books *books;            /* fresh; filled in */

    /* Filled in. */
    uint64_t calls; /* requests that may have left */
    uint64_t newest_call;
    struct latency latency;
    int64_t first_ms, last_ms; /* UTC of the first and the last entry */
    int stop_exit_code;        /* of the last process's end; 0: it did not say */
    char stop_code[32], stop_message[512];
    uint64_t whole_bytes; /* of the journal */
};

/*
 * Replay the journal at `path`. Calls that may have left without an answer leave their
 * items waiting and lost (`in_flight` stays set if `keep_in_flight`, for a report).
 * EXIT_INTERNAL: no journal, or damaged; EXIT_INPUT: it is of another job file.
 */
int replay_journal(const char *path, bool keep_in_flight, struct replay *replay,
                   struct err *err);

/* Names this boot of the machine; "" where the system does not tell. */
const char *replay_boot_name(void);

#endif
