#include "fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *dir, *calls, *trace, *boot;
static enum fault_how how;
static int error;
static long at;
static bool more, ready;
static atomic_long count;

static enum fault_how
how_of(const char *word)
{
    static const char *const words[] = {
        [FAULT_KILL] = "kill",   [FAULT_KILLED] = "killed", [FAULT_TORN] = "torn",
        [FAULT_SHORT] = "short", [FAULT_LOSE] = "lose",     [FAULT_FLIP] = "flip"};
    for (int i = FAULT_KILL; i <= FAULT_FLIP; i++)
        if (strcmp(words[i], word) == 0)
            return (enum fault_how)i;
    error = (int)strtol(word, NULL, 10);
    return error ? FAULT_FAIL : FAULT_NONE;
}

__attribute__((constructor)) static void
prepare(void)
{
    dir = getenv("FAULT_DIR");
    calls = getenv("FAULT_CALLS");
    trace = getenv("FAULT_TRACE");
    boot = getenv("FAULT_BOOT");
    const char *number = getenv("FAULT_AT"), *word = getenv("FAULT_HOW");
    at = number ? strtol(number, NULL, 10) : 0;
    how = word ? how_of(word) : FAULT_NONE;
    more = getenv("FAULT_MORE") != NULL;
    ready = dir != NULL;
}

void *
fault_real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static void
write_text(const char *path, int flags, const char *bytes, size_t len)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path,
                          O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
    while (fd >= 0 && len) {
        long put = syscall(SYS_write, fd, bytes, len);
        if (put <= 0)
            break;
        bytes += put;
        len -= (size_t)put;
    }
    if (fd >= 0)
        (void)syscall(SYS_close, fd);
}

void
fault_write_file(const char *path, const char *bytes, size_t len)
{
    write_text(path, O_TRUNC, bytes, len);
}

static bool
is_asked(const char *call)
{
    size_t len = strlen(call);
    if (!calls)
        return strcmp(call, "read") != 0 && strcmp(call, "send") != 0 &&
               strcmp(call, "recv") != 0;
    for (const char *word = calls; word; word = strchr(word, ',')) {
        word += *word == ',';
        if (strncmp(word, call, len) == 0 && (word[len] == ',' || !word[len]))
            return true;
    }
    return false;
}

_Noreturn static void
die(void)
{
    for (;;)
        (void)syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

enum fault_how
fault_begin(const char *call, const char *path)
{
    if (!ready || !path || !is_asked(call))
        return FAULT_NONE;
    int saved = errno;
    long number = atomic_fetch_add(&count, 1) + 1;
    if (trace) {
        char line[FAULT_PATH_MAX + 64];
        int len = snprintf(line, sizeof(line), "%ld %s %s\n", number, call, path);
        write_text(trace, O_APPEND, line, (size_t)len);
    }
    errno = saved;
    if (number < at || (number > at && !more) || !at)
        return FAULT_NONE;
    if (how == FAULT_KILL)
        die();
    if (how == FAULT_FAIL)
        errno = error;
    return how;
}

void
fault_end(enum fault_how ended)
{
    if (ended == FAULT_KILLED || ended == FAULT_TORN)
        die();
}

static const char *
if_inside(const char *path)
{
    size_t len = strlen(dir);
    bool inside = strncmp(path, dir, len) == 0 && (path[len] == '/' || !path[len]);
    return inside ? path : NULL;
}

const char *
fault_path_of(int fd, char text[FAULT_PATH_MAX])
{
    if (!ready)
        return NULL;
    int saved = errno;
    char link[64];
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    long len = syscall(SYS_readlinkat, AT_FDCWD, link, text, FAULT_PATH_MAX - 1);
    text[len > 0 ? len : 0] = '\0';
    errno = saved;
    return if_inside(text);
}

const char *
fault_path(const char *path, char text[FAULT_PATH_MAX])
{
    if (!ready || !path)
        return NULL;
    char here[FAULT_PATH_MAX / 2] = "";
    if (path[0] != '/' && syscall(SYS_getcwd, here, sizeof(here)) < 0)
        return NULL;
    (void)snprintf(text, FAULT_PATH_MAX, "%s%s%s", here, here[0] ? "/" : "", path);
    return if_inside(text);
}

const char *
fault_socket(int fd)
{
    struct stat st;
    int saved = errno;
    bool is_socket = ready && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
    errno = saved;
    return is_socket ? "socket" : NULL;
}

const char *
fault_redirect(const char *path)
{
    return boot && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0 ? boot : path;
}
