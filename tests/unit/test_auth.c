/* Signing in, with time as a number: which request is made when, what answers change. */
#include "unit.h"

#include "net/auth.h"
#include "net/backoff.h"

enum { MINUTE_MS = 60000, HOUR_MS = 3600000 };

static const int64_t now = 1000000;

/* Set the credentials; those not named are absent. */
static void
set_environment(const char *const *pairs)
{
    static const char *const names[] = {
        "ZOHO_ACCESS_TOKEN", "ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN",
        "VERBA_API_KEY",     "VERBA_TOKEN",    "VERBA_USER",         "VERBA_PASSWORD",
    };
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        char file[40];
        (void)snprintf(file, sizeof(file), "%s_FILE", names[i]);
        (void)unsetenv(names[i]);
        (void)unsetenv(file);
    }
    for (; pairs && pairs[0]; pairs += 2)
        (void)setenv(pairs[0], pairs[1], 1);
}

static const char *const refreshing[] = {"ZOHO_CLIENT_ID",
                                         "1000.CLIENT",
                                         "ZOHO_CLIENT_SECRET",
                                         "s3cret&more",
                                         "ZOHO_REFRESH_TOKEN",
                                         "1000.refresh/+=",
                                         NULL};
static const char *const fixed_token[] = {"ZOHO_ACCESS_TOKEN", "1000.fixed", NULL};
static const char *const verba_user[] = {
    "VERBA_API_KEY",    "key&1", "VERBA_USER", "api-user", "VERBA_PASSWORD",
    "p\xc3\xa4ss w:rd", NULL};

static struct auth *
open_zoho(const char *const *pairs)
{
    struct err err = {0};
    set_environment(pairs);
    struct auth *auth = auth_open_zoho(&err);
    assert_no_error(err);
    return auth;
}

static struct auth *
open_verba(const char *const *pairs)
{
    struct err err = {0};
    set_environment(pairs);
    struct auth *auth = auth_open_verba(&err);
    assert_no_error(err);
    return auth;
}

/* Ask and throw the request away. */
static int
ask(struct auth *auth, int64_t now_ms, struct err *err)
{
    struct request request = {0};
    int rc = auth_ask(auth, &request, now_ms, err);
    request_clear(&request);
    return rc;
}

static int
take(struct auth *auth, long http, const char *body, int64_t now_ms, struct err *err)
{
    struct pool_result result = {.end = POOL_ANSWERED,
                                 .sent = true,
                                 .retry_after_s = -1,
                                 .answer = {http, span_of(body)},
                                 .error = ""};
    return auth_take(auth, &result, now_ms, 0.5, err);
}

static int
take_end(struct auth *auth, enum pool_end end, int64_t now_ms, struct err *err)
{
    struct pool_result result = {.end = end,
                                 .retry_after_s = -1,
                                 .answer = {0, {"", 0}},
                                 .error = "words of curl"};
    return auth_take(auth, &result, now_ms, 0.5, err);
}

/* Ask and get that answer. */
static void
renew(struct auth *auth, const char *body, int64_t now_ms)
{
    struct err err = {0};
    assert_int_equal(ask(auth, now_ms, &err), 0);
    assert_int_equal(take(auth, 200, body, now_ms, &err), 0);
    assert_no_error(err);
}

static void
missing_credentials_are_told(void **state)
{
    static const char *const cases[][7] = {
        {NULL},
        {"ZOHO_CLIENT_ID", "a", NULL},
        {"ZOHO_CLIENT_ID", "a", "ZOHO_CLIENT_SECRET", "b", NULL},
        {"ZOHO_CLIENT_ID", "a", "ZOHO_REFRESH_TOKEN", "b", NULL},
        {"ZOHO_CLIENT_SECRET", "a", "ZOHO_REFRESH_TOKEN", "b", NULL},
        {"ZOHO_ACCESS_TOKEN", "", NULL},
        {"ZOHO_ACCESS_TOKEN", "with blank", NULL},
        {"ZOHO_ACCESS_TOKEN", "a\r\nX: 1", NULL},
        {"ZOHO_ACCESS_TOKEN", "caf\xc3\xa9", NULL},
        {"ZOHO_ACCESS_TOKEN", "good", "ZOHO_CLIENT_SECRET", "bad\x7f", NULL},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct err err = {0};
        set_environment(cases[i]);
        unit_check(!auth_open_zoho(&err), "case %zu", i);
        assert_error(err, EXIT_USAGE, "ZOHO_");
        unit_check(!strstr(err.text, "bad\x7f") && !strstr(err.text, "with blank"), "%s",
                   err.text);
    }
}

