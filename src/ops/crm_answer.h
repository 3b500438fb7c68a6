/*
 * Reading the answers of Zoho CRM's record APIs: `{"data":[...]}` with one entry per
 * ID, or one error for the whole request.
 */
#ifndef OPS_CRM_ANSWER_H
#define OPS_CRM_ANSWER_H

#include "ops/op.h"

/* clang-format off */
/* Rows of every CRM operation's code table; `scope` is what the token must permit. */
#define CRM_COMMON_CODES(scope)                                                          \
    {400, "INVALID_REQUEST_METHOD", CLASS_STOP, ACTION_FAIL,                             \
     "this address does not take the request",                                           \
     "check --api-version, --data-center and --crm-url"},                                \
    {400, "INVALID_HOST", CLASS_STOP, ACTION_FAIL,                                       \
     "this host does not serve the organisation", "check --data-center and --crm-url"},  \
    {401, "OAUTH_SCOPE_MISMATCH", CLASS_STOP, ACTION_STOP,                               \
     "the token lacks the scope for this", "get a token with " scope},                  \
    {401, "INVALID_TOKEN", CLASS_STOP, ACTION_RENEW_TOKEN,                               \
     "the access token has expired or was revoked", "get a new token"},                 \
    {401, "AUTHENTICATION_FAILURE", CLASS_STOP, ACTION_RENEW_TOKEN,                      \
     "the service found no usable token in the request",                                 \
     "check ZOHO_ACCESS_TOKEN and --data-center"},                                       \
    {404, "INVALID_URL_PATTERN", CLASS_STOP, ACTION_FAIL, "no API at this address",      \
     "check --api-version, --data-center and --crm-url"},                                \
    {429, "TOO_MANY_REQUESTS", CLASS_TRY_LATER, ACTION_SLOW_DOWN,                        \
     "too many calls at once, or the day's credits are used up",                         \
     "lower --concurrency, or `unhitch retry` tomorrow"},                                \
    {500, "INTERNAL_ERROR", CLASS_TRY_LATER, ACTION_RETRY_LOST,                          \
     "the service failed; it may have been applied", "`unhitch retry` later"}
/* clang-format on */

/* A whole-request error: {"code","details","message","status":"error"}. */
struct crm_error {
    struct span code; /* empty: the body holds none */
    struct span message;
    struct span status;       /* "success", "error", or empty */
    long resource_path_index; /* details.resource_path_index, -1: none */
    long retry_after_s;       /* details.retry_after, -1: none */
};

enum crm_answer {
    CRM_ANSWER_ENTRIES,   /* judgement->ids is filled in */
    CRM_ANSWER_ERROR,     /* *error is filled in */
    CRM_ANSWER_CODELESS,  /* neither of the two, such as a gateway's: a message at most */
    CRM_ANSWER_UNREADABLE /* not JSON, or no object */
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
