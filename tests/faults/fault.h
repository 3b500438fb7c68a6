/*
 * A library to preload into the program. It counts the system calls that concern one folder
 * (and, if asked, the network), and lets the process die or be refused at the Nth. Tests
 * drive it by environment variables:
 *
 *   FAULT_DIR=FOLDER     absolute; calls that concern it or what is in it are counted
 *   FAULT_CALLS=A,B,...  only these calls (names as in FAULT_TRACE); default: all but
 *                        `read`, `send` and `recv`
 *   FAULT_AT=N           the Nth counted call is the one, from 1; 0: none
 *   FAULT_HOW=...        what happens to it:
 *       kill             SIGKILL before it
 *       killed           SIGKILL right after it
 *       torn             half of it is written, then SIGKILL
 *       short            half of it is written, and said so
 *       lose             nothing is written, and success is reported
 *       flip             one bit of it is written wrong
 *       NUMBER           it fails with that errno
 *   FAULT_MORE=1         what holds for the Nth holds for all after it, too
 *   FAULT_TRACE=FILE     gets a line per counted call: number, name, path
 *   FAULT_DISK=FOLDER    gets what would survive if the power failed (disk.c)
 *   FAULT_BOOT=FILE      is read in place of the name of the boot
 *   FAULT_CLOCK=N        the wall clock is N seconds ahead (-N: behind)
 *   FAULT_ALLOC=N        the Nth allocation of memory fails (memory.c)
 *   FAULT_ALLOC_MORE=1   and all after it
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum fault_how {
    FAULT_NONE,
    FAULT_FAIL,
    FAULT_KILL,
    FAULT_KILLED,
    FAULT_TORN,
    FAULT_SHORT,
    FAULT_LOSE,
    FAULT_FLIP
};

enum { FAULT_PATH_MAX = 4096 };

/* The real function of that name. */
void *fault_real(const char *name);

/*
 * A call begins. Returns what is to become of it: FAULT_NONE if it may go on; FAULT_FAIL
 * with errno set. FAULT_KILL does not return. Path NULL: it is no concern of the folder.
 */
enum fault_how fault_begin(const char *call, const char *path);

/* It ended. FAULT_KILLED and FAULT_TORN do not return; errno is kept. */
void fault_end(enum fault_how how);

/* The path of an open file; NULL if it is not in the folder. `text` holds it. */
const char *fault_path_of(int fd, char text[FAULT_PATH_MAX]);

/* The same for a path as it was given to a call. */
const char *fault_path(const char *path, char text[FAULT_PATH_MAX]);

/* "socket" if the descriptor is one. */
const char *fault_socket(int fd);

/* What is there in place of the name of the boot, or the path itself. */
const char *fault_redirect(const char *path);

/* A whole file of the library's own, by system calls that nobody watches. */
void fault_write_file(const char *path, const char *bytes, size_t len);

/* Keep what a sync of the file makes safe: `take` before, `keep` after it. */
void disk_take(int fd);
void disk_keep(int fd);

/* A file was made: what an earlier one of the same number held is gone. */
void disk_forget(int fd);

#endif
