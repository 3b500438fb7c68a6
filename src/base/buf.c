#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>

void
buf_clear(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

void
buf_reset(struct buf *buf)
{
    buf->len = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

void
buf_grow(struct buf *buf, size_t more)
{
    size_t cap = buf->cap ? buf->cap * 2 : 64;
    if (cap < buf->len + more + 1)
        cap = buf->len + more + 1;
    buf->data = mem_resize(buf->data, cap, 1);
    buf->cap = cap;
}

void
buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void
buf_addf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len >= 0) {
        buf_reserve(buf, (size_t)len);
        (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

char *
buf_put_number(char *at, unsigned long long n)
{
    static const char pairs[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    size_t digits = 1;
    unsigned long long rest = n;
    for (; rest >= 100; rest /= 100)
        digits += 2;
    digits += rest >= 10;
    char *end = at += digits;
    for (; n >= 100; n /= 100)
        memcpy(at -= 2, pairs + n % 100 * 2, 2);
    if (n >= 10)
        memcpy(at - 2, pairs + n * 2, 2);
    else
        at[-1] = (char)('0' + n);
    return end;
}

void
buf_add_number(struct buf *buf, unsigned long long n)
{
    enum { DIGITS_MAX = 20 };
    buf_end(buf, buf_put_number(buf_begin(buf, DIGITS_MAX), n));
}

void
buf_add_json(struct buf *buf, const char *bytes, size_t len)
{
    buf_reserve(buf, len + 2);
    buf_add_char(buf, '"');
    size_t plain = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        buf_add(buf, bytes + plain, i - plain);
        plain = i + 1;
        if (c == '"' || c == '\\')
            buf_addf(buf, "\\%c", c);
        else if (c == '\n')
            buf_add(buf, "\\n", 2);
        else
            buf_addf(buf, "\\u%04x", c);
    }
    buf_add(buf, bytes + plain, len - plain);
    buf_add_char(buf, '"');
}

char *
buf_take(struct buf *buf)
{
    buf_reserve(buf, 0);
    buf->data[buf->len] = '\0';
    char *data = buf->data;
    *buf = (struct buf){0};
    return data;
}
