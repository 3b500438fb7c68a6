#include "input/source.h"

#include "base/err.h"
#include "base/mem.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK_BYTES = 1 << 18 };

enum kind { KIND_UNKNOWN, KIND_PLAIN, KIND_GZIP };

struct source {
    int fd;
    char *name;
    enum kind kind;
    bool end_of_file; /* of the file on disk */
    bool member_open; /* inside a gzip member */
    z_stream inflate;
    char *block; /* bytes as on disk */
    size_t block_len, block_at;
    char *window;
    size_t at, len, cap; /* the window is [at, len) */
    unsigned may_hold;   /* TEXT_QUOTE and the others */
    struct fingerprint fingerprint;
};

struct source *
source_open(const char *path, const char *name, struct err *err)
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
    struct source *source = mem_alloc(1, sizeof(*source));
    source->fd = fd;
    source->name = mem_strdup(name);
    source->block = mem_alloc(1, BLOCK_BYTES);
    return source;
}

void
source_free(struct source *source)
{
    if (!source)
        return;
    if (source->kind == KIND_GZIP)
        (void)inflateEnd(&source->inflate);
    (void)close(source->fd);
    free(source->name);
    free(source->block);
    free(source->window);
    free(source);
}

const char *
source_name(const struct source *source)
{
    return source->name;
}

struct span
source_window(const struct source *source)
{
    if (!source->window)
        return (struct span){"", 0};
    return (struct span){source->window + source->at, source->len - source->at};
}

unsigned
source_may_hold(const struct source *source)
{
    return source->may_hold;
}

void
source_consume(struct source *source, size_t len)
{
    source->at += len;
}

/* Fill the block to its end, so that the fingerprint does not depend on read sizes. */
static int
read_block(struct source *source, struct err *err)
{
    source->block_at = source->block_len = 0;
    while (!source->end_of_file && source->block_len < BLOCK_BYTES) {
        ssize_t got = read(source->fd, source->block + source->block_len,
                           BLOCK_BYTES - source->block_len);
        if (got < 0)
            return err_set_errno(err, EXIT_INPUT, "%s: cannot read", source->name);
        source->end_of_file = got == 0;
        source->block_len += (size_t)got;
    }
    if (source->block_len) {
        struct fingerprint *print = &source->fingerprint;
        print->bytes += source->block_len;
        print->hash = print->hash * 31 +
                      text_hash_block(source->block, source->block_len);
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
detect_kind(struct source *source, struct err *err)
{
    const unsigned char *magic = (const unsigned char *)source->block;
    if (source->block_len < 2 || magic[0] != 0x1f || magic[1] != 0x8b) {
        source->kind = KIND_PLAIN;
        return 0;
    }
    source->inflate.zalloc = zlib_alloc;
    source->inflate.zfree = zlib_free;
    if (inflateInit2(&source->inflate, 15 + 16) != Z_OK)
        return err_set(err, EXIT_INTERNAL, "%s: cannot start zlib", source->name);
    source->kind = KIND_GZIP;
    source->member_open = true;
    return 0;
}

static void
make_room(struct source *source)
{
    if (source->at) {
        memmove(source->window, source->window + source->at, source->len - source->at);
        source->len -= source->at;
        source->at = 0;
    }
    if (source->cap - source->len < BLOCK_BYTES) {
        source->cap = source->cap * 2 + BLOCK_BYTES;
        source->window = mem_resize(source->window, source->cap, 1);
    }
}

static int
damaged(struct source *source, const char *what, struct err *err)
{
    return err_set(err, EXIT_INPUT,
                   "%s: damaged gzip stream (%s); nothing was sent. Make or fetch the "
                   "file again (`gzip -t` checks it)",
                   source->name, what);
}

/* What follows a member: another one, or zeros as some tools pad with. */
static int
begin_member(struct source *source, struct err *err)
{
    unsigned char c = (unsigned char)source->block[source->block_at];
    if (c == 0) {
        source->block_at++;
        return 0;
    }
    if (c != 0x1f)
        return damaged(source, "other bytes follow it", err);
    (void)inflateReset(&source->inflate);
    source->member_open = true;
    return 0;
}

/* Inflate some of the block; 0 also when no output came of it. */
static int
inflate_block(struct source *source, struct err *err)
{
    if (!source->member_open)
        return begin_member(source, err);
    z_stream *z = &source->inflate;
    z->next_in = (Bytef *)source->block + source->block_at;
    z->avail_in = (uInt)(source->block_len - source->block_at);
    z->next_out = (Bytef *)source->window + source->len;
    z->avail_out = (uInt)(source->cap - source->len < UINT32_MAX
                              ? source->cap - source->len
                              : UINT32_MAX);
    int rc = inflate(z, Z_NO_FLUSH);
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        return damaged(source, z->msg ? z->msg : "bad header", err);
    source->len = (size_t)((char *)z->next_out - source->window);
    source->block_at = source->block_len - z->avail_in;
    source->member_open = rc != Z_STREAM_END;
    return 0;
}

/* What was left of the window is looked through again, unless it is a long record. */
static void
note_bytes(struct source *source, size_t before)
{
    enum { ALL = TEXT_QUOTE | TEXT_CR | TEXT_NUL | TEXT_HIGH };
    size_t from = before < BLOCK_BYTES ? 0 : before;
    unsigned held = text_holds(source->window + from, source->len - from, ALL);
    source->may_hold = from ? source->may_hold | held : held;
}

int
source_more(struct source *source, struct err *err)
{
    make_room(source);
    size_t before = source->len;
    while (source->len == before) {
        if (source->block_at == source->block_len) {
            if (read_block(source, err))
                return -1;
            if (source->kind == KIND_UNKNOWN && detect_kind(source, err))
                return -1;
            if (source->block_len == 0) {
                if (source->member_open)
                    return damaged(source, "it ends in the middle", err);
                return 0;
            }
        }
        if (source->kind == KIND_GZIP) {
            if (inflate_block(source, err))
                return -1;
        } else {
            size_t len = source->block_len - source->block_at;
            memcpy(source->window + source->len, source->block + source->block_at, len);
            source->len += len;
            source->block_at = source->block_len;
        }
    }
    note_bytes(source, before);
    return 1;
}

struct fingerprint
source_fingerprint(const struct source *source)
{
    return source->fingerprint;
}

bool
fingerprint_equal(struct fingerprint a, struct fingerprint b)
{
    return a.bytes == b.bytes && a.hash == b.hash;
}
