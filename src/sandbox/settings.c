#include "sandbox/settings.h"

#include "base/err.h"
#include "base/text.h"

#include <stddef.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HOUR_MS 3600000
#define AT(member) offsetof(struct settings, member)

enum kind {
    KIND_GROUP, /* no option: what those below it have in common */
    KIND_SWITCH,
    KIND_TEXT,
    KIND_NUMBER,
    KIND_DURATION,
    KIND_WORD /* one of the words in `value`, stored by its place there */
};

static const struct option {
    const char *name;
    enum kind kind;
    size_t offset;
    unsigned long long max;
    const char *value; /* what the help calls it */
    const char *help;
} OPTIONS[] = {
    {"Sandbox", KIND_GROUP, 0, 0, NULL, NULL},
    {"port", KIND_NUMBER, AT(port), 65535, "N", "listen there; 0: any free port (8808)"},
    {"port-file", KIND_TEXT, AT(port_file), 0, "FILE",
     "write the port number there once listening"},
    {"tls-cert", KIND_TEXT, AT(tls_cert), 0, "FILE", "serve HTTPS with this certificate"},
    {"tls-key", KIND_TEXT, AT(tls_key), 0, "FILE", "and this key (both PEM)"},
    {"latency", KIND_DURATION, AT(latency_ms), 3600000, "DURATION",
     "delay every answer: 50ms, 2s, 10m, 1h or bare ms"},
    {"gzip", KIND_SWITCH, AT(gzip), 0, NULL,
     "compress answers for clients that accept it"},
    {"faults", KIND_TEXT, AT(faults_file), 0, "FILE",
     "a script of faults, see --help-faults"},
    {"no-magic", KIND_SWITCH, AT(no_magic), 0, NULL, "no ID has a meaning of its own"},
    {"log", KIND_TEXT, AT(log_file), 0, "FILE", "append one JSON line per request"},
    {"books", KIND_TEXT, AT(books_file), 0, "FILE",
     "count what each ID saw; written at the end and on SIGUSR1"},
    {"quiet", KIND_SWITCH, AT(quiet), 0, NULL, "do not print where it listens"},
    {"help-faults", KIND_SWITCH, AT(help_faults), 0, NULL,
     "how a script of faults reads"},
    {"help", KIND_SWITCH, AT(help), 0, NULL, "this text"},

    {"Sign-in at Zoho, for CRM and Desk", KIND_GROUP, 0, 0, NULL, NULL},
    {"token", KIND_TEXT, AT(token), 0, "TOKEN", "an access token that is good for ever"},
    {"client-id", KIND_TEXT, AT(client_id), 0, "ID", "the only client (else: any)"},
    {"client-secret", KIND_TEXT, AT(client_secret), 0, "SECRET",
     "its secret (else: any)"},
    {"refresh-token", KIND_TEXT, AT(refresh_token), 0, "TOKEN",
     "the only refresh token (else: any)"},
    {"token-life", KIND_DURATION, AT(token_life_ms), 86400000, "DURATION",
     "how long access tokens are good (1h)"},
    {"expires-in", KIND_DURATION, AT(expires_in_ms), 86400000, "DURATION",
     "how long they are said to be good (as --token-life)"},
    {"expires-form", KIND_WORD, AT(expires_form), 0, "seconds|milliseconds",
     "unit of expires_in; milliseconds come with expires_in_sec"},
    {"api-domain", KIND_TEXT, AT(api_domain), 0, "URL",
     "the api_domain of answers (the sandbox itself)"},
    {"refresh-limit", KIND_NUMBER, AT(refresh_limit), 1000000, "N",
     "refreshes per refresh token and window (10; 0: any number)"},
    {"refresh-window", KIND_DURATION, AT(refresh_window_ms), 86400000, "DURATION",
     "that window (10m)"},
    {"scopes", KIND_TEXT, AT(scopes), 0, "LIST",
     "all that tokens may do, with commas (else: anything)"},

    {"CRM", KIND_GROUP, 0, 0, NULL, NULL},
    {"relations", KIND_TEXT, AT(relations_file), 0, "FILE",
     "only these exist: lines module/record_id/list/related_id"},
    {"mixed-status", KIND_NUMBER, AT(mixed_status), 599, "207|200",
     "HTTP status of answers with good and bad entries (207)"},
    {"limit-in-flight", KIND_NUMBER, AT(limit_in_flight), 1000000, "N",
     "429 for a call that comes while N are in flight"},
    {"limit-calls", KIND_NUMBER, AT(limit_calls), 1000000000, "N",
     "429 for every call after N: the credits of the day"},
    {"call-preferences-locked", KIND_WORD, AT(call_preferences_locked), 0,
     "none|to|from|both", "these cannot be switched off"},
    {"call-preferences-form", KIND_WORD, AT(call_preferences_form), 0, "wrapped|top",
     "where their answers stand: within call_preferences or not"},

    {"Desk", KIND_GROUP, 0, 0, NULL, NULL},
    {"desk-form", KIND_WORD, AT(desk_form), 0, "both|delete|post",
     "which of the two forms above there is"},
    {"desk-org", KIND_TEXT, AT(desk_org), 0, "ID", "the only orgId (else: any)"},
    {"desk-again", KIND_WORD, AT(desk_again), 0, "error|noop",
     "to clear what is cleared: 404, or a success once more"},
    {"desk-success-body", KIND_SWITCH, AT(desk_success_body), 0, NULL,
     "successes are 200 with a body, not 204"},
    {"desk-limit-in-flight", KIND_NUMBER, AT(desk_limit_in_flight), 1000000, "N",
     "429 TOO_MANY_REQUESTS while N are in flight"},
    {"desk-limit-calls", KIND_NUMBER, AT(desk_limit_calls), 1000000000, "N",
     "429 THRESHOLD_EXCEEDED after N calls"},

    {"Verba", KIND_GROUP, 0, 0, NULL, NULL},
    {"verba-key", KIND_TEXT, AT(verba_key), 0, "KEY", "the only apiKey (else: any)"},
    {"verba-user", KIND_TEXT, AT(verba_user), 0, "NAME",
     "who may request tokens; DeleteCall then needs one"},
    {"verba-password", KIND_TEXT, AT(verba_password), 0, "TEXT", "the password"},
    {"verba-token", KIND_TEXT, AT(verba_token), 0, "TOKEN",
     "a token good for ever; DeleteCall then needs one"},
    {"verba-token-life", KIND_DURATION, AT(verba_token_life_ms), 86400000, "DURATION",
     "how long requested tokens are good (1h)"},
    {"verba-expired", KIND_WORD, AT(verba_expired), 0, "code|401",
     "a bad token is refused under HTTP 200 or 401"},
    {"verba-calls", KIND_TEXT, AT(verba_calls_file), 0, "FILE",
     "only these exist: lines callID,platformCallID,nativeID,\n"
     "meetingID,extension,status (ongoing, next or finished)"},
    {"verba-xml", KIND_WORD, AT(verba_xml), 0, "plain|open|attributes|beside|entities",
     "how the same XML is written"},
};