static void
missing_verba_credentials_are_told(void **state)
{
    static const char *const cases[][7] = {
        {NULL},
        {"VERBA_TOKEN", "a", NULL},
        {"VERBA_USER", "a", "VERBA_PASSWORD", "b", NULL},
        {"VERBA_API_KEY", "a", "VERBA_USER", "b", NULL},
        {"VERBA_API_KEY", "a", "VERBA_PASSWORD", "b", NULL},
        {"VERBA_API_KEY", "", NULL},
        {"VERBA_API_KEY", "a b", NULL},
        {"VERBA_API_KEY", "a", "VERBA_USER", "b", "VERBA_PASSWORD", "c\nd", NULL},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct err err = {0};
        set_environment(cases[i]);
        unit_check(!auth_open_verba(&err), "case %zu", i);
        assert_error(err, EXIT_USAGE, "VERBA_");
    }
}

static void
a_fixed_token_is_used_as_it_is(void **state)
{
    struct auth *auth = open_zoho(fixed_token);
    (void)state;
    assert_true(auth_is_ready(auth, now));
    assert_true(auth_is_ready(auth, now + 1000ll * HOUR_MS));
    assert_false(auth_should_ask(auth, now));
    assert_false(auth_can_renew(auth));
    assert_string_equal(auth_header(auth), "Authorization: Zoho-oauthtoken 1000.fixed");
    assert_null(auth_parameters(auth));
    assert_null(auth_api_domain(auth));
    auth_refused(auth, auth_generation(auth));
    assert_false(auth_is_ready(auth, now));
    assert_false(auth_should_ask(auth, now));
    auth_free(auth);
}

static void
secrets_come_from_files_too(void **state)
{
    struct err err = {0};
    (void)state;
    set_environment(NULL);
    (void)setenv("ZOHO_ACCESS_TOKEN_FILE", unit_text_file("token", "1000.filed\r\n"), 1);
    struct auth *auth = auth_open_zoho(&err);
    assert_no_error(err);
    assert_string_equal(auth_header(auth), "Authorization: Zoho-oauthtoken 1000.filed");
    auth_free(auth);
    (void)setenv("ZOHO_ACCESS_TOKEN_FILE", unit_text_file("token", "a\nb\n"), 1);
    assert_null(auth_open_zoho(&err));
    assert_error(err, EXIT_USAGE, "ZOHO_ACCESS_TOKEN_FILE");
    err = (struct err){0};
    (void)setenv("ZOHO_ACCESS_TOKEN_FILE", unit_path("nowhere"), 1);
    assert_null(auth_open_zoho(&err));
    assert_error(err, EXIT_USAGE, "nowhere");
    set_environment(NULL);
}

static void
asks_zoho_with_a_form(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    struct request request = {0};
    struct err err = {0};
    (void)state;
    assert_false(auth_is_ready(auth, now));
    assert_true(auth_should_ask(auth, now));
    assert_true(auth_can_renew(auth));
    assert_null(auth_header(auth));
    assert_int_equal(auth_ask(auth, &request, now, &err), 0);
    assert_string_equal(request.method, "POST");
    assert_int_equal(request.service, SERVICE_ACCOUNTS);
    assert_string_equal(request.target.data, "/oauth/v2/token");
    assert_true(request.has_body);
    assert_string_equal(request.content_type, "application/x-www-form-urlencoded");
    assert_string_equal(
        request.body.data,
        "grant_type=refresh_token&client_id=1000.CLIENT"
        "&client_secret=s3cret%26more&refresh_token=1000.refresh%2F%2B%3D");
    assert_int_equal(request.header.len, 0);
    request_clear(&request);
    auth_free(auth);
}

/* One refresh at a time, however many calls want one. */
static void
asks_once_at_a_time(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    struct err err = {0};
    (void)state;
    assert_int_equal(ask(auth, now, &err), 0);
    assert_false(auth_should_ask(auth, now));
    assert_false(auth_should_ask(auth, now + HOUR_MS));
    assert_false(auth_is_ready(auth, now));
    auth_refused(auth, auth_generation(auth));
    assert_false(auth_should_ask(auth, now));
    assert_int_equal(
        take(auth, 200, "{\"access_token\":\"1000.new\",\"expires_in\":3600}", now, &err),
        0);
    assert_true(auth_is_ready(auth, now));
    assert_false(auth_should_ask(auth, now));
    assert_string_equal(auth_header(auth), "Authorization: Zoho-oauthtoken 1000.new");
    auth_free(auth);
}

