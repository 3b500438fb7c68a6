/*
 * Compression of whole answers.
 */
#ifndef SANDBOX_SQUEEZE_H
#define SANDBOX_SQUEEZE_H

struct buf;

/* Replaces the bytes by their gzip form. */
void squeeze_gzip(struct buf *bytes);

#endif
