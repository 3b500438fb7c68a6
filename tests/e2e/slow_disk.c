/*
 * For LD_PRELOAD: a disk that takes its time, and a record of what came when. Each line
 * that is added to $DISK_LOG is "begin", or "synced N" once the first N bytes of a file
 * are on disk, or "sent" before a DELETE request leaves.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void
note(const char *line)
{
    int fd = open(getenv("DISK_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, strlen(line)) < 0)
        abort();
    (void)close(fd);
}

int
fdatasync(int fd)
{
    static int (*real)(int);
    const struct timespec pause = {0, 20000000};
    struct stat st;
    char line[64];
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    int known = fstat(fd, &st) == 0;
    note("begin\n");
    int rc = real(fd);
    (void)nanosleep(&pause, NULL);
    (void)snprintf(line, sizeof(line), "synced %lld\n",
                   known ? (long long)st.st_size : -1);
    note(line);
    return rc;
}

ssize_t
send(int socket, const void *bytes, size_t len, int flags)
{
    static ssize_t (*real)(int, const void *, size_t, int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "send");
    if (len > 7 && memcmp(bytes, "DELETE ", 7) == 0)
        note("sent\n");
    return real(socket, bytes, len, flags);
}
