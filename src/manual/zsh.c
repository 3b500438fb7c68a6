#include "manual/insertion.h"

#include "manual/values.h"
#include "sandbox/settings.h"

/* Within single quotes, where `_arguments` gives a meaning to `:`, `[` and `]`. */
static void
print_quoted(const char *text)
{
    for (; *text && *text != '\n'; text++) {
        if (strchr(":[]\\", *text))
            (void)putchar('\\');
        (void)fputs(*text == '\'' ? "'\\''" : (char[]){*text, '\0'}, stdout);
    }
}

static void
print_commands(void)
{
    for (const struct command *command = commands; command->name; command++) {
        (void)printf("        '%s:", command->name);
        print_quoted(command->summary);
        (void)puts("'");
    }
}

/* `:what it is:how to complete it` of an option's value. */
static void
print_value(const struct option_row *row)
{
    static const char *const actions[] = {
        [VALUE_FREE] = " ",
        [VALUE_FILE] = "_files",
        [VALUE_FOLDER] = "_files -/",
        [VALUE_PROGRAM] = "_command_names -e",
    };
    enum value_kind kind = values_of_option(row);
    if (kind == VALUE_NONE)
        return;
    (void)putchar(':');
    print_quoted(row->argument);
    (void)putchar(':');
    if (kind == VALUE_WORDS || kind == VALUE_FIELD) {
        (void)fputs(kind == VALUE_FIELD ? "compadd -S \"\" -- " : "(", stdout);
        values_print(row);
        (void)fputs(kind == VALUE_FIELD ? "" : ")", stdout);
    } else {
        (void)fputs(actions[kind], stdout);
    }
}

static void
print_option(const struct option_row *row)
{
    const char *equals = row->type == TYPE_SWITCH ? "" : "=";
    bool repeatable = row->type == TYPE_PAIR || row->type == TYPE_RELATION;
    (void)fputs("            ", stdout);
    if (row->letter)
        (void)printf("'(-%c --%s)'{-%c,--%s%s}'[", row->letter, row->name, row->letter,
                     row->name, equals);
    else
        (void)printf("'%s--%s%s[", repeatable ? "*" : "", row->name, equals);
    print_quoted(row->help);
    (void)putchar(']');
    print_value(row);
    (void)puts("' \\");
}

static void
print_cases(void)
{
    static const char *const arguments[] = {
        [VALUE_NONE] = "",
        [VALUE_FILE] = " '*:file:_files'",
        [VALUE_FOLDER] = " '1:run directory:_files -/'",
    };
    for (const struct command *command = commands; command->name; command++) {
        (void)printf("    %s)\n        _arguments -s -S : \\\n", command->name);
        for (size_t i = 0; i < OPTION_COUNT; i++)
            if (option_rows[i].commands & command->id)
                print_option(&option_rows[i]);
        (void)printf("            '--help[this text]'%s ;;\n",
                     arguments[values_of_command(command)]);
    }
}

static void
print_sandbox_option(const char *name, const char *value, const char *help)
{
    if (!help)
        return;
    (void)printf("        '--%s%s[", name, value ? "=" : "");
    print_quoted(help);
    (void)putchar(']');
    if (value && strchr(value, '|')) {
        (void)fputs(":word:(", stdout);
        for (; *value; value++)
            (void)putchar(*value == '|' ? ' ' : *value);
        (void)putchar(')');
    } else if (value) {
        (void)printf(":%s:%s", value, strcmp(value, "FILE") == 0 ? "_files" : " ");
    }
    (void)puts("' \\");
}

static void
print_sandbox(void)
{
    settings_list(print_sandbox_option);
}

const struct insertion zsh_insertions[] = {
    {"zsh-commands", print_commands},
    {"zsh-cases", print_cases},
    {"zsh-sandbox", print_sandbox},
    {0},
};
