#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>

static enum log_level level = LOG_NORMAL;
static bool status_shown;

void
log_set_level(enum log_level new_level)
{
    level = new_level;
}

enum log_level
log_get_level(void)
{
    return level;
}

__attribute__((format(printf, 3, 0))) static void
log_print(enum log_level needed, const char *prefix, const char *format, va_list args)
{
    if (level < needed)
        return;
    log_status("");
    (void)fputs(prefix, stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
}

#define LOG_DEFINE(name, needed, prefix)                                                 \
    void name(const char *format, ...)                                                   \
    {                                                                                    \
        va_list args;                                                                    \
        va_start(args, format);                                                          \
        log_print(needed, prefix, format, args);                                         \
        va_end(args);                                                                    \
    }

LOG_DEFINE(log_error, LOG_QUIET, "unhitch: ")
LOG_DEFINE(log_warn, LOG_NORMAL, "unhitch: warning: ")
LOG_DEFINE(log_note, LOG_NORMAL, "unhitch: ")
LOG_DEFINE(log_detail, LOG_VERBOSE, "unhitch: ")

void
log_status(const char *line)
{
    if (line[0])
        (void)fprintf(stderr, "\r\033[K%s", line);
    else if (status_shown)
        (void)fputs("\r\033[K", stderr);
    status_shown = line[0] != '\0';
    (void)fflush(stderr);
}
