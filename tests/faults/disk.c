/*
 * What would be left if the power failed. Only what was synced counts: of a file the bytes
 * it had when its sync began, of a folder the names in it then. FAULT_DISK gets
 *
 *   file-INODE      the safe bytes of a file
 *   folder-INODE    the safe names of a folder: lines of inode, type and name
 *
 * A name that no sync of its folder covered is gone; so are the bytes of a file that has a
 * safe name and no `file-`.
 */
#include "fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *
image(int fd, const char *ending, char text[FAULT_PATH_MAX])
{
    struct stat st;
    const char *folder = getenv("FAULT_DISK");
    if (!folder || fstat(fd, &st))
        return NULL;
    const char *kind = S_ISDIR(st.st_mode) ? "folder" : "file";
    (void)snprintf(text, FAULT_PATH_MAX, "%s/%s-%llu%s", folder, kind,
                   (unsigned long long)st.st_ino, ending);
    return text;
}

static void
take_folder(int fd, const char *to)
{
    static char names[1 << 16];
    size_t len = 0;
    int copy = (int)syscall(SYS_openat, fd, ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        int more = snprintf(names + len, sizeof(names) - len, "%llu %d %s\n",
                            (unsigned long long)entry->d_ino, entry->d_type,
                            entry->d_name);
        len += more > 0 && (size_t)more < sizeof(names) - len ? (size_t)more : 0;
    }
    if (folder)
        (void)closedir(folder);
    fault_write_file(to, names, len);
}

static void
take_file(int fd, const char *to)
{
    struct stat st;
    char link[64];
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    int in = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    if (in < 0 || fstat(in, &st))
        return;
    size_t len = 0, size = (size_t)st.st_size;
    char *bytes = malloc(size + 1);
    while (bytes && len < size) {
        long got = syscall(SYS_read, in, bytes + len, size - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    if (bytes)
        fault_write_file(to, bytes, len);
    free(bytes);
    (void)syscall(SYS_close, in);
}

void
disk_take(int fd)
{
    struct stat st;
    char text[FAULT_PATH_MAX];
    const char *to = image(fd, ".taken", text);
    if (!to || fstat(fd, &st))
        return;
    if (S_ISDIR(st.st_mode))
        take_folder(fd, to);
    else
        take_file(fd, to);
}

void
disk_keep(int fd)
{
    char from[FAULT_PATH_MAX], to[FAULT_PATH_MAX];
    if (image(fd, ".taken", from) && image(fd, "", to))
        (void)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

void
disk_forget(int fd)
{
    char text[FAULT_PATH_MAX];
    int saved = errno;
    if (image(fd, "", text))
        (void)syscall(SYS_unlinkat, AT_FDCWD, text, 0);
    errno = saved;
}
