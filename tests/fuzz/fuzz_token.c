/*
 * Answers to requests for a token, Zoho's and Verba's: either there is a new token, fit
 * for a header line, or it is asked for again later, or the run stops with words that
 * hold no secret.
 */
#include "fuzz.h"
#include "net/auth.h"

enum { NOW_MS = 1000000 };

static const char secret[] = "s3cret-of-the-tests";

static struct auth *
open_auth(bool verba)
{
    static const char *const names[] = {"ZOHO_CLIENT_ID",     "ZOHO_CLIENT_SECRET",
                                        "ZOHO_REFRESH_TOKEN", "VERBA_API_KEY",
                                        "VERBA_USER",         "VERBA_PASSWORD"};
    struct err err = {0};
    for (size_t i = 0; i < FUZZ_COUNT(names); i++)
        (void)setenv(names[i], secret, 1);
    (void)unsetenv("ZOHO_ACCESS_TOKEN");
    (void)unsetenv("VERBA_TOKEN");
    struct auth *auth = verba ? auth_open_verba(&err) : auth_open_zoho(&err);
    fuzz_holds(auth, "%s", err.text);
    return auth;
}

static void
check_signature(const struct auth *auth, bool verba)
{
    const char *line = verba ? auth_parameters(auth) : auth_header(auth);
    fuzz_holds(line && fuzz_is_printable(span_of(line), !verba), "signed with '%s'",
               line);
    fuzz_holds(!verba || !strchr(strchr(line, '&') + 1, '&'), "a parameter more: %s",
               line);
}

static void
run(struct feed *feed)
{
    static const enum pool_end ends[] = {POOL_ANSWERED, POOL_ANSWERED, POOL_ANSWERED,
                                         POOL_TIMEOUT, POOL_TLS_FAILED};
    static const short statuses[] = {200, 200, 400, 401, 403, 429, 500, 503};
    bool verba = feed_choice(feed, 2);
    enum pool_end end = ends[feed_choice(feed, FUZZ_COUNT(ends))];
    long http = statuses[feed_choice(feed, FUZZ_COUNT(statuses))];
    struct auth *auth = open_auth(verba);
    struct request request = {0};
    struct err err = {0};
    fuzz_holds(!auth_is_ready(auth, NOW_MS) && auth_should_ask(auth, NOW_MS), "no want");
    fuzz_holds(auth_ask(auth, &request, NOW_MS, &err) == 0, "%s", err.text);
    struct pool_result result = {.end = end,
                                 .sent = true,
                                 .error = "",
                                 .answer = {http, feed_rest(feed)},
                                 .retry_after_s = -1};
    int rc = auth_take(auth, &result, NOW_MS, 0.5, &err);
    if (rc) {
        fuzz_holds(err.exit_code == EXIT_CREDENTIALS || err.exit_code == EXIT_HALTED,
                   "exit %d", err.exit_code);
        fuzz_holds(!strstr(err.text, secret), "a secret is told: %s", err.text);
        fuzz_holds(text_is_utf8(err.text, strlen(err.text)), "words that are no text");
    } else if (auth_generation(auth)) {
        fuzz_holds(end == POOL_ANSWERED, "a token without an answer");
        fuzz_holds(auth_is_ready(auth, NOW_MS), "a token of no use");
        check_signature(auth, verba);
    } else {
        fuzz_holds(auth_ask_at_ms(auth) > NOW_MS, "it is asked for again at once");
    }
    fuzz_holds(!rc || !auth_is_ready(auth, NOW_MS), "refused and ready");
    request_wipe(&request);
    request_clear(&request);
    auth_free(auth);
}

const struct fuzz_target fuzz_token = {"token", run};
