/*
 * Files that hold one thing a line; blank lines and lines that begin with `#` say
 * nothing.
 */
#ifndef SANDBOX_LINEFILE_H
#define SANDBOX_LINEFILE_H

#include "base/text.h"

struct err;

/* Calls `read` for each line, trimmed. Its error, which says only what is wrong with
 * the line, is completed by file and number (EXIT_USAGE). */
int linefile_read(const char *path,
                  int (*read)(void *context, struct span line, struct err *err),
                  void *context, struct err *err);

#endif
