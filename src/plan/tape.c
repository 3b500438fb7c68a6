#include "plan/tape.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "plan/scratch.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

enum { PENDING_BYTES = 1 << 18 };

struct tape {
    const char *dir;
    size_t head_max;
    struct buf head;    /* the first bytes; */
    int fd;             /* the file of those that follow, -1: none yet, */
    uint64_t filed;     /* how many it holds, */
    struct buf pending; /* and those after them */
    struct buf shown;   /* read back from the file */
    struct err err;     /* why the file takes no more */
};

struct tape *
tape_open(const char *dir, size_t memory_bytes)
{
    struct tape *tape = mem_alloc(1, sizeof(*tape));
    tape->dir = dir;
    tape->head_max = memory_bytes;
    tape->fd = -1;
    return tape;
}

void
tape_free(struct tape *tape)
{
    if (!tape)
        return;
    if (tape->fd >= 0)
        (void)close(tape->fd);
    buf_clear(&tape->head);
    buf_clear(&tape->pending);
    buf_clear(&tape->shown);
    free(tape);
}

static void
file_pending(struct tape *tape)
{
    if (tape->fd < 0)
        tape->fd = scratch_open(tape->dir, &tape->err);
    for (size_t done = 0; !tape->err.exit_code && done < tape->pending.len;) {
        ssize_t put = pwrite(tape->fd, tape->pending.data + done,
                             tape->pending.len - done, (off_t)(tape->filed + done));
        if (put < 0 && errno != EINTR)
            (void)scratch_fail(tape->dir, &tape->err);
        done += put > 0 ? (size_t)put : 0;
    }
    if (tape->err.exit_code)
        return;
    tape->filed += tape->pending.len;
    buf_reset(&tape->pending);
}

uint64_t
tape_add(struct tape *tape, const void *bytes, size_t len)
{
    bool fits = !tape->filed && !tape->pending.len &&
                tape->head.len + len <= tape->head_max;
    if (!fits && tape->pending.len + len > PENDING_BYTES && !tape->err.exit_code)
        file_pending(tape);
    uint64_t before = fits ? 0 : tape->head.len + tape->filed;
    struct buf *end = fits ? &tape->head : &tape->pending;
    uint64_t at = before + end->len;
    buf_add(end, bytes, len);
    return at;
}

static const char *
read_back(struct tape *tape, uint64_t at, size_t len)
{
    buf_reset(&tape->shown);
    buf_reserve(&tape->shown, len);
    while (tape->shown.len < len) {
        ssize_t got = pread(tape->fd, tape->shown.data + tape->shown.len,
                            len - tape->shown.len, (off_t)(at + tape->shown.len));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            log_error("%s/: cannot read back what was put off there; `unhitch resume` "
                      "carries on with a run that had begun",
                      tape->dir);
            _exit(EXIT_INTERNAL);
        }
        tape->shown.len += got > 0 ? (size_t)got : 0;
    }
    return tape->shown.data;
}

const char *
tape_at(struct tape *tape, uint64_t at, size_t len)
{
    if (at < tape->head.len)
        return tape->head.data + at;
    at -= tape->head.len;
    return at < tape->filed ? read_back(tape, at, len)
                            : tape->pending.data + (at - tape->filed);
}

int
tape_check(const struct tape *tape, struct err *err)
{
    return tape->err.exit_code ? err_set(err, tape->err.exit_code, "%s", tape->err.text)
                               : 0;
}
