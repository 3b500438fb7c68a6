#include "run/journal.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/syncer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static const char magic[] = "unhitch journal 1\n";

enum { MAGIC_BYTES = sizeof(magic) - 1, FRAME_BYTES = 8, ENTRY_BYTES_MAX = 1 << 16 };

struct journal {
    int fd;
    char *path;
    struct buf pending;
    struct syncer *syncer; /* NULL: not yet needed */
};

/* Little-endian writing and reading; a read beyond the end is noted in `broken`. */

static void
put(struct buf *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_add_char(out, (char)(value >> 8 * i & 0xff));
}

static void
put_text(struct buf *out, struct span text)
{
    put(out, text.len, 2);
    buf_add(out, text.ptr, text.len);
}

struct input {
    const unsigned char *at, *end;
    bool broken;
};

static uint64_t
get(struct input *in, int bytes)
{
    uint64_t value = 0;
    if (in->end - in->at < bytes) {
        in->broken = true;
        return 0;
    }
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)*in->at++ << 8 * i;
    return value;
}

static struct span
get_text(struct input *in)
{
    size_t len = get(in, 2);
    if ((size_t)(in->end - in->at) < len) {
        in->broken = true;
        len = 0;
    }
    struct span text = {(const char *)in->at, len};
    in->at += len;
    return text;
}

static void
encode_answer(struct buf *out, const struct journal_entry *entry)
{
    put(out, entry->latency_us, 4);
    put(out, entry->sent, 1);
    put(out, entry->group_count, 1);
    for (size_t i = 0; i < entry->group_count; i++) {
        const struct journal_group *group = &entry->groups[i];
        put(out, group->status, 1);
        put(out, group->lost, 1);
        put(out, group->verdict, 4);
        put(out, group->mask[0], 8);
        put(out, group->mask[1], 8);
    }
}

static void
encode(struct buf *out, const struct journal_entry *entry)
{
    put(out, entry->type, 1);
    switch (entry->type) {
    case JOURNAL_PLAN:
        put(out, entry->fingerprint.bytes, 8);
        put(out, entry->fingerprint.hash, 8);
        put(out, entry->rows, 8);
        put(out, entry->items, 4);
        break;
    case JOURNAL_BEGIN:
        put(out, (uint64_t)entry->time_ms, 8);
        put_text(out, entry->message);
        break;
    case JOURNAL_INTENT:
        put(out, entry->call, 8);
        put(out, (uint64_t)entry->time_ms, 8);
        put(out, entry->slice.first, 4);
        put(out, entry->slice.mask[0], 8);
        put(out, entry->slice.mask[1], 8);
        break;
    case JOURNAL_START:
        put(out, entry->call, 8);
        break;
    case JOURNAL_VERDICT:
        put(out, entry->verdict, 4);
        put(out, (uint64_t)entry->http, 2);
        put_text(out, entry->code);
        put_text(out, entry->message);
        break;
    case JOURNAL_ANSWER:
        put(out, entry->call, 8);
        put(out, (uint64_t)entry->time_ms, 8);
        encode_answer(out, entry);
        break;
    case JOURNAL_REFUSED:
        put(out, (uint64_t)entry->time_ms, 8);
        put(out, entry->first_item, 4);
        put(out, entry->items, 4);
        put(out, entry->verdict, 4);
        break;
    case JOURNAL_END:
        put(out, (uint64_t)entry->time_ms, 8);
        put(out, (uint64_t)entry->exit_code, 1);
        put_text(out, entry->code);
        put_text(out, entry->message);
        break;
    }
}

static void
decode_answer(struct input *in, struct journal_entry *entry)
{
    entry->latency_us = (uint32_t)get(in, 4);
    entry->sent = get(in, 1) != 0;
    entry->group_count = (uint8_t)get(in, 1);
    if (entry->group_count > JOURNAL_GROUPS_MAX)
        in->broken = true;
    for (size_t i = 0; i < entry->group_count && !in->broken; i++) {
        struct journal_group *group = &entry->groups[i];
        group->status = (uint8_t)get(in, 1);
        group->lost = (uint8_t)get(in, 1);
        group->verdict = (uint32_t)get(in, 4);
        group->mask[0] = get(in, 8);
        group->mask[1] = get(in, 8);
        if (group->status >= STATUS_COUNT || group->lost > LOST_SILENT)
            in->broken = true;
    }
}

