#include "run/rundir.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct rundir {
    char *path;
    int lock;
    bool made;    /* the folder was not there before, */
    char *parent; /* nor was this one above it (NULL: it was) */
};

static int
rundir_lock(struct rundir *rundir, int flags, struct err *err)
{
    char *path = file_join(rundir->path, RUNDIR_LOCK);
    rundir->lock = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
    int rc = 0;
    if (rundir->lock < 0)
        rc = err_set_errno(err, flags ? EXIT_INTERNAL : EXIT_USAGE, "%s: cannot open",
                           path);
    else if (flock(rundir->lock, LOCK_EX | LOCK_NB))
        rc = errno == EWOULDBLOCK
                 ? err_set(err, EXIT_IN_USE,
                           "%s: another unhitch is at work in this run "
                           "directory; wait for it to end",
                           rundir->path)
                 : err_set_errno(err, EXIT_INTERNAL, "%s: cannot lock", path);
    free(path);
    return rc;
}

/* The folder above `path` if it is not there yet, else NULL. */
static char *
missing_parent(const char *path)
{
    struct stat st;
    const char *slash = strrchr(path, '/');
    char *parent = slash && slash > path ? mem_copy(path, (size_t)(slash - path)) : NULL;
    if (parent && stat(parent, &st) == 0) {
        free(parent);
        parent = NULL;
    }
    return parent;
}

/* Is it there, among the files of the folder? */
static bool
holds(const char *dir, const char *name)
{
    char *path = file_join(dir, name);
    bool is_there = access(path, F_OK) == 0;
    free(path);
    return is_there;
}

/* What a run that was killed before it began may leave beside its lock. */
static const char *const leftovers[] = {
    RUNDIR_INPUT,       RUNDIR_LOST, RUNDIR_SETTINGS ".tmp",
    RUNDIR_LOST ".tmp", RUNDIR_LOCK, NULL};

/* May a new run begin there? */
static int
check_free(const char *path, struct err *err)
{
    static const char *const nothing[] = {NULL};
    bool empty;
    if (file_dir_is_empty(path, holds(path, RUNDIR_LOCK) ? leftovers : nothing, &empty,
                          err))
        return -1;
    if (empty)
        return 0;
    if (holds(path, RUNDIR_SETTINGS))
        return err_set(err, EXIT_USAGE,
                       "--out %s: is not empty; name a new folder (or `unhitch "
                       "resume %s`)",
                       path, path);
    return err_set(err, EXIT_USAGE, "--out %s: is not empty; name a new folder", path);
}

static void
remove_leftovers(const char *dir)
{
    for (size_t i = 0; strcmp(leftovers[i], RUNDIR_LOCK) != 0; i++) {
        char *path = file_join(dir, leftovers[i]);
        (void)unlink(path);
        free(path);
    }
}

struct rundir *
rundir_create(const char *path, struct err *err)
{
    struct stat st;
    bool made = stat(path, &st) != 0;
    if (!made && !S_ISDIR(st.st_mode)) {
        err_set(err, EXIT_USAGE, "--out %s: is there and is no folder", path);
        return NULL;
    }
    if (check_free(path, err))
        return NULL;
    char *parent = missing_parent(path);
    if (file_make_dir(path, err) || chmod(path, 0700)) {
        err_set_errno(err, EXIT_INTERNAL, "%s: cannot make private", path);
        free(parent);
        return NULL;
    }
    struct rundir *rundir = mem_alloc(1, sizeof(*rundir));
    rundir->path = mem_strdup(path);
    rundir->made = made;
    rundir->parent = parent;
    /* Another run may have begun and ended there meanwhile. */
    if (rundir_lock(rundir, O_CREAT, err) || check_free(path, err)) {
        rundir_free(rundir);
        return NULL;
    }
    remove_leftovers(path);
    return rundir;
}

struct rundir *
rundir_open(const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
        err_set(err, EXIT_USAGE, "%s: there is no such run directory", path);
        return NULL;
    }
    if (!holds(path, RUNDIR_SETTINGS)) {
        err_set(err, EXIT_USAGE, "%s: is no run directory (it holds no %s)%s", path,
                RUNDIR_SETTINGS,
                holds(path, RUNDIR_LOCK) ? ": the run was stopped before it sent "
                                           "anything; start it again"
                                         : "");
        return NULL;
    }
    struct rundir *rundir = mem_alloc(1, sizeof(*rundir));
    rundir->path = mem_strdup(path);
    if (rundir_lock(rundir, O_CREAT, err)) {
        rundir_free(rundir);
        return NULL;
    }
    return rundir;
}

void
rundir_abandon(struct rundir *rundir)
{
    static const char *const names[] = {RUNDIR_SETTINGS, RUNDIR_JOURNAL, RUNDIR_INPUT,
                                        RUNDIR_LOST, RUNDIR_LOCK};
    if (!rundir)
        return;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *path = file_join(rundir->path, names[i]);
        (void)unlink(path);
        free(path);
    }
    if (rundir->made && rmdir(rundir->path) == 0 && rundir->parent)
        (void)rmdir(rundir->parent);
    rundir_free(rundir);
}

void
rundir_free(struct rundir *rundir)
{
    if (!rundir)
        return;
    if (rundir->lock >= 0)
        (void)close(rundir->lock);
    free(rundir->path);
    free(rundir->parent);
    free(rundir);
}

const char *
rundir_path(const struct rundir *rundir)
{
    return rundir->path;
}

char *
rundir_join(const struct rundir *rundir, const char *name)
{
    return file_join(rundir->path, name);
}
