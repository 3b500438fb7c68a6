#include "sandbox/delivery.h"

#include "base/clock.h"
#include "sandbox/exchange.h"
#include "sandbox/faults.h"
#include "sandbox/request_log.h"
#include "sandbox/settings.h"
#include "sandbox/squeeze.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#define BLOCK_BYTES ((size_t)64 << 10)
#define RAW_WAIT_MS 1000 /* a client that does not read raw bytes loses the rest */

static int
client_socket(const struct exchange *exchange)
{
    return MHD_get_connection_info(exchange->connection,
                                   MHD_CONNECTION_INFO_CONNECTION_FD)
        ->connect_fd;
}

bool
delivery_client_gone(const struct exchange *exchange)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);
    return getsockopt(client_socket(exchange), IPPROTO_TCP, TCP_INFO, &info, &len) ||
           info.tcpi_state != TCP_ESTABLISHED;
}

void
delivery_log(const struct exchange *exchange)
{
    struct exchange_hub *hub = exchange->hub;
    const struct fault *fault = exchange->call.fault;
    bool no_answer = fault && (fault->end != FAULT_ANSWER || fault->length_bytes >= 0);
    unsigned status = no_answer ? 0 : exchange->answer.status;
    if (hub->log)
        (void)request_log_write(hub->log, exchange, status, hub->err);
}

static void
write_raw(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t put = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && errno == EAGAIN) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            if (poll(&room, 1, RAW_WAIT_MS) <= 0)
                return;
            continue;
        }
        if (put < 0)
            return;
        bytes += put;
        len -= (size_t)put;
    }
}

static void
add_header_line(void *context, const char *name, const char *value)
{
    buf_addf(context, "%s: %s\r\n", name, value);
}

static void
write_false_length(int fd, const struct answer *answer, long long length)
{
    struct buf text = {0};
    buf_addf(&text,
             "HTTP/1.1 %u Sandbox\r\nContent-Type: application/json;charset=UTF-8\r\n"
             "Content-Length: %lld\r\n",
             answer->status, length);
    answer_visit_headers(answer, add_header_line, &text);
    buf_add_text(&text, "\r\n");
    buf_add(&text, answer->body.data, answer->body.len);
    write_raw(fd, text.data, text.len);
    buf_clear(&text);
}

/* To connect a TCP socket to nothing closes it with a reset. */
static void
reset_client(int fd)
{
    struct sockaddr nothing = {.sa_family = AF_UNSPEC};
    (void)connect(fd, &nothing, sizeof(nothing));
}

/* The body of an answer that is cut, drips or is bulk, piece by piece. */
static ssize_t
read_body(void *cls, uint64_t pos, char *bytes, size_t max)
{
    struct exchange *exchange = cls;
    const struct fault *fault = exchange->call.fault;
    const struct buf *body = &exchange->answer.body;
    bool bulk = fault->bulk_bytes >= 0;
    uint64_t end = bulk ? (uint64_t)fault->bulk_bytes : body->len;
    if (fault->cut_at_bytes >= 0 && end > (uint64_t)fault->cut_at_bytes)
        end = (uint64_t)fault->cut_at_bytes;
    if (pos >= end || exchange->hub->closing == EXCHANGE_ABANDON)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (fault->drip_ms) {
        if (exchange->due_us > clock_mono_us()) {
            exchange_sleep(exchange, exchange->due_us);
            return 0;
        }
        exchange->due_us = clock_mono_us() + fault->drip_ms * 1000;
        max = 1;
    }
    size_t len = end - pos < max ? (size_t)(end - pos) : max;
    if (bulk)
        memset(bytes, ' ', len);
    else
        memcpy(bytes, body->data + pos, len);
    return (ssize_t)len;
}

static struct MHD_Response *
create_response(struct exchange *exchange)
{
    const struct fault *fault = exchange->call.fault;
    struct buf *body = &exchange->answer.body;
    if (fault && fault->bulk_bytes >= 0)
        return MHD_create_response_from_callback((uint64_t)fault->bulk_bytes, BLOCK_BYTES,
                                                 read_body, exchange, NULL);
    if (fault && (fault->cut_at_bytes >= 0 || fault->drip_ms))
        return MHD_create_response_from_callback(body->len, BLOCK_BYTES, read_body,
                                                 exchange, NULL);
    size_t len = body->len;
    return MHD_create_response_from_buffer(len, buf_take(body), MHD_RESPMEM_MUST_FREE);
}

static void
add_header(void *response, const char *name, const char *value)
{
    (void)MHD_add_response_header(response, name, value);
}

static bool
accepts_gzip(const struct exchange *exchange)
{
    const char *accepted = call_header(&exchange->call, "Accept-Encoding");
    return accepted && strstr(accepted, "gzip");
}

static enum MHD_Result
send_response(struct exchange *exchange)
{
    struct answer *answer = &exchange->answer;
    if (exchange->hub->world.settings->gzip && answer->body.len &&
        accepts_gzip(exchange)) {
        squeeze_gzip(&answer->body);
        answer_add_header(answer, "Content-Encoding", "gzip");
    }
    bool has_body = answer->body.len > 0;
    struct MHD_Response *response = create_response(exchange);
    if (!response)
        return MHD_NO;
    answer_visit_headers(answer, add_header, response);
    if (has_body && !MHD_get_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE))
        add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                   "application/json;charset=UTF-8");
    enum MHD_Result rc = MHD_queue_response(exchange->connection, answer->status,
                                            response);
    MHD_destroy_response(response);
    return rc;
}

enum MHD_Result
delivery_send(struct exchange *exchange)
{
    const struct fault *fault = exchange->call.fault;
    if (!fault)
        return send_response(exchange);
    int fd = client_socket(exchange);
    switch (fault->end) {
    case FAULT_ANSWER:
        if (fault->length_bytes < 0)
            return send_response(exchange);
        write_false_length(fd, &exchange->answer, fault->length_bytes);
        return MHD_NO;
    case FAULT_RAW:
        write_raw(fd, exchange->answer.body.data, exchange->answer.body.len);
        return MHD_NO;
    case FAULT_RESET:
        reset_client(fd);
        return MHD_NO;
    case FAULT_CUT:
    case FAULT_HANG:
        return MHD_NO;
    }
    return MHD_NO;
}
