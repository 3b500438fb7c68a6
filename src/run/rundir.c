#include "run/rundir.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <dirent.h>
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

static const char *const file_names[] = {RUNDIR_SETTINGS, RUNDIR_JOURNAL, RUNDIR_INPUT,
                                         RUNDIR_LOST, RUNDIR_LOCK};

enum { FILE_NAMES = sizeof(file_names) / sizeof(file_names[0]) };

/* Who only looks whether it is in use (rundir_is_in_use) holds the lock for a moment. */
static int
try_lock(int lock)
{
    static const struct timespec moment = {0, 20000000};
    int rc = -1;
    for (int tries = 0; tries < 3 && rc; tries++) {
        rc = flock(lock, LOCK_EX | LOCK_NB);
        if (rc && errno != EWOULDBLOCK)
            return rc;
        if (rc)
            (void)nanosleep(&moment, NULL);
    }
    errno = rc ? EWOULDBLOCK : errno;
    return rc;
}

static int
set_in_use(const char *path, struct err *err)
{
    return err_set(err, EXIT_IN_USE,
                   "%s: another unhitch is at work in this run directory; wait for it to "
                   "end",
                   path);
}

static int
rundir_lock(struct rundir *rundir, int flags, struct err *err)
{
    char *path = file_join(rundir->path, RUNDIR_LOCK);
    rundir->lock = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
    int rc = 0;
    if (rundir->lock < 0)
        rc = err_set_errno(err, flags ? EXIT_INTERNAL : EXIT_USAGE, "%s: cannot open",
                           path);
    else if (try_lock(rundir->lock))
        rc = errno == EWOULDBLOCK
                 ? set_in_use(rundir->path, err)
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
    RUNDIR_INPUT, RUNDIR_LOST, RUNDIR_SETTINGS ".tmp", RUNDIR_LOST ".tmp", RUNDIR_JOURNAL,
    RUNDIR_LOCK,  NULL};

/* Settings that somebody removed make no journal a leftover: one of a run that never began
 * tells of no call. */
static bool
tells_of_calls(const char *dir)
{
    enum { BEGUN_BYTES_MAX = 512 };
    struct stat st;
    char *path = file_join(dir, RUNDIR_JOURNAL);
    bool tells = stat(path, &st) == 0 && st.st_size > BEGUN_BYTES_MAX;
    free(path);
    return tells;
}

/* May a new run begin there? `ours`: we hold its lock. */
static int
check_free(const char *path, bool ours, struct err *err)
{
    static const char *const nothing[] = {NULL};
    bool empty;
    if (file_dir_is_empty(path, holds(path, RUNDIR_LOCK) ? leftovers : nothing, &empty,
                          err))
        return -1;
    if (empty && !tells_of_calls(path))
        return 0;
    if (!ours && rundir_is_in_use(path))
        return set_in_use(path, err);
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
    if (check_free(path, false, err))
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
    if (rundir_lock(rundir, O_CREAT, err) || check_free(path, true, err)) {
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

bool
rundir_is_in_use(const char *path)
{
    char *lock_path = file_join(path, RUNDIR_LOCK);
    int lock = open(lock_path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool in_use = lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
    if (lock >= 0)
        (void)close(lock);
    free(lock_path);
    return in_use;
}

bool
rundir_never_began(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && !holds(path, RUNDIR_SETTINGS) &&
           !rundir_is_in_use(path);
}

static bool
is_known(const char *name, bool (*is_ours)(const char *name))
{
    for (size_t i = 0; i < FILE_NAMES; i++)
        if (strcmp(file_names[i], name) == 0)
            return true;
    return is_ours(name);
}

/* `at` is the folder, open; its entries are counted. */
static int
check_entries(const struct rundir *rundir, DIR *entries,
              bool (*is_ours)(const char *name), struct err *err)
{
    for (struct dirent *entry; (entry = readdir(entries));) {
        struct stat st;
        char shown[112];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (!is_known(entry->d_name, is_ours) ||
            fstatat(dirfd(entries), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
            !S_ISREG(st.st_mode))
            return err_set(err, EXIT_INTERNAL, "%s: holds '%s', which no run writes",
                           rundir->path, text_show(span_of(entry->d_name), shown));
    }
    return 0;
}

/* The settings go first: without them it is no run any more. The lock goes last. */
static int
remove_entries(const struct rundir *rundir, DIR *entries, struct err *err)
{
    int at = dirfd(entries);
    rewinddir(entries);
    (void)unlinkat(at, RUNDIR_SETTINGS, 0);
    for (struct dirent *entry; (entry = readdir(entries));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            strcmp(entry->d_name, RUNDIR_LOCK) != 0 && unlinkat(at, entry->d_name, 0) &&
            errno != ENOENT)
            return err_set_errno(err, EXIT_INTERNAL, "%s/%s: cannot remove", rundir->path,
                                 entry->d_name);
    if (unlinkat(at, RUNDIR_LOCK, 0) || rmdir(rundir->path))
        return err_set_errno(err, EXIT_INTERNAL, "%s: cannot remove", rundir->path);
    return 0;
}

int
rundir_remove(struct rundir *rundir, bool (*is_ours)(const char *name), struct err *err)
{
    int fd = open(rundir->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (!entries) {
        if (fd >= 0)
            (void)close(fd);
        return err_set_errno(err, EXIT_INTERNAL, "%s: cannot open", rundir->path);
    }
    int rc = check_entries(rundir, entries, is_ours, err) ||
                     remove_entries(rundir, entries, err)
                 ? -1
                 : 0;
    (void)closedir(entries);
    return rc;
}

void
rundir_abandon(struct rundir *rundir)
{
    if (!rundir)
        return;
    for (size_t i = 0; i < FILE_NAMES; i++) {
        char *path = file_join(rundir->path, file_names[i]);
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
