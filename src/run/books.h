/*
 * The books of a run: what is known of each item, and the verdicts it refers to. They
 * hold nothing that the journal does not say: a live run and a replay of its journal
 * apply the same entries.
 */
#ifndef RUN_BOOKS_H
#define RUN_BOOKS_H

#include "plan/shelf.h"
#include "run/verdicts.h"

#include <stdint.h>

struct err;

enum status {
    STATUS_WAITING, /* of an item only: no final word yet */
    STATUS_SUCCESS,
    STATUS_FAILED,
    STATUS_UNKNOWN,
    STATUS_REJECTED, /* of a row only */
    STATUS_UNSENT,
    STATUS_COUNT
};

extern const char *const status_names[STATUS_COUNT];

/* Whether a call that carried an item may have been applied all the same; the worse word
 * stands. */
enum lost {
    LOST_NOT,
    LOST_ANSWERED, /* a 5xx: an answer, but no word on what was done */
    LOST_SILENT    /* no answer */
};

struct outcome {
    int64_t time_ms;   /* UTC, of the last word on it; 0: never sent */
    uint32_t verdict;  /* index, if there was any word */
    uint16_t attempts; /* calls begun with it, also those that found no service */
    uint8_t status;    /* enum status */
    bool told : 1;     /* `verdict` means something */
    bool in_flight : 1;
    unsigned lost : 2; /* enum lost */
};

struct books {
    struct outcome *outcomes; /* [items] */
    struct shelf shelf;       /* where they lie, if not in memory */
    uint32_t item_count;
    uint32_t waiting; /* items without a final word */
    struct verdicts *verdicts;
};

/* What exceeds memory goes to the folder `dir` (borrowed). */
void books_init(struct books *books, uint32_t item_count, const char *dir);
void books_clear(struct books *books);

/* The same for a large job: the outcomes lie in a file in that folder, whose room is
 * taken now. EXIT_INTERNAL: the disk is full. */
int books_init_on_disk(struct books *books, uint32_t item_count, const char *dir,
                       struct err *err);

/* Of a large job: outcomes that were looked at need not stay in memory. */
void books_relax(const struct books *books);

/* A call that carries the item begins. */
void books_start(struct books *books, uint32_t item);

/*
 * What a call said of an item it carried, or what becomes of an item without a call.
 * STATUS_WAITING: no final word.
 * `time_ms` 0: nothing was sent.
 */
void books_settle(struct books *books, uint32_t item, enum status status,
                  uint32_t verdict, enum lost lost, int64_t time_ms);

/* The call that carried the item, begun at `time_ms`, ended unseen: it may have been
 * applied. */
void books_lose(struct books *books, uint32_t item, int64_t time_ms);

/* The same, and nobody goes on yet: it stays in flight. */
void books_leave(struct books *books, uint32_t item, int64_t time_ms);

/* A call of an earlier run carried the item and may have been applied. */
void books_note_lost(struct books *books, uint32_t item, enum lost lost);

/* A retry, whose path is given, may send the items: this run must take them for sent.
 * Those that have a final word keep it. */
void books_hand_over(struct books *books, uint32_t first, uint32_t count,
                     struct span retry);

/* Items that were never sent fail with the verdict of a call that blamed their target;
 * returns how many. */
uint32_t books_refuse(struct books *books, uint32_t first, uint32_t count,
                      uint32_t verdict);

/* Items whose fate is unknown and that may not be sent again: that is the final word. */
void books_give_up(struct books *books, uint32_t first, uint32_t count);

/*
 * The final word on items that have none when a run ends early: unknown where a call
 * may have been applied, else unsent with the stop's code and message.
 */
void books_close(struct books *books, const char *stop_code, const char *stop_message);

/* A number of all that the books say of the items; of equal books it is equal. */
uint64_t books_digest(const struct books *books);

#endif
