/* The calls that are watched. Each asks fault_begin() first and tells fault_end(). */
#include "fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(type, name, ...)                                                            \
    static type (*real)(__VA_ARGS__);                                                    \
    if (!real)                                                                           \
    *(void **)&real = fault_real(name)

/* ---- time: FAULT_CLOCK sets the wall clock, by so many seconds */

int
clock_gettime(clockid_t clock, struct timespec *now)
{
    REAL(int, "clock_gettime", clockid_t, struct timespec *);
    const char *seconds = getenv("FAULT_CLOCK");
    int rc = real(clock, now);
    if (rc == 0 && clock == CLOCK_REALTIME && seconds)
        now->tv_sec += strtol(seconds, NULL, 10);
    return rc;
}

/* ---- writing */

/* How much of so many bytes is handed on. */
static size_t
part_of(enum fault_how how, size_t len)
{
    return how == FAULT_TORN || how == FAULT_SHORT ? len / 2 : len;
}

static ssize_t
write_some(int fd, const void *bytes, size_t len, enum fault_how how)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    if (how == FAULT_FAIL)
        return -1;
    if (how == FAULT_LOSE)
        return (ssize_t)len;
    if (how != FAULT_FLIP || !len)
        return real(fd, bytes, part_of(how, len));
    char *copy = malloc(len);
    if (!copy)
        return -1;
    memcpy(copy, bytes, len);
    copy[len / 2] = (char)(copy[len / 2] ^ 4);
    ssize_t put = real(fd, copy, len);
    free(copy);
    return put;
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
    char text[FAULT_PATH_MAX];
    const char *path = fault_path_of(fd, text);
    const char *name = path ? "write" : "send";
    enum fault_how how = fault_begin(name, path ? path : fault_socket(fd));
    ssize_t put = write_some(fd, bytes, len, how);
    fault_end(how);
    return put;
}

ssize_t
writev(int fd, const struct iovec *parts, int count)
{
    char text[FAULT_PATH_MAX];
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    enum fault_how how = fault_begin("write", fault_path_of(fd, text));
    ssize_t put = how == FAULT_NONE || how == FAULT_KILLED || !count
                      ? real(fd, parts, count)
                      : write_some(fd, parts[0].iov_base, parts[0].iov_len, how);
    fault_end(how);
    return put;
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    char text[FAULT_PATH_MAX];
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
    enum fault_how how = fault_begin("write", fault_path_of(fd, text));
    ssize_t put = how == FAULT_FAIL   ? -1
                  : how == FAULT_LOSE ? (ssize_t)len
                                      : real(fd, bytes, part_of(how, len), offset);
    fault_end(how);
    return put;
}

/* ---- the network: `send` and `recv` are counted only if they are asked for */

ssize_t
send(int fd, const void *bytes, size_t len, int flags)
{
    REAL(ssize_t, "send", int, const void *, size_t, int);
    enum fault_how how = fault_begin("send", fault_socket(fd));
    ssize_t put = how == FAULT_FAIL ? -1 : real(fd, bytes, part_of(how, len), flags);
    fault_end(how);
    return put;
}

ssize_t
recv(int fd, void *bytes, size_t len, int flags)
{
    REAL(ssize_t, "recv", int, void *, size_t, int);
    enum fault_how how = fault_begin("recv", fault_socket(fd));
    ssize_t got = how == FAULT_FAIL ? -1 : real(fd, bytes, len, flags);
    fault_end(how);
    return got;
}

/* ---- opening, reading */

static int
open_at(int folder, const char *path, int flags, mode_t mode)
{
    char text[FAULT_PATH_MAX];
    REAL(int, "openat", int, const char *, int, ...);
    const char *inside = fault_path(path, text);
    bool is_new = inside && flags & O_CREAT && faccessat(folder, path, F_OK, 0) != 0;
    enum fault_how how = fault_begin(flags & O_CREAT ? "create" : "open", inside);
    int fd = how == FAULT_FAIL ? -1 : real(folder, fault_redirect(path), flags, mode);
    if (is_new && fd >= 0)
        disk_forget(fd);
    fault_end(how);
    return fd;
}

static mode_t
mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(args, int) : 0;
}

int
open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_at(AT_FDCWD, path, flags, mode);
}

int
openat(int folder, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_at(folder, path, flags, mode);
}

ssize_t
read(int fd, void *bytes, size_t len)
{
    char text[FAULT_PATH_MAX];
    REAL(ssize_t, "read", int, void *, size_t);
    enum fault_how how = fault_begin("read", fault_path_of(fd, text));
    ssize_t got = how == FAULT_FAIL ? -1 : real(fd, bytes, part_of(how, len));
    fault_end(how);
    return got;
}

