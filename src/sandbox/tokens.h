/*
 * Access tokens that one service hands out: each is good for a while, and only the
 * newest of them are alive. Until the first is handed out, and unless it is told to be
 * strict, a service accepts any token.
 */
#ifndef SANDBOX_TOKENS_H
#define SANDBOX_TOKENS_H

#include "base/text.h"

#include <stdint.h>

#define TOKENS_LIVE_MAX 10 /* the eleventh kills the oldest */

struct tokens;

enum tokens_form {
    TOKENS_ZOHO, /* "1000." and twice 32 hexadecimal digits, a dot between them */
    TOKENS_UUID
};

struct tokens_rules {
    enum tokens_form form;
    bool strict;
    const char *fixed; /* one that is good for ever, borrowed; NULL: none */
    int64_t life_ms;
};

struct tokens *tokens_open(const struct tokens_rules *rules);
void tokens_free(struct tokens *tokens);

/* A new one; it lives until TOKENS_LIVE_MAX more were issued. */
const char *tokens_issue(struct tokens *tokens, int64_t now_ms);

bool tokens_accept(const struct tokens *tokens, struct span token, int64_t now_ms);

#endif
