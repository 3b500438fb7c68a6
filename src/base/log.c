#include "base/log.h"

#include "base/terminal.h"

#include <stdarg.h>
#include <unistd.h>

static enum log_level level = LOG_NORMAL;
static bool status_shown;

enum { MESSAGE_MAX = 4096 };

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

static bool
has_colours(void)
{
    static int known = -1;
    if (known < 0)
        known = terminal_look(STDERR_FILENO).colours;
    return known;
}

/* A message may quote names from outside: nothing of it drives the terminal. */
static void
disarm(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at; at++) {
        bool c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;
        if (c1)
            at[0] = at[1] = '?';
        else if ((*at < 0x20 && *at != '\n' && *at != '\t') || *at == 0x7f)
            *at = '?';
    }
}

__attribute__((format(printf, 4, 0))) static void
log_print(enum log_level needed, enum tint tint, const char *word, const char *format,
          va_list args)
{
    char text[MESSAGE_MAX];
    const char *on = terminal_tint(tint && has_colours(), tint);
    const char *off = terminal_tint(tint && has_colours(), TINT_NONE);
    if (level < needed)
        return;
    (void)vsnprintf(text, sizeof(text), format, args);
    disarm(text);
    log_status("");
    if (word[0])
        (void)fprintf(stderr, "unhitch: %s%s:%s %s\n", on, word, off, text);
    else
        (void)fprintf(stderr, "%sunhitch:%s %s\n", on, off, text);
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
