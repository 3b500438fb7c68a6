#include "cli/commands.h"

enum { WIDTH = 80, HELP_COLUMN = 30 };

/* What holds if the option is not given. A run that exists has its saved settings. */
static const char *
shown_default(const struct option_row *row, int command)
{
    if (row == &option_rows[OPTION_OUT] && command == CMD_RETRY)
        return "RUN_DIR-retry1, ...";
    if (command & (CMD_RESUME | CMD_RETRY) && !row->flag_only)
        return row->type == TYPE_SWITCH ? NULL : "as saved";
    return row->default_shown ? row->default_shown : row->default_text;
}

/* Words from HELP_COLUMN on; the cursor stands at `column`. A default is not torn apart. */
static void
print_words(const char *words, int column)
{
    for (const char *at = words; *at; at += strspn(at, " ")) {
        int len = (int)strcspn(at, *at == '[' ? "]" : " ");
        len += at[len] == ']';
        if (column > HELP_COLUMN && column + 1 + len > WIDTH) {
            (void)printf("\n");
            column = 0;
        }
        int gap = column < HELP_COLUMN ? HELP_COLUMN - column : column > HELP_COLUMN;
        (void)printf("%*s%.*s", gap, "", len, at);
        column += gap + len;
        at += len;
    }
    (void)printf("\n");
}

static void
print_option(const struct option_row *row, int command)
{
    char words[256];
    const char *value = shown_default(row, command);
    int column = row->letter ? printf("  -%c, --%s", row->letter, row->name)
                             : printf("      --%s", row->name);
    if (row->argument)
        column += printf(" %s", row->argument);
    if (column >= HELP_COLUMN)
        column = printf("\n") - 1;
    (void)snprintf(words, sizeof(words), "%s%s%s%s", row->help, value ? " [" : "",
                   value ? value : "", value ? "]" : "");
    print_words(words, column);
}

static void
print_group(enum option_group group, const struct command *command)
{
    bool titled = false;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->group != group || !(row->commands & command->id))
            continue;
        if (!titled)
            (void)printf("\n%s:\n", option_groups[group]);
        titled = true;
        print_option(row, command->id);
    }
}

void
help_print_program(FILE *out)
{
    (void)fputs(
        "unhitch does one thing to every ID of a file, and tells for every row what\n"
        "became of it: it delinks Zoho CRM records in batches of up to 100 (crm.delink),\n"
        "sets call preferences (crm.call_preferences), clears live call mappings in Zoho\n"
        "Desk (desk.clear_live_mapping), deletes Verba calls (verba.delete_call).\n\n"
        "usage: unhitch COMMAND [options] [arguments]\n\ncommands:\n",
        out);
    for (const struct command *command = commands; command->name; command++)
        (void)fprintf(out, "  %-7s %-19s %s\n", command->name, command->arguments,
                      command->summary);
    (void)fputs(
        "\n`unhitch COMMAND --help` tells the options of a command, `unhitch --version`\n"
        "the version. Credentials come from the environment; NAME_FILE names a file that\n"
        "holds the value of NAME:\n"
        "  Zoho   ZOHO_ACCESS_TOKEN, or ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET and\n"
        "         ZOHO_REFRESH_TOKEN; for Desk also ZOHO_DESK_ORG_ID\n"
        "  Verba  VERBA_API_KEY, alone or with VERBA_TOKEN, or VERBA_USER and\n"
        "         VERBA_PASSWORD\n\n"
        "A first try, which sends nothing:\n"
        "  unhitch plan --operation crm.delink --set module=Campaigns \\\n"
        "      --set related_list=Contacts members.csv\n",
        out);
}

void
help_print(const struct command *command)
{
    (void)printf("usage: unhitch %s [options]%s%s\n\n%s\n", command->name,
                 command->arguments[0] ? " " : "", command->arguments,
                 command->description);
    for (enum option_group group = 0; group < OPTION_GROUPS; group++)
        print_group(group, command);
    (void)puts("      --help                  this text");
}
