#include "sandbox/verba.h"

#include "sandbox/answer.h"
#include "sandbox/call.h"
#include "sandbox/form.h"
#include "sandbox/settings.h"
#include "sandbox/tally.h"
#include "sandbox/tokens.h"
#include "sandbox/verba_answer.h"
#include "sandbox/verba_calls.h"
#include "sandbox/world.h"

#include <ctype.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define FAILURE_CODE 2
#define VALUE_MAX_BYTES 256

/* A request on its way through the checks. */
struct ask {
    struct world *world;
    const struct call *call;
    const struct parameters *parameters;
    enum verba_format format;
    struct verba_wish wish;
    unsigned status; /* HTTP status if it is not that of every answer */
    struct verba_reply reply;
};

static bool
fail(struct ask *ask, const char *message)
{
    ask->reply.code = FAILURE_CODE;
    ask->reply.message = message;
    return false;
}

/* ---- the checks, in the order of verba.h */

static bool
check_format(struct ask *ask)
{
    static const char *const names[] = {[VERBA_FORMAT_XML] = "XML",
                                        [VERBA_FORMAT_HTML] = "HTML",
                                        [VERBA_FORMAT_TEXT] = "TEXT"};
    struct span given = target_parameter(ask->parameters, "responseType");
    if (!given.ptr)
        return true;
    for (size_t i = 0; i < COUNT(names); i++)
        if (span_is(given, names[i])) {
            ask->format = (enum verba_format)i;
            return true;
        }
    return fail(ask, "The responseType parameter is invalid");
}

static bool
check_key(struct ask *ask)
{
    struct span key = target_parameter(ask->parameters, "apiKey");
    const char *own = ask->world->settings->verba_key;
    if (!key.len)
        return fail(ask, "The apiKey parameter is missing");
    return !own || span_is(key, own) || fail(ask, "The API key is invalid");
}

static void
add_base64(struct buf *text, const char *bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789+/";
    size_t len = strlen(bytes);
    for (size_t i = 0; i < len; i += 3) {
        unsigned group = 0;
        for (size_t j = i; j < i + 3; j++)
            group = group << 8 | (j < len ? (unsigned char)bytes[j] : 0);
        for (size_t j = 0; j < 4; j++)
            buf_add_char(text, i + j <= len ? digits[group >> (18 - 6 * j) & 63] : '=');
    }
}

static bool
check_credentials(struct ask *ask)
{
    const struct settings *settings = ask->world->settings;
    const char *header = call_header(ask->call, "Authorization");
    bool known = !settings->verba_user && !settings->verba_token;
    bool good = header && span_starts(span_of(header), "Basic ");
    if (settings->verba_user) {
        struct buf pair = {0};
        struct buf expected = {0};
        buf_addf(&pair, "%s:%s", settings->verba_user, settings->verba_password);
        buf_add_text(&expected, "Basic ");
        add_base64(&expected, pair.data);
        known = good && strcmp(header, expected.data) == 0;
        buf_clear(&pair);
        buf_clear(&expected);
    }
    return (good && known) || fail(ask, "Authentication failed");
}

static bool
check_token(struct ask *ask)
{
    const struct settings *settings = ask->world->settings;
    struct span token = target_parameter(ask->parameters, "token");
    if (!settings->verba_user && !settings->verba_token)
        return true;
    if (!token.len)
        return fail(ask, "The token parameter is missing");
    if (tokens_accept(ask->world->verba_tokens, token, ask->call->now_ms))
        return true;
    if (settings->verba_expired == SETTINGS_EXPIRED_401)
        ask->status = 401;
    return fail(ask, "The token is invalid or has expired");
}

static bool
check_identifiers(struct ask *ask)
{
    size_t given = 0;
    for (size_t i = 0; i < ask->parameters->count; i++)
        for (int id = 0; id < VERBA_IDENTIFIERS; id++) {
            const struct parameter *parameter = &ask->parameters->list[i];
            if (!span_is(parameter->name, verba_calls_name((enum verba_identifier)id)))
                continue;
            ask->wish.identifier = (enum verba_identifier)id;
            ask->wish.value = parameter->value;
            given++;
        }
    if (given > 1)
        return fail(ask, "Only one call identifier can be given");
    return (given && ask->wish.value.len) ||
           fail(ask, "One of callID, platformCallID, nativeID, meetingID and extension "
                     "is mandatory");
}

