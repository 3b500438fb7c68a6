#include "plan/shelf.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "plan/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PENDING_BYTES = 1 << 18 };

int
shelf_open(struct shelf *shelf, const char *dir, struct err *err)
{
    int fd = scratch_open(dir, err);
    if (fd < 0)
        return -1;
    *shelf = (struct shelf){.dir = dir, .fd = fd, .pending = mem_alloc(1, PENDING_BYTES)};
    return 0;
}

void
shelf_clear(struct shelf *shelf)
{
    if (!shelf->dir)
        return;
    if (shelf->data)
        (void)munmap(shelf->data, shelf->bytes);
    (void)close(shelf->fd);
    free(shelf->pending);
    *shelf = (struct shelf){0};
}

static int
write_pending(struct shelf *shelf, struct err *err)
{
    const char *at = shelf->pending;
    size_t left = shelf->pending_bytes;
    while (left) {
        ssize_t put = write(shelf->fd, at, left);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return scratch_fail(shelf->dir, err);
        at += put;
        left -= (size_t)put;
    }
    shelf->bytes += shelf->pending_bytes;
    shelf->pending_bytes = 0;
    return 0;
}

int
shelf_add(struct shelf *shelf, const void *bytes, size_t len, struct err *err)
{
    if (shelf->pending_bytes + len > PENDING_BYTES && write_pending(shelf, err))
        return -1;
    memcpy(shelf->pending + shelf->pending_bytes, bytes, len);
    shelf->pending_bytes += len;
    return 0;
}

static int
map(struct shelf *shelf, int protection, struct err *err)
{
    if (!shelf->bytes)
        return 0;
    void *data = mmap(NULL, shelf->bytes, protection, MAP_SHARED, shelf->fd, 0);
    if (data == MAP_FAILED)
        return scratch_fail(shelf->dir, err);
    shelf->data = data;
    return 0;
}

int
shelf_map(struct shelf *shelf, struct err *err)
{
    if (write_pending(shelf, err) || map(shelf, PROT_READ, err))
        return -1;
    free(shelf->pending);
    shelf->pending = NULL;
    return 0;
}

int
shelf_fill(struct shelf *shelf, uint64_t bytes, struct err *err)
{
    do
        errno = bytes ? posix_fallocate(shelf->fd, 0, (off_t)bytes) : 0;
    while (errno == EINTR);
    if (errno)
        return scratch_fail(shelf->dir, err);
    shelf->bytes = bytes;
    free(shelf->pending);
    shelf->pending = NULL;
    return map(shelf, PROT_READ | PROT_WRITE, err);
}

void
shelf_relax(const struct shelf *shelf)
{
    if (shelf->data)
        (void)madvise(shelf->data, shelf->bytes, MADV_DONTNEED);
}
