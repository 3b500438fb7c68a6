/*
 * What a job is called. Its path tells it from others: that of the job definition, else of
 * the job file. Its name is short, for run directories and metrics.
 */
#ifndef CLI_JOB_NAME_H
#define CLI_JOB_NAME_H

#include "cli/options.h"

/* A job that is read from standard input: it has no path. */
#define JOB_STDIN "stdin"

/* The absolute path of the job that the options are of, or JOB_STDIN; of a run that exists,
 * what was saved, or "" if it was made by a version that did not save it. The caller frees
 * it. */
char *job_path(const struct options *options);

/* "nightly" of "/srv/jobs/nightly.json" or "data/nightly.csv.gz"; "job" if there is nothing
 * to make it from. The caller frees it. */
char *job_name(const char *path);

#endif
