/*
 * Which items are worth sending again in a new run.
 */
#ifndef RUN_WORTH_H
#define RUN_WORTH_H

#include "plan/plan.h"
#include "run/books.h"

/*
 * Unknown, unsent, or failed for a reason that may pass (`all`: for any reason); never
 * one that was sent and whose operation must not be repeated.
 */
bool worth_retrying(const struct plan *plan, const struct books *books, uint32_t item,
                    bool all);

#endif
