#include "sandbox/settings.h"

#include "base/err.h"
#include "base/text.h"

#include <stddef.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define AT(member) offsetof(struct settings, member)

enum kind { KIND_SWITCH, KIND_TEXT, KIND_NUMBER, KIND_DURATION };

static const struct option {
    const char *name;
    enum kind kind;
    size_t offset;
    unsigned long long max;
    const char *value; /* what the help calls it */
    const char *help;
} OPTIONS[] = {
    {"port", KIND_NUMBER, AT(port), 65535, "N", "listen there; 0: any free port (8808)"},
    {"port-file", KIND_TEXT, AT(port_file), 0, "FILE",
     "write the port number there once listening"},
    {"latency", KIND_DURATION, AT(latency_ms), 3600000, "DURATION",
     "delay every answer: 50ms, 2s, or bare milliseconds"},
    {"token", KIND_TEXT, AT(token), 0, "TOKEN",
     "the only valid access token (any is valid without)"},
    {"relations", KIND_TEXT, AT(relations_file), 0, "FILE",
     "only these exist: lines module/record_id/list/related_id"},
    {"mixed-status", KIND_NUMBER, AT(mixed_status), 599, "207|200",
     "HTTP status of answers with good and bad entries (207)"},
    {"limit-in-flight", KIND_NUMBER, AT(limit_in_flight), 1000000, "N",
     "429 for a call that comes while N are in flight"},
    {"limit-calls", KIND_NUMBER, AT(limit_calls), 1000000000, "N",
     "429 for every call after N: the credits of the day"},
    {"faults", KIND_TEXT, AT(faults_file), 0, "FILE",
     "a script of faults, see --help-faults"},
    {"log", KIND_TEXT, AT(log_file), 0, "FILE", "append one JSON line per request"},
    {"books", KIND_TEXT, AT(books_file), 0, "FILE",
     "count what each ID saw; written at the end and on SIGUSR1"},
    {"gzip", KIND_SWITCH, AT(gzip), 0, NULL,
     "compress answers for clients that accept it"},
    {"tls-cert", KIND_TEXT, AT(tls_cert), 0, "FILE", "serve HTTPS with this certificate"},
    {"tls-key", KIND_TEXT, AT(tls_key), 0, "FILE", "and this key (both PEM)"},
    {"no-magic", KIND_SWITCH, AT(no_magic), 0, NULL, "no ID has a meaning of its own"},
    {"quiet", KIND_SWITCH, AT(quiet), 0, NULL, "do not print where it listens"},
    {"help-faults", KIND_SWITCH, AT(help_faults), 0, NULL,
     "how a script of faults reads"},
    {"help", KIND_SWITCH, AT(help), 0, NULL, "this text"},
};

static const char HELP_HEAD[] =
    "Usage: unhitch-sandbox [options]\n"
    "\n"
    "A local stand-in for the services unhitch talks to, on 127.0.0.1. It answers\n"
    "  DELETE /crm/{v2|v2.1|v3|...|v8}/{module}/{record_id}/{related_list}?ids=1,2,3\n"
    "  DELETE /crm/{v2|v2.1|v3|...|v8}/{module}/{record_id}/{related_list}/{related_id}\n"
    "as the vendor documents it, and remembers what was removed.\n"
    "\n"
    "Options:\n";

static const char HELP_TAIL[] =
    "\n"
    "Magic IDs, to see errors without any file:\n"
    "  a record_id that ends in 404        a parent that does not exist\n"
    "  a related_id that ends in 0000404   was never related: \"relation not found\"\n"
    "\n"
    "SIGTERM or SIGINT: stop listening, finish what is in flight (5 seconds at most),\n"
    "write the books, exit 0. A second one ends it at once.\n";

static int
read_duration(struct span text, unsigned long long max, unsigned long long *ms)
{
    unsigned long long unit = 1;
    if (text.len > 2 && memcmp(text.ptr + text.len - 2, "ms", 2) == 0)
        text.len -= 2;
    else if (text.len > 1 && text.ptr[text.len - 1] == 's') {
        text.len -= 1;
        unit = 1000;
    }
    if (!text_number(text, max / unit, ms))
        return -1;
    *ms *= unit;
    return 0;
}

static int
option_store(const struct option *option, struct settings *settings, const char *value,
             struct err *err)
{
    char *place = (char *)settings + option->offset;
    unsigned long long number = 0;
    switch (option->kind) {
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
    }
    *(unsigned long long *)place = number;
    return 0;
}

static const struct option *
option_find(struct span name)
{
    for (size_t i = 0; i < COUNT(OPTIONS); i++)
        if (span_is(name, OPTIONS[i].name))
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
    return 0;
}

int
settings_read(struct settings *settings, int argc, char **argv, struct err *err)
{
    *settings = (struct settings){.port = 8808, .mixed_status = 207};
    for (int i = 1; i < argc; i++)
        if (option_read(settings, argc, argv, &i, err))
            return -1;
    return settings_check(settings, err);
}

void
settings_print_help(void)
{
    (void)fputs(HELP_HEAD, stdout);
    for (size_t i = 0; i < COUNT(OPTIONS); i++) {
        char left[40];
        (void)snprintf(left, sizeof(left), "--%s%s%s", OPTIONS[i].name,
                       OPTIONS[i].value ? " " : "",
                       OPTIONS[i].value ? OPTIONS[i].value : "");
        (void)printf("  %-24s%s\n", left, OPTIONS[i].help);
    }
    (void)fputs(HELP_TAIL, stdout);
}
