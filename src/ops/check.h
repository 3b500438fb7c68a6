/*
 * Checks of fields that several operations share. Each returns 0, or -1 with a problem
 * that names the field, the value and the remedy.
 */
#ifndef OPS_CHECK_H
#define OPS_CHECK_H

#include "ops/op.h"

/* Have all of these fields a value? */
int check_present(const struct fields *fields, const enum field *needed, size_t count,
                  struct problem *problem);

/* A record ID of CRM or Desk (input/idform.h); `id` is its digits. */
int check_record_id(const struct fields *fields, enum field field, struct span *id,
                    struct problem *problem);

/* true/false, 1/0, yes/no, without regard to case. */
int check_switch(const struct fields *fields, enum field field, bool *on,
                 struct problem *problem);

#endif
