/*
 * Asking for tokens while a run goes on: one request at a time for each sign-in,
 * however many calls wait for it. These requests count for no limit.
 */
#ifndef RUN_SIGNIN_H
#define RUN_SIGNIN_H

#include <stdbool.h>
#include <stdint.h>

struct motor;
struct pool_result;

/* Ask for the tokens that are wanted now. */
void signin_ask(struct motor *motor, int64_t now_ms);

/* Take an ended call if it was one for a token; false if it was not. */
bool signin_take(struct motor *motor, const struct pool_result *result, int64_t now_ms);

#endif
