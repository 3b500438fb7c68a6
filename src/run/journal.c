#include "run/journal.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/syncer.h"
#include "run/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static const char magic[] = "unhitch journal 1\n";

enum { MAGIC_BYTES = sizeof(magic) - 1, FRAME_BYTES = 8, ENTRY_BYTES_MAX = 1 << 16 };

/* No more than this is written and not yet synced: so much may be torn at the end. */
enum { TORN_BYTES_MAX = 1 << 20, SYNC_AHEAD_BYTES = TORN_BYTES_MAX / 4 };

/* The type of an entry that only this file knows: up to which byte the file was safe. */
enum { TYPE_SAFE = 'Y', SAFE_BYTES = 1 + 8 };

struct journal {
    int fd;
    char *path;
    struct buf pending;
    struct syncer *syncer; /* NULL: not yet needed */
    uint64_t bytes;        /* written so far, */
    uint64_t safe;         /* of them synced, */
    uint64_t told;         /* and what the journal itself says of that */
    uint64_t asked;        /* a request of the syncer, 0: none, */
    uint64_t asked_bytes;  /* which makes so many safe */
};

static uint32_t
checksum(const char *bytes, size_t len)
{
    return (uint32_t)crc32(0, (const Bytef *)bytes, (uInt)len);
}

/* Fill in the frame of the entry that begins at `start` and ends here. */
static void
close_frame(struct buf *out, size_t start)
{
    size_t len = out->len - start - FRAME_BYTES;
    uint32_t sum = checksum(out->data + start + FRAME_BYTES, len);
    for (int i = 0; i < 4; i++) {
        out->data[start + (size_t)i] = (char)(len >> 8 * i & 0xff);
        out->data[start + 4 + (size_t)i] = (char)(sum >> 8 * i & 0xff);
    }
}

static void
add_safe(struct journal *journal)
{
    struct buf *out = &journal->pending;
    size_t start = out->len;
    entry_put_number(out, 0, FRAME_BYTES);
    entry_put_number(out, TYPE_SAFE, 1);
    entry_put_number(out, journal->safe, 8);
    close_frame(out, start);
    journal->told = journal->safe;
}

