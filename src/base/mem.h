/*
 * Memory that is there or the program ends: exit 1 with a message. The journal
 * makes dying safe, and no caller could do better.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* There is none left. */
_Noreturn void mem_die(void);

/* Zeroed memory for `count` things of `size` bytes; the caller frees it. */
void *mem_alloc(size_t count, size_t size);

/* realloc(3) for `count` things of `size` bytes, overflow checked. */
void *mem_resize(void *old, size_t count, size_t size);

/* malloc(3) and realloc(3), for libraries that take an allocator: they do not report every
 * allocation that fails, and would carry on without what they had no room for. */
void *mem_plain(size_t bytes);
void *mem_plain_resize(void *old, size_t bytes);

/* A NUL-ended copy of `len` bytes; the caller frees it. */
char *mem_copy(const char *bytes, size_t len);

/* A copy of a string; NULL stays NULL. */
char *mem_strdup(const char *text);

#endif
