#include "report/extract.h"

#include "base/err.h"
#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 18 };

static int
copy_rows(const struct extract_settings *settings, struct reader *reader, int fd,
          struct err *err)
{
    struct buf out = {0};
    struct row row;
    struct span header = reader_header(reader);
    int got = 0;
    if (header.len)
        buf_addf(&out, "%.*s\n", (int)header.len, header.ptr);
    while ((got = reader_next(reader, &row, err)) == 1) {
        if ((got = settings->wants(row.number, settings->context, err)) < 0)
            break;
        if (!got)
            continue;
        buf_add(&out, row.raw.ptr, row.raw.len);
        buf_add_char(&out, '\n');
        if (out.len < BLOCK_BYTES)
            continue;
        if ((got = file_write_all(fd, out.data, out.len, settings->path, err)) < 0)
            break;
        buf_reset(&out);
    }
    if (got == 0)
        got = file_write_all(fd, out.data, out.len, settings->path, err);
    buf_clear(&out);
    return got;
}

int
extract_rows(const struct extract_settings *settings, struct err *err)
{
    int rc = -1;
    int fd = -1;
    struct reader *reader = reader_open(settings->input_path, settings->input_name,
                                        settings->reader, err);
    if (!reader)
        goto out;
    fd = open(settings->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_set_errno(err, EXIT_INTERNAL, "%s: cannot write", settings->path);
        goto out;
    }
    if (copy_rows(settings, reader, fd, err))
        goto out;
    if (!fingerprint_equal(reader_fingerprint(reader), settings->fingerprint))
        err_set(err, EXIT_INPUT, "%s: has changed while it was read",
                settings->input_name);
    else if (file_sync(fd))
        err_set_errno(err, EXIT_INTERNAL, "%s: cannot sync", settings->path);
    else
        rc = 0;
out:
    if (fd >= 0)
        (void)close(fd);
    reader_free(reader);
    return rc;
}
