/*
 * What every route of the CRM shares: its refusals, the access token, the limits.
 * A check returns true to go on; otherwise it has written the answer.
 */
#ifndef SANDBOX_CRM_H
#define SANDBOX_CRM_H

#include <stdbool.h>

struct answer;
struct call;
struct world;

/* Refusals of a whole request, as documented for the CRM API v2 to v8. */
enum crm_refusal {
    CRM_BAD_PATH,           /* 404 INVALID_URL_PATTERN */
    CRM_BAD_METHOD,         /* 400 INVALID_REQUEST_METHOD */
    CRM_NO_TOKEN,           /* 401 AUTHENTICATION_FAILURE */
    CRM_BAD_TOKEN,          /* 401 INVALID_TOKEN */
    CRM_NO_SCOPE,           /* 401 OAUTH_SCOPE_MISMATCH */
    CRM_BUSY,               /* 429 TOO_MANY_REQUESTS */
    CRM_NO_CREDITS,         /* 429 TOO_MANY_REQUESTS */
    CRM_BAD_MODULE,         /* 400 INVALID_MODULE */
    CRM_UNSUPPORTED_MODULE, /* 400 INVALID_MODULE */
    CRM_BAD_PARENT,         /* 400 INVALID_DATA */
    CRM_BAD_LIST,           /* 400 INVALID_DATA */
    CRM_NO_IDS,             /* 400 MANDATORY_NOT_FOUND */
    CRM_TOO_MANY_IDS,       /* 400 LIMIT_EXCEEDED */
    CRM_BAD_IDS             /* 400 UNABLE_TO_PARSE_DATA_TYPE */
};

/* Writes the refusal. Returns false, so that a check may end with it. */
bool crm_refuse(struct answer *answer, enum crm_refusal refusal);

bool crm_check_method(const struct call *call, const char *method, struct answer *answer);

/* `Authorization: Zoho-oauthtoken TOKEN`, one that is good (tokens.h). */
bool crm_check_token(const struct world *world, const struct call *call,
                     struct answer *answer);

/* May the token be used for the area with one of the rights (scopes.h)? */
bool crm_check_scope(const struct world *world, const char *area, const char *rights,
                     struct answer *answer);

/* --limit-in-flight and --limit-calls; the call uses up one credit. Once half of the
 * credits are used, answers carry X-API-CREDITS-REMAINING. */
bool crm_check_limits(struct world *world, const struct call *call,
                      struct answer *answer);

/* A route (see routes.h): paths that nobody serves. */
void crm_serve_nothing(struct world *world, struct call *call, struct answer *answer);

#endif
