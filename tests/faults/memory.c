/*
 * Allocations that fail: the FAULT_ALLOC-th from the start of the program, and all after it
 * with FAULT_ALLOC_MORE. How many there were goes to FAULT_TRACE at a plain exit.
 */
#include "fault.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_long count;
static long at;
static bool more;

/* What is asked for while the real functions are looked up. */
static _Alignas(16) char early[1 << 16];
static size_t early_len;

static void *
early_alloc(size_t bytes)
{
    void *memory = early + early_len;
    early_len += (bytes + 15) / 16 * 16;
    return early_len <= sizeof(early) ? memory : NULL;
}

static bool
is_early(const void *memory)
{
    return (uintptr_t)memory >= (uintptr_t)early &&
           (uintptr_t)memory < (uintptr_t)early + sizeof(early);
}

__attribute__((constructor)) static void
prepare(void)
{
    const char *number = getenv("FAULT_ALLOC");
    more = getenv("FAULT_ALLOC_MORE") != NULL;
    at = number ? strtol(number, NULL, 10) : -1;
    atomic_store(&count, 0);
}

__attribute__((destructor)) static void
tell(void)
{
    char text[FAULT_PATH_MAX], line[32];
    const char *trace = getenv("FAULT_TRACE");
    if (!trace || at < 0)
        return;
    (void)snprintf(text, sizeof(text), "%s.allocations", trace);
    int len = snprintf(line, sizeof(line), "%ld\n", atomic_load(&count));
    fault_write_file(text, line, (size_t)len);
}

static bool
refuses(void)
{
    if (at < 0)
        return false;
    long number = atomic_fetch_add(&count, 1) + 1;
    if (!at || number < at || (number > at && !more))
        return false;
    errno = ENOMEM;
    return true;
}

#define REAL(type, name, ...)                                                            \
    static type (*real)(__VA_ARGS__);                                                    \
    static bool looking;                                                                 \
    if (!real && !looking) {                                                             \
        looking = true;                                                                  \
        *(void **)&real = fault_real(name);                                              \
    }

void *
malloc(size_t bytes)
{
    REAL(void *, "malloc", size_t)
    return !real ? early_alloc(bytes) : refuses() ? NULL : real(bytes);
}

void *
calloc(size_t number, size_t bytes)
{
    REAL(void *, "calloc", size_t, size_t)
    return !real ? early_alloc(number * bytes) : refuses() ? NULL : real(number, bytes);
}

void *
realloc(void *old, size_t bytes)
{
    REAL(void *, "realloc", void *, size_t)
    if (!real || is_early(old)) {
        void *memory = malloc(bytes);
        if (memory && old)
            memcpy(memory, old, bytes);
        return memory;
    }
    return refuses() ? NULL : real(old, bytes);
}

void
free(void *memory)
{
    REAL(void, "free", void *)
    if (real && !is_early(memory))
        real(memory);
}
