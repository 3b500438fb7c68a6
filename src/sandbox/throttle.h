/*
 * So many in so long a time, counted apart for each name, over a window that slides.
 */
#ifndef SANDBOX_THROTTLE_H
#define SANDBOX_THROTTLE_H

#include "base/text.h"

#include <stdint.h>

struct throttle;

/* limit 0: no limit. */
struct throttle *throttle_open(size_t limit, int64_t window_ms);
void throttle_free(struct throttle *throttle);

/* Counts one more for `name`; false, and not counted, if that were too many. */
bool throttle_take(struct throttle *throttle, struct span name, int64_t now_ms);

#endif
