/*
 * What became of each row, told in the order of the rows. For a job in memory it is
 * looked up; the items of a large job lie in another order than its rows, so what is
 * known of them is fetched first, a range of items at a time, and put in the order of
 * the rows on disk.
 */
#ifndef REPORT_GATHER_H
#define REPORT_GATHER_H

#include "plan/plan.h"
#include "run/books.h"

struct err;
struct gather;

/* What the reports ask for about the item of a row. */
struct row_fate {
    struct outcome outcome;
    uint32_t first_row; /* that names it; 0: no two rows name the same */
    bool worth;         /* `retry` would take it */
    uint8_t use;        /* its operation, of plan->uses */
};

/*
 * Begin with the first row. `books` are closed; `all`: of failed rows, every one is worth
 * a retry; `dir` (borrowed): a folder for what exceeds memory. NULL on error.
 */
struct gather *gather_open(const struct plan *plan, const struct books *books, bool all,
                           const char *dir, struct err *err);
void gather_free(struct gather *gather);

/* The next row; there must be one. `*item` PLAN_NO_ITEM: it is rejected, and `fate` is
 * left as it is. */
int gather_next(struct gather *gather, uint32_t *item, struct row_fate *fate,
                struct err *err);

/* The disk that it takes for a large job of so many rows. */
uint64_t gather_bytes(uint64_t rows);

#endif
