#include "cli/options.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "cli/definition.h"

static enum option_id
find_name(struct span name, int command)
{
    for (enum option_id id = 0; id < OPTION_COUNT; id++)
        if (span_is(name, option_rows[id].name) && option_rows[id].commands & command)
            return id;
    return OPTION_COUNT;
}

static enum option_id
find_letter(char letter, int command)
{
    for (enum option_id id = 0; id < OPTION_COUNT; id++)
        if (option_rows[id].letter == letter && option_rows[id].commands & command)
            return id;
    return OPTION_COUNT;
}

static int
unknown_option(const char *argument, int command, struct err *err)
{
    const char *names[OPTION_COUNT];
    size_t count = 0;
    char *name = mem_copy(argument, strcspn(argument, "="));
    /* One of another command is no misspelling. */
    bool known = argument[1] == '-' && find_name(span_of(name + 2), ~0) != OPTION_COUNT;
    for (enum option_id id = 0; id < OPTION_COUNT; id++)
        if (option_rows[id].commands & command)
            names[count++] = option_rows[id].name;
    const char *nearest = argument[1] == '-' && !known
                              ? text_nearest(name + 2, names, count)
                              : NULL;
    char hint[TEXT_HINT_BYTES];
    err_set(err, EXIT_USAGE, "there is no option %s here%s", name,
            text_hint(nearest, "--", "; --help lists them", hint));
    free(name);
    return -1;
}

/* Where in the arguments we are. */
struct arguments {
    int count, at;
    char **list;
    int command;
};

static int
set_flag(struct options *options, struct arguments *arguments, enum option_id id,
         const char *attached, const char *place, struct err *err)
{
    const char *value = attached;
    if (!value && option_rows[id].type == TYPE_SWITCH)
        value = "1";
    if (!value && arguments->at + 1 < arguments->count)
        value = arguments->list[++arguments->at];
    if (!value)
        return err_set(err, EXIT_USAGE, "%s needs a value: %s", place,
                       option_rows[id].argument);
    return options_set(options, id, value, ORIGIN_FLAG, place, err);
}

static int
read_long(struct options *options, struct arguments *arguments, struct err *err)
{
    const char *argument = arguments->list[arguments->at];
    const char *equals = strchr(argument, '=');
    size_t len = equals ? (size_t)(equals - argument) : strlen(argument);
    if (strcmp(argument, "--help") == 0) {
        options->help = true;
        return 0;
    }
    enum option_id id = find_name((struct span){argument + 2, len - 2},
                                  arguments->command);
    if (id == OPTION_COUNT)
        return unknown_option(argument, arguments->command, err);
    char place[40];
    (void)snprintf(place, sizeof(place), "--%s", option_rows[id].name);
    return set_flag(options, arguments, id, equals ? equals + 1 : NULL, place, err);
}

/* "-j8", "-j 8", "-qn". */
static int
read_short(struct options *options, struct arguments *arguments, struct err *err)
{
    const char *argument = arguments->list[arguments->at];
    for (const char *letter = argument + 1; *letter; letter++) {
        if (*letter == 'h') {
            options->help = true;
            continue;
        }
        enum option_id id = find_letter(*letter, arguments->command);
        if (id == OPTION_COUNT)
            return unknown_option(argument, arguments->command, err);
        char place[8] = {'-', *letter, '\0'};
        bool takes_value = option_rows[id].type != TYPE_SWITCH;
        const char *attached = takes_value && letter[1] ? letter + 1 : NULL;
        if (set_flag(options, arguments, id, attached, place, err))
            return -1;
        if (takes_value)
            break;
    }
    return 0;
}

static int
take_positional(char **slot, const char *what, const char *text, struct err *err)
{
    if (*slot)
        return err_set(err, EXIT_USAGE, "'%s' and '%s': give one %s", *slot, text, what);
    *slot = mem_strdup(text);
    return 0;
}

static int
read_positional(struct options *options, int command, const char *text, struct err *err)
{
    size_t len = strlen(text);
    if (!text_is_utf8(text, len))
        return err_set(err, EXIT_USAGE,
                       "a file name is not UTF-8; rename it, or link to it "
                       "by another name");
    if (command == CMD_CODES)
        return err_set(err, EXIT_USAGE, "'%s': codes takes no argument", text);
    if (command & (CMD_RESUME | CMD_RETRY | CMD_REPORT))
        return take_positional(&options->run_dir, "run directory", text, err);
    if (command == CMD_RUNS)
        return take_positional(&options->run_dir, "folder of runs", text, err);
    if (len > 5 && strcmp(text + len - 5, ".json") == 0)
        return take_positional(&options->definition, "job definition", text, err);
    return take_positional(&options->input, "job file", text, err);
}

/* The one key of a definition that is read and is no option. */
static int
read_input_variable(struct options *options, int command, struct err *err)
{
    const char *value = getenv("UNHITCH_INPUT");
    if (!value || !*value || options->input || !(command & (CMD_RUN | CMD_PLAN)))
        return 0;
    if (!text_is_utf8(value, strlen(value)))
        return err_set(err, EXIT_USAGE, "UNHITCH_INPUT: its value is not UTF-8 text");
    options->input = mem_strdup(value);
    return 0;
}

static int
read_environment(struct options *options, int command, struct err *err)
{
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        const struct option_row *row = &option_rows[id];
        if (row->flag_only || row->type == TYPE_PAIR || row->type == TYPE_RELATION ||
            !(row->commands & command))
            continue;
        char key[32], variable[48];
        options_key(id, key);
        (void)snprintf(variable, sizeof(variable), "UNHITCH_%s", key);
        for (char *at = variable; *at; at++)
            *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
        const char *value = getenv(variable);
        if (value && *value &&
            options_set(options, id, value, ORIGIN_ENVIRONMENT, variable, err))
            return -1;
    }
    return read_input_variable(options, command, err);
}

/* All services at once (the sandbox): no address of one of them that was given on a lower
 * level leads elsewhere. */
static void
heed_base_url(struct options *options)
{
    static const enum option_id urls[] = {OPTION_CRM_URL, OPTION_DESK_URL,
                                          OPTION_VERBA_URL, OPTION_ACCOUNTS_URL};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
        if (options->text[OPTION_BASE_URL] &&
            options->origin[urls[i]] < options->origin[OPTION_BASE_URL]) {
            free(options->text[urls[i]]);
            options->text[urls[i]] = NULL;
        }
}

int
options_read(struct options *options, int command, int argc, char **argv, struct err *err)
{
    struct arguments arguments = {argc, 0, argv, command};
    bool only_positional = false;
    for (; arguments.at < argc; arguments.at++) {
        const char *argument = argv[arguments.at];
        int rc;
        if (!only_positional && strcmp(argument, "--") == 0) {
            only_positional = true;
            continue;
        }
        if (only_positional || argument[0] != '-' || !argument[1])
            rc = read_positional(options, command, argument, err);
        else if (argument[1] == '-')
            rc = read_long(options, &arguments, err);
        else
            rc = read_short(options, &arguments, err);
        if (rc)
            return -1;
    }
    if (options->help)
        return 0;
    if (read_environment(options, command, err) ||
        (options->definition && definition_read(options->definition, options, err)))
        return -1;
    heed_base_url(options);
    return 0;
}
