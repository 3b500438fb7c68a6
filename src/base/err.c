#include "base/err.h"

#include <errno.h>
#include <stdarg.h>

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

int
err_set_errno(struct err *err, int exit_code, const char *format, ...)
{
    if (err->exit_code)
        return -1;
    int saved = errno;
    va_list args;
    va_start(args, format);
    err_vset(err, exit_code, format, args);
    va_end(args);
    size_t len = strlen(err->text);
    (void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(saved));
    return -1;
}
