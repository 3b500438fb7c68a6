/*
 * Faults by script: which requests are to see which failure. The file named by
 * --faults holds one rule a line, `WHEN: ACTION...`; the first rule that matches a
 * request is the one it gets. Blank lines and lines that begin with `#` say nothing.
 * A word with blanks is written in quotes, where \n \r \t \" \\ \xHH may be used.
 *
 * --help-faults prints the whole language; it is in the tables of fault_script.c.
 *
 *   request 3: apply cut                     removes, then closes without an answer
 *   requests 1-5: status 503 header "Retry-After: 1" body "<html>busy</html>"
 *   every 7: delay 200ms
 *   target 1234567 first 2: error 500 INTERNAL_ERROR "Internal Server Error"
 */
#ifndef SANDBOX_FAULTS_H
#define SANDBOX_FAULTS_H

#include "base/buf.h"
#include "base/text.h"

#include <stdint.h>

struct err;

/* How an exchange with a fault ends. */
enum fault_end {
    FAULT_ANSWER, /* with an answer, whatever became of it */
    FAULT_CUT,    /* the connection is closed */
    FAULT_RESET,  /* the same, by a TCP reset */
    FAULT_RAW,    /* `body` goes out as it is instead of an answer, then closed */
    FAULT_HANG    /* nothing is sent until the client has gone */
};

struct fault {
    unsigned long long line; /* in the script */
    char *name;              /* the actions as they were written */
    /* when: all that is given must hold */
    unsigned long long first_request; /* of all requests, counted from 1; 0: any */
    unsigned long long last_request;
    unsigned long long every; /* 0: not asked */
    char *target;             /* text in the raw target; NULL: not asked */
    char *body_holds;         /* text in the request body; NULL: not asked */
    unsigned long long most;  /* applies so often, then no more; 0: always */
    unsigned long long seen;  /* how often it applied */
    /* what */
    enum fault_end end;
    bool apply;                   /* do the work though the answer is another */
    bool reverse;                 /* entries in reverse order */
    unsigned long long status;    /* of an answer of the rule's own; 0: none */
    unsigned long long as_status; /* of the true answer; 0: its own */
    struct buf body;
    struct buf headers;   /* name NUL value NUL, again and again */
    int64_t hold_ms;      /* before the work */
    int64_t delay_ms;     /* between the work and the answer */
    int64_t drip_ms;      /* between two bytes of the body; 0: no drip */
    int64_t cut_at_bytes; /* of the body; -1: not cut */
    int64_t length_bytes; /* false Content-Length; -1: the true one */
    int64_t bulk_bytes;   /* so many blanks as the body; -1: none */
    char *drop_ids;       /* for faults_match_id(); NULL: none */
    char *entry_ids;
    char *entry_code;
    char *entry_message;
};

struct faults;

/* Without a script (path NULL) there is no fault. */
int faults_open(const char *path, struct faults **faults, struct err *err);
void faults_free(struct faults *faults);

/* The rule for request number `number` (from 1), or NULL; counts its use. */
const struct fault *faults_match(struct faults *faults, unsigned long long number,
                                 const char *raw_target, const char *body);

/* Is the answer the rule's own, so that the work is left undone (but for `apply`)? */
bool faults_replace(const struct fault *fault);

/* Is the ID one of "1,2,3", or is that "*"? NULL holds none. */
bool faults_match_id(const char *ids, struct span id);

/* Show each word of the language, and without `help` each heading. */
void faults_list(void (*show)(const char *word, const char *arguments, const char *help));

/* --help-faults, on standard output. */
void faults_print_help(void);

#endif
