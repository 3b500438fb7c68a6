/*
 * The numbers of targets that were met lately, by the digits of their record ID: a cache in
 * front of the planner's table, for rows that are like each other but for the digits of
 * their IDs (ops/likeness.h). What it forgets costs time, nothing else.
 */
#ifndef OPS_RECALL_H
#define OPS_RECALL_H

#include "base/text.h"

#include <stdint.h>

#define RECALL_NONE UINT32_MAX

/* Zeroed: empty. */
struct recall {
    struct recall_entry *entries; /* NULL: nothing was noted yet */
};

void recall_clear(struct recall *recall);

/* The number noted for these digits among rows of that kind; RECALL_NONE: none, or it was
 * forgotten. */
uint32_t recall_find(const struct recall *recall, uint32_t kind, struct span digits);

/* Only what has 16 to 20 digits, as IDs have, is remembered, and no RECALL_NONE. */
void recall_note(struct recall *recall, uint32_t kind, struct span digits,
                 uint32_t number);

#endif
