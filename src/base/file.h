/*
 * Files that are whole or not there: write under a temporary name, sync, rename,
 * sync the folder. Paths are plain strings; every error names the path.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

/* "dir/name"; the caller frees it. */
char *file_join(const char *dir, const char *name);

/* The path as an absolute one, whether the file is there or not; the caller frees it. */
char *file_absolute(const char *path);

/* The path without detours: below the current folder if it is there, else absolute; as
 * it is if there is no such file. The caller frees it. */
char *file_shortest(const char *path);

/* Make a folder and the missing ones above it, durably; the last one gets mode 0700.
 * No error if it is there. */
int file_make_dir(const char *path, struct err *err);

/* Is there nothing in the folder, but perhaps files named in `but` (NULL ends it)? A folder
 * that is not there counts as empty. */
int file_dir_is_empty(const char *path, const char *const *but, bool *empty,
                      struct err *err);

/* The whole file, at most `max_bytes`, added to `content`. Errors exit with `code`. */
int file_read(const char *path, size_t max_bytes, struct buf *content, int code,
              struct err *err);

/* All of `bytes`, whatever write(2) makes of it. */
int file_write_all(int fd, const void *bytes, size_t len, const char *path,
                   struct err *err);

/* Write and sync the file under a temporary name; then give it its name, or remove it. */
int file_prepare(const char *path, const void *bytes, size_t len, struct err *err);
int file_put_in_place(const char *path, struct err *err);
void file_discard(const char *path);

/* Replace the file as a whole: temporary name, sync, rename. A power failure may take the
 * new name back until the folder is synced. */
int file_write_whole(const char *path, const void *bytes, size_t len, struct err *err);

/* The same, and sync the folder. */
int file_replace(const char *path, const void *bytes, size_t len, struct err *err);

/* file_replace for what others read: mode 0644, and a temporary name that no other process
 * uses. */
int file_publish(const char *path, const void *bytes, size_t len, struct err *err);

/* EXIT_INTERNAL if the file does not have as many bytes as were written. */
int file_check_size(int fd, uint64_t bytes, const char *path, struct err *err);

/* fsync(2), which no signal breaks off. 0, or -1 with errno. */
int file_sync(int fd);

/* Make names in a folder durable (after a rename). Where the file system cannot sync
 * folders, nothing is done. */
int file_sync_dir(const char *dir, struct err *err);

#endif
