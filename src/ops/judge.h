/*
 * What the HTTP status alone decides, the same for every operation.
 *
 * Source: RFC 9110 for the classes; the services document 429 for limits, and answer
 * 500 to 504 from gateways with HTML or nothing.
 */
#ifndef OPS_JUDGE_H
#define OPS_JUDGE_H

#include "ops/op.h"

/* Forget an earlier answer. */
void judge_begin(struct judgement *judgement);

/*
 * Judge an answer that refuses the request as a whole. `code` (may be empty) and
 * `message` are the service's; an empty code becomes `http-<status>`, or
 * `bad-response` where the status claims success. 408, 429 and 5xx decide by status,
 * else the code does by `rows`; 401 without a known code is a matter of the token.
 */
void judge_whole(const struct answer *answer, struct span code, struct span message,
                 const struct code_row *rows, struct judgement *judgement);

#endif