struct life_case {
    const char *members; /* beside the token */
    int64_t life_ms;
};

static const struct life_case lives[] = {
    {"\"expires_in\":3600", HOUR_MS},
    {"\"expires_in\":\"3600\"", HOUR_MS},
    {"\"expires_in_sec\":3600,\"expires_in\":3600000", HOUR_MS},
    {"\"expires_in\":3600000,\"expires_in_sec\":3600", HOUR_MS},
    {"\"expires_in_sec\":\"1800\",\"expires_in\":\"1800000\"", HOUR_MS / 2},
    {"\"expires_in\":1800", HOUR_MS / 2},
    {"\"expires_in\":0", HOUR_MS},
    {"\"expires_in_sec\":0,\"expires_in\":0", HOUR_MS},
    {"\"expires_in\":100", 100000},
    {"\"expires_in\":10", 10000},
    {"\"expires_in\":600", 600000},
    {"\"expires_in\":599", 599000},
    /* What cannot be read counts as an hour. */
    {"\"a\":1", HOUR_MS},
    {"\"expires_in\":null", HOUR_MS},
    {"\"expires_in\":-1", HOUR_MS},
    {"\"expires_in\":\"soon\"", HOUR_MS},
    {"\"expires_in\":99999999999999999999999", HOUR_MS},
};

/* A token is renewed a minute before its end, or a tenth of its life if that is less. */
static void
a_token_is_renewed_before_its_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(lives); i++) {
        char body[200];
        int64_t life = lives[i].life_ms;
        int64_t end = now + life - (life / 10 < MINUTE_MS ? life / 10 : MINUTE_MS);
        struct auth *auth = open_zoho(refreshing);
        (void)snprintf(body, sizeof(body), "{\"access_token\":\"1000.a\",%s}",
                       lives[i].members);
        renew(auth, body, now);
        unit_check(auth_is_ready(auth, end - 1), "%s", lives[i].members);
        unit_check(!auth_should_ask(auth, end - 1), "%s", lives[i].members);
        unit_check(!auth_is_ready(auth, end), "%s", lives[i].members);
        unit_check(auth_should_ask(auth, end), "%s", lives[i].members);
        /* The old one still signs what cannot wait. */
        assert_string_equal(auth_header(auth), "Authorization: Zoho-oauthtoken 1000.a");
        auth_free(auth);
    }
}

static void
a_new_token_is_a_new_generation(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    (void)state;
    unsigned before = auth_generation(auth);
    renew(auth, "{\"access_token\":\"1000.a\"}", now);
    unsigned first = auth_generation(auth);
    assert_true(first > before);
    /* Calls signed with an older token bring nothing new. */
    auth_refused(auth, before);
    assert_true(auth_is_ready(auth, now));
    assert_false(auth_should_ask(auth, now));
    auth_refused(auth, first);
    assert_false(auth_is_ready(auth, now));
    assert_true(auth_should_ask(auth, now));
    auth_refused(auth, first);
    renew(auth, "{\"access_token\":\"1000.b\"}", now);
    assert_int_equal(auth_generation(auth), first + 1);
    auth_refused(auth, first);
    assert_true(auth_is_ready(auth, now));
    assert_string_equal(auth_header(auth), "Authorization: Zoho-oauthtoken 1000.b");
    auth_free(auth);
}

/* A given token that can be renewed is used first. */
static void
a_given_token_may_be_renewed(void **state)
{
    static const char *const both[] = {
        "ZOHO_ACCESS_TOKEN",  "1000.given",         "ZOHO_CLIENT_ID",
        "1000.CLIENT",        "ZOHO_CLIENT_SECRET", "secret",
        "ZOHO_REFRESH_TOKEN", "1000.refresh",       NULL};
    struct auth *auth = open_zoho(both);
    (void)state;
    assert_true(auth_is_ready(auth, now));
    assert_false(auth_should_ask(auth, now + 100ll * HOUR_MS));
    assert_string_equal(auth_header(auth), "Authorization: Zoho-oauthtoken 1000.given");
    auth_refused(auth, auth_generation(auth));
    assert_true(auth_should_ask(auth, now));
    renew(auth, "{\"access_token\":\"1000.new\"}", now);
    assert_string_equal(auth_header(auth), "Authorization: Zoho-oauthtoken 1000.new");
    auth_free(auth);
}

