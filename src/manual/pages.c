#include "manual/insertion.h"

#include "base/err.h"
#include "base/version.h"
#include "cli/commands.h"
#include "manual/roff.h"
#include "ops/op.h"
#include "sandbox/faults.h"
#include "sandbox/settings.h"

static void
print_title(const char *name, int section)
{
    (void)printf(".TH %s %d %s \"unhitch %s\"\n", name, section, UNHITCH_DATE,
                 UNHITCH_VERSION);
}

static void
print_title_unhitch(void)
{
    print_title("UNHITCH", 1);
}

static void
print_title_job(void)
{
    print_title("UNHITCH-JOB", 5);
}

static void
print_title_sandbox(void)
{
    print_title("UNHITCH-SANDBOX", 1);
}

static void
print_synopsis(void)
{
    for (const struct command *command = commands; command->name; command++) {
        (void)printf("%s.B unhitch %s\n[options]%s", command == commands ? "" : ".br\n",
                     command->name, command->arguments[0] ? " " : "");
        roff_print(command->arguments);
        (void)putchar('\n');
    }
}

static void
print_commands(void)
{
    for (const struct command *command = commands; command->name; command++) {
        (void)fputs(".TP\n", stdout);
        roff_print_in('B', command->name);
        (void)putchar(' ');
        roff_print_in('I', command->arguments);
        (void)putchar('\n');
        roff_print_sentence(command->summary);
        roff_print(command->description);
        (void)putchar('\n');
    }
}

/* "`csv`, `tsv` or `jsonl`" of "csv|tsv|jsonl". */
static void
print_choices(const char *choices)
{
    for (const char *at = choices, *end; at; at = *end ? end + 1 : NULL) {
        end = at + strcspn(at, "|");
        const char *next = *end ? strchr(end + 1, '|') ? ", " : " or " : "";
        (void)printf("\\fB%.*s\\fP%s", (int)(end - at), at, next);
    }
}

/* What is true of an option wherever it is given. */
static void
print_meaning(const struct option_row *row)
{
    char first[32] = "";
    if (row->choices)
        (void)snprintf(first, sizeof(first), "%.*s", (int)strcspn(row->choices, "|"),
                       row->choices);
    roff_print_sentence(row->help);
    if (row->choices && !strstr(row->help, first)) {
        (void)fputs("One of ", stdout);
        print_choices(row->choices);
        (void)fputs(".\n", stdout);
    }
    const char *value = row->default_shown ? row->default_shown : row->default_text;
    if (!value)
        return;
    (void)fputs("Default: ", stdout);
    roff_print_sentence(value);
}

static void
print_takers(const struct option_row *row)
{
    const char *before = "Taken by ";
    for (const struct command *command = commands; command->name; command++)
        if (command->id & row->commands) {
            (void)printf("%s\\fB%s\\fP", before, command->name);
            before = ", ";
        }
    (void)fputs(".\n", stdout);
}

static void
print_options(void)
{
    for (const struct option_row *row = option_rows; row < option_rows + OPTION_COUNT;
         row++) {
        (void)fputs(".TP\n", stdout);
        if (row->letter)
            (void)printf("\\fB\\-%c\\fP, ", row->letter);
        (void)fputs("\\fB\\-\\-\\fP", stdout);
        roff_print_in('B', row->name);
        if (row->argument) {
            (void)putchar(' ');
            roff_print_in('I', row->argument);
        }
        (void)putchar('\n');
        print_meaning(row);
        print_takers(row);
    }
}

static const char *
json_type(const struct option_row *row)
{
    switch (row->type) {
    case TYPE_SWITCH:
        return "true or false";
    case TYPE_NUMBER:
        return "number";
    case TYPE_DURATION:
        return "string, or number of seconds";
    case TYPE_PAIR:
        return "object";
    case TYPE_RELATION:
        return "array of strings";
    default:
        return "string";
    }
}

static void
print_keys(void)
{
    char key[32];
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        const struct option_row *row = &option_rows[id];
        if (row->flag_only)
            continue;
        options_key(id, key);
        (void)fputs(".TP\n", stdout);
        roff_print_in('B', key);
        (void)printf(" (%s)\n", json_type(row));
        print_meaning(row);
    }
}

static void
print_exit_codes(void)
{
    for (const struct exit_row *row = exit_rows; row->meaning; row++) {
        (void)printf(".TP\n.B %d%s\n", row->code, row->code == EXIT_SIGNAL ? "+N" : "");
        roff_print_sentence(row->meaning);
    }
}

static void
print_code_rows(const struct code_row *row)
{
    for (; row->code; row++) {
        (void)fputs(".TP\n", stdout);
        roff_print_in('B', row->code);
        if (row->http)
            (void)printf(" (HTTP %d, %s)\n", row->http, class_names[row->class]);
        else
            (void)printf(" (%s)\n", class_names[row->class]);
        roff_print_sentence(row->meaning);
        if (!row->advice[0])
            continue;
        (void)fputs("What to do: ", stdout);
        roff_print_sentence(row->advice);
    }
}

static void
print_own_codes(void)
{
    print_code_rows(codes_own);
}

static void
print_service_codes(void)
{
    for (size_t i = 0; ops_all[i]; i++) {
        (void)printf(".SS %s\n", ops_all[i]->name);
        print_code_rows(ops_all[i]->codes);
    }
}

/* A row of one of the sandbox's tables; without help it is a heading. */
static void
print_sandbox_row(const char *name, const char *value, const char *help)
{
    if (!help) {
        (void)printf(".SS \"%s\"\n", name);
        return;
    }
    (void)fputs(".TP\n", stdout);
    roff_print_in('B', name);
    if (value && value[0]) {
        (void)putchar(' ');
        roff_print_in('I', value);
    }
    (void)putchar('\n');
    roff_print_sentence(help);
}

static void
print_sandbox_option(const char *name, const char *value, const char *help)
{
    char flag[64];
    (void)snprintf(flag, sizeof(flag), "--%s", name);
    print_sandbox_row(help ? flag : name, value, help);
}

static void
print_sandbox_options(void)
{
    settings_list(print_sandbox_option);
}

static void
print_faults(void)
{
    faults_list(print_sandbox_row);
}

const struct insertion page_insertions[] = {
    {"title-unhitch", print_title_unhitch},
    {"title-unhitch-job", print_title_job},
    {"title-unhitch-sandbox", print_title_sandbox},
    {"synopsis", print_synopsis},
    {"commands", print_commands},
    {"options", print_options},
    {"keys", print_keys},
    {"exit-codes", print_exit_codes},
    {"own-codes", print_own_codes},
    {"service-codes", print_service_codes},
    {"sandbox-options", print_sandbox_options},
    {"faults", print_faults},
    {0},
};
