#include "input/inflow.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum kind { KIND_UNKNOWN, KIND_PLAIN, KIND_GZIP };

struct inflow {
    int fd;
    char *name;
    bool is_file; /* not a pipe: no signal breaks off what is read of it */
    bool is_large;
    enum kind kind;
    bool end_of_file; /* of the file on disk */
    bool member_open; /* inside a gzip member */
    z_stream inflate;
    char *block; /* of a gzip file, and the first of any */
    size_t block_len, block_at;
    struct fingerprint fingerprint;
};

struct inflow *
inflow_open(const char *path, const char *name, struct err *err)
{
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        err_set_errno(err, EXIT_USAGE, "%s: cannot open the job file", name);
        if (fd >= 0)
            (void)close(fd);
        return NULL;
    }
    if (S_ISDIR(st.st_mode)) {
        err_set(err, EXIT_USAGE, "%s: is a folder; name a CSV, TSV or JSONL file", name);
        (void)close(fd);
        return NULL;
    }
    struct inflow *inflow = mem_alloc(1, sizeof(*inflow));
    inflow->fd = fd;
    inflow->name = mem_strdup(name);
    inflow->is_file = S_ISREG(st.st_mode);
    inflow->is_large = inflow->is_file && st.st_size > CHUNK_BYTES;
    inflow->block = mem_plain(CHUNK_BYTES);
    return inflow;
}

void
inflow_free(struct inflow *inflow)
{
    if (!inflow)
        return;
    if (inflow->kind == KIND_GZIP)
        (void)inflateEnd(&inflow->inflate);
    (void)close(inflow->fd);
    free(inflow->name);
    free(inflow->block);
    free(inflow);
}

bool
inflow_is_large(const struct inflow *inflow)
{
    return inflow->is_large;
}

/* Fill `bytes` to their end, so that the fingerprint does not depend on read sizes. */
static int
read_block(struct inflow *inflow, char *bytes, size_t *len, struct err *err)
{
    *len = 0;
    while (!inflow->end_of_file && *len < CHUNK_BYTES) {
        ssize_t got = read(inflow->fd, bytes + *len, CHUNK_BYTES - *len);
        if (got < 0 && errno == EINTR && inflow->is_file)
            continue;
        if (got < 0)
            return err_set_errno(err, EXIT_INPUT, "%s: cannot read", inflow->name);
        inflow->end_of_file = got == 0;
        *len += (size_t)got;
    }
    if (*len) {
        struct fingerprint *print = &inflow->fingerprint;
        print->bytes += *len;
        print->hash = print->hash * 31 + text_hash_long(bytes, *len);
    }
    return 0;
}

static void *
zlib_alloc(void *context, unsigned count, unsigned size)
{
    (void)context;
    return mem_alloc(count, size);
}

static void
zlib_free(void *context, void *memory)
{
    (void)context;
    free(memory);
}

static int
detect_kind(struct inflow *inflow, struct err *err)
{
    const unsigned char *magic = (const unsigned char *)inflow->block;
    if (inflow->block_len < 2 || magic[0] != 0x1f || magic[1] != 0x8b) {
        inflow->kind = KIND_PLAIN;
        return 0;
    }
    inflow->inflate.zalloc = zlib_alloc;
    inflow->inflate.zfree = zlib_free;
    if (inflateInit2(&inflow->inflate, 15 + 16) != Z_OK)
        return err_set(err, EXIT_INTERNAL, "%s: cannot start zlib", inflow->name);
    inflow->kind = KIND_GZIP;
    inflow->member_open = true;
    return 0;
}

static int
damaged(struct inflow *inflow, const char *what, struct err *err)
{
    return err_set(err, EXIT_INPUT,
                   "%s: damaged gzip stream (%s); nothing was sent. Make or fetch the "
                   "file again (`gzip -t` checks it)",
                   inflow->name, what);
}

/* What follows a member: another one, or zeros as some tools pad with. */
static int
begin_member(struct inflow *inflow, struct err *err)
{
    unsigned char c = (unsigned char)inflow->block[inflow->block_at];
    if (c == 0) {
        inflow->block_at++;
        return 0;
    }
    if (c != 0x1f)
        return damaged(inflow, "other bytes follow it", err);
    (void)inflateReset(&inflow->inflate);
    inflow->member_open = true;
    return 0;
}

/* Inflate some of the block into the chunk; 0 also when no output came of it. */
static int
inflate_block(struct inflow *inflow, struct chunk *chunk, struct err *err)
{
    if (!inflow->member_open)
        return begin_member(inflow, err);
    z_stream *z = &inflow->inflate;
    z->next_in = (Bytef *)inflow->block + inflow->block_at;
    z->avail_in = (uInt)(inflow->block_len - inflow->block_at);
    z->next_out = (Bytef *)chunk->bytes + chunk->len;
    z->avail_out = (uInt)(CHUNK_BYTES - chunk->len);
    int rc = inflate(z, Z_NO_FLUSH);
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        return damaged(inflow, z->msg ? z->msg : "bad header", err);
    chunk->len = CHUNK_BYTES - z->avail_out;
    inflow->block_at = inflow->block_len - z->avail_in;
    inflow->member_open = rc != Z_STREAM_END;
    return 0;
}

/* The first block, by which a plain file is known. */
static void
copy_block(struct inflow *inflow, struct chunk *chunk)
{
    chunk->len = inflow->block_len;
    memcpy(chunk->bytes, inflow->block, chunk->len);
    inflow->block_at = inflow->block_len;
}

/* 1: the chunk holds bytes, 0: there are no more, -1: refused. */
static int
fill_chunk(struct inflow *inflow, struct chunk *chunk, struct err *err)
{
    if (inflow->kind == KIND_PLAIN)
        return read_block(inflow, chunk->bytes, &chunk->len, err) ? -1 : chunk->len != 0;
    while (!chunk->len) {
        if (inflow->block_at == inflow->block_len) {
            inflow->block_at = 0;
            if (read_block(inflow, inflow->block, &inflow->block_len, err))
                return -1;
            if (inflow->kind == KIND_UNKNOWN && detect_kind(inflow, err))
                return -1;
            if (inflow->block_len == 0)
                return inflow->member_open ? damaged(inflow, "it ends in the middle", err)
                                           : 0;
        }
        if (inflow->kind == KIND_PLAIN)
            copy_block(inflow, chunk);
        else if (inflate_block(inflow, chunk, err))
            return -1;
    }
    return 1;
}

void
inflow_next(struct inflow *inflow, struct chunk *chunk)
{
    chunk->len = 0;
    chunk->err.exit_code = 0;
    chunk->more = fill_chunk(inflow, chunk, &chunk->err);
    chunk->holds = text_holds(chunk->bytes, chunk->len, TEXT_ALL);
    chunk->fingerprint = inflow->fingerprint;
}
