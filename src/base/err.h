/*
 * Errors as values. A function that can fail returns 0 or -1 and takes a
 * `struct err *` last. The text is complete for the user: what, where, what to
 * do. The first error wins, so calls may be chained with ||. On success the
 * struct is untouched.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/* The program's exit codes; 128+N is added for a stop by signal N. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_INTERNAL = 1,    /* disk full, out of memory, a broken promise */
    EXIT_USAGE = 2,       /* options, job definition or credentials wrong */
    EXIT_INPUT = 3,       /* job file refused */
    EXIT_ROWS = 4,        /* finished, but not every row succeeded */
    EXIT_CREDENTIALS = 6, /* the service refused the credentials or their scope */
    EXIT_HALTED = 7,      /* --halt-after */
    EXIT_BUDGET = 8,      /* --max-calls, or the service's daily limit */
    EXIT_WINDOW = 10,     /* --max-duration, --stop-at */
    EXIT_IN_USE = 75,     /* another process holds the run directory */
    EXIT_SIGNAL = 128
};

struct err {
    int exit_code;   /* 0: no error yet */
    char text[2048]; /* one line or a few, no line end */
};

/* Note an error unless one is already noted. Returns -1. */
int err_set(struct err *err, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, followed by ": " and the text of the current errno. Returns -1. */
int err_set_errno(struct err *err, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
