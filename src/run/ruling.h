/*
 * What an ended call means for each ID it carried: the retry rules, as a pure function
 * of the answer and of what is known of the items.
 */
#ifndef RUN_RULING_H
#define RUN_RULING_H

#include "net/pool.h"
#include "run/books.h"

/* What becomes of the items that have no final word yet. */
enum again {
    AGAIN_NEVER,  /* there are none */
    AGAIN_RETRY,  /* uses up one of --retries */
    AGAIN_SLOWER, /* 429: uses up none */
    AGAIN_HALVES, /* two smaller calls, uses up none */
    AGAIN_SIGNED, /* with a new token, uses up none */
    AGAIN_RESUME  /* only after the run was stopped: credentials, limit */
};

/* The word on one item. */
struct fate {
    enum status status; /* STATUS_WAITING: goes again */
    enum lost lost;     /* may have been applied */
    bool keep;          /* an earlier word is the better one: keep it */
    struct span code;   /* borrowed from the judgement or a constant */
    struct span message;
};

struct ruling {
    struct fate fates[BATCH_MAX];
    enum again again;
    bool any_success;
    bool blames_target;   /* the target's other batches get the same fate */
    bool counts_for_halt; /* if there was no success */
    bool ends_split;      /* what would be split is one ID: it counts with its batch */
    enum action stop;     /* ACTION_STOP, ACTION_STOP_LIMIT; else ACTION_ENTRIES */
    bool odd_success;
    long retry_after_s; /* -1: not asked for */
};

/* What is known of the call when it has ended. */
struct ruling_facts {
    const struct op *op;
    const struct span *ids;                /* of the call, in its order */
    const struct outcome *const *outcomes; /* of the same items */
    size_t count;
    bool last_try;   /* --retries are used up */
    bool may_resend; /* also when it may have been applied */
    bool may_renew;  /* another token can be had, and was not tried yet */
    bool missing_ok;
};

void ruling_make(const struct ruling_facts *facts, const struct pool_result *result,
                 struct judgement *judgement, struct ruling *ruling);

#endif
