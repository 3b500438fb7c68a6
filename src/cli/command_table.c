#include "cli/commands.h"

/* clang-format off */
const struct command commands[] = {
    {"run", CMD_RUN, "[JOB.json] [INPUT]", "validate, plan, send, report",
     "Reads INPUT (CSV, TSV or JSONL, plain or gzip; - is standard input), checks\n"
     "every row, packs the IDs into the fewest calls, sends them, and writes what\n"
     "became of each row to a run directory. JOB.json is a job definition: saved\n"
     "options. An option is also a key of JOB.json (\"max_calls\") and, unless it is\n"
     "repeatable, a variable (UNHITCH_MAX_CALLS); not so --out, --json, -n, -q, -v\n"
     "and --progress.",
     command_run},
    {"plan", CMD_PLAN, "[JOB.json] [INPUT]", "validate and plan only; sends nothing",
     "Reads and checks INPUT as `run` does and tells what it would send.", command_plan},
    {"resume", CMD_RESUME, "RUN_DIR", "carry on with a run that stopped",
     "Sends what a stopped or killed run has not sent. What was answered is never\n"
     "sent again. Limits given here replace the saved ones.", command_resume},
    {"retry", CMD_RETRY, "RUN_DIR", "a new run over the rows worth retrying",
     "Sends again, in a new run directory, the rows of RUN_DIR that are unknown or\n"
     "unsent, or failed for a reason that may pass (429, 5xx, no connection).",
     command_retry},
    {"report", CMD_REPORT, "RUN_DIR",
     "write the reports again, also of an unfinished run",
     "Writes the result files and the summary from the journal.", command_report},
    {"runs", CMD_RUNS, "[DIR]", "a table of earlier runs, the newest first",
     "Lists the run directories in DIR (if not given: runs), what became of them and\n"
     "what to type next.", command_runs},
    {"codes", CMD_CODES, "", "every code: meaning and what to do",
     "Lists the codes of each operation, and unhitch's own.", command_codes},
    {0},
};
/* clang-format on */