/* False if the payload is no entry. */
static bool
decode(struct input *in, struct journal_entry *entry)
{
    entry->type = (enum journal_type)get(in, 1);
    switch (entry->type) {
    case JOURNAL_PLAN:
        entry->fingerprint.bytes = get(in, 8);
        entry->fingerprint.hash = get(in, 8);
        entry->rows = get(in, 8);
        entry->items = (uint32_t)get(in, 4);
        break;
    case JOURNAL_BEGIN:
        entry->time_ms = (int64_t)get(in, 8);
        entry->message = get_text(in);
        break;
    case JOURNAL_INTENT:
        entry->call = get(in, 8);
        entry->time_ms = (int64_t)get(in, 8);
        entry->slice.first = (uint32_t)get(in, 4);
        entry->slice.mask[0] = get(in, 8);
        entry->slice.mask[1] = get(in, 8);
        break;
    case JOURNAL_START:
        entry->call = get(in, 8);
        break;
    case JOURNAL_VERDICT:
        entry->verdict = (uint32_t)get(in, 4);
        entry->http = (long)get(in, 2);
        entry->code = get_text(in);
        entry->message = get_text(in);
        break;
    case JOURNAL_ANSWER:
        entry->call = get(in, 8);
        entry->time_ms = (int64_t)get(in, 8);
        decode_answer(in, entry);
        break;
    case JOURNAL_REFUSED:
        entry->time_ms = (int64_t)get(in, 8);
        entry->first_item = (uint32_t)get(in, 4);
        entry->items = (uint32_t)get(in, 4);
        entry->verdict = (uint32_t)get(in, 4);
        break;
    case JOURNAL_END:
        entry->time_ms = (int64_t)get(in, 8);
        entry->exit_code = (int)get(in, 1);
        entry->code = get_text(in);
        entry->message = get_text(in);
        break;
    default:
        return false;
    }
    return !in->broken && in->at == in->end;
}

static uint32_t
checksum(const char *bytes, size_t len)
{
    return (uint32_t)crc32(0, (const Bytef *)bytes, (uInt)len);
}

void
journal_add(struct journal *journal, const struct journal_entry *entry)
{
    struct buf *out = &journal->pending;
    size_t start = out->len;
    put(out, 0, FRAME_BYTES);
    encode(out, entry);
    size_t len = out->len - start - FRAME_BYTES;
    uint32_t sum = checksum(out->data + start + FRAME_BYTES, len);
    for (int i = 0; i < 4; i++) {
        out->data[start + (size_t)i] = (char)(len >> 8 * i & 0xff);
        out->data[start + 4 + (size_t)i] = (char)(sum >> 8 * i & 0xff);
    }
}

static struct journal *
journal_wrap(int fd, const char *path)
{
    struct journal *journal = mem_alloc(1, sizeof(*journal));
    journal->fd = fd;
    journal->path = mem_strdup(path);
    return journal;
}

struct journal *
journal_create(const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_set_errno(err, EXIT_INTERNAL, "%s: cannot make the journal", path);
        return NULL;
    }
    struct journal *journal = journal_wrap(fd, path);
    buf_add(&journal->pending, magic, MAGIC_BYTES);
    return journal;
}

struct journal *
journal_reopen(const char *path, uint64_t whole_bytes, struct err *err)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)whole_bytes) || fsync(fd)) {
        err_set_errno(err, EXIT_INTERNAL, "%s: cannot open the journal", path);
        if (fd >= 0)
            (void)close(fd);
        return NULL;
    }
    return journal_wrap(fd, path);
}

void
journal_free(struct journal *journal)
{
    if (!journal)
        return;
    syncer_free(journal->syncer);
    (void)close(journal->fd);
    free(journal->path);
    buf_clear(&journal->pending);
    free(journal);
}

int
journal_flush(struct journal *journal, struct err *err)
{
    struct buf *pending = &journal->pending;
    if (!pending->len)
        return 0;
    if (file_write_all(journal->fd, pending->data, pending->len, journal->path, err))
        return -1;
    buf_reset(pending);
    return 0;
}

int
journal_sync(struct journal *journal, struct err *err)
{
    if (journal_flush(journal, err))
        return -1;
    if (fdatasync(journal->fd))
        return err_set_errno(err, EXIT_INTERNAL, "%s: cannot sync", journal->path);
    return 0;
}

int
journal_sync_begin(struct journal *journal, uint64_t *request, struct err *err)
{
    if (!journal->syncer)
        journal->syncer = syncer_open(journal->fd, err);
    if (!journal->syncer || journal_flush(journal, err))
        return -1;
    *request = syncer_ask(journal->syncer);
    return 0;
}

int
journal_is_synced(struct journal *journal, uint64_t request, struct err *err)
{
    int error;
    uint64_t done = syncer_done(journal->syncer, &error);
    errno = error;
    return error ? err_set_errno(err, EXIT_INTERNAL, "%s: cannot sync", journal->path)
                 : done >= request;
}

int
journal_wake_fd(const struct journal *journal)
{
    return journal->syncer ? syncer_fd(journal->syncer) : -1;
}

void
journal_heed_wake(struct journal *journal)
{
    if (journal->syncer)
        syncer_heed(journal->syncer);
}

static uint32_t
load32(const char *at)
{
    struct input in = {(const unsigned char *)at, (const unsigned char *)at + 4, false};
    return (uint32_t)get(&in, 4);
}

static bool
is_whole(const char *at, size_t left)
{
    uint32_t len = left < FRAME_BYTES ? 0 : load32(at);
    return len && len <= ENTRY_BYTES_MAX && len <= left - FRAME_BYTES &&
           checksum(at + FRAME_BYTES, len) == load32(at + 4);
}