/* Ten in ten minutes, counted over a window that moves. */
static void
an_eleventh_request_is_not_made(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    struct err err = {0};
    (void)state;
    for (int i = 0; i < 10; i++) {
        auth_refused(auth, auth_generation(auth));
        renew(auth, "{\"access_token\":\"1000.a\"}", now + i * MINUTE_MS / 2);
    }
    auth_refused(auth, auth_generation(auth));
    assert_int_equal(ask(auth, now + 5 * MINUTE_MS, &err), -1);
    assert_error(err, EXIT_CREDENTIALS, "ten");
    err = (struct err){0};
    assert_int_equal(ask(auth, now + 10 * MINUTE_MS - 1, &err), -1);
    err = (struct err){0};
    /* The first has passed: one more; then the second has to. */
    assert_int_equal(ask(auth, now + 10 * MINUTE_MS, &err), 0);
    assert_int_equal(
        take(auth, 200, "{\"access_token\":\"1000.a\"}", now + 10 * MINUTE_MS, &err), 0);
    assert_int_equal(ask(auth, now + 10 * MINUTE_MS, &err), -1);
    err = (struct err){0};
    assert_int_equal(ask(auth, now + 10 * MINUTE_MS + MINUTE_MS / 2, &err), 0);
    auth_free(auth);
}

/* Also where the clock starts at zero, as after a boot. */
static void
ten_requests_are_made_at_any_time(void **state)
{
    (void)state;
    for (int64_t start = 0; start < 3; start++) {
        struct auth *auth = open_zoho(refreshing);
        struct err err = {0};
        for (int i = 0; i < 10; i++)
            renew(auth, "{\"access_token\":\"1000.a\"}", start);
        assert_int_equal(ask(auth, start, &err), -1);
        auth_free(auth);
    }
}

struct refusal_case {
    long http;
    const char *body;
    const char *wanted; /* part of the message */
};

static const struct refusal_case refusals[] = {
    {200, "{\"error\":\"invalid_code\"}", "ZOHO_REFRESH_TOKEN"},
    {200, "{\"error\":\"invalid_client\"}", "ZOHO_CLIENT_ID"},
    {200, "{\"error\":\"invalid_client_secret\"}", "ZOHO_CLIENT_SECRET"},
    {400, "{\"error\":\"invalid_client\"}", "--data-center"},
    {401, "{\"error\":\"invalid_code\"}", "invalid_code"},
    {400,
     "{\"error_description\":\"You have made too many requests continuously. Please try "
     "again after some time.\",\"error\":\"Access Denied\",\"status\":\"failure\"}",
     "wait ten minutes"},
    {200, "{\"error\":\"access denied\",\"status\":\"failure\"}", "wait ten minutes"},
    {200, "{\"error\":\"unsupported_grant_type\"}", "unsupported_grant_type"},
    {200, "{\"error\":\"never_heard\",\"error_description\":\"words\"}",
     "never_heard: words"},
    {200, "{\"access_token\":\"\",\"error\":\"invalid_code\"}", "invalid_code"},
    {200, "{\"access_token\":null,\"error\":\"invalid_code\"}", "invalid_code"},
    {500, "{\"error\":\"invalid_code\"}", "invalid_code"},
    {200, "{\"error\":\"invalid\\u005fcode\"}", "ZOHO_REFRESH_TOKEN"},
    {200, "{\"error\":\"x\",\"error_description\":\"1000.refresh/+= is not known\"}",
     "[redacted] is not known"},
    {200, "{\"error\":\"client s3cret&more\"}", "client [redacted]"},
};

static void
refusals_are_for_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(refusals); i++) {
        struct auth *auth = open_zoho(refreshing);
        struct err err = {0};
        assert_int_equal(ask(auth, now, &err), 0);
        unit_check(take(auth, refusals[i].http, refusals[i].body, now, &err) == -1, "%s",
                   refusals[i].body);
        assert_error(err, EXIT_CREDENTIALS, refusals[i].wanted);
        unit_check(!strstr(err.text, "s3cret") && !strstr(err.text, "1000.refresh"), "%s",
                   err.text);
        unit_check(auth_header(auth) == NULL, "%s", refusals[i].body);
        auth_free(auth);
    }
}

/* Long and hostile words of a refusal stay one short piece of text. */
static void
words_of_refusals_are_cut(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    struct err err = {0};
    struct buf body = {0};
    (void)state;
    buf_add_text(&body, "{\"error\":\"");
    for (int i = 0; i < 5000; i++)
        buf_add_text(&body, "\xc3\xa9");
    buf_add_text(&body, "\",\"error_description\":\"");
    for (int i = 0; i < 5000; i++)
        buf_add_text(&body, "\xf0\x9f\x98\x80");
    buf_add_text(&body, "\"}");
    assert_int_equal(ask(auth, now, &err), 0);
    assert_int_equal(take(auth, 200, body.data, now, &err), -1);
    assert_error(err, EXIT_CREDENTIALS, NULL);
    assert_true(strlen(err.text) < 700);
    assert_true(text_is_utf8(err.text, strlen(err.text)));
    assert_non_null(strstr(err.text, "--data-center"));
    buf_clear(&body);
    auth_free(auth);
}

