#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>

const struct exit_row exit_rows[] = {
    {EXIT_OK, "every row succeeded"},
    {EXIT_INTERNAL, "internal error: disk full, out of memory"},
    {EXIT_USAGE, "usage, job definition or credentials wrong, job file missing; "
                 "nothing sent"},
    {EXIT_INPUT, "job file refused; nothing sent"},
    {EXIT_ROWS, "finished; some rows failed, are unknown or were rejected"},
    {EXIT_CREDENTIALS, "the service refused the credentials or their scope: stopped at "
                       "once"},
    {EXIT_HALTED, "halted: --halt-after"},
    {EXIT_BUDGET, "--max-calls or the service's daily limit reached; resume carries on"},
    {EXIT_WINDOW, "--max-duration or --stop-at reached; resume carries on"},
    {EXIT_IN_USE, "the run directory is in use"},
    {EXIT_SIGNAL, "stopped by signal N after the calls in flight ended; resume carries "
                  "on"},
    {0},
};

__attribute__((format(printf, 3, 0))) static void
err_vset(struct err *err, int exit_code, const char *format, va_list args)
{
    err->exit_code = exit_code;
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
}

int
err_set(struct err *err, int exit_code, const char *format, ...)
{
    if (err->exit_code)
        return -1;
    va_list args;
    va_start(args, format);
    err_vset(err, exit_code, format, args);
    va_end(args);
    return -1;
}

/* The machine is at its end, whoever was to blame otherwise. */
static bool
is_machine_trouble(int number)
{
    return number == ENOMEM || number == EMFILE || number == ENFILE || number == ENOSPC ||
           number == EDQUOT || number == EIO;
}

int
err_set_errno(struct err *err, int exit_code, const char *format, ...)
{
    if (err->exit_code)
        return -1;
    int saved = errno;
    va_list args;
    va_start(args, format);
    err_vset(err, is_machine_trouble(saved) ? EXIT_INTERNAL : exit_code, format, args);
    va_end(args);
    size_t len = strlen(err->text);
    (void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(saved));
    return -1;
}
