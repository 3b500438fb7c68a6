#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/commands.h"
#include "run/signals.h"

#include <jansson.h>

static const struct command *
find_command(const char *name, struct err *err)
{
    const char *names[16];
    size_t count = 0;
    for (const struct command *command = commands; command->name; command++) {
        if (strcmp(command->name, name) == 0)
            return command;
        names[count++] = command->name;
    }
    char hint[TEXT_HINT_BYTES];
    err_set(err, EXIT_USAGE, "there is no command '%s'%s", name,
            text_hint(text_nearest(name, names, count), "",
                      "; `unhitch --help` lists them", hint));
    return NULL;
}

static int
run_command(const struct command *command, int argc, char **argv, struct err *err)
{
    struct options options;
    options_init(&options);
    int rc = options_read(&options, command->id, argc, argv, err);
    if (rc == 0 && options.help)
        help_print(command);
    else if (rc == 0)
        rc = command->run(&options, err);
    options_clear(&options);
    return rc;
}

int
main(int argc, char **argv)
{
    struct err err = {0};
    json_set_alloc_funcs(mem_plain, free);
    signals_spare();
    const char *name = argc > 1 ? argv[1] : "";
    int rc;
    if (strcmp(name, "--version") == 0) {
        rc = puts("unhitch " UNHITCH_VERSION) < 0;
    } else if (strcmp(name, "help") == 0 && argc > 2) {
        const struct command *command = find_command(argv[2], &err);
        if (command)
            help_print(command);
        rc = EXIT_OK;
    } else if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
               strcmp(name, "help") == 0) {
        help_print_program(stdout);
        rc = EXIT_OK;
    } else if (!name[0]) {
        help_print_program(stderr);
        rc = EXIT_USAGE;
    } else {
        const struct command *command = find_command(name, &err);
        rc = command ? run_command(command, argc - 2, argv + 2, &err) : -1;
    }
    if (fflush(stdout) && !err.exit_code)
        rc = err_set_errno(&err, EXIT_INTERNAL, "standard output");
    else if (ferror(stdout) && !err.exit_code)
        rc = err_set(&err, EXIT_INTERNAL, "standard output: not all of it could be written");
    if (err.exit_code)
        log_error("%s", err.text);
    return err.exit_code ? err.exit_code : rc;
}