/* Answers that hold neither a token nor a refusal; tokens that no header can hold. */
static const char *const unreadable[] = {
    "",
    " ",
    "{}",
    "[]",
    "null",
    "\"1000.a\"",
    "<html>502</html>",
    "{\"access_token\":\"a\"",
    "{\"access_token\":\"\"}",
    "{\"access_token\":null}",
    "{\"access_token\":\"a b\"}",
    "{\"access_token\":\"a\\r\\nX-Other: 1\"}",
    "{\"access_token\":\"a\\u0000b\"}",
    "{\"access_token\":\"a\\tb\"}",
    "{\"access_token\":\"a\\u007f\"}",
    "{\"access_token\":\"caf\\u00e9\"}",
    "{\"access_token\":\"caf\xc3\xa9\"}",
    "{\"access_token\":\"caf\xe9\"}",
    "{\"access_token\":{\"a\":1}}",
    "{\"access_token\":[\"a\"]}",
    "{\"access_token\":true}",
    "{\"access_token\":false}",
    "{\"data\":{\"access_token\":\"1000.a\"}}",
    "[{\"access_token\":\"1000.a\"}]",
    "access_token=1000.a",
};

static void
answers_without_a_token_are_tried_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(unreadable); i++) {
        struct auth *auth = open_zoho(refreshing);
        struct err err = {0};
        assert_int_equal(ask(auth, now, &err), 0);
        unit_check(take(auth, 200, unreadable[i], now, &err) == 0, "%s: %s",
                   unreadable[i], err.text);
        assert_no_error(err);
        unit_check(auth_header(auth) == NULL, "%s: %s", unreadable[i], auth_header(auth));
        assert_int_equal(auth_generation(auth), 0);
        assert_false(auth_is_ready(auth, now + HOUR_MS));
        assert_true(auth_should_ask(auth, now + HOUR_MS));
        auth_free(auth);
    }
}

/* A token that came to nothing leaves the one before in place. */
static void
the_old_token_stays_until_there_is_a_new_one(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    struct err err = {0};
    (void)state;
    renew(auth, "{\"access_token\":\"1000.a\"}", now);
    assert_int_equal(ask(auth, now, &err), 0);
    assert_int_equal(take(auth, 200, "{\"access_token\":\"b\\r\\n\"}", now, &err), 0);
    assert_string_equal(auth_header(auth), "Authorization: Zoho-oauthtoken 1000.a");
    assert_int_equal(auth_generation(auth), 1);
    auth_free(auth);
}

static const enum pool_end ends[] = {POOL_CONNECT_FAILED, POOL_TIMEOUT, POOL_LOST,
                                     POOL_UNREADABLE};

/* Five times, with waits that grow; then the run halts. */
static void
tries_end_after_a_while(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(ends); i++) {
        struct auth *auth = open_zoho(refreshing);
        struct err err = {0};
        int64_t at = now;
        for (unsigned try = 1; try < 5; try++) {
            assert_true(auth_should_ask(auth, at));
            assert_int_equal(ask(auth, at, &err), 0);
            assert_int_equal(take_end(auth, ends[i], at, &err), 0);
            int64_t next = at + backoff_ms(try, 0.5, -1);
            assert_true(next > at);
            assert_int_equal(auth_ask_at_ms(auth), next);
            assert_false(auth_should_ask(auth, next - 1));
            assert_true(auth_should_ask(auth, next));
            at = next;
        }
        assert_int_equal(ask(auth, at, &err), 0);
        assert_int_equal(take_end(auth, ends[i], at, &err), -1);
        assert_error(err, EXIT_HALTED, "words of curl");
        auth_free(auth);
    }
}

static void
a_token_in_between_forgives_the_tries(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    struct err err = {0};
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++) {
            assert_int_equal(ask(auth, now + round * HOUR_MS, &err), 0);
            assert_int_equal(take(auth, 502, "<html>", now + round * HOUR_MS, &err), 0);
        }
        renew(auth, "{\"access_token\":\"1000.a\"}", now + round * HOUR_MS);
        auth_refused(auth, auth_generation(auth));
    }
    auth_free(auth);
}

