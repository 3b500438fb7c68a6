#include "net/auth.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "net/backoff.h"
#include "net/hidden.h"
#include "ops/xml_answer.h"

enum {
    ASKED_MAX = 10,         /* requests for a token ... */
    ASKED_SPAN_MS = 600000, /* ... in that time */
    TRIES_MAX = 5,
    MARGIN_MS = 60000, /* a token is renewed that long before its end */
    VERBA_LIFE_S = 3600
};

/* The parts of the credentials. */
enum secret { SECRET_TOKEN, SECRET_ID, SECRET_KEY, SECRET_REFRESH, SECRET_COUNT };

/* A way to sign in. */
struct way {
    const char *what;                /* for messages */
    const char *names[SECRET_COUNT]; /* of the variables */
    void (*ask)(const struct auth *auth, struct request *request);
    int (*read)(struct auth *auth, const struct answer *answer, int64_t now_ms,
                struct err *err);
    void (*sign)(struct auth *auth);
};

struct auth {
    const struct way *way;
    char *secrets[SECRET_COUNT];
    bool can_ask; /* credentials for a new token are there */
    bool asking, wanted;
    unsigned generation;
    int64_t renew_at_ms;   /* 0: the token's end is not known */
    int64_t not_before_ms; /* of the next request */
    unsigned tries;        /* in a row that came to nothing */
    int64_t asked_ms[ASKED_MAX];
    unsigned asked;
    struct buf header, parameters;
    struct buf basic; /* user and password as HTTP Basic sends them */
    char *api_domain;
    struct hidden hidden; /* old tokens, too: a late answer may echo one */
};

static void
set_token(struct auth *auth, struct span token, int64_t life_ms, int64_t now_ms)
{
    int64_t margin_ms = life_ms / 10 < MARGIN_MS ? life_ms / 10 : MARGIN_MS;
    secret_free(auth->secrets[SECRET_TOKEN]);
    auth->secrets[SECRET_TOKEN] = mem_copy(token.ptr, token.len);
    hidden_add(&auth->hidden, auth->secrets[SECRET_TOKEN]);
    auth->renew_at_ms = now_ms + life_ms - margin_ms;
    auth->generation++;
    auth->wanted = false;
    auth->tries = 0;
    auth->way->sign(auth);
}

/* A token that could not stand in a header is none. */
static bool
is_usable(struct span token)
{
    for (size_t i = 0; i < token.len; i++)
        if ((unsigned char)token.ptr[i] <= ' ' || (unsigned char)token.ptr[i] >= 0x7f)
            return false;
    return token.len > 0;
}

/* Words of the service, at most `max` bytes: a secret is hidden before they are cut. */
static void
add_redacted(const struct auth *auth, struct span words, size_t max, struct buf *out)
{
    struct buf clean = {0};
    buf_add(&clean, words.ptr, words.len);
    auth_redact(auth, &clean);
    buf_add(out, clean.data, text_cut(clean.data, clean.len, max));
    buf_clear(&clean);
}

static int
refuse(const struct auth *auth, struct span code, struct span words, const char *remedy,
       struct err *err)
{
    struct buf text = {0};
    add_redacted(auth, code, 100, &text);
    if (words.len)
        buf_add_text(&text, ": ");
    add_redacted(auth, words, 200, &text);
    err_set(err, EXIT_CREDENTIALS, "%s refused the credentials: %s; %s", auth->way->what,
            text.data, remedy);
    buf_clear(&text);
    return -1;
}

/* Zoho */

static void
zoho_ask(const struct auth *auth, struct request *request)
{
    static const struct {
        const char *name;
        enum secret secret;
    } parts[] = {{"client_id", SECRET_ID},
                 {"client_secret", SECRET_KEY},
                 {"refresh_token", SECRET_REFRESH}};
    request_begin(request, "POST", SERVICE_ACCOUNTS);
    buf_add_text(&request->target, "/oauth/v2/token");
    request->has_body = true;
    request->content_type = "application/x-www-form-urlencoded";
    buf_add_text(&request->body, "grant_type=refresh_token");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        buf_addf(&request->body, "&%s=", parts[i].name);
        request_add_encoded(&request->body, span_of(auth->secrets[parts[i].secret]));
    }
}

static struct span
member(const struct json_value *object, const char *name, struct buf *scratch)
{
    struct json_value value;
    if (!json_find(object, name, &value))
        return (struct span){"", 0};
    struct span text = json_text(&value, scratch);
    return text.ptr ? text : (struct span){"", 0};
}

