/*
 * What the stub answers, and its books: which relation was removed, and what else was asked.
 *
 * Relations follow a rule instead of a list. Relation k, for k below `rows`, is that of
 * contact FIRST_CONTACT + 3 k with campaign FIRST_CAMPAIGN + 7 (k mod targets);
 * bench/jobfile.py writes job files by the same rule.
 */
#ifndef BENCH_STUB_ANSWER_H
#define BENCH_STUB_ANSWER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct books {
    uint64_t requests;  /* calls that came, */
    uint64_t refused;   /* of them no delink call as it should be */
    uint64_t removed;   /* relations, each once */
    uint64_t repeats;   /* IDs asked for that were removed before */
    uint64_t strangers; /* IDs asked for that are not related to that campaign */
};

/* Once, at first. Without memory for a byte per relation the process ends. */
void answer_open(uint64_t rows, uint64_t targets);

/* Does what the request (its head, ended by a NUL) asks for, and enters it into the books.
   Returns the whole answer, which stays until the next call, and its length. */
const char *answer_to(const char *request, size_t *len);

const struct books *answer_books(void);

#endif