void
journal_add(struct journal *journal, const struct journal_entry *entry)
{
    if (journal->safe > journal->told)
        add_safe(journal);
    struct buf *out = &journal->pending;
    size_t start = out->len;
    entry_put_number(out, 0, FRAME_BYTES);
    entry_encode(out, entry);
    close_frame(out, start);
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
    if (fd < 0 || ftruncate(fd, (off_t)whole_bytes) || file_sync(fd)) {
        err_set_errno(err, EXIT_INTERNAL, "%s: cannot open the journal", path);
        if (fd >= 0)
            (void)close(fd);
        return NULL;
    }
    struct journal *journal = journal_wrap(fd, path);
    journal->bytes = journal->safe = whole_bytes;
    return journal;
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

static int
sync_written(struct journal *journal, struct err *err)
{
    while (fdatasync(journal->fd))
        if (errno != EINTR)
            return err_set_errno(err, EXIT_INTERNAL, "%s: cannot sync", journal->path);
    journal->safe = journal->bytes;
    return 0;
}

/* The last request that the syncer has fulfilled. */
static int
note_synced(struct journal *journal, uint64_t *done, struct err *err)
{
    int error;
    *done = syncer_done(journal->syncer, &error);
    if (error) {
        errno = error;
        return err_set_errno(err, EXIT_INTERNAL, "%s: cannot sync", journal->path);
    }
    if (journal->asked && *done >= journal->asked) {
        if (journal->asked_bytes > journal->safe)
            journal->safe = journal->asked_bytes;
        journal->asked = 0;
    }
    return 0;
}

static uint64_t
ask_syncer(struct journal *journal)
{
    uint64_t request = syncer_ask(journal->syncer);
    if (!journal->asked) {
        journal->asked = request;
        journal->asked_bytes = journal->bytes;
    }
    return request;
}

/* Before so many bytes are written: may they be torn together with what is not yet synced? */
static int
keep_tail_short(struct journal *journal, size_t more, struct err *err)
{
    uint64_t done;
    if (journal->bytes - journal->safe + more <= SYNC_AHEAD_BYTES)
        return 0;
    if (journal->syncer && note_synced(journal, &done, err))
        return -1;
    if (journal->bytes - journal->safe + more > TORN_BYTES_MAX)
        return sync_written(journal, err);
    return 0;
}

int
journal_flush(struct journal *journal, struct err *err)
{
    struct buf *pending = &journal->pending;
    if (!pending->len)
        return 0;
    if (keep_tail_short(journal, pending->len, err) ||
        file_write_all(journal->fd, pending->data, pending->len, journal->path, err))
        return -1;
    journal->bytes += pending->len;
    buf_reset(pending);
    if (journal->bytes - journal->safe > SYNC_AHEAD_BYTES && journal->syncer &&
        !journal->asked)
        (void)ask_syncer(journal);
    return 0;
}

int
journal_flush_much(struct journal *journal, struct err *err)
{
    return journal->pending.len > SYNC_AHEAD_BYTES ? journal_flush(journal, err) : 0;
}

int
journal_sync(struct journal *journal, struct err *err)
{
    return journal_flush(journal, err) || sync_written(journal, err) ? -1 : 0;
}

int
journal_sync_begin(struct journal *journal, uint64_t *request, struct err *err)
{
    if (!journal->syncer)
        journal->syncer = syncer_open(journal->fd, err);
    if (!journal->syncer || journal_flush(journal, err))
        return -1;
    *request = ask_syncer(journal);
    return 0;
}

int
journal_is_synced(struct journal *journal, uint64_t request, struct err *err)
{
    uint64_t done;
    return note_synced(journal, &done, err) ? -1 : done >= request;
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
    return (uint32_t)entry_get_number(at, 4);
}

static bool
is_whole(const char *at, size_t left)
{
    uint32_t len = left < FRAME_BYTES ? 0 : load32(at);
    return len && len <= ENTRY_BYTES_MAX && len <= left - FRAME_BYTES &&
           checksum(at + FRAME_BYTES, len) == load32(at + 4);
}

/* Up to where the journal is safe, as this whole entry says; 0 if it says nothing. */
static uint64_t
safe_bytes(const char *at)
{
    if (load32(at) != SAFE_BYTES || at[FRAME_BYTES] != TYPE_SAFE)
        return 0;
    return entry_get_number(at + FRAME_BYTES + 1, 8);
}

enum { WINDOW_BYTES = 2 << 20 };

/* A journal being read, through a window that is moved along. */
struct window {
    int fd;
    const char *path;
    char *bytes;
    size_t room;     /* of `bytes`: the whole file if it is small, and one more */
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
    while (window->len < window->room) {
        ssize_t got = read(window->fd, window->bytes + window->len,
                           window->room - window->len);
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
enum frame { FRAME_WHOLE, FRAME_TORN, FRAME_HOLED, FRAME_DAMAGED, FRAME_UNREAD };

/*
 * What is no whole entry is damage if an entry behind it says that the file was safe
 * there, else it is what was written last and never synced. `at`: offset in the file.
 */
static enum frame
check_tail(const char *bytes, size_t len, uint64_t at)
{
    enum frame frame = FRAME_TORN;
    for (size_t i = 1; i < len; i++) {
        if (!is_whole(bytes + i, len - i))
            continue;
        if (safe_bytes(bytes + i) > at)
            return FRAME_DAMAGED;
        frame = FRAME_HOLED;
    }
    return frame;
}

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
    return check_tail(window->bytes, window->len, window->before);
}

static int
refuse(const char *path, uint64_t at, struct err *err)
{
    return err_set(err, EXIT_INTERNAL,
                   "%s: damaged at byte %llu, before its end, so it cannot be relied on. "
                   "Restore the file from a backup, or start a new run with --missing-ok",
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
           void *context, struct journal_tail *tail, struct err *err)
{
    enum frame frame = check_frame(window, err);
    tail->whole_bytes = window->before + window->at;
    tail->holed = frame == FRAME_HOLED;
    if (frame == FRAME_TORN || frame == FRAME_HOLED)
        return 0;
    if (frame == FRAME_UNREAD)
        return -1;
    const char *at = window->bytes + window->at;
    uint32_t len = load32(at);
    struct journal_entry entry = {0};
    if (frame == FRAME_DAMAGED)
        return refuse(window->path, tail->whole_bytes, err);
    bool told = safe_bytes(at) != 0;
    if (!told && !entry_decode((struct span){at + FRAME_BYTES, len}, &entry))
        return refuse(window->path, tail->whole_bytes, err);
    if (!told && apply(&entry, context, err))
        return -1;
    window->at += FRAME_BYTES + len;
    return 1;
}

int
journal_replay(const char *path,
               int (*apply)(const struct journal_entry *entry, void *context,
                            struct err *err),
               void *context, struct journal_tail *tail, struct err *err)
{
    struct window window = {.fd = open(path, O_RDONLY | O_CLOEXEC), .path = path};
    struct stat st;
    if (window.fd < 0)
        return err_set_errno(err, EXIT_INTERNAL, "%s", path);
    window.room = WINDOW_BYTES;
    if (fstat(window.fd, &st) == 0 && st.st_size < WINDOW_BYTES)
        window.room = (size_t)st.st_size + 1;
    window.bytes = mem_resize(NULL, window.room, 1);
    int got = read_magic(&window, err);
    for (got = got ? got : 1; got == 1;)
        got = read_entry(&window, apply, context, tail, err);
    (void)close(window.fd);
    free(window.bytes);
    return got;
}

/* Is there only what was written before the first sync, or what a crash left of it? */
static bool
is_torn_start(const struct buf *content)
{
    static const char zeros[MAGIC_BYTES];
    size_t known = content->len < MAGIC_BYTES ? content->len : MAGIC_BYTES;
    if (memcmp(content->data, zeros, known) == 0)
        known = 0;
    else if (memcmp(content->data, magic, known) != 0)
        return false;
    const char *at = content->data + known;
    size_t left = content->len - known;
    return !is_whole(at, left) && check_tail(at, left, known) != FRAME_DAMAGED;
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
    bool blank = read && is_torn_start(&content);
    buf_clear(&content);
    return blank;
}
