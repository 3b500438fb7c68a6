#include "fuzz.h"

#include "base/mem.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

const struct fuzz_target *const fuzz_targets[] = {
    &fuzz_csv,  &fuzz_jsonl,       &fuzz_json,       &fuzz_idform,  &fuzz_check,
    &fuzz_crm,  &fuzz_preferences, &fuzz_desk,       &fuzz_verba,   &fuzz_token,
    &fuzz_wire, &fuzz_journal,     &fuzz_definition, &fuzz_options, NULL,
};

enum { PATHS = 8, PATH_BYTES = 256 };

static char folder[PATH_BYTES / 2];

unsigned
feed_choice(struct feed *feed, unsigned below)
{
    return feed->at < feed->end ? *feed->at++ % below : 0;
}

struct span
feed_until(struct feed *feed, char stop)
{
    const char *at = (const char *)feed->at;
    size_t left = (size_t)(feed->end - feed->at);
    const char *found = left ? memchr(at, stop, left) : NULL;
    struct span text = {at, found ? (size_t)(found - at) : left};
    feed->at += text.len + (found != NULL);
    return text;
}

struct span
feed_rest(struct feed *feed)
{
    static char *copy;
    struct span rest = {(const char *)feed->at, (size_t)(feed->end - feed->at)};
    free(copy);
    copy = malloc(rest.len ? rest.len : 1);
    if (rest.len)
        memcpy(copy, rest.ptr, rest.len);
    feed->at = feed->end;
    return (struct span){copy, rest.len};
}

const struct fuzz_target *
fuzz_find(const char *name)
{
    size_t i = 0;
    while (fuzz_targets[i] && strcmp(fuzz_targets[i]->name, name) != 0)
        i++;
    return fuzz_targets[i];
}

void
fuzz_run(const struct fuzz_target *target, const unsigned char *bytes, size_t len)
{
    struct feed feed = {bytes, bytes + len};
    target->run(&feed);
}

_Noreturn void
fuzz_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fprintf(stderr, "%s:%d: ", file, line);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    abort();
}

static void
remove_folder(void)
{
    static const char *const names[] = {"input", "again", "journal", "copy"};
    for (size_t i = 0; i < FUZZ_COUNT(names); i++)
        (void)unlink(fuzz_path(names[i]));
    (void)rmdir(folder);
}

const char *
fuzz_path(const char *name)
{
    static char paths[PATHS][PATH_BYTES];
    static unsigned next;
    if (!folder[0]) {
        const char *base = getenv("TMPDIR");
        (void)snprintf(folder, sizeof(folder), "%s/unhitch-fuzz-XXXXXX",
                       base ? base : "/tmp");
        fuzz_holds(mkdtemp(folder), "cannot make a folder");
        (void)atexit(remove_folder);
    }
    char *path = paths[next++ % PATHS];
    (void)snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    return path;
}

const char *
fuzz_file(const char *name, struct span content)
{
    const char *path = fuzz_path(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    fuzz_holds(fd >= 0 && write(fd, content.ptr, content.len) == (ssize_t)content.len,
               "cannot write %s", path);
    (void)close(fd);
    return path;
}

bool
fuzz_mentions(struct span text, const char *part)
{
    size_t len = strlen(part);
    for (size_t i = 0; i + len <= text.len; i++)
        if (span_is_nocase((struct span){text.ptr + i, len}, part))
            return true;
    return false;
}

bool
fuzz_is_printable(struct span text, bool blanks)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < (blanks ? ' ' : '!') || text.ptr[i] > '~')
            return false;
    return true;
}
