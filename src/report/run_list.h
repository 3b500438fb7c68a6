/*
 * The runs in a folder: what their summaries say, and whether a process works in them. All
 * of it is read from files that anybody may have changed: what cannot be read is left out,
 * and nothing is taken for more than it says.
 */
#ifndef REPORT_RUN_LIST_H
#define REPORT_RUN_LIST_H

#include "base/clock.h"
#include "run/books.h"

struct err;

enum run_state {
    RUN_UNFINISHED, /* no summary: killed, or the machine went down */
    RUN_STOPPED,    /* stopped before its work was done */
    RUN_FINISHED,   /* every row has its final word */
};

/* One run. Strings are owned; "" and 0 where the files do not say. */
struct run_record {
    char *name;           /* of its folder */
    enum run_state state; /* without a summary the numbers mean nothing */
    bool in_use;          /* a process works in it */
    bool retried;         /* another run of the folder is a retry of it */
    uint64_t rows, by_status[STATUS_COUNT], retryable, calls;
    double seconds;
    int exit_code;
    char started
        [CLOCK_STAMP_BYTES]; /* RFC 3339, UTC; without a summary when its settings were written */
    char *stop_code;         /* why it stopped */
    char *parent;            /* of a retry */
    char *job;               /* path of the job, see cli/job_name.h */
};

struct run_list {
    struct run_record *runs;
    size_t count, cap;
};

/* The run directories in `dir`, the newest first; other folders and links are left out. -1
 * if `dir` cannot be read (EXIT_USAGE). */
int run_list_read(const char *dir, struct run_list *list, struct err *err);
void run_list_clear(struct run_list *list);

/* Read one run directory; false if it is none. `record` is filled in. */
bool run_record_read(const char *dir, const char *name, struct run_record *record);
void run_record_clear(struct run_record *record);

/* Did it finish, and every row of it succeed? */
bool run_record_is_good(const struct run_record *record);

#endif