static const char HELP_HEAD[] =
    "Usage: unhitch-sandbox [options]\n"
    "\n"
    "A local stand-in for the services unhitch talks to, on 127.0.0.1. It answers\n"
    "  DELETE /crm/{v2|v2.1|v3|...|v8}/{module}/{record_id}/{related_list}?ids=1,2,3\n"
    "  DELETE /crm/{v2|v2.1|v3|...|v8}/{module}/{record_id}/{related_list}/{related_id}\n"
    "  GET, PUT /crm/v8/settings/call_preferences\n"
    "  POST   /oauth/v2/token\n"
    "  DELETE /api/v1/calls/{callId}/clearLiveMapping\n"
    "  POST   /api/v1/calls/{callId}/clearLiveCall\n"
    "  GET, POST /verba/api with action=DeleteCall or RequestToken\n"
    "as the vendors document it, and remembers what was removed.\n"
    "\n"
    "Of words with | between them the first is the default. Any access token is good\n"
    "until --token, --client-id, --client-secret or --refresh-token is given, or the\n"
    "first one was handed out. Of those handed out the ten newest are good.\n";

static const char HELP_TAIL[] =
    "\n"
    "Magic IDs, to see errors without any file:\n"
    "  a record_id that ends in 404        a parent that does not exist\n"
    "  a related_id that ends in 0000404   was never related: \"relation not found\"\n"
    "  a callId or a Verba identifier      that ends in 0000404 never existed\n"
    "\n"
    "SIGTERM or SIGINT: stop listening, finish what is in flight (5 seconds at most),\n"
    "write the books, exit 0. A second one ends it at once.\n";

static const struct {
    const char *name;
    unsigned long long ms;
} UNITS[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1}};

static int
read_duration(struct span text, unsigned long long max, unsigned long long *ms)
{
    for (size_t i = 0; i < COUNT(UNITS); i++) {
        size_t len = strlen(UNITS[i].name);
        struct span number = {text.ptr, text.len - len};
        if (text.len <= len || memcmp(text.ptr + number.len, UNITS[i].name, len) != 0 ||
            !text_number(number, max / UNITS[i].ms, ms))
            continue;
        *ms *= UNITS[i].ms;
        return 0;
    }
    return -1;
}

/* The place of `value` among words with | between them. */
static int
read_word(const char *words, const char *value, unsigned *place)
{
    *place = 0;
    for (const char *at = words, *end; at; at = *end ? end + 1 : NULL, (*place)++) {
        end = at + strcspn(at, "|");
        if (span_is((struct span){at, (size_t)(end - at)}, value))
            return 0;
    }
    return -1;
}

