/*
 * The journal: the only durable truth while a run goes on. Intent before a call, the
 * start of it, the outcomes after; reports are projections of it, a resumed run replays
 * it.
 *
 * What it promises: no request leaves before its intent is on disk (JOURNAL_INTENT,
 * then journal_sync_begin until journal_is_synced). Starts and answers are written, not
 * synced: if the process dies they are there, if the machine dies the intents still name
 * every call that may have left. One sync covers the intents of many calls.
 *
 * Form: the magic line, then entries: length (4 bytes), CRC-32 of the payload (4), the
 * payload: a type byte and fields, all little-endian. After a sync the next entry says up
 * to where the file is safe. Damage before that is refused. Damage behind it is what a
 * crash leaves, and at most 1 MiB: a torn end is cut off; so are holes, if the machine has
 * been started again since, else they are damage, too (replay_journal).
 */
#ifndef RUN_JOURNAL_H
#define RUN_JOURNAL_H

#include "input/source.h"
#include "run/books.h"
#include "run/slice.h"

struct err;

/* No call says more than one thing of each ID. */
enum { JOURNAL_GROUPS_MAX = 100 };

enum journal_type {
    JOURNAL_PLAN = 'P',    /* what the item numbers refer to: first, once */
    JOURNAL_BEGIN = 'B',   /* a process begins to send */
    JOURNAL_INTENT = 'I',  /* a call is about to be made */
    JOURNAL_START = 'S',   /* it begins now */
    JOURNAL_VERDICT = 'V', /* a verdict that later entries refer to by number */
    JOURNAL_ANSWER = 'A',  /* how a call ended, and what became of its items */
    JOURNAL_REFUSED = 'R', /* items that fail with another call's verdict, unsent */
    JOURNAL_HANDED = 'H',  /* items that a retry has taken over and may send */
    JOURNAL_END = 'E'      /* the process stopped sending; nothing is in flight */
};

/* Items of a call that share an outcome. */
struct journal_group {
    uint8_t status; /* enum status; STATUS_WAITING: to be sent again */
    uint8_t lost;   /* enum lost */
    uint32_t verdict;
    uint64_t mask[2]; /* of the call's slice */
};

/* One entry; which members mean something depends on the type. */
struct journal_entry {
    enum journal_type type;
    int64_t time_ms;    /* BEGIN, INTENT, ANSWER, REFUSED, HANDED, END: UTC */
    uint64_t call;      /* INTENT, START, ANSWER: number of the call, from 1 */
    struct slice slice; /* INTENT */
    uint32_t verdict;   /* VERDICT: its number; REFUSED */
    long http;          /* VERDICT */
    struct span code;   /* VERDICT; END: of the unsent rows, "" if finished */
    struct span
        message; /* VERDICT, END; HANDED: path of the retry; BEGIN: names the boot of the machine */
    uint32_t latency_us; /* ANSWER */
    bool sent;           /* ANSWER: bytes may have left */
    uint8_t group_count; /* ANSWER */
    struct journal_group groups[JOURNAL_GROUPS_MAX];
    uint32_t first_item, items;     /* REFUSED, HANDED; PLAN: items */
    uint64_t rows;                  /* PLAN */
    struct fingerprint fingerprint; /* PLAN: of the job file */
    int exit_code;                  /* END */
};

struct journal;

/* Make a new journal; the file must not be there. */
struct journal *journal_create(const char *path, struct err *err);
void journal_free(struct journal *journal);

/* Add an entry; it is written with the next flush or sync. */
void journal_add(struct journal *journal, const struct journal_entry *entry);

/* Hand what was added to the system: it survives the process. Waits for the disk only where
 * more than 1 MiB would be written and not on disk. */
int journal_flush(struct journal *journal, struct err *err);

/* The same, if much was added. */
int journal_flush_much(struct journal *journal, struct err *err);

/* Flush, and wait until it is on disk: it survives the machine. */
int journal_sync(struct journal *journal, struct err *err);

/*
 * The same without waiting: flush, and have it put on disk meanwhile. `*request` is to be
 * asked for later; requests are fulfilled in their order.
 */
int journal_sync_begin(struct journal *journal, uint64_t *request, struct err *err);

/* 1: it is on disk, 0: not yet, -1: the disk failed. */
int journal_is_synced(struct journal *journal, uint64_t request, struct err *err);

/* Readable when a request is fulfilled, until journal_heed_wake: ask journal_is_synced
 * after that, else one may be missed. -1: no request was made yet. */
int journal_wake_fd(const struct journal *journal);
void journal_heed_wake(struct journal *journal);

/* Where what can be used of a journal ends. */
struct journal_tail {
    uint64_t whole_bytes; /* the last whole entry ends there */
    bool holed;           /* whole entries follow: a crash of the machine, or damage */
};

/*
 * Read a journal from its start and hand each whole entry to `apply` (spans are
 * borrowed), up to a tail that a crash tore. EXIT_INTERNAL if the file is no journal or
 * damaged where it was safe.
 */
int journal_replay(const char *path,
                   int (*apply)(const struct journal_entry *entry, void *context,
                                struct err *err),
                   void *context, struct journal_tail *tail, struct err *err);

/* Is it missing, or is there nothing in it that was ever synced? */
bool journal_is_blank(const char *path);

/* Open a journal to add to it, cut back to its whole entries. */
struct journal *journal_reopen(const char *path, uint64_t whole_bytes, struct err *err);

#endif
