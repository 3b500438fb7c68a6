/*
 * A growing byte buffer. `data` is always NUL-ended once anything was added, so
 * it may be used as a string when it holds no NUL itself. A zeroed struct is an
 * empty buffer.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <string.h>

struct buf {
    char *data;
    size_t len; /* bytes used */
    size_t cap; /* bytes allocated */
};

void buf_clear(struct buf *buf);             /* frees what it holds */
void buf_reset(struct buf *buf);             /* empties it, keeps the memory */
void buf_grow(struct buf *buf, size_t more); /* takes more memory; use buf_reserve */

/* Room for `more` bytes and a NUL. */
static inline void
buf_reserve(struct buf *buf, size_t more)
{
    if (buf->len + more >= buf->cap)
        buf_grow(buf, more);
}

static inline void
buf_add(struct buf *buf, const void *bytes, size_t len)
{
    buf_reserve(buf, len);
    if (len)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

static inline void
buf_add_char(struct buf *buf, char c)
{
    buf_reserve(buf, 1);
    buf->data[buf->len++] = c;
    buf->data[buf->len] = '\0';
}

/* Room for `most` bytes behind what is there, to be written by hand up to buf_end. */
static inline char *
buf_begin(struct buf *buf, size_t most)
{
    buf_reserve(buf, most);
    return buf->data + buf->len;
}

static inline void
buf_end(struct buf *buf, char *end)
{
    buf->len = (size_t)(end - buf->data);
    *end = '\0';
}

void buf_add_text(struct buf *buf, const char *text);
void buf_addf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Decimal digits of `n`, without printf: result rows are written by the million.
 * buf_put_number: to `at`, where there is room for 20; returns their end. */
void buf_add_number(struct buf *buf, unsigned long long n);
char *buf_put_number(char *at, unsigned long long n);

/* A JSON string, quotes included. Bytes must be UTF-8; NUL and controls are escaped. */
void buf_add_json(struct buf *buf, const char *bytes, size_t len);

/* The memory, owned by the caller from now on (free it); the buffer is empty again. */
char *buf_take(struct buf *buf);

#endif