static int
option_store(const struct option *option, struct settings *settings, const char *value,
             struct err *err)
{
    char *place = (char *)settings + option->offset;
    unsigned long long number = 0;
    switch (option->kind) {
    case KIND_GROUP:
        break;
    case KIND_SWITCH:
        *(bool *)place = true;
        return 0;
    case KIND_TEXT:
        if (!value[0])
            return err_set(err, EXIT_USAGE, "--%s: empty", option->name);
        *(const char **)place = value;
        return 0;
    case KIND_NUMBER:
        if (!text_number(span_of(value), option->max, &number))
            return err_set(err, EXIT_USAGE, "--%s: not a number from 0 to %llu: '%s'",
                           option->name, option->max, value);
        break;
    case KIND_DURATION:
        if (read_duration(span_of(value), option->max, &number))
            return err_set(err, EXIT_USAGE, "--%s: not a duration like 50ms or 2s: '%s'",
                           option->name, value);
        break;
    case KIND_WORD:
        if (read_word(option->value, value, (unsigned *)(void *)place))
            return err_set(err, EXIT_USAGE, "--%s: not %s: '%s'", option->name,
                           option->value, value);
        return 0;
    }
    *(unsigned long long *)(void *)place = number;
    return 0;
}

static const struct option *
option_find(struct span name)
{
    for (size_t i = 0; i < COUNT(OPTIONS); i++)
        if (OPTIONS[i].kind != KIND_GROUP && span_is(name, OPTIONS[i].name))
            return &OPTIONS[i];
    return NULL;
}

/* Reads the option at argv[*at] and its value; *at moves on to the last word used. */
static int
option_read(struct settings *settings, int argc, char **argv, int *at, struct err *err)
{
    const char *word = argv[*at];
    if (strncmp(word, "--", 2) != 0)
        return err_set(err, EXIT_USAGE, "unexpected argument '%s' (see --help)", word);
    const char *equals = strchr(word, '=');
    struct span name = span_of(word + 2);
    if (equals)
        name.len = (size_t)(equals - name.ptr);
    const struct option *option = option_find(name);
    if (!option)
        return err_set(err, EXIT_USAGE, "unknown option '%s' (see --help)", word);
    if (option->kind == KIND_SWITCH) {
        if (equals)
            return err_set(err, EXIT_USAGE, "--%s takes no value", option->name);
        return option_store(option, settings, "", err);
    }
    if (!equals && *at + 1 >= argc)
        return err_set(err, EXIT_USAGE, "--%s needs a value", option->name);
    return option_store(option, settings, equals ? equals + 1 : argv[++*at], err);
}

static int
settings_check(const struct settings *settings, struct err *err)
{
    if (settings->mixed_status != 207 && settings->mixed_status != 200)
        return err_set(err, EXIT_USAGE, "--mixed-status is 207 or 200");
    if (!settings->tls_cert != !settings->tls_key)
        return err_set(err, EXIT_USAGE, "--tls-cert and --tls-key go together");
    if (!settings->verba_user != !settings->verba_password)
        return err_set(err, EXIT_USAGE, "--verba-user and --verba-password go together");
    return 0;
}

int
settings_read(struct settings *settings, int argc, char **argv, struct err *err)
{
    *settings = (struct settings){.port = 8808,
                                  .mixed_status = 207,
                                  .token_life_ms = HOUR_MS,
                                  .refresh_limit = 10,
                                  .refresh_window_ms = HOUR_MS / 6,
                                  .verba_token_life_ms = HOUR_MS};
    for (int i = 1; i < argc; i++)
        if (option_read(settings, argc, argv, &i, err))
            return -1;
    if (!settings->expires_in_ms)
        settings->expires_in_ms = settings->token_life_ms;
    return settings_check(settings, err);
}

/* What is too wide for its column has a line of its own; so has each line of a text. */
static void
print_row(const char *name, const char *value, const char *help)
{
    char left[96];
    if (!help) {
        (void)printf("\n%s:\n", name);
        return;
    }
    (void)snprintf(left, sizeof(left), "--%s%s%s", name, value ? " " : "",
                   value ? value : "");
    (void)printf("  %-27s", left);
    if (strlen(left) > 26)
        (void)printf("\n%29s", "");
    for (const char *at = help, *end; at; at = *end ? end + 1 : NULL) {
        end = at + strcspn(at, "\n");
        (void)printf("%.*s\n%*s", (int)(end - at), at, *end ? 29 : 0, "");
    }
}

void
settings_list(void (*show)(const char *name, const char *value, const char *help))
{
    for (size_t i = 0; i < COUNT(OPTIONS); i++)
        show(OPTIONS[i].name, OPTIONS[i].value, OPTIONS[i].help);
}

void
settings_print_help(void)
{
    (void)fputs(HELP_HEAD, stdout);
    settings_list(print_row);
    (void)fputs(HELP_TAIL, stdout);
}