static void
what_cannot_be_read_halts_in_the_end(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    struct err err = {0};
    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ask(auth, now, &err), 0);
        assert_int_equal(take(auth, 503, "<html>503</html>", now, &err), 0);
    }
    assert_int_equal(ask(auth, now, &err), 0);
    assert_int_equal(take(auth, 503, "<html>503</html>", now, &err), -1);
    assert_error(err, EXIT_HALTED, "HTTP 503");
    auth_free(auth);
}

static void
retry_after_is_heeded(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    struct err err = {0};
    struct pool_result result = {
        .end = POOL_ANSWERED, .retry_after_s = 20, .error = "", .answer = {429, {"", 0}}};
    (void)state;
    assert_int_equal(ask(auth, now, &err), 0);
    assert_int_equal(auth_take(auth, &result, now, 0.5, &err), 0);
    assert_int_equal(auth_ask_at_ms(auth), now + 20000);
    auth_free(auth);
}

static void
a_wrong_certificate_halts_at_once(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    struct err err = {0};
    (void)state;
    assert_int_equal(ask(auth, now, &err), 0);
    assert_int_equal(take_end(auth, POOL_TLS_FAILED, now, &err), -1);
    assert_error(err, EXIT_HALTED, "words of curl");
    auth_free(auth);
}

static void
the_api_domain_is_told(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    (void)state;
    renew(auth,
          "{\"access_token\":\"1000.a\",\"api_domain\":\"https:\\/\\/www.zohoapis.eu\"}",
          now);
    assert_string_equal(auth_api_domain(auth), "https://www.zohoapis.eu");
    renew(auth, "{\"access_token\":\"1000.b\"}", now);
    assert_null(auth_api_domain(auth));
    auth_free(auth);
}

/* RFC 4648: one, two or no characters of padding, by the length. */
static void
asks_verba_with_basic_credentials(void **state)
{
    static const struct {
        const char *user, *password, *wanted;
    } cases[] = {
        {"a", "b", "YTpi"},
        {"a", "bc", "YTpiYw=="},
        {"a", "bcd", "YTpiY2Q="},
        {"a", "bcde", "YTpiY2Rl"},
        {"ab", "bcde", "YWI6YmNkZQ=="},
        {"api", "p\xc3\xa4ss:w rd", "YXBpOnDDpHNzOncgcmQ="},
        {"u", "\xff\xfe\xfb\xef\xbf", "dTr//vvvvw=="},
        {"u", "?>~", "dTo/Pn4="},
        {"Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *const pairs[] = {
            "VERBA_API_KEY",  "key&1=",          "VERBA_USER", cases[i].user,
            "VERBA_PASSWORD", cases[i].password, NULL};
        struct auth *auth = open_verba(pairs);
        struct request request = {0};
        struct err err = {0};
        char wanted[100];
        assert_int_equal(auth_ask(auth, &request, now, &err), 0);
        (void)snprintf(wanted, sizeof(wanted), "Authorization: Basic %s",
                       cases[i].wanted);
        assert_string_equal(request.header.data, wanted);
        assert_string_equal(request.method, "POST");
        assert_int_equal(request.service, SERVICE_VERBA);
        assert_string_equal(request.target.data, "/verba/api");
        assert_string_equal(request.body.data,
                            "action=RequestToken&responseType=XML&apiKey=key%261%3D");
        assert_string_equal(request.content_type, "application/x-www-form-urlencoded");
        assert_true(request.has_body);
        assert_true(request.is_signed);
        request_clear(&request);
        auth_free(auth);
    }
}

/* Every length up to 200, held against the plain rule of three bytes to four letters. */
static void
base64_has_the_right_form(void **state)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789+/";
    struct dice dice = {3};
    (void)state;
    for (size_t len = 1; len <= 200; len++) {
        char password[201] = "", pair[210];
        for (size_t i = 0; i < len; i++)
            password[i] = (char)(0x21 + dice_below(&dice, 0x5e));
        const char *const pairs[] = {"VERBA_API_KEY",  "key",    "VERBA_USER", "u",
                                     "VERBA_PASSWORD", password, NULL};
        struct auth *auth = open_verba(pairs);
        struct request request = {0};
        struct err err = {0};
        assert_int_equal(auth_ask(auth, &request, now, &err), 0);
        const char *code = request.header.data + strlen("Authorization: Basic ");
        size_t bytes = (size_t)snprintf(pair, sizeof(pair), "u:%s", password);
        assert_int_equal(strlen(code), (bytes + 2) / 3 * 4);
        for (size_t i = 0; i < bytes; i++) {
            const char *group = code + i / 3 * 4;
            unsigned bits = 0;
            for (size_t k = 0; k < 4; k++) {
                const char *at = group[k] == '=' ? letters : strchr(letters, group[k]);
                assert_non_null(at);
                bits = bits << 6 | (unsigned)(at - letters);
            }
            assert_int_equal(bits >> (16 - 8 * (i % 3)) & 0xff, (unsigned char)pair[i]);
        }
        size_t padding = strlen(code) - strcspn(code, "=");
        assert_int_equal(padding, (3 - bytes % 3) % 3);
        request_clear(&request);
        auth_free(auth);
    }
}

