/*
 * What the targets of answers share: an answer is judged and ruled on, and what holds
 * for the answers of every service is checked.
 */
#ifndef FUZZ_ANSWER_H
#define FUZZ_ANSWER_H

#include "fuzz.h"
#include "run/ruling.h"

/* An answer as it was judged, and what it is about. */
struct judged {
    const struct op *op;
    const struct span *ids;
    size_t count;
    struct answer answer;
    struct judgement judgement;
};

/* Take the HTTP status and the facts from the feed, the body from all that is left. The
 * ruling on it is checked; look at the judgement, then clear it. */
void judged_take(struct judged *judged, const struct op *op, const struct span *ids,
                 size_t count, struct feed *feed);
void judged_clear(struct judged *judged);

#endif
