/*
 * Memory that is there or the program ends: exit 1 with a message. The journal
 * makes dying safe, and no caller could do better.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed memory for `count` things of `size` bytes; the caller frees it. */
void *mem_alloc(size_t count, size_t size);

/* realloc(3) for `count` things of `size` bytes, overflow checked. */
void *mem_resize(void *old, size_t count, size_t size);

/* A NUL-ended copy of `len` bytes; the caller frees it. */
char *mem_copy(const char *bytes, size_t len);

/* A copy of a string; NULL stays NULL. */
char *mem_strdup(const char *text);

#endif
