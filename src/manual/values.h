/*
 * What may stand behind an option or a command, as shells complete it.
 */
#ifndef MANUAL_VALUES_H
#define MANUAL_VALUES_H

#include "cli/commands.h"

enum value_kind {
    VALUE_NONE, /* it takes none */
    VALUE_FREE, /* no telling */
    VALUE_WORDS,
    VALUE_FIELD, /* FIELD=TEXT */
    VALUE_FILE,
    VALUE_FOLDER,
    VALUE_PROGRAM
};

enum value_kind values_of_option(const struct option_row *row);
enum value_kind values_of_command(const struct command *command);

/* All words of VALUE_WORDS or VALUE_FIELD, blanks between them, on standard output. */
void values_print(const struct option_row *row);

#endif
