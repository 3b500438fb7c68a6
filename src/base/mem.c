#include "base/mem.h"

#include "base/err.h"

#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void
mem_die(void)
{
    static const char text[] =
        "unhitch: out of memory; `unhitch resume` carries on with a "
        "run that had begun\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)ignored;
    _exit(EXIT_INTERNAL);
}

/* Large arrays in large pages, where there are such: a fault each 2 MiB instead of each
 * 4 KiB, and fewer misses where they are read in no order. */
static void *
in_large_pages(void *memory, size_t bytes)
{
    enum { LARGE_BYTES = 2 << 20, PAGE_BYTES = 4 << 10 };
    if (!memory)
        mem_die();
    if (bytes < LARGE_BYTES)
        return memory;
    /* The whole mapping: mremap moves no part of what differs from its neighbour. */
    char *start = (char *)memory - (uintptr_t)memory % PAGE_BYTES;
    char *end = (char *)memory + malloc_usable_size(memory);
    (void)madvise(start, (size_t)(end - start), MADV_HUGEPAGE);
    return memory;
}

void *
mem_alloc(size_t count, size_t size)
{
    return in_large_pages(calloc(count ? count : 1, size ? size : 1), count * size);
}

void *
mem_resize(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        mem_die();
    size_t bytes = count * size;
    return in_large_pages(realloc(old, bytes ? bytes : 1), bytes);
}

void *
mem_plain(size_t bytes)
{
    return mem_resize(NULL, bytes, 1);
}

void *
mem_plain_resize(void *old, size_t bytes)
{
    return mem_resize(old, bytes, 1);
}

char *
mem_copy(const char *bytes, size_t len)
{
    char *copy = mem_resize(NULL, len + 1, 1);
    if (len)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

char *
mem_strdup(const char *text)
{
    return text ? mem_copy(text, strlen(text)) : NULL;
}
