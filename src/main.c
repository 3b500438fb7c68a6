#include "base/log.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/commands.h"

/* clang-format off */
const struct command commands[] = {
    {"run", CMD_RUN, "[JOB.json] [INPUT]", "validate, plan, send, report",
     "Reads INPUT (CSV, TSV or JSONL, plain or gzip; - is standard input), checks every\n"
     "row, packs the IDs into the fewest calls, sends them, and writes what became of each\n"
     "row to a run directory. JOB.json is a job definition: saved options.\n"
     "An option is also a key of JOB.json (\"max_calls\") and, unless it is repeatable, a\n"
     "variable (UNHITCH_MAX_CALLS); not so --out, --json, -n, -q, -v and --progress.",
     command_run},
    {"plan", CMD_PLAN, "[JOB.json] [INPUT]", "validate and plan only; sends nothing",
     "Reads and checks INPUT as `run` does and tells what it would send.", command_plan},
    {"resume", CMD_RESUME, "RUN_DIR", "carry on with a run that stopped",
     "Sends what a stopped or killed run has not sent. What was answered is never sent\n"
     "again. Limits given here replace the saved ones.", command_resume},
    {"retry", CMD_RETRY, "RUN_DIR", "a new run over the rows worth retrying",
     "Sends again, in a new run directory, the rows of RUN_DIR that are unknown or unsent or\n"
     "failed for a reason that may pass (429, 5xx, no connection).", command_retry},
    {"report", CMD_REPORT, "RUN_DIR",
     "write the reports again, also of an unfinished run",
     "Writes the result files and the summary from the journal.", command_report},
    {"codes", CMD_CODES, "", "every code: meaning and what to do",
     "Lists the codes of each operation, and unhitch's own.", command_codes},
    {0},
};
/* clang-format on */

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
    const char *nearest = text_nearest(name, names, count);
    err_set(err, EXIT_USAGE, "there is no command '%s'%s%s%s", name,
            nearest ? "; did you mean " : "", nearest ? nearest : "",
            nearest ? "?" : "; `unhitch --help` lists them");
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
    const char *name = argc > 1 ? argv[1] : "";
    int rc;
    if (strcmp(name, "--version") == 0) {
        rc = puts("unhitch " UNHITCH_VERSION) < 0;
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
    if (err.exit_code)
        log_error("%s", err.text);
    return err.exit_code ? err.exit_code : rc;
}
