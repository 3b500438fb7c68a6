/*
 * Files without a name: they are gone with the process, however that ends.
 */
#ifndef PLAN_SCRATCH_H
#define PLAN_SCRATCH_H

struct err;

/* Open one in the folder, to read and write; -1 on error. */
int scratch_open(const char *dir, struct err *err);

/* Note that the disk of the folder gave an error (errno). Returns -1. */
int scratch_fail(const char *dir, struct err *err);

#endif
