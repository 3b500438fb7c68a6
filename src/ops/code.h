/*
 * Codes: what each means, what to do about it, and what the program does when it sees
 * it. One table per operation, and one for unhitch's own codes. The closing summary,
 * `unhitch codes` and the judges all read from here.
 */
#ifndef OPS_CODE_H
#define OPS_CODE_H

#include <stdbool.h>

/* What a person can do about it. */
enum code_class {
    CLASS_DONE,
    CLASS_FIX_DATA,
    CLASS_FIX_PERMISSION,
    CLASS_TRY_LATER,
    CLASS_STOP
};

extern const char *const class_names[];

/* What the run does when a whole answer carries the code. */
enum action {
    ACTION_ENTRIES,     /* the answer speaks of each ID */
    ACTION_FAIL,        /* the batch failed */
    ACTION_FAIL_TARGET, /* every batch of the target fails the same way */
    ACTION_SPLIT,       /* one ID spoils the batch: halve it */
    ACTION_RETRY,       /* not applied, try again */
    ACTION_RETRY_LOST,  /* may have been applied, try again */
    ACTION_SLOW_DOWN,   /* too many calls: wait, then fewer at once */
    ACTION_RENEW_TOKEN, /* the token is not, or no longer, good */
    ACTION_STOP,        /* credentials or their scope: nothing will work */
    ACTION_STOP_LIMIT   /* the day's limit is reached */
};

struct code_row {
    short http; /* 0: any, or none */
    const char *code;
    enum code_class class;
    enum action action;
    const char *meaning; /* in our words */
    const char *advice;  /* what to do; "" if nothing */
};

/* unhitch's own codes, lower case; ended by a row without a code. */
extern const struct code_row codes_own[];

/* Did it fail for a reason that may pass: 408, 429 (or TOO_MANY_REQUESTS for one ID of a
 * call), 5xx, or never reached the service? */
bool code_may_pass(const char *code, long http);

#endif
