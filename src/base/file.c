#include "base/file.h"

#include "base/err.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

char *
file_join(const char *dir, const char *name)
{
    struct buf path = {0};
    buf_addf(&path, "%s/%s", dir, name);
    return buf_take(&path);
}

/* "." of a plain name; the caller frees it. */
static char *
parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? mem_copy(path, slash > path ? (size_t)(slash - path) : 1)
                 : mem_strdup(".");
}

/* NULL: there is no such path. */
static char *
real_path(const char *path)
{
    char *real = realpath(path, NULL);
    if (!real && errno == ENOMEM)
        mem_die();
    return real;
}

char *
file_absolute(const char *path)
{
    char *real = real_path(path);
    if (real)
        return real;
    char *cwd = path[0] == '/' ? NULL : real_path(".");
    char *joined = cwd ? file_join(cwd, path) : mem_strdup(path);
    free(cwd);
    return joined;
}

char *
file_shortest(const char *path)
{
    char *real = real_path(path);
    char *cwd = real_path(".");
    size_t len = cwd ? strlen(cwd) : 0;
    bool below = real && len > 1 && strncmp(real, cwd, len) == 0 && real[len] == '/';
    char *shortest = mem_strdup(below ? real + len + 1 : real ? real : path);
    free(real);
    free(cwd);
    return shortest;
}

/* A folder above that may not be read cannot be synced: then its system must see to it. */
static int
make_one_dir(const char *path, mode_t mode, struct err *err)
{
    if (mkdir(path, mode) == 0) {
        char *parent = parent_of(path);
        int rc = access(parent, R_OK) ? 0 : file_sync_dir(parent, err);
        free(parent);
        return rc;
    }
    if (errno == EEXIST)
        return 0;
    return err_set_errno(err, EXIT_INTERNAL, "%s: cannot make the folder", path);
}

int
file_make_dir(const char *path, struct err *err)
{
    char *copy = mem_strdup(path);
    int rc = 0;
    for (char *slash = strchr(copy + 1, '/'); slash && rc == 0;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        rc = make_one_dir(copy, 0777, err);
        *slash = '/';
    }
    if (rc == 0)
        rc = make_one_dir(copy, 0700, err);
    free(copy);
    return rc;
}

static bool
is_named(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names;
}

int
file_dir_is_empty(const char *path, const char *const *but, bool *empty, struct err *err)
{
    *empty = true;
    DIR *dir = opendir(path);
    if (!dir) {
        if (errno == ENOENT)
            return 0;
        return err_set_errno(err, EXIT_USAGE, "%s", path);
    }
    for (struct dirent *entry; *empty && (entry = readdir(dir));)
        *empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                 is_named(entry->d_name, but);
    (void)closedir(dir);
    return 0;
}

int
file_read(const char *path, size_t max_bytes, struct buf *content, int code,
          struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, code, "%s", path);
    int rc = 0;
    for (;;) {
        buf_reserve(content, 65536);
        ssize_t got = read(fd, content->data + content->len, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = err_set_errno(err, code, "%s", path);
        if (got <= 0)
            break;
        content->len += (size_t)got;
        if (content->len > max_bytes) {
            rc = err_set(err, code, "%s: larger than %zu bytes", path, max_bytes);
            break;
        }
    }
    content->data[content->len] = '\0';
    (void)close(fd);
    return rc;
}

int
file_write_all(int fd, const void *bytes, size_t len, const char *path, struct err *err)
{
    const char *at = bytes;
    while (len) {
        ssize_t put = write(fd, at, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_set_errno(err, EXIT_INTERNAL, "%s: cannot write", path);
        at += put;
        len -= (size_t)put;
    }
    return 0;
}

int
file_check_size(int fd, uint64_t bytes, const char *path, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st))
        return err_set_errno(err, EXIT_INTERNAL, "%s", path);
    if ((uint64_t)st.st_size == bytes)
        return 0;
    return err_set(err, EXIT_INTERNAL, "%s: %llu bytes were written, %llu are there",
                   path, (unsigned long long)bytes, (unsigned long long)st.st_size);
}

int
file_sync(int fd)
{
    int rc;
    do
        rc = fsync(fd);
    while (rc && errno == EINTR);
    return rc;
}

int
file_sync_dir(const char *dir, struct err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, EXIT_INTERNAL, "%s", dir);
    int rc = file_sync(fd) && errno != EINVAL
                 ? err_set_errno(err, EXIT_INTERNAL, "%s: cannot sync", dir)
                 : 0;
    (void)close(fd);
    return rc;
}

static int
sync_parent(const char *path, struct err *err)
{
    char *parent = parent_of(path);
    int rc = file_sync_dir(parent, err);
    free(parent);
    return rc;
}

/* Nothing is left of it if it fails. */
static int
write_temporary(const char *temporary, mode_t mode, const void *bytes, size_t len,
                struct err *err)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, EXIT_INTERNAL, "%s: cannot write", temporary);
    int rc = file_write_all(fd, bytes, len, temporary, err);
    if (rc == 0 && (fchmod(fd, mode) || file_sync(fd)))
        rc = err_set_errno(err, EXIT_INTERNAL, "%s: cannot sync", temporary);
    if (rc == 0)
        rc = file_check_size(fd, len, temporary, err);
    (void)close(fd);
    if (rc)
        (void)unlink(temporary);
    return rc;
}

static int
put_in_place(const char *temporary, const char *path, struct err *err)
{
    if (rename(temporary, path) == 0)
        return 0;
    err_set_errno(err, EXIT_INTERNAL, "%s: cannot rename", path);
    (void)unlink(temporary);
    return -1;
}

static char *
temporary_of(const char *path)
{
    struct buf temporary = {0};
    buf_addf(&temporary, "%s.tmp", path);
    return buf_take(&temporary);
}

int
file_prepare(const char *path, const void *bytes, size_t len, struct err *err)
{
    char *temporary = temporary_of(path);
    int rc = write_temporary(temporary, 0600, bytes, len, err);
    free(temporary);
    return rc;
}

int
file_put_in_place(const char *path, struct err *err)
{
    char *temporary = temporary_of(path);
    int rc = put_in_place(temporary, path, err);
    free(temporary);
    return rc;
}

void
file_discard(const char *path)
{
    char *temporary = temporary_of(path);
    (void)unlink(temporary);
    free(temporary);
}

int
file_write_whole(const char *path, const void *bytes, size_t len, struct err *err)
{
    return file_prepare(path, bytes, len, err) || file_put_in_place(path, err) ? -1 : 0;
}

int
file_replace(const char *path, const void *bytes, size_t len, struct err *err)
{
    return file_write_whole(path, bytes, len, err) || sync_parent(path, err) ? -1 : 0;
}

int
file_publish(const char *path, const void *bytes, size_t len, struct err *err)
{
    struct buf temporary = {0};
    buf_addf(&temporary, "%s.%ld.tmp", path, (long)getpid());
    int rc = write_temporary(temporary.data, 0644, bytes, len, err) ||
                     put_in_place(temporary.data, path, err) || sync_parent(path, err)
                 ? -1
                 : 0;
    buf_clear(&temporary);
    return rc;
}
