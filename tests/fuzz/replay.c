/*
 * The targets without a fuzzer: each is fed every file of its folder.
 *
 *     fuzz-replay CORPUS [TARGET ...]
 *     fuzz-replay --one TARGET FILE
 */
#include "base/file.h"
#include "base/mem.h"
#include "fuzz.h"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

/* The input at hand: a crash tells which. */
static char *input;

static void
tell_input(int number)
{
    static const char words[] = "fuzz-replay: it happens with ";
    (void)!write(STDERR_FILENO, words, sizeof(words) - 1);
    (void)!write(STDERR_FILENO, input, strlen(input));
    (void)!write(STDERR_FILENO, "\n", 1);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static int
feed_file(const struct fuzz_target *target, char *path)
{
    struct buf content = {0};
    struct err err = {0};
    free(input);
    input = path;
    if (file_read(path, SIZE_MAX, &content, EXIT_USAGE, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    /* Memory of just its size, as a fuzzer gives it. */
    unsigned char *bytes = malloc(content.len ? content.len : 1);
    if (content.len)
        memcpy(bytes, content.data, content.len);
    fuzz_run(target, bytes, content.len);
    free(bytes);
    buf_clear(&content);
    return 0;
}

/* Returns how many there were, -1 if none. */
static int
feed_folder(const struct fuzz_target *target, const char *corpus)
{
    char *path = file_join(corpus, target->name);
    DIR *folder = opendir(path);
    struct dirent *entry;
    int count = 0;
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.') {
            if (feed_file(target, file_join(path, entry->d_name)))
                return -1;
            count++;
        }
    if (folder)
        (void)closedir(folder);
    if (!count)
        (void)fprintf(stderr, "fuzz-replay: no inputs in %s\n", path);
    free(path);
    return count ? count : -1;
}

static int
usage(void)
{
    (void)fprintf(stderr, "usage: fuzz-replay CORPUS [TARGET ...]\n"
                          "       fuzz-replay --one TARGET FILE\n");
    return 2;
}

static bool
is_wanted(const struct fuzz_target *target, char **names)
{
    bool wanted = !names[0];
    for (; names[0]; names++)
        wanted |= strcmp(names[0], target->name) == 0;
    return wanted;
}

int
main(int argc, char **argv)
{
    static const int crashes[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE};
    int passed = 0, failed = 0;
    if (argc < 2)
        return usage();
    for (size_t i = 0; i < FUZZ_COUNT(crashes); i++)
        (void)signal(crashes[i], tell_input);
    if (strcmp(argv[1], "--one") == 0) {
        const struct fuzz_target *target = argc == 4 ? fuzz_find(argv[2]) : NULL;
        return target ? -feed_file(target, mem_strdup(argv[3])) : usage();
    }
    for (size_t i = 0; fuzz_targets[i]; i++) {
        if (!is_wanted(fuzz_targets[i], argv + 2))
            continue;
        int count = feed_folder(fuzz_targets[i], argv[1]);
        passed += count > 0 ? count : 0;
        failed += count < 0;
    }
    free(input);
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