static bool
check_value(struct ask *ask)
{
    struct span value = ask->wish.value;
    if (ask->wish.identifier == VERBA_CALL_ID && !verba_calls_is_uuid(value))
        return fail(ask, "The callID parameter is not a UUID");
    return (value.len <= VALUE_MAX_BYTES && text_is_utf8(value.ptr, value.len)) ||
           fail(ask, "The call identifier is invalid");
}

static bool
check_status(struct ask *ask)
{
    struct span left = target_parameter(ask->parameters, "status");
    if (ask->wish.identifier != VERBA_EXTENSION)
        return true;
    if (!left.len)
        return fail(ask, "The status parameter is mandatory with extension");
    const char *end = left.ptr + left.len;
    for (const char *at = left.ptr; at <= end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        struct span word = {at, (size_t)((comma ? comma : end) - at)};
        unsigned state = verba_calls_state(word);
        if (!state)
            return fail(ask, "The status parameter is invalid");
        ask->wish.states |= state;
        at += word.len + 1;
    }
    return true;
}

/* ---- the work */

/* The name of what is asked for in the books. */
static void
add_name(const struct ask *ask, struct buf *name)
{
    const struct verba_wish *wish = &ask->wish;
    struct span status = target_parameter(ask->parameters, "status");
    buf_addf(name, "verba/%s/", verba_calls_name(wish->identifier));
    size_t start = name->len;
    buf_add(name, wish->value.ptr, wish->value.len);
    for (size_t i = start; wish->identifier == VERBA_CALL_ID && i < name->len; i++)
        name->data[i] = (char)tolower((unsigned char)name->data[i]);
    if (wish->identifier == VERBA_EXTENSION) {
        buf_add_char(name, '/');
        buf_add(name, status.ptr, status.len);
    }
}

static enum verba_found
delete_call(struct ask *ask, const struct tally_entry *entry)
{
    if (ask->world->verba_calls)
        return verba_calls_delete(ask->world->verba_calls, &ask->wish);
    bool gone = entry->removed && ask->wish.identifier != VERBA_EXTENSION;
    return gone || world_never_had(ask->world, ask->wish.value) ? VERBA_NOT_FOUND
                                                                : VERBA_FOUND;
}

static void
serve_delete(struct ask *ask)
{
    if (!check_token(ask) || !check_identifiers(ask) || !check_value(ask) ||
        !check_status(ask))
        return;
    struct buf name = {0};
    add_name(ask, &name);
    struct tally_entry *entry = tally_at(ask->world->tally,
                                         (struct span){name.data, name.len});
    enum verba_found found = delete_call(ask, entry);
    entry->asked++;
    entry->removed += found == VERBA_FOUND;
    if (found == VERBA_NOT_FOUND)
        (void)fail(ask, "The call cannot be found");
    if (found == VERBA_SEVERAL_FOUND)
        (void)fail(ask, "More than one call was found");
    buf_clear(&name);
}

static void
serve_token(struct ask *ask)
{
    if (check_credentials(ask))
        ask->reply.token = tokens_issue(ask->world->verba_tokens, ask->call->now_ms);
}

static const struct {
    const char *name;
    void (*serve)(struct ask *ask);
} ACTIONS[] = {{"RequestToken", serve_token}, {"DeleteCall", serve_delete}};

static void
serve_action(struct ask *ask)
{
    struct span action = target_parameter(ask->parameters, "action");
    if (!check_format(ask))
        return;
    for (size_t i = 0; i < COUNT(ACTIONS); i++)
        if (span_is(action, ACTIONS[i].name)) {
            ask->reply.action = ACTIONS[i].name;
            if (check_key(ask))
                ACTIONS[i].serve(ask);
            return;
        }
    (void)fail(ask, "The action parameter is missing or invalid");
}

void
verba_serve(struct world *world, struct call *call, struct answer *answer)
{
    bool get = strcmp(call->method, "GET") == 0;
    struct form_body form;
    form_read(call, &form);
    struct ask ask = {.world = world,
                      .call = call,
                      .parameters = get ? &call->target.parameters : &form.parameters,
                      .reply.action = ""};
    if (get || strcmp(call->method, "POST") == 0)
        serve_action(&ask);
    else
        (void)fail(&ask, "The HTTP method is not supported");
    verba_answer_write(&ask.reply, ask.format, world->settings->verba_xml, answer);
    if (ask.status)
        answer->status = ask.status;
    form_clear(&form);
}
