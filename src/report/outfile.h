/*
 * A result file being written: under a temporary name, through a buffer, plain or
 * gzip. It gets its own name only when everything is on disk.
 */
#ifndef REPORT_OUTFILE_H
#define REPORT_OUTFILE_H

#include "base/buf.h"

#include <stdbool.h>

struct err;
struct outfile;

/* Begin `dir/name` (".gz" is added if `gzip`). */
struct outfile *outfile_open(const char *dir, const char *name, bool gzip,
                             struct err *err);
int outfile_write(struct outfile *outfile, const void *bytes, size_t len,
                  struct err *err);

/* The same without a copy: add to this buffer, then call outfile_flush. What was added
 * stays there until then. */
struct buf *outfile_buffer(struct outfile *outfile);
int outfile_flush(struct outfile *outfile, struct err *err);

/* Finish and sync it; it still has its temporary name. */
int outfile_finish(struct outfile *outfile, struct err *err);

/* Give it its name. */
int outfile_publish(struct outfile *outfile, struct err *err);

const char *outfile_path(const struct outfile *outfile); /* the final one */

/* Removes the temporary file if it was not published. */
void outfile_free(struct outfile *outfile);

#endif
