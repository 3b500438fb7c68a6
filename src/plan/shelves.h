/*
 * Where the arrays of a large job's plan lie.
 */
#ifndef PLAN_SHELVES_H
#define PLAN_SHELVES_H

#include "plan/shelf.h"

enum plan_array {
    PLAN_ITEM_OF_ROW,
    PLAN_ID_AT,
    PLAN_FIRST_ROW,
    PLAN_IDS,
    PLAN_TARGETS,
    PLAN_KEYS,
    PLAN_BATCHES,
    PLAN_ARRAY_COUNT
};

struct plan_shelves {
    struct shelf of[PLAN_ARRAY_COUNT];
};

#endif
