/*
 * Reading the answers of Zoho CRM's record APIs: `{"data":[...]}` with one entry per
 * ID, or one error for the whole request.
 */
#ifndef OPS_CRM_ANSWER_H
#define OPS_CRM_ANSWER_H

#include "ops/op.h"

/* A whole-request error: {"code","details","message","status":"error"}. */
struct crm_error {
    struct span code;           /* empty: the body holds none */
    struct span message;
    long resource_path_index;   /* details.resource_path_index, -1: none */
    long retry_after_s;         /* details.retry_after, -1: none */
};

enum crm_answer {
    CRM_ANSWER_ENTRIES,         /* judgement->ids is filled in */
    CRM_ANSWER_ERROR,           /* *error is filled in */
    CRM_ANSWER_UNREADABLE       /* not JSON, or neither of the two */
};

/*
 * Entries are matched by details.id, whatever their order; an ID without an entry keeps
 * VERDICT_NONE. `gone` is the message (any case) that means that there was nothing to
 * do; `done` the one a success should carry (odd_success tells if one does not).
 */
enum crm_answer crm_answer_read(struct span body, const struct span *ids, size_t count,
                                const char *done, const char *gone,
                                struct judgement *judgement, struct crm_error *error);

#endif
