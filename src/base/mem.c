#include "base/mem.h"

#include "base/err.h"

#include <stdint.h>
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

void *
mem_alloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        mem_die();
    return memory;
}

void *
mem_resize(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        mem_die();
    size_t bytes = count * size;
    void *memory = realloc(old, bytes ? bytes : 1);
    if (!memory)
        mem_die();
    return memory;
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
