/*
 * The commands: each takes the arguments after its name and returns the exit code.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "base/err.h"
#include "cli/options.h"

struct command {
    const char *name;
    int id;                  /* CMD_RUN, ... */
    const char *arguments;   /* for --help */
    const char *summary;     /* one line */
    const char *description; /* what --help says besides */
    int (*run)(struct options *options, struct err *err);
};

extern const struct command commands[]; /* ended by a row without a name */

int command_run(struct options *options, struct err *err);
int command_plan(struct options *options, struct err *err);
int command_resume(struct options *options, struct err *err);
int command_retry(struct options *options, struct err *err);
int command_report(struct options *options, struct err *err);
int command_runs(struct options *options, struct err *err);
int command_codes(struct options *options, struct err *err);

/* --help of a command on standard output, and of the program. */
void help_print(const struct command *command);
void help_print_program(FILE *out);

#endif
