/*
 * The options: one table from which the command line, the environment, job definitions,
 * saved settings and --help are read and printed. An option's value is kept as the text
 * that was given, checked when it is set; typed readers turn it into numbers.
 *
 * Order: flag, environment (UNHITCH_NAME), job definition, default.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "input/columns.h"

#include <stdint.h>

struct err;

enum option_id {
    OPTION_OPERATION,
    OPTION_SET,
    OPTION_MAP,
    OPTION_FORMAT,
    OPTION_DELIMITER,
    OPTION_ON_INVALID,
    OPTION_ALLOW_RELATION,
    OPTION_MISSING_OK,
    OPTION_DATA_CENTER,
    OPTION_CRM_URL,
    OPTION_DESK_URL,
    OPTION_VERBA_URL,
    OPTION_ACCOUNTS_URL,
    OPTION_BASE_URL,
    OPTION_DESK_FORM,
    OPTION_VERBA_METHOD,
    OPTION_API_VERSION,
    OPTION_CONCURRENCY,
    OPTION_RATE,
    OPTION_BATCH_SIZE,
    OPTION_RETRIES,
    OPTION_TIMEOUT,
    OPTION_MAX_CALLS,
    OPTION_MAX_DURATION,
    OPTION_STOP_AT,
    OPTION_HALT_AFTER,
    OPTION_OUT,
    OPTION_RESULTS,
    OPTION_GZIP,
    OPTION_NOTIFY,
    OPTION_METRICS,
    OPTION_KEEP,
    OPTION_CA_FILE,
    OPTION_PROXY,
    OPTION_JSON,
    OPTION_ALL,
    OPTION_DRY_RUN,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_PROGRESS,
    OPTION_COUNT
};

enum option_type {
    TYPE_TEXT,
    TYPE_SWITCH,
    TYPE_CHOICE,   /* one of `choices` */
    TYPE_NUMBER,   /* from `low` to `high` */
    TYPE_DURATION, /* 90s, 1h30m; bare: seconds */
    TYPE_RATE,     /* N/s, N/m, N/h */
    TYPE_CLOCK,    /* HH:MM */
    TYPE_CHARACTER,
    TYPE_OPERATION,
    TYPE_URL,
    TYPE_FILE,    /* a path, relative to the current folder; saved as an absolute one */
    TYPE_PAIR,    /* FIELD=TEXT, repeatable; an object in definitions */
    TYPE_RELATION /* MODULE/LIST, repeatable; an array in definitions */
};

enum {
    CMD_RUN = 1,
    CMD_PLAN = 2,
    CMD_RESUME = 4,
    CMD_RETRY = 8,
    CMD_REPORT = 16,
    CMD_CODES = 32,
    CMD_RUNS = 64
};

/* The headings of --help, in its order. */
enum option_group {
    GROUP_JOB,
    GROUP_SERVICE,
    GROUP_PACE,
    GROUP_LIMIT,
    GROUP_RESULT,
    GROUP_AFTER,
    GROUP_GENERAL,
    OPTION_GROUPS
};

extern const char *const option_groups[OPTION_GROUPS];

/* An option. Everything that lists options is made from these rows. */
struct option_row {
    const char *name;             /* without the dashes; '-' is '_' in definitions */
    enum option_group group;      /* its heading in --help */
    enum option_type type;        /* what values it takes */
    char letter;                  /* of the short form, 0: none */
    bool flag_only;               /* no key of job definitions and no variable */
    int commands;                 /* that take it: CMD_RUN | CMD_PLAN, ... */
    const char *argument;         /* what --help calls the value; NULL for switches */
    const char *default_text;     /* the value if none is given; NULL: none */
    const char *default_shown;    /* for --help, if not default_text */
    const char *help;             /* a line, without a full stop */
    const char *choices;          /* TYPE_CHOICE: "auto|csv|tsv|jsonl" */
    unsigned long long low, high; /* TYPE_NUMBER; TYPE_DURATION: milliseconds */
};

extern const struct option_row option_rows[OPTION_COUNT];

enum origin { ORIGIN_DEFAULT, ORIGIN_DEFINITION, ORIGIN_ENVIRONMENT, ORIGIN_FLAG };

enum { RELATIONS_MAX = 256 };

struct options {
    char *text[OPTION_COUNT]; /* NULL: not given and no default */
    enum origin origin[OPTION_COUNT];
    char *field_values[FIELD_COUNT];  /* --set */
    char *field_columns[FIELD_COUNT]; /* --map */
    char *relations[RELATIONS_MAX];   /* --allow-relation */
    size_t relation_count;
    /* Positional arguments; owned. */
    char *definition; /* JOB.json */
    char *input;      /* INPUT, or the definition's */
    char *run_dir;
    char *parent;      /* saved settings: of a retry */
    char *job;         /* saved settings: path of the job definition or job file */
    char *desk_org_id; /* saved settings: ZOHO_DESK_ORG_ID as it was */
    bool help;
};

void options_init(struct options *options);
void options_clear(struct options *options);

/*
 * Set an option from text. `place` names where it stands ("--rate", "job.json: rate").
 * A lower origin does not replace a higher one. EXIT_USAGE if the text is no value.
 */
int options_set(struct options *options, enum option_id id, const char *text,
                enum origin origin, const char *place, struct err *err);

/* Read the arguments of a command (after its name), the job definition they name, and
 * the environment. EXIT_USAGE with what to write instead. */
int options_read(struct options *options, int command, int argc, char **argv,
                 struct err *err);

/* The option of a job-definition key, OPTION_COUNT if there is none. */
enum option_id options_find_key(const char *key);
void options_key(enum option_id id, char key[32]);

const char *options_text(const struct options *options, enum option_id id);
bool options_on(const struct options *options, enum option_id id);
bool options_is(const struct options *options, enum option_id id, const char *text);
unsigned long long options_number(const struct options *options, enum option_id id);

/* TYPE_DURATION in milliseconds; 0 if not given. */
int64_t options_duration_ms(const struct options *options, enum option_id id);

/* --rate as the microseconds between two starts; 0 if not given. */
int64_t options_interval_us(const struct options *options);

/* Milliseconds from `now_utc_ms` until the clock shows --stop-at in local time. */
int64_t options_until_stop_ms(const struct options *options, int64_t now_utc_ms);

char options_delimiter(const struct options *options); /* 0: detect */

#endif
