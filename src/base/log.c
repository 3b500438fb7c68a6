#include "base/log.h"

#include "base/terminal.h"

#include <stdarg.h>
#include <unistd.h>

static enum log_level level = LOG_NORMAL;
static bool status_shown;
static bool colours;

void
log_set_level(enum log_level new_level)
{
    level = new_level;
    colours = terminal_look(STDERR_FILENO).colours;
}

enum log_level
log_get_level(void)
{
    return level;
}

/* "unhitch: ", and what kind of message it is in its colour. */
static void
print_prefix(enum tint tint, const char *word)
{
    const char *on = terminal_tint(colours && tint, tint);
    const char *off = terminal_tint(colours && tint, TINT_NONE);
    if (word[0])
        (void)fprintf(stderr, "unhitch: %s%s:%s ", on, word, off);
    else
        (void)fprintf(stderr, "%sunhitch:%s ", on, off);
}

__attribute__((format(printf, 4, 0))) static void
log_print(enum log_level needed, enum tint tint, const char *word, const char *format,
          va_list args)
{
    if (level < needed)
        return;
    log_status("");
    print_prefix(tint, word);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
}

#define LOG_DEFINE(name, needed, tint, word)                                             \
    void name(const char *format, ...)                                                   \
    {                                                                                    \
        va_list args;                                                                    \
        va_start(args, format);                                                          \
        log_print(needed, tint, word, format, args);                                     \
        va_end(args);                                                                    \
    }

LOG_DEFINE(log_error, LOG_QUIET, TINT_RED, "")
LOG_DEFINE(log_warn, LOG_NORMAL, TINT_YELLOW, "warning")
LOG_DEFINE(log_note, LOG_NORMAL, TINT_NONE, "")
LOG_DEFINE(log_detail, LOG_VERBOSE, TINT_NONE, "")

void
log_status(const char *line)
{
    if (line[0])
        (void)fprintf(stderr, "\r%s\033[K", line);
    else if (status_shown)
        (void)fputs("\r\033[K", stderr);
    status_shown = line[0] != '\0';
    (void)fflush(stderr);
}
