#include "sandbox/world.h"

#include "sandbox/delink.h"
#include "sandbox/relations.h"
#include "sandbox/settings.h"
#include "sandbox/tally.h"
#include "sandbox/throttle.h"
#include "sandbox/tokens.h"
#include "sandbox/verba_calls.h"

static void
open_tokens(struct world *world)
{
    const struct settings *settings = world->settings;
    struct tokens_rules zoho = {
        .form = TOKENS_ZOHO,
        .strict = settings->token || settings->client_id || settings->client_secret ||
                  settings->refresh_token,
        .fixed = settings->token,
        .life_ms = (int64_t)settings->token_life_ms,
    };
    struct tokens_rules verba = {
        .form = TOKENS_UUID,
        .strict = true,
        .fixed = settings->verba_token,
        .life_ms = (int64_t)settings->verba_token_life_ms,
    };
    world->zoho_tokens = tokens_open(&zoho);
    world->verba_tokens = tokens_open(&verba);
}

int
world_open(struct world *world, const struct settings *settings, struct err *err)
{
    world->settings = settings;
    world->relations = relations_open(settings->relations_file, settings->books_file);
    world->tally = tally_open();
    world->refreshes = throttle_open(settings->refresh_limit,
                                     (int64_t)settings->refresh_window_ms);
    open_tokens(world);
    if (settings->relations_file &&
        delink_load_relations(world, settings->relations_file, err))
        return -1;
    if (settings->verba_calls_file &&
        verba_calls_open(settings->verba_calls_file, &world->verba_calls, err))
        return -1;
    return 0;
}

void
world_clear(struct world *world)
{
    relations_free(world->relations);
    tally_free(world->tally);
    throttle_free(world->refreshes);
    tokens_free(world->zoho_tokens);
    tokens_free(world->verba_tokens);
    verba_calls_free(world->verba_calls);
    buf_clear(&world->preferences_put);
}

bool
world_never_had(const struct world *world, struct span id)
{
    static const char end[] = "0000404";
    size_t len = sizeof(end) - 1;
    return !world->settings->no_magic && id.len >= len &&
           memcmp(id.ptr + id.len - len, end, len) == 0;
}