/* A torn end is short: at most what one sync covers. */
enum { TORN_BYTES_MAX = 1 << 20, WINDOW_BYTES = 2 << 20 };

/* A journal being read, through a window that is moved along. */
struct window {
    int fd;
    const char *path;
    char *bytes;
    size_t at, len;  /* what is not yet read is [at, len) */
    uint64_t before; /* bytes of the file before the window */
};

/* Fill the window, or read to the end of the file. */
static int
window_fill(struct window *window, struct err *err)
{
    memmove(window->bytes, window->bytes + window->at, window->len - window->at);
    window->before += window->at;
    window->len -= window->at;
    window->at = 0;
    while (window->len < WINDOW_BYTES) {
        ssize_t got = read(window->fd, window->bytes + window->len,
                           WINDOW_BYTES - window->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, EXIT_INTERNAL, "%s", window->path);
        if (got == 0)
            break;
        window->len += (size_t)got;
    }
    return 0;
}

/* How the bytes at hand go on. */
enum frame { FRAME_WHOLE, FRAME_TORN, FRAME_DAMAGED, FRAME_UNREAD };

/*
 * What is no whole entry is the torn end of the journal, unless a whole one follows
 * somewhere behind it.
 */
static enum frame
check_frame(struct window *window, struct err *err)
{
    if (is_whole(window->bytes + window->at, window->len - window->at))
        return FRAME_WHOLE;
    if (window_fill(window, err))
        return FRAME_UNREAD;
    if (is_whole(window->bytes, window->len))
        return FRAME_WHOLE;
    if (window->len > TORN_BYTES_MAX)
        return FRAME_DAMAGED;
    for (size_t i = 1; i < window->len; i++)
        if (is_whole(window->bytes + i, window->len - i))
            return FRAME_DAMAGED;
    return FRAME_TORN;
}

static int
refuse(const char *path, uint64_t at, struct err *err)
{
    return err_set(err, EXIT_INTERNAL,
                   "%s: damaged at byte %llu, before its end. Nothing was sent. Restore "
                   "the file from a backup, or start a new run with --missing-ok",
                   path, (unsigned long long)at);
}

static int
read_magic(struct window *window, struct err *err)
{
    if (window_fill(window, err))
        return -1;
    if (window->len < MAGIC_BYTES || memcmp(window->bytes, magic, MAGIC_BYTES) != 0)
        return err_set(err, EXIT_INTERNAL, "%s: is not a journal of unhitch",
                       window->path);
    window->at = MAGIC_BYTES;
    return 0;
}

/* Hand on the next entry: 1, 0: there is none, -1. */
static int
read_entry(struct window *window,
           int (*apply)(const struct journal_entry *entry, void *context,
                        struct err *err),
           void *context, struct err *err)
{
    enum frame frame = check_frame(window, err);
    if (frame == FRAME_TORN)
        return 0;
    if (frame == FRAME_UNREAD)
        return -1;
    const char *at = window->bytes + window->at;
    uint32_t len = load32(at);
    struct journal_entry entry = {0};
    const unsigned char *payload = (const unsigned char *)at + FRAME_BYTES;
    struct input in = {payload, payload + len, false};
    if (frame == FRAME_DAMAGED || !decode(&in, &entry))
        return refuse(window->path, window->before + window->at, err);
    if (apply(&entry, context, err))
        return -1;
    window->at += FRAME_BYTES + len;
    return 1;
}

int
journal_replay(const char *path,
               int (*apply)(const struct journal_entry *entry, void *context,
                            struct err *err),
               void *context, uint64_t *whole_bytes, struct err *err)
{
    struct window window = {.fd = open(path, O_RDONLY | O_CLOEXEC), .path = path};
    if (window.fd < 0)
        return err_set_errno(err, EXIT_INTERNAL, "%s", path);
    window.bytes = mem_resize(NULL, WINDOW_BYTES, 1);
    int got = read_magic(&window, err);
    for (got = got ? got : 1; got == 1;)
        got = read_entry(&window, apply, context, err);
    *whole_bytes = window.before + window.at;
    (void)close(window.fd);
    free(window.bytes);
    return got;
}

bool
journal_is_blank(const char *path)
{
    enum { FIRST_SYNC_BYTES_MAX = 512 }; /* what journal_create is followed by */
    struct buf content = {0};
    struct err err = {0};
    struct stat st;
    if (stat(path, &st))
        return errno == ENOENT;
    if (st.st_size > FIRST_SYNC_BYTES_MAX)
        return false;
    bool read = file_read(path, FIRST_SYNC_BYTES_MAX, &content, EXIT_INTERNAL, &err) == 0;
    size_t known = content.len < MAGIC_BYTES ? content.len : MAGIC_BYTES;
    bool blank = read && memcmp(content.data, magic, known) == 0 &&
                 (content.len <= MAGIC_BYTES ||
                  !is_whole(content.data + MAGIC_BYTES, content.len - MAGIC_BYTES));
    buf_clear(&content);
    return blank;
}
