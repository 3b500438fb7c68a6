/*
 * Counts a program's syncs, and makes them slow: to be loaded before its libraries
 * (LD_PRELOAD). Each fdatasync and fsync takes SLOW_SYNC_MS longer; at its end the program
 * writes how many there were and how long they took to the file SLOW_SYNC_REPORT, as JSON.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static atomic_uint_fast64_t count, total_ns, longest_ns;

static uint64_t
now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
wait_longer(void)
{
    const char *text = getenv("SLOW_SYNC_MS");
    long ms = text ? strtol(text, NULL, 10) : 0;
    struct timespec rest = {ms / 1000, ms % 1000 * 1000000};
    while (ms > 0 && nanosleep(&rest, &rest))
        continue;
}

static int
counted(const char *name, int fd)
{
    int (*sync)(int) = NULL;
    *(void **)&sync = dlsym(RTLD_NEXT, name); /* the cast that POSIX asks for */
    uint64_t begun = now_ns();
    int result = sync(fd);
    wait_longer();
    uint64_t took = now_ns() - begun, longest = longest_ns;
    count++;
    total_ns += took;
    while (took > longest && !atomic_compare_exchange_weak(&longest_ns, &longest, took))
        continue;
    return result;
}

int
fdatasync(int fd)
{
    return counted("fdatasync", fd);
}

int
fsync(int fd)
{
    return counted("fsync", fd);
}

__attribute__((destructor)) static void
report(void)
{
    const char *path = getenv("SLOW_SYNC_REPORT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "{\"syncs\":%ju,\"seconds\":%.6f,\"longest_ms\":%.3f}\n",
            (uintmax_t)count, (double)total_ns / 1e9, (double)longest_ns / 1e6);
    (void)fclose(file);
}
