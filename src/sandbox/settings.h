/*
 * What the command line says. One table gives each option its name, its kind, its
 * place in the struct and its help text.
 */
#ifndef SANDBOX_SETTINGS_H
#define SANDBOX_SETTINGS_H

#include <stdbool.h>

struct err;

struct settings {
    unsigned long long port; /* 0: any free one */
    unsigned long long latency_ms;
    unsigned long long mixed_status;    /* of an answer that holds good and bad entries */
    unsigned long long limit_in_flight; /* 0: none */
    unsigned long long limit_calls;     /* 0: none */
    const char *port_file;              /* the paths and texts: NULL if not given */
    const char *token;
    const char *relations_file;
    const char *faults_file;
    const char *log_file;
    const char *books_file;
    const char *tls_cert;
    const char *tls_key;
    bool gzip;
    bool no_magic;
    bool quiet;
    bool help;
    bool help_faults;
};

/* Strings stay those of `argv`. Every error is the user's (EXIT_USAGE). */
int settings_read(struct settings *settings, int argc, char **argv, struct err *err);

/* --help, on standard output. */
void settings_print_help(void);

#endif
