/*
 * What goes to standard error: errors always, warnings and notes unless -q,
 * details only with -v. A progress line on the terminal is wiped first.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };

void log_set_level(enum log_level level);
enum log_level log_get_level(void);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Show `line` in place of the last status line; "" wipes it. Terminals only. */
void log_status(const char *line);

#endif
