#include "manual/insertion.h"

#include "manual/values.h"
#include "sandbox/settings.h"

/* Within single quotes; the first line only. */
static void
print_quoted(const char *text)
{
    (void)putchar('\'');
    for (; *text && *text != '\n'; text++) {
        if (*text == '\'' || *text == '\\')
            (void)putchar('\\');
        (void)putchar(*text);
    }
    (void)putchar('\'');
}

static void
print_commands(void)
{
    for (const struct command *command = commands; command->name; command++) {
        (void)printf("complete -c unhitch -n __fish_use_subcommand -f -a %s -d ",
                     command->name);
        print_quoted(command->summary);
        (void)putchar('\n');
    }
}

static void
print_condition(int takers)
{
    (void)fputs("complete -c unhitch -n '__fish_seen_subcommand_from", stdout);
    for (const struct command *command = commands; command->name; command++)
        if (command->id & takers)
            (void)printf(" %s", command->name);
    (void)putchar('\'');
}

static void
print_value(const struct option_row *row)
{
    static const char *const actions[] = {
        [VALUE_NONE] = "",
        [VALUE_FREE] = " -x",
        [VALUE_FILE] = " -r -F",
        [VALUE_FOLDER] = " -x -a '(__fish_complete_directories)'",
        [VALUE_PROGRAM] = " -x -a '(__fish_complete_command)'",
    };
    enum value_kind kind = values_of_option(row);
    if (kind == VALUE_WORDS || kind == VALUE_FIELD) {
        (void)fputs(" -x -a '", stdout);
        values_print(row);
        (void)putchar('\'');
    } else {
        (void)fputs(actions[kind], stdout);
    }
}

static void
print_options(void)
{
    for (const struct option_row *row = option_rows; row < option_rows + OPTION_COUNT;
         row++) {
        print_condition(row->commands);
        (void)printf(" -l %s", row->name);
        if (row->letter)
            (void)printf(" -s %c", row->letter);
        print_value(row);
        (void)fputs(" -d ", stdout);
        print_quoted(row->help);
        (void)putchar('\n');
    }
}

static void
print_arguments(void)
{
    for (const struct command *command = commands; command->name; command++)
        if (values_of_command(command) != VALUE_FILE) {
            print_condition(command->id);
            (void)puts(values_of_command(command) == VALUE_NONE
                           ? " -f"
                           : " -f -a '(__fish_complete_directories)'");
        }
}

static void
print_sandbox_option(const char *name, const char *value, const char *help)
{
    if (!help)
        return;
    (void)printf("complete -c unhitch-sandbox -f -l %s", name);
    if (value && strchr(value, '|')) {
        (void)fputs(" -x -a '", stdout);
        for (; *value; value++)
            (void)putchar(*value == '|' ? ' ' : *value);
        (void)putchar('\'');
    } else if (value) {
        (void)fputs(strcmp(value, "FILE") == 0 ? " -r -F" : " -x", stdout);
    }
    (void)fputs(" -d ", stdout);
    print_quoted(help);
    (void)putchar('\n');
}

static void
print_sandbox(void)
{
    settings_list(print_sandbox_option);
}

const struct insertion fish_insertions[] = {
    {"fish-commands", print_commands},
    {"fish-options", print_options},
    {"fish-arguments", print_arguments},
    {"fish-sandbox", print_sandbox},
    {0},
};