DIR *
opendir(const char *path)
{
    char text[FAULT_PATH_MAX];
    REAL(DIR *, "opendir", const char *);
    enum fault_how how = fault_begin("opendir", fault_path(path, text));
    DIR *opened = how == FAULT_FAIL ? NULL : real(path);
    fault_end(how);
    return opened;
}

void *
mmap(void *address, size_t len, int protection, int flags, int fd, off_t offset)
{
    char text[FAULT_PATH_MAX];
    REAL(void *, "mmap64", void *, size_t, int, int, int, off_t);
    enum fault_how how = fd < 0 ? FAULT_NONE
                                : fault_begin("mmap", fault_path_of(fd, text));
    void *mapped = how == FAULT_FAIL ? MAP_FAILED
                                     : real(address, len, protection, flags, fd, offset);
    fault_end(how);
    return mapped;
}

/* ---- syncing */

/* One after the other: of two at a time the older could be noted last. */
static int
sync_file(const char *name, int (*real)(int), int fd)
{
    static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
    char text[FAULT_PATH_MAX];
    enum fault_how how = fault_begin(name, fault_path_of(fd, text));
    bool whole = how != FAULT_FAIL && how != FAULT_LOSE;
    (void)pthread_mutex_lock(&one);
    if (whole)
        disk_take(fd);
    int rc = how == FAULT_FAIL ? -1 : how == FAULT_LOSE ? 0 : real(fd);
    if (whole && rc == 0)
        disk_keep(fd);
    (void)pthread_mutex_unlock(&one);
    fault_end(how);
    return rc;
}

int
fsync(int fd)
{
    REAL(int, "fsync", int);
    return sync_file("fsync", real, fd);
}

int
fdatasync(int fd)
{
    REAL(int, "fdatasync", int);
    return sync_file("fdatasync", real, fd);
}

/* ---- the rest: calls that return 0 or -1 */

/* Calls `real` unless it is to fail; `on` is the path that decides. */
#define WATCH(name, on, call)                                                            \
    char text[FAULT_PATH_MAX];                                                           \
    enum fault_how how = fault_begin(name, on);                                          \
    int rc = how == FAULT_FAIL ? -1 : how == FAULT_LOSE ? 0 : (call);                    \
    fault_end(how);                                                                      \
    return rc

int
close(int fd)
{
    REAL(int, "close", int);
    char text[FAULT_PATH_MAX];
    enum fault_how how = fault_begin("close", fault_path_of(fd, text));
    int error = errno, rc = real(fd); /* it is closed even if it fails */
    if (how == FAULT_FAIL) {
        errno = error;
        rc = -1;
    }
    fault_end(how);
    return rc;
}

int
rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *);
    WATCH("rename", fault_path(to, text), real(from, to));
}

int
unlink(const char *path)
{
    REAL(int, "unlink", const char *);
    WATCH("unlink", fault_path(path, text), real(path));
}

int
mkdir(const char *path, mode_t mode)
{
    REAL(int, "mkdir", const char *, mode_t);
    WATCH("mkdir", fault_path(path, text), real(path, mode));
}

int
rmdir(const char *path)
{
    REAL(int, "rmdir", const char *);
    WATCH("rmdir", fault_path(path, text), real(path));
}

int
chmod(const char *path, mode_t mode)
{
    REAL(int, "chmod", const char *, mode_t);
    WATCH("chmod", fault_path(path, text), real(path, mode));
}

int
ftruncate(int fd, off_t len)
{
    REAL(int, "ftruncate64", int, off_t);
    WATCH("ftruncate", fault_path_of(fd, text), real(fd, len));
}

int
flock(int fd, int operation)
{
    REAL(int, "flock", int, int);
    WATCH("flock", fault_path_of(fd, text), real(fd, operation));
}

int
posix_fallocate(int fd, off_t offset, off_t len)
{
    char text[FAULT_PATH_MAX];
    REAL(int, "posix_fallocate64", int, off_t, off_t);
    enum fault_how how = fault_begin("fallocate", fault_path_of(fd, text));
    int rc = how == FAULT_FAIL ? errno : real(fd, offset, len);
    fault_end(how);
    return rc;
}

#ifdef __GLIBC__
/* What programs with 64-bit offsets call on 64-bit systems. */
#define ALSO(name) __attribute__((alias(#name)))
int open64(const char *path, int flags, ...) ALSO(open);
int openat64(int folder, const char *path, int flags, ...) ALSO(openat);
ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset) ALSO(pwrite);
int ftruncate64(int fd, off64_t len) ALSO(ftruncate);
int posix_fallocate64(int fd, off64_t offset, off64_t len) ALSO(posix_fallocate);
void *mmap64(void *address, size_t len, int protection, int flags, int fd, off64_t offset)
    ALSO(mmap);
#endif
