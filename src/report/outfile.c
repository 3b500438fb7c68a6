#include "report/outfile.h"

#include "base/err.h"
#include "base/file.h"
#include "base/helper.h"
#include "base/mem.h"
#include "base/syncer.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

enum {
    BUFFER_BYTES = 1 << 18,
    SYNC_BYTES = 2 << 20 /* that many are written: have them put on disk meanwhile */
};

struct outfile {
    int fd;
    gzFile gzip; /* NULL: plain */
    char *path, *temporary;
    struct buf pending;
    struct helper *helper; /* writes while more is added; NULL: the file is small yet */
    struct buf writing;    /* this and all below are the helper's while it writes */
    struct err err;        /* of writing */
    size_t unsynced;       /* bytes written since the disk was last asked for */
    struct syncer *syncer;
    uint64_t bytes; /* written, if plain */
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
static void
sync_ahead(struct outfile *outfile, size_t written)
{
    outfile->unsynced += written;
    if (outfile->unsynced < SYNC_BYTES)
        return;
    outfile->unsynced = 0;
    if (!outfile->syncer)
        outfile->syncer = syncer_open(outfile->fd, &outfile->err);
    if (outfile->syncer)
        (void)syncer_ask(outfile->syncer);
}

static void
write_out(void *context)
{
    struct outfile *outfile = context;
    struct buf *bytes = &outfile->writing;
    struct err *err = &outfile->err;
    size_t len = bytes->len;
    errno = 0;
    outfile->bytes += len;
    if (!outfile->gzip)
        (void)file_write_all(outfile->fd, bytes->data, len, outfile->temporary, err);
    else if (len && gzwrite(outfile->gzip, bytes->data, (unsigned)len) <= 0)
        (void)fail(outfile, err);
    buf_reset(bytes);
    if (!err->exit_code)
        sync_ahead(outfile, len);
}

/* What went wrong while writing, told by the one who adds. */
static int
tell(const struct outfile *outfile, struct err *err)
{
    const struct err *own = &outfile->err;
    return own->exit_code ? err_set(err, own->exit_code, "%s", own->text) : 0;
}

/* Have what is pending written, by the helper if there is one. */
static int
hand_over(struct outfile *outfile, struct err *err)
{
    if (outfile->helper)
        helper_wait(outfile->helper);
    if (tell(outfile, err))
        return -1;
    struct buf empty = outfile->writing;
    outfile->writing = outfile->pending;
    outfile->pending = empty;
    if (outfile->helper)
        helper_start(outfile->helper, write_out, outfile);
    else
        write_out(outfile);
    return 0;
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
    if (outfile->pending.len < BUFFER_BYTES)
        return 0;
    if (!outfile->helper && thread_has_core())
        outfile->helper = helper_open();
    return hand_over(outfile, err);
}

int
outfile_finish(struct outfile *outfile, struct err *err)
{
    bool plain = !outfile->gzip;
    if (hand_over(outfile, err))
        return -1;
    helper_free(outfile->helper);
    outfile->helper = NULL;
    if (tell(outfile, err))
        return -1;
    errno = 0;
    if (outfile->gzip) {
        int rc = gzclose(outfile->gzip);
        outfile->gzip = NULL;
        if (rc != Z_OK)
            return fail(outfile, err);
    }
    errno = outfile->syncer ? syncer_wait(outfile->syncer) : 0;
    if (errno || file_sync(outfile->fd))
        return fail(outfile, err);
    return plain ? file_check_size(outfile->fd, outfile->bytes, outfile->temporary, err)
                 : 0;
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
    helper_free(outfile->helper);
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
    buf_clear(&outfile->writing);
    free(outfile);
}