/* `expires_in` is in seconds; in milliseconds where `expires_in_sec` is there, too. One
 * that says nothing of use is taken for the documented hour. */
static int64_t
zoho_life_ms(const struct json_value *root, struct buf *scratch)
{
    unsigned long long n;
    if (text_number(member(root, "expires_in_sec", scratch), 100000000, &n) && n)
        return (int64_t)n * 1000;
    if (text_number(member(root, "expires_in", scratch), 100000000, &n) && n)
        return (int64_t)n * 1000;
    return 3600000;
}

/* 0: a gateway in trouble says `error` in its own way, which is about nothing of ours. */
static int
zoho_refuse(const struct auth *auth, long http, struct span error, struct span words,
            struct err *err)
{
    static const struct {
        const char *error, *remedy;
    } remedies[] = {
        {"invalid_code", "the refresh token is revoked or of another data centre: check "
                         "ZOHO_REFRESH_TOKEN and --data-center"},
        {"invalid_client", "check ZOHO_CLIENT_ID and --data-center"},
        {"invalid_client_secret", "check ZOHO_CLIENT_SECRET"},
        {"Access Denied",
         "too many tokens were asked for: wait ten minutes, then resume"},
    };
    for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
        if (span_is_nocase(error, remedies[i].error))
            return refuse(auth, error, words, remedies[i].remedy, err);
    if (http >= 500 || http == 408 || http == 429)
        return 0;
    return refuse(auth, error, words, "check the ZOHO_ variables and --data-center", err);
}

/* 1: a new token, 0: the answer says nothing, -1: refused. */
static int
zoho_read(struct auth *auth, const struct answer *answer, int64_t now_ms, struct err *err)
{
    struct json_cursor cursor = json_open(answer->body);
    struct json_value root;
    struct buf scratch = {0};
    int rc = 0;
    if (!text_is_utf8(answer->body.ptr, answer->body.len) || !json_read(&cursor, &root) ||
        root.kind != JSON_OBJECT_TEXT)
        return 0;
    buf_reserve(&scratch, 2 * answer->body.len);
    struct json_value given;
    bool has_token = json_find(&root, "access_token", &given) && given.kind == JSON_TEXT;
    struct span token = has_token ? json_text(&given, &scratch) : span_of("");
    struct span error = member(&root, "error", &scratch);
    struct span domain = member(&root, "api_domain", &scratch);
    if (is_usable(token)) {
        free(auth->api_domain);
        auth->api_domain = domain.len ? mem_copy(domain.ptr, domain.len) : NULL;
        set_token(auth, token, zoho_life_ms(&root, &scratch), now_ms);
        rc = 1;
    } else if (error.len) {
        rc = zoho_refuse(auth, answer->http, error,
                         member(&root, "error_description", &scratch), err);
    }
    for (volatile char *at = scratch.data; at && at < scratch.data + scratch.cap; at++)
        *at = '\0';
    buf_clear(&scratch);
    return rc;
}

static void
zoho_sign(struct auth *auth)
{
    buf_reset(&auth->header);
    buf_addf(&auth->header, "Authorization: Zoho-oauthtoken %s",
             auth->secrets[SECRET_TOKEN]);
}

static const struct way zoho = {
    "Zoho sign-in",
    {"ZOHO_ACCESS_TOKEN", "ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN"},
    zoho_ask,
    zoho_read,
    zoho_sign,
};

/* Verba: SECRET_REFRESH is the API key, SECRET_ID and SECRET_KEY user and password. */

