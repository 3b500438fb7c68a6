/*
 * The run directory: made with mode 0700, locked while a process works in it, and
 * everything one run wrote.
 */
#ifndef RUN_RUNDIR_H
#define RUN_RUNDIR_H

#include <stdbool.h>

struct err;
struct rundir;

/* Files in it that are not reports. */
#define RUNDIR_SETTINGS "settings.json"
#define RUNDIR_JOURNAL "journal"
#define RUNDIR_INPUT "input" /* what came on standard input; a retry's rows */
#define RUNDIR_LOST "lost"   /* a retry: rows whose fate was unknown before */
#define RUNDIR_LOCK "lock"

/* Make it; it must be absent or empty. EXIT_USAGE if it is not, EXIT_IN_USE if another
 * process works in it. */
struct rundir *rundir_create(const char *path, struct err *err);

/* Open one that is there. EXIT_USAGE if it is none, EXIT_IN_USE if it is in use. */
struct rundir *rundir_open(const char *path, struct err *err);

/* Does another process work in it? */
bool rundir_is_in_use(const char *path);

/* Was it made for a run that ended before it could send anything? Not if it is not there. */
bool rundir_never_began(const char *path);

/*
 * Remove it, lock and all, after which it may only be freed. Nothing is removed if it is a
 * link or holds anything but plain files whose names are those above or of which `is_ours`
 * says so; -1 with what it holds.
 */
int rundir_remove(struct rundir *rundir, bool (*is_ours)(const char *name),
                  struct err *err);

/* Undo rundir_create: the run never began. Removes only what is listed above. */
void rundir_abandon(struct rundir *rundir);

/* Unlock. */
void rundir_free(struct rundir *rundir);

const char *rundir_path(const struct rundir *rundir);

/* The path of a file in it; the caller frees it. */
char *rundir_join(const struct rundir *rundir, const char *name);

#endif
