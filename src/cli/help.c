#include "cli/commands.h"

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

static void
print_option(const struct option_row *row, int command)
{
    char left[64];
    const char *value = shown_default(row, command);
    int len = row->letter
                  ? snprintf(left, sizeof(left), "-%c, --%s", row->letter, row->name)
                  : snprintf(left, sizeof(left), "    --%s", row->name);
    if (row->argument)
        (void)snprintf(left + len, sizeof(left) - (size_t)len, " %s", row->argument);
    (void)printf("  %-34s %s%s%s%s\n", left, row->help, value ? " [" : "",
                 value ? value : "", value ? "]" : "");
}

void
help_print_program(FILE *out)
{
    (void)fputs(
        "unhitch does one thing to every ID of a file, and tells for every row what became\n"
        "of it: it delinks Zoho CRM records in batches of up to 100 (crm.delink), sets\n"
        "call preferences (crm.call_preferences), clears live call mappings in Zoho Desk\n"
        "(desk.clear_live_mapping), deletes Verba calls (verba.delete_call).\n\n"
        "usage: unhitch COMMAND [options] [arguments]\n\ncommands:\n",
        out);
    for (const struct command *command = commands; command->name; command++)
        (void)fprintf(out, "  %-7s %-26s %s\n", command->name, command->arguments,
                      command->summary);
    (void)fputs(
        "\n`unhitch COMMAND --help` tells the options of a command; `unhitch --version` the\n"
        "version. Credentials come from the environment; NAME_FILE names a file with it:\n"
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
    (void)printf("usage: unhitch %s [options]%s%s\n\n%s\n\noptions:\n", command->name,
                 command->arguments[0] ? " " : "", command->arguments,
                 command->description);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (option_rows[i].commands & command->id)
            print_option(&option_rows[i], command->id);
    (void)puts("      --help                         this text");
}