static void
verba_tokens_are_read(void **state)
{
    struct auth *auth = open_verba(verba_user);
    (void)state;
    assert_true(auth_should_ask(auth, now));
    assert_null(auth_parameters(auth));
    renew(
        auth,
        "<VerbaApi><Response code=\"0\" type=\"RequestToken\" token=\"09835e02-6c10&amp;"
        "\"/></VerbaApi>",
        now);
    assert_string_equal(auth_parameters(auth), "apiKey=key%261&token=09835e02-6c10%26");
    assert_null(auth_header(auth));
    /* They live an hour. */
    assert_true(auth_is_ready(auth, now + HOUR_MS - MINUTE_MS - 1));
    assert_true(auth_should_ask(auth, now + HOUR_MS - MINUTE_MS));
    auth_free(auth);
}

static void
verba_works_with_a_key_alone_and_with_a_fixed_token(void **state)
{
    static const char *const key[] = {"VERBA_API_KEY", "b", NULL};
    static const char *const token[] = {"VERBA_API_KEY", "key", "VERBA_TOKEN", "t&k",
                                        NULL};
    struct auth *auth = open_verba(key);
    (void)state;
    assert_string_equal(auth_parameters(auth), "apiKey=b");
    assert_true(auth_is_ready(auth, now));
    assert_false(auth_can_renew(auth));
    auth_free(auth);
    auth = open_verba(token);
    assert_string_equal(auth_parameters(auth), "apiKey=key&token=t%26k");
    assert_true(auth_is_ready(auth, now + 100ll * HOUR_MS));
    assert_false(auth_can_renew(auth));
    auth_free(auth);
}

