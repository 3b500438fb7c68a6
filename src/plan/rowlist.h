/*
 * A list of accepted rows on disk, in input order: row number, target and ID of each. A
 * target that stood there a short while ago is not written again but pointed to, so a
 * row of a job with few targets takes 7 bytes and its ID.
 */
#ifndef PLAN_ROWLIST_H
#define PLAN_ROWLIST_H

#include "ops/op.h"
#include "plan/spill.h"

enum { ROWLIST_KEY_MAX = 1 << 15 /* bytes */ };

/* What is known of the rows of a list without reading it. */
struct rowlist_facts {
    uint64_t rows, id_bytes;
    uint64_t keys, key_bytes; /* as often as they were written */
    uint64_t hash_or, hash_and;
    uint64_t id_or, id_and; /* of the hashes of IDs, where they were told */
    bool id_hashed;
    uint32_t first_row, last_row;
    uint8_t id_len_min, id_len_max;
    const struct op *op; /* of the first row */
};

struct rowlist {
    struct spill_stream stream;
    struct rowlist_facts facts;
    struct rowlist_recent *recent; /* while it is written */
};

/* A target in a list that is read. */
struct rowlist_target {
    const struct op *op;
    struct span key; /* borrowed, until the next row */
    uint64_t hash;
    uint32_t number; /* for the reader's use; UINT32_MAX when the target is met anew */
};

struct rowlist_row {
    struct rowlist_target *target;
    uint32_t number;
    struct span id;   /* borrowed, until the next row */
    uint64_t id_hash; /* when it is added: 0 if not known */
};

/* The hash of a target: the operation is in its lowest byte, so no two share one. */
uint64_t rowlist_hash(const struct op *op, struct span key);

int rowlist_add(struct rowlist *list, struct spill *spill, const struct rowlist_row *row,
                struct err *err);

/* Nothing more is added. */
int rowlist_end(struct rowlist *list, struct spill *spill, struct err *err);
void rowlist_drop(struct rowlist *list, struct spill *spill);

/* Reading a list that was ended, once. */
struct rowlist_reader;

struct rowlist_reader *rowlist_read(struct rowlist *list, struct spill *spill);
void rowlist_reader_free(struct rowlist_reader *reader);

/* 1: a row, 0: no more, -1: unreadable. */
int rowlist_next(struct rowlist_reader *reader, struct rowlist_row *row, struct err *err);

#endif
