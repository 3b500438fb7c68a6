#include "manual/values.h"

#include "ops/op.h"

enum value_kind
values_of_option(const struct option_row *row)
{
    static const struct {
        const char *argument;
        enum value_kind kind;
    } kinds[] = {{"FILE", VALUE_FILE}, {"DIR", VALUE_FOLDER}, {"COMMAND", VALUE_PROGRAM}};
    if (row->type == TYPE_SWITCH)
        return VALUE_NONE;
    if (row->type == TYPE_PAIR)
        return VALUE_FIELD;
    if (row->choices || row->type == TYPE_OPERATION)
        return VALUE_WORDS;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(row->argument, kinds[i].argument) == 0)
            return kinds[i].kind;
    return VALUE_FREE;
}

enum value_kind
values_of_command(const struct command *command)
{
    return strstr(command->arguments, "DIR")     ? VALUE_FOLDER
           : strstr(command->arguments, "INPUT") ? VALUE_FILE
                                                 : VALUE_NONE;
}

void
values_print(const struct option_row *row)
{
    const char *before = "";
    if (row->type == TYPE_PAIR)
        for (enum field field = 0; field < FIELD_COUNT; field++, before = " ")
            (void)printf("%s%s=", before, field_names[field]);
    else if (row->type == TYPE_OPERATION)
        for (size_t i = 0; ops_all[i]; i++, before = " ")
            (void)printf("%s%s", before, ops_all[i]->name);
    else
        for (const char *at = row->choices; *at; at++)
            (void)putchar(*at == '|' ? ' ' : *at);
}
