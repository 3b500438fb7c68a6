#include "manual/insertion.h"

#include "manual/values.h"
#include "sandbox/settings.h"

static void
print_commands(void)
{
    (void)fputs("    local commands='", stdout);
    for (const struct command *command = commands; command->name; command++)
        (void)printf("%s ", command->name);
    (void)puts("'");
}

static void
print_options(void)
{
    for (const struct command *command = commands; command->name; command++) {
        (void)printf("    %s) words='", command->name);
        for (size_t i = 0; i < OPTION_COUNT; i++)
            if (option_rows[i].commands & command->id)
                (void)printf("--%s ", option_rows[i].name);
        (void)puts("--help' ;;");
    }
}

/* What completes the value of each option that takes one. */
static void
print_values(void)
{
    static const char *const actions[] = {
        [VALUE_FREE] = "none=1",
        [VALUE_FILE] = "files=1",
        [VALUE_FOLDER] = "folders=1",
        [VALUE_PROGRAM] = "programs=1",
    };
    for (const struct option_row *row = option_rows; row < option_rows + OPTION_COUNT;
         row++) {
        enum value_kind kind = values_of_option(row);
        if (kind == VALUE_NONE)
            continue;
        if (row->letter)
            (void)printf("    -%c |", row->letter);
        (void)printf("%s--%s) ", row->letter ? " " : "    ", row->name);
        if (kind == VALUE_WORDS || kind == VALUE_FIELD) {
            (void)fputs("words='", stdout);
            values_print(row);
            (void)puts("' ;;");
        } else {
            (void)printf("%s ;;\n", actions[kind]);
        }
    }
}

static void
print_arguments(void)
{
    for (const struct command *command = commands; command->name; command++) {
        enum value_kind kind = values_of_command(command);
        if (kind != VALUE_NONE)
            (void)printf("    %s) %s=1 ;;\n", command->name,
                         kind == VALUE_FOLDER ? "folders" : "files");
    }
}

static void
print_sandbox_option(const char *name, const char *value, const char *help)
{
    (void)value;
    if (help)
        (void)printf("--%s ", name);
}

static void
print_sandbox(void)
{
    (void)fputs("    local options='", stdout);
    settings_list(print_sandbox_option);
    (void)puts("'");
}

const struct insertion bash_insertions[] = {
    {"bash-commands", print_commands}, {"bash-options", print_options},
    {"bash-values", print_values},     {"bash-arguments", print_arguments},
    {"bash-sandbox", print_sandbox},   {0},
};
