#include "report/outfile.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/syncer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

enum {
    BUFFER_BYTES = 1 << 18,
    SYNC_BYTES = 8 << 20 /* that many are written: have them put on disk meanwhile */
};

struct outfile {
    int fd;
    gzFile gzip; /* NULL: plain */
    char *path, *temporary;
    struct buf pending;
    size_t unsynced;       /* bytes written since the disk was last asked for */
    struct syncer *syncer; /* NULL: the file is small yet */
    bool published;
};

struct outfile *
outfile_open(const char *dir, const char *name, bool gzip, struct err *err)
{
    struct outfile *outfile = mem_alloc(1, sizeof(*outfile));
    struct buf path = {0}, temporary = {0};
    buf_addf(&path, "%s/%s%s", dir, name, gzip ? ".gz" : "");
    buf_addf(&temporary, "%s.tmp", path.data);
    outfile->path = buf_take(&path);
    outfile->temporary = buf_take(&temporary);
    outfile->fd = open(outfile->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                       0600);
    int copy = outfile->fd >= 0 && gzip ? dup(outfile->fd) : -1;
    outfile->gzip = copy >= 0 ? gzdopen(copy, "wb6") : NULL;
    if (outfile->fd < 0 || (gzip && !outfile->gzip)) {
        err_set_errno(err, EXIT_INTERNAL, "%s: cannot write", outfile->temporary);
        if (copy >= 0 && !outfile->gzip)
            (void)close(copy);
        outfile_free(outfile);
        return NULL;
    }
    buf_reserve(&outfile->pending, BUFFER_BYTES);
    return outfile;
}

static int
fail(struct outfile *outfile, struct err *err)
{
    return err_set_errno(err, EXIT_INTERNAL, "%s: cannot write", outfile->temporary);
}

/* At the end little is left to wait for. */
static int
sync_ahead(struct outfile *outfile, size_t written, struct err *err)
{
    outfile->unsynced += written;
    if (outfile->unsynced < SYNC_BYTES)
        return 0;
    outfile->unsynced = 0;
    if (!outfile->syncer)
        outfile->syncer = syncer_open(outfile->fd, err);
    if (!outfile->syncer)
        return -1;
    (void)syncer_ask(outfile->syncer);
    return 0;
}

static int
drain(struct outfile *outfile, struct err *err)
{
    struct buf *pending = &outfile->pending;
    int rc = 0;
    errno = 0;
    if (!outfile->gzip)
        rc = file_write_all(outfile->fd, pending->data, pending->len, outfile->temporary,
                            err);
    else if (pending->len &&
             gzwrite(outfile->gzip, pending->data, (unsigned)pending->len) <= 0)
        rc = fail(outfile, err);
    size_t written = pending->len;
    buf_reset(pending);
    return rc ? rc : sync_ahead(outfile, written, err);
}

int
outfile_write(struct outfile *outfile, const void *bytes, size_t len, struct err *err)
{
    buf_add(&outfile->pending, bytes, len);
    return outfile_flush(outfile, err);
}

struct buf *
outfile_buffer(struct outfile *outfile)
{
    return &outfile->pending;
}

int
outfile_flush(struct outfile *outfile, struct err *err)
{
    return outfile->pending.len < BUFFER_BYTES ? 0 : drain(outfile, err);
}

int
outfile_finish(struct outfile *outfile, struct err *err)
{
    if (drain(outfile, err))
        return -1;
    errno = 0;
    if (outfile->gzip) {
        int rc = gzclose(outfile->gzip);
        outfile->gzip = NULL;
        if (rc != Z_OK)
            return fail(outfile, err);
    }
    errno = outfile->syncer ? syncer_wait(outfile->syncer) : 0;
    return errno || file_sync(outfile->fd) ? fail(outfile, err) : 0;
}

int
outfile_publish(struct outfile *outfile, struct err *err)
{
    if (rename(outfile->temporary, outfile->path))
        return err_set_errno(err, EXIT_INTERNAL, "%s: cannot rename", outfile->path);
    outfile->published = true;
    return 0;
}

const char *
outfile_path(const struct outfile *outfile)
{
    return outfile->path;
}

void
outfile_free(struct outfile *outfile)
{
    if (!outfile)
        return;
    if (outfile->gzip)
        (void)gzclose(outfile->gzip);
    syncer_free(outfile->syncer);
    if (outfile->fd >= 0) {
        (void)close(outfile->fd);
        if (!outfile->published)
            (void)unlink(outfile->temporary);
    }
    free(outfile->path);
    free(outfile->temporary);
    buf_clear(&outfile->pending);
    free(outfile);
}
