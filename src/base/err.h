/*
 * Errors as values. A function that can fail returns 0 or -1 and takes a
 * `struct err *` last. The text is complete for the user: what, where, what to
 * do. The first error wins, so calls may be chained with ||. On success the
 * struct is untouched.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/* The program's exit codes; N is added to the last for a stop by signal N. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_INTERNAL = 1,
    EXIT_USAGE = 2,
    EXIT_INPUT = 3,
    EXIT_ROWS = 4,
    EXIT_CREDENTIALS = 6,
    EXIT_HALTED = 7,
    EXIT_BUDGET = 8,
    EXIT_WINDOW = 10,
    EXIT_IN_USE = 75,
    EXIT_SIGNAL = 128
};

/* What each means, for the manual. */
struct exit_row {
    enum exit_code code;
    const char *meaning;
};

extern const struct exit_row exit_rows[]; /* ended by a row without a meaning */

struct err {
    int exit_code;   /* 0: no error yet */
    char text[2048]; /* one line or a few, no line end */
};

/* Note an error unless one is already noted. Returns -1. */
int err_set(struct err *err, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, followed by ": " and the text of the current errno. Where that says that the
 * machine is out of something (memory, room, files) or broken, the exit code becomes
 * EXIT_INTERNAL. Returns -1. */
int err_set_errno(struct err *err, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
