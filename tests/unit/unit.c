#include "unit.h"

#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <unistd.h>

static char folder[4096];

void
unit_run(struct tally *tally, const char *name, const struct CMUnitTest *tests,
         size_t count)
{
    int failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
    tally->failed += (size_t)failed;
    tally->passed += count - (size_t)failed;
}

_Noreturn void
unit_fail(const char *file, int line, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    print_error("%s\n", text);
    _fail(file, line);
    abort();            /* _fail jumps */
}

void
unit_span(const char *file, int line, struct span got, const char *wanted)
{
    char shown[112];
    if (!wanted && got.ptr)
        unit_fail(file, line, "'%s' is there", text_show(got, shown));
    if (wanted && (!got.ptr || !span_is(got, wanted)))
        unit_fail(file, line, "'%s' is not '%s'",
                  got.ptr ? text_show(got, shown) : "(absent)", wanted);
}

void
unit_error(const char *file, int line, const struct err *err, int exit_code,
           const char *part)
{
    if (err->exit_code != exit_code)
        unit_fail(file, line, "exit code %d, not %d: %s", err->exit_code, exit_code,
                  err->text);
    if (part && !strstr(err->text, part))
        unit_fail(file, line, "'%s' is not in: %s", part, err->text);
}

const char *
unit_path(const char *name)
{
    static char paths[8][4200];
    static size_t next;
    char *path = paths[next++ % UNIT_COUNT(paths)];
    if (!folder[0]) {
        const char *where = getenv("TMPDIR");
        (void)snprintf(folder, sizeof(folder), "%s/unhitch-unit-XXXXXX",
                       where && *where ? where : "/tmp");
        if (!mkdtemp(folder)) {
            perror(folder);
            exit(EXIT_INTERNAL);
        }
    }
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

const char *
unit_file(const char *name, const void *bytes, size_t len)
{
    const char *path = unit_path(name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, len, file) != len || fclose(file)) {
        perror(path);
        exit(EXIT_INTERNAL);
    }
    return path;
}

const char *
unit_text_file(const char *name, const char *text)
{
    return unit_file(name, text, strlen(text));
}

void
unit_read(const char *path, struct buf *content)
{
    struct err err = {0};
    (void)file_read(path, SIZE_MAX, content, EXIT_INTERNAL, &err);
    assert_no_error(err);
}

static void
remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *inner = file_join(path, entry->d_name);
        if (unlink(inner))
            remove_tree(inner);
        free(inner);
    }
    if (dir)
        (void)closedir(dir);
    (void)rmdir(path);
}

void
unit_clean(void)
{
    if (folder[0])
        remove_tree(folder);
}

uint64_t
dice_roll(struct dice *dice)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return dice->state * 0x2545f4914f6cdd1du;
}

size_t
dice_below(struct dice *dice, size_t sides)
{
    return (size_t)((dice_roll(dice) >> 33) % sides);
}
