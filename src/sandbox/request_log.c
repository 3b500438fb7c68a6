#include "sandbox/request_log.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "sandbox/exchange.h"
#include "sandbox/faults.h"

#include <ctype.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <unistd.h>

struct request_log {
    char *path;
    int fd;
    struct buf line;
};

int
request_log_open(const char *path, struct request_log **log, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, EXIT_USAGE, "%s: cannot write", path);
    *log = mem_alloc(1, sizeof(**log));
    (*log)->path = mem_strdup(path);
    (*log)->fd = fd;
    return 0;
}

void
request_log_free(struct request_log *log)
{
    if (!log)
        return;
    (void)close(log->fd);
    buf_clear(&log->line);
    free(log->path);
    free(log);
}

static void
add_bytes(struct buf *line, const char *bytes, size_t len)
{
    if (text_is_utf8(bytes, len)) {
        buf_add_json(line, bytes, len);
        return;
    }
    struct buf widened = {0};
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c >= 0x80)
            buf_add_char(&widened, (char)(0xC0 | c >> 6));
        buf_add_char(&widened, (char)(c >= 0x80 ? 0x80 | (c & 0x3F) : c));
    }
    buf_add_json(line, widened.data, widened.len);
    buf_clear(&widened);
}

static enum MHD_Result
add_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    struct buf *line = cls;
    if (line->data[line->len - 1] != '{')
        buf_add_char(line, ',');
    size_t start = line->len;
    add_bytes(line, name, strlen(name));
    for (size_t i = start; i < line->len; i++)
        line->data[i] = (char)tolower((unsigned char)line->data[i]);
    buf_add_char(line, ':');
    add_bytes(line, value ? value : "", value ? strlen(value) : 0);
    return MHD_YES;
}

int
request_log_write(struct request_log *log, const struct exchange *exchange,
                  unsigned status, struct err *err)
{
    struct buf *line = &log->line;
    const struct fault *fault = exchange->call.fault;
    const char *name = fault ? fault->name : "";
    buf_reset(line);
    buf_addf(line, "{\"n\":%llu,\"time_ms\":%lld,\"method\":", exchange->number,
             (long long)exchange->time_ms);
    add_bytes(line, exchange->call.method, strlen(exchange->call.method));
    buf_add_text(line, ",\"target\":");
    add_bytes(line, exchange->target, strlen(exchange->target));
    buf_add_text(line, ",\"headers\":{");
    (void)MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, add_header,
                                    line);
    buf_add_text(line, "},\"body\":");
    add_bytes(line, exchange->call.body.ptr, exchange->call.body.len);
    buf_addf(line, ",\"connection\":%llu,\"in_flight\":%u,\"status\":%u,\"fault\":",
             exchange->connection_number, exchange->call.in_flight, status);
    add_bytes(line, name, strlen(name));
    buf_add_text(line, "}\n");
    return file_write_all(log->fd, line->data, line->len, log->path, err);
}
