#include "sandbox/tokens.h"

#include "base/clock.h"
#include "base/mem.h"

#define TEXT_BYTES 80

struct token {
    char text[TEXT_BYTES];
    int64_t expires_ms;
};

struct tokens {
    struct tokens_rules rules;
    struct token ring[TOKENS_LIVE_MAX];
    unsigned long long issued;
    int64_t seed; /* no two sandboxes hand out the same tokens */
};

struct tokens *
tokens_open(const struct tokens_rules *rules)
{
    struct tokens *tokens = mem_alloc(1, sizeof(*tokens));
    tokens->rules = *rules;
    tokens->seed = clock_utc_ms();
    return tokens;
}

void
tokens_free(struct tokens *tokens)
{
    free(tokens);
}

static unsigned long long
token_part(const struct tokens *tokens, int part)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "%d/%llu/%lld", part, tokens->issued,
                       (long long)tokens->seed);
    return text_hash(text, (size_t)len);
}

const char *
tokens_issue(struct tokens *tokens, int64_t now_ms)
{
    struct token *token = &tokens->ring[tokens->issued++ % TOKENS_LIVE_MAX];
    unsigned long long one = token_part(tokens, 1);
    unsigned long long two = token_part(tokens, 2);
    if (tokens->rules.form == TOKENS_UUID)
        (void)snprintf(token->text, sizeof(token->text),
                       "%08llx-%04llx-%04llx-%04llx-%012llx", one >> 32,
                       one >> 16 & 0xFFFF, one & 0xFFFF, two >> 48, two & 0xFFFFFFFFFFFF);
    else
        (void)snprintf(token->text, sizeof(token->text),
                       "1000.%016llx%016llx.%016llx%016llx", one, two,
                       token_part(tokens, 3), token_part(tokens, 4));
    token->expires_ms = now_ms + tokens->rules.life_ms;
    return token->text;
}

bool
tokens_accept(const struct tokens *tokens, struct span token, int64_t now_ms)
{
    if (tokens->rules.fixed && span_is(token, tokens->rules.fixed))
        return true;
    if (!tokens->rules.strict && !tokens->issued)
        return true;
    for (size_t i = 0; i < TOKENS_LIVE_MAX && i < tokens->issued; i++)
        if (span_is(token, tokens->ring[i].text))
            return now_ms < tokens->ring[i].expires_ms;
    return false;
}
