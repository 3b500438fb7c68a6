/*
 * --keep N: after a run that came to its end, older runs of the same job are removed. Users
 * cannot undo it, so it removes only what is certainly theirs no more: see keep_newest.
 */
#ifndef CLI_KEEP_H
#define CLI_KEEP_H

#include <stddef.h>

/*
 * `run_dir` is the run that just ended, `job` its job's path. Of the folders beside it that
 * are named as runs of that job are by default (<name>-<UTC time>), the newest `keep` stay,
 * this one among them. An older one is removed if
 *   - its settings say that it is a run of the same job (a definition or job file by its
 *     absolute path; not standard input),
 *   - it finished, and every row of it succeeded,
 *   - no process works in it, and it holds nothing but files that a run writes.
 * Everything else stays: what has rows that failed, are unknown, unsent or rejected, runs
 * that stopped or were killed, runs made by `retry` or with --out, links. What was kept
 * back is told in one line.
 */
void keep_newest(const char *run_dir, const char *job, size_t keep);

#endif
