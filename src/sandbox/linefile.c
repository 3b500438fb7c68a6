#include "sandbox/linefile.h"

#include "base/err.h"
#include "base/file.h"

#define FILE_MAX_BYTES ((size_t)4 << 30)

int
linefile_read(const char *path,
              int (*read)(void *context, struct span line, struct err *err),
              void *context, struct err *err)
{
    struct buf text = {0};
    int rc = file_read(path, FILE_MAX_BYTES, &text, EXIT_USAGE, err);
    unsigned long long number = 0;
    const char *end = text.data ? text.data + text.len : NULL;
    for (const char *at = text.data; !rc && at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        struct span line = span_trim((struct span){at, len});
        struct err reason = {0};
        number++;
        if (line.len && line.ptr[0] != '#' && read(context, line, &reason))
            rc = err_set(err, EXIT_USAGE, "%s:%llu: %s", path, number, reason.text);
        at += len + 1;
    }
    buf_clear(&text);
    return rc;
}
