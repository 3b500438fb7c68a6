#include "cli/commands.h"

static const char *
shown_default(const struct option_row *row)
{
    return row->default_shown ? row->default_shown : row->default_text;
}

static void
print_option(const struct option_row *row)
{
    char left[64];
    const char *value = shown_default(row);
    int len = row->letter ? snprintf(left, sizeof(left), "-%c, --%s", row->letter, row->name)
                          : snprintf(left, sizeof(left), "    --%s", row->name);
    if (row->argument)
        (void)snprintf(left + len, sizeof(left) - (size_t)len, " %s", row->argument);
    (void)printf("  %-34s %s%s%s%s\n", left, row->help, value ? " [" : "",
                 value ? value : "", value ? "]" : "");
}

void
help_print_program(FILE *out)
{
    (void)fputs("unhitch takes a file of record IDs apart from their records: Zoho CRM delink,\n"
               "in batches of up to 100, and tells for every single row what became of it.\n\n"
               "usage: unhitch COMMAND [options] [arguments]\n\ncommands:\n", out);
    for (const struct command *command = commands; command->name; command++)
        (void)fprintf(out, "  %-7s %-26s %s\n", command->name, command->arguments,
                      command->summary);
    (void)fputs("\n`unhitch COMMAND --help` tells the options of a command; `unhitch --version` the\n"
               "version. Credentials come from the environment: ZOHO_ACCESS_TOKEN, or\n"
               "ZOHO_ACCESS_TOKEN_FILE to name a file that holds the token.\n\n"
               "A first try, which sends nothing:\n"
               "  unhitch plan --operation crm.delink contacts.csv\n", out);
}

void
help_print(const struct command *command)
{
    (void)printf("usage: unhitch %s [options]%s%s\n\n%s\n\noptions:\n", command->name,
                 command->arguments[0] ? " " : "", command->arguments,
                 command->description);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (option_rows[i].commands & command->id)
            print_option(&option_rows[i]);
    (void)puts("      --help                         this text");
}
