/*
 * A shelf: a long array in a file without a name, for what would not fit in memory. It
 * is written from start to end, or made full of zeros; then it is mapped and used like
 * any array. What of it was touched counts as the process's memory until shelf_relax.
 *
 * A zeroed struct is a shelf that holds nothing.
 */
#ifndef PLAN_SHELF_H
#define PLAN_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct shelf {
    const char *dir; /* borrowed; NULL: not open */
    int fd;
    char *pending;
    size_t pending_bytes;
    uint64_t bytes;
    void *data; /* once it is mapped */
};

/* Begin one in the folder `dir`. */
int shelf_open(struct shelf *shelf, const char *dir, struct err *err);
void shelf_clear(struct shelf *shelf);

/* Put something at its end. */
int shelf_add(struct shelf *shelf, const void *bytes, size_t len, struct err *err);

/* It is complete: map it, to be read. */
int shelf_map(struct shelf *shelf, struct err *err);

/* Make it `bytes` zeros, mapped to be written. The disk's room is taken now: a full disk
 * is an error here and never later. */
int shelf_fill(struct shelf *shelf, uint64_t bytes, struct err *err);

/* What was touched need not stay in memory; pointers into it remain valid. */
void shelf_relax(const struct shelf *shelf);

#endif