static void
verba_refusals_are_for_good(void **state)
{
    static const struct refusal_case cases[] = {
        {200,
         "<VerbaApi><Response code=\"2\"><ErrorMessage>Wrong user p\xc3\xa4ss w:rd"
         "</ErrorMessage></Response></VerbaApi>",
         "VERBA_2: Wrong user [redacted]"},
        {200, "<VerbaApi><Response code=\"1\"/></VerbaApi>", "VERBA_1"},
        {401, "<VerbaApi><Response code=\"2\"/></VerbaApi>", "VERBA_2"},
        {401, "", "HTTP 401"},
        {401, "<html>401</html>", "HTTP 401"},
        {403, "<html>403</html>", "HTTP 403"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct auth *auth = open_verba(verba_user);
        struct err err = {0};
        assert_int_equal(ask(auth, now, &err), 0);
        unit_check(take(auth, cases[i].http, cases[i].body, now, &err) == -1, "%s",
                   cases[i].body);
        assert_error(err, EXIT_CREDENTIALS, cases[i].wanted);
        assert_non_null(strstr(err.text, "VERBA_PASSWORD"));
        assert_null(strstr(err.text, "w:rd"));
        auth_free(auth);
    }
}

static void
verba_answers_without_a_token_are_tried_again(void **state)
{
    static const struct refusal_case cases[] = {
        {200, "<VerbaApi><Response code=\"0\"/></VerbaApi>", ""},
        {200, "<VerbaApi><Response code=\"0\" token=\"\"/></VerbaApi>", ""},
        {200, "<VerbaApi><Response code=\"0\" token=\"a b\"/></VerbaApi>", ""},
        {200, "<VerbaApi><Response code=\"0\" token=\"a&#13;&#10;b\"/></VerbaApi>", ""},
        {200, "<VerbaApi><Response code=\"0\" token=\"caf&#233;\"/></VerbaApi>", ""},
        {200, "<!DOCTYPE a><VerbaApi><Response code=\"0\" token=\"abc\"/></VerbaApi>",
         ""},
        {200, "<html>Log in</html>", ""},
        {200, "", ""},
        {500, "", ""},
        {404, "<html>404</html>", ""},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct auth *auth = open_verba(verba_user);
        struct err err = {0};
        assert_int_equal(ask(auth, now, &err), 0);
        unit_check(take(auth, cases[i].http, cases[i].body, now, &err) == 0, "%s: %s",
                   cases[i].body, err.text);
        assert_null(auth_parameters(auth));
        assert_true(auth_should_ask(auth, now + HOUR_MS));
        auth_free(auth);
    }
}

static void
assert_redacted(const struct auth *auth, const char *text, const char *wanted)
{
    struct buf buf = {0};
    buf_add_text(&buf, text);
    auth_redact(auth, &buf);
    assert_string_equal(buf.data, wanted);
    assert_int_equal(buf.len, strlen(wanted));
    buf_clear(&buf);
}

static void
secrets_are_redacted(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    (void)state;
    assert_redacted(auth, "nothing here", "nothing here");
    assert_redacted(auth, "", "");
    assert_redacted(auth, "s3cret&more", "[redacted]");
    assert_redacted(auth, "a s3cret&mores3cret&more b 1000.refresh/+=",
                    "a [redacted][redacted] b [redacted]");
    assert_redacted(auth, "s3cret&mor", "s3cret&mor");
    assert_redacted(auth, "1000.access stays", "1000.access stays");
    renew(auth, "{\"access_token\":\"1000.access\"}", now);
    assert_redacted(auth, "1000.access goes", "[redacted] goes");
    auth_free(auth);
    auth = open_verba(verba_user);
    assert_redacted(auth, "key&1 p\xc3\xa4ss w:rd", "[redacted] [redacted]");
    auth_free(auth);
}

/* An answer to a call that an earlier token signed may come after the renewal. */
static void
a_token_that_was_replaced_is_still_redacted(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    (void)state;
    renew(auth, "{\"access_token\":\"1000.first\"}", now);
    renew(auth, "{\"access_token\":\"1000.second\"}", now);
    assert_redacted(auth, "1000.second, 1000.first", "[redacted], [redacted]");
    auth_free(auth);
}

/* As it went out: a service that echoes the request's body or URL tells it all. */
static void
secrets_are_redacted_as_they_were_sent(void **state)
{
    struct auth *auth = open_zoho(refreshing);
    (void)state;
    assert_redacted(auth, "client_secret=s3cret%26more&", "client_secret=[redacted]&");
    auth_free(auth);
    auth = open_verba(verba_user);
    assert_redacted(auth, "apiKey=key%261&token=x", "apiKey=[redacted]&token=x");
    auth_free(auth);
}

static void
free_takes_nothing(void **state)
{
    (void)state;
    auth_free(NULL);
    set_environment(NULL);
}

void
test_auth(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_credentials_are_told),
        cmocka_unit_test(missing_verba_credentials_are_told),
        cmocka_unit_test(a_fixed_token_is_used_as_it_is),
        cmocka_unit_test(secrets_come_from_files_too),
        cmocka_unit_test(asks_zoho_with_a_form),
        cmocka_unit_test(asks_once_at_a_time),
        cmocka_unit_test(a_token_is_renewed_before_its_end),
        cmocka_unit_test(a_new_token_is_a_new_generation),
        cmocka_unit_test(a_given_token_may_be_renewed),
        cmocka_unit_test(an_eleventh_request_is_not_made),
        cmocka_unit_test(ten_requests_are_made_at_any_time),
        cmocka_unit_test(refusals_are_for_good),
        cmocka_unit_test(words_of_refusals_are_cut),
        cmocka_unit_test(answers_without_a_token_are_tried_again),
        cmocka_unit_test(the_old_token_stays_until_there_is_a_new_one),
        cmocka_unit_test(tries_end_after_a_while),
        cmocka_unit_test(a_token_in_between_forgives_the_tries),
        cmocka_unit_test(what_cannot_be_read_halts_in_the_end),
        cmocka_unit_test(retry_after_is_heeded),
        cmocka_unit_test(a_wrong_certificate_halts_at_once),
        cmocka_unit_test(the_api_domain_is_told),
        cmocka_unit_test(asks_verba_with_basic_credentials),
        cmocka_unit_test(base64_has_the_right_form),
        cmocka_unit_test(verba_tokens_are_read),
        cmocka_unit_test(verba_works_with_a_key_alone_and_with_a_fixed_token),
        cmocka_unit_test(verba_refusals_are_for_good),
        cmocka_unit_test(verba_answers_without_a_token_are_tried_again),
        cmocka_unit_test(secrets_are_redacted),
        cmocka_unit_test(a_token_that_was_replaced_is_still_redacted),
        cmocka_unit_test(secrets_are_redacted_as_they_were_sent),
        cmocka_unit_test(free_takes_nothing),
    };
    unit_run(tally, "auth", tests, UNIT_COUNT(tests));
}
