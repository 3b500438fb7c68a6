/*
 * What the command line says. One table gives each option its name, its kind, its
 * place in the struct and its help text.
 */
#ifndef SANDBOX_SETTINGS_H
#define SANDBOX_SETTINGS_H

#include <stdbool.h>

struct err;

/* Values of the options that are one of several words, in the order of their words. */
enum { SETTINGS_LOCKED_TO = 1, SETTINGS_LOCKED_FROM = 2 }; /* 3: both */
enum { SETTINGS_WRAPPED, SETTINGS_TOP };
enum { SETTINGS_SECONDS, SETTINGS_MILLISECONDS };
enum { SETTINGS_DESK_BOTH, SETTINGS_DESK_DELETE, SETTINGS_DESK_POST };
enum { SETTINGS_DESK_ERROR, SETTINGS_DESK_NOOP };
enum { SETTINGS_EXPIRED_CODE, SETTINGS_EXPIRED_401 };
enum {
    SETTINGS_XML_PLAIN,
    SETTINGS_XML_OPEN,
    SETTINGS_XML_ATTRIBUTES,
    SETTINGS_XML_BESIDE,
    SETTINGS_XML_ENTITIES
};

struct settings {
    unsigned long long port; /* 0: any free one */
    unsigned long long latency_ms;
    unsigned long long mixed_status;    /* of an answer that holds good and bad entries */
    unsigned long long limit_in_flight; /* 0: none */
    unsigned long long limit_calls;     /* 0: none */
    unsigned long long token_life_ms;
    unsigned long long expires_in_ms; /* what is said of them */
    unsigned long long refresh_limit; /* 0: none */
    unsigned long long refresh_window_ms;
    unsigned long long desk_limit_in_flight; /* 0: none */
    unsigned long long desk_limit_calls;     /* 0: none */
    unsigned long long verba_token_life_ms;
    unsigned call_preferences_locked; /* one of the words above, and so on */
    unsigned call_preferences_form;
    unsigned expires_form;
    unsigned desk_form;
    unsigned desk_again;
    unsigned verba_expired;
    unsigned verba_xml;
    const char *port_file; /* the paths and texts: NULL if not given */
    const char *token;
    const char *scopes;
    const char *client_id;
    const char *client_secret;
    const char *refresh_token;
    const char *api_domain;
    const char *desk_org;
    const char *verba_key;
    const char *verba_user;
    const char *verba_password;
    const char *verba_token;
    const char *verba_calls_file;
    const char *relations_file;
    const char *faults_file;
    const char *log_file;
    const char *books_file;
    const char *tls_cert;
    const char *tls_key;
    bool gzip;
    bool no_magic;
    bool desk_success_body;
    bool quiet;
    bool help;
    bool help_faults;
};

/* Strings stay those of `argv`. Every error is the user's (EXIT_USAGE). */
int settings_read(struct settings *settings, int argc, char **argv, struct err *err);

/* Show each option, and without `help` each heading of those below it. `value` is NULL for
 * switches. */
void settings_list(void (*show)(const char *name, const char *value, const char *help));

/* --help, on standard output. */
void settings_print_help(void);

#endif