static void
add_base64(struct buf *out, const char *bytes, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        unsigned group = 0;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (i + k < len ? (unsigned char)bytes[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            buf_add_char(out, i + k > len ? '=' : letters[group >> (18 - 6 * k) & 63]);
    }
}

static void
verba_ask(const struct auth *auth, struct request *request)
{
    request_begin(request, "POST", SERVICE_VERBA);
    buf_add_text(&request->target, "/verba/api");
    request->has_body = request->is_signed = true;
    request->content_type = "application/x-www-form-urlencoded";
    buf_add_text(&request->body, "action=RequestToken&responseType=XML&apiKey=");
    request_add_encoded(&request->body, span_of(auth->secrets[SECRET_REFRESH]));
    buf_addf(&request->header, "Authorization: Basic %s", auth->basic.data);
}

static int
verba_read(struct auth *auth, const struct answer *answer, int64_t now_ms,
           struct err *err)
{
    struct xml_answer xml = {0};
    int rc = 0;
    if (!xml_answer_read(answer->body, &xml)) {
        if (answer->http == 401 || answer->http == 403)
            rc = refuse(auth, span_of(answer->http == 401 ? "HTTP 401" : "HTTP 403"),
                        span_of(""), "check VERBA_USER, VERBA_PASSWORD and VERBA_API_KEY",
                        err);
    } else if (!xml.is_success) {
        struct buf code = {0};
        buf_addf(&code, "VERBA_%s", xml.code);
        rc = refuse(auth, span_of(code.data),
                    (struct span){xml.message.data, xml.message.len},
                    "check VERBA_USER, VERBA_PASSWORD and VERBA_API_KEY", err);
        buf_clear(&code);
    } else if (is_usable((struct span){xml.token.data, xml.token.len})) {
        set_token(auth, (struct span){xml.token.data, xml.token.len},
                  (int64_t)VERBA_LIFE_S * 1000, now_ms);
        rc = 1;
    }
    xml_answer_clear(&xml);
    return rc;
}

static void
verba_sign(struct auth *auth)
{
    buf_reset(&auth->parameters);
    buf_add_text(&auth->parameters, "apiKey=");
    request_add_encoded(&auth->parameters, span_of(auth->secrets[SECRET_REFRESH]));
    if (auth->secrets[SECRET_TOKEN]) {
        buf_add_text(&auth->parameters, "&token=");
        request_add_encoded(&auth->parameters, span_of(auth->secrets[SECRET_TOKEN]));
    }
}

static const struct way verba = {
    "Verba",    {"VERBA_TOKEN", "VERBA_USER", "VERBA_PASSWORD", "VERBA_API_KEY"},
    verba_ask,  verba_read,
    verba_sign,
};

/* Both */

static struct auth *
read_secrets(const struct way *way, struct err *err)
{
    struct auth *auth = mem_alloc(1, sizeof(*auth));
    auth->way = way;
    for (size_t i = 0; i < SECRET_COUNT; i++) {
        bool any_text = way == &verba &&
                        (i == SECRET_KEY || i == SECRET_ID); /* a password */
        if (secret_read(way->names[i], any_text, &auth->secrets[i], err)) {
            auth_free(auth);
            return NULL;
        }
        if (auth->secrets[i] && i != SECRET_ID)
            hidden_add(&auth->hidden, auth->secrets[i]);
    }
    auth->can_ask = auth->secrets[SECRET_ID] && auth->secrets[SECRET_KEY] &&
                    auth->secrets[SECRET_REFRESH];
    return auth;
}

/* Names those of the needed ones (bits) that are not set, if any of them all is. */
static struct auth *
refuse_missing(struct auth *auth, unsigned needed, const char *advice, struct err *err)
{
    struct buf missing = {0};
    size_t count = 0;
    bool any = false;
    for (size_t i = 0; i < SECRET_COUNT; i++) {
        any |= auth->secrets[i] != NULL;
        if (needed & 1u << i && !auth->secrets[i])
            buf_addf(&missing, "%s%s", count++ ? ", " : "", auth->way->names[i]);
    }
    err_set(
        err, EXIT_USAGE,
        "%s%s%s: set %s (or ..._FILE, to name a file that holds the value). Nothing was "
        "sent",
        any ? missing.data : "no credentials", any && count == 1 ? " is not set" : "",
        any && count > 1 ? " are not set" : "", advice);
    buf_clear(&missing);
    auth_free(auth);
    return NULL;
}

struct auth *
auth_open_zoho(struct err *err)
{
    enum { NEEDED = 1 << SECRET_ID | 1 << SECRET_KEY | 1 << SECRET_REFRESH };
    struct auth *auth = read_secrets(&zoho, err);
    if (!auth)
        return NULL;
    if (!auth->secrets[SECRET_TOKEN] && !auth->can_ask)
        return refuse_missing(auth, NEEDED,
                              "ZOHO_ACCESS_TOKEN, or ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET "
                              "and ZOHO_REFRESH_TOKEN",
                              err);
    auth->wanted = !auth->secrets[SECRET_TOKEN];
    if (!auth->wanted)
        zoho_sign(auth);
    return auth;
}

static void
make_basic(struct auth *auth)
{
    struct buf pair = {0};
    buf_addf(&pair, "%s:%s", auth->secrets[SECRET_ID], auth->secrets[SECRET_KEY]);
    add_base64(&auth->basic, pair.data, pair.len);
    hidden_add(&auth->hidden, auth->basic.data);
    secret_free(pair.data);
}

struct auth *
auth_open_verba(struct err *err)
{
    struct auth *auth = read_secrets(&verba, err);
    if (!auth)
        return NULL;
    bool half = !auth->secrets[SECRET_ID] != !auth->secrets[SECRET_KEY];
    unsigned needed = 1u << SECRET_REFRESH |
                      (half ? 1u << SECRET_ID | 1u << SECRET_KEY : 0);
    if (!auth->secrets[SECRET_REFRESH] || half)
        return refuse_missing(auth, needed,
                              "VERBA_API_KEY, alone or with VERBA_TOKEN, or with both "
                              "VERBA_USER and VERBA_PASSWORD",
                              err);
    if (auth->can_ask)
        make_basic(auth);
    auth->wanted = auth->can_ask && !auth->secrets[SECRET_TOKEN];
    if (!auth->wanted)
        verba_sign(auth);
    return auth;
}

void
auth_free(struct auth *auth)
{
    if (!auth)
        return;
    for (size_t i = 0; i < SECRET_COUNT; i++)
        secret_free(auth->secrets[i]);
    hidden_clear(&auth->hidden);
    secret_free(auth->header.data);
    secret_free(auth->parameters.data);
    secret_free(auth->basic.data);
    free(auth->api_domain);
    free(auth);
}

bool
auth_is_ready(const struct auth *auth, int64_t now_ms)
{
    bool ending = auth->can_ask && auth->renew_at_ms && now_ms >= auth->renew_at_ms;
    return !auth->wanted && !auth->asking && !ending;
}

bool
auth_should_ask(const struct auth *auth, int64_t now_ms)
{
    return auth->can_ask && !auth->asking && !auth_is_ready(auth, now_ms) &&
           now_ms >= auth->not_before_ms;
}

int64_t
auth_ask_at_ms(const struct auth *auth)
{
    return auth->wanted ? auth->not_before_ms : 0;
}

int
auth_ask(struct auth *auth, struct request *request, int64_t now_ms, struct err *err)
{
    int64_t oldest = auth->asked_ms[auth->asked % ASKED_MAX];
    if (auth->asked >= ASKED_MAX && now_ms - oldest < ASKED_SPAN_MS)
        return err_set(
            err, EXIT_CREDENTIALS,
            "%s: ten tokens were asked for in ten minutes, and it refuses more; "
            "wait ten minutes, then resume",
            auth->way->what);
    auth->asked_ms[auth->asked++ % ASKED_MAX] = now_ms;
    auth->asking = auth->wanted = true;
    auth->way->ask(auth, request);
    return 0;
}

int
auth_take(struct auth *auth, const struct pool_result *result, int64_t now_ms,
          double chance, struct err *err)
{
    int read = 0;
    auth->asking = false;
    if (result->end == POOL_ANSWERED)
        read = auth->way->read(auth, &result->answer, now_ms, err);
    if (read)
        return read < 0 ? -1 : 0;
    if (result->end == POOL_TLS_FAILED || ++auth->tries >= TRIES_MAX)
        return result->end == POOL_ANSWERED
                   ? err_set(err, EXIT_HALTED,
                             "%s gives no token: its answer cannot be read (HTTP %ld)",
                             auth->way->what, result->answer.http)
                   : err_set(err, EXIT_HALTED, "%s gives no token: %s", auth->way->what,
                             result->error);
    auth->not_before_ms = now_ms + backoff_ms(auth->tries, chance, result->retry_after_s);
    return 0;
}

unsigned
auth_generation(const struct auth *auth)
{
    return auth->generation;
}

bool
auth_can_renew(const struct auth *auth)
{
    return auth->can_ask;
}

void
auth_refused(struct auth *auth, unsigned generation)
{
    if (generation == auth->generation)
        auth->wanted = true;
}

const char *
auth_header(const struct auth *auth)
{
    return auth->header.len ? auth->header.data : NULL;
}

const char *
auth_parameters(const struct auth *auth)
{
    return auth->parameters.len ? auth->parameters.data : NULL;
}

const char *
auth_api_domain(const struct auth *auth)
{
    return auth->api_domain;
}

void
auth_redact(const struct auth *auth, struct buf *text)
{
    hidden_redact(&auth->hidden, text);
}
