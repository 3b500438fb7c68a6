#include "sandbox/server.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "sandbox/exchange.h"
#include "sandbox/faults.h"
#include "sandbox/request_log.h"
#include "sandbox/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/select.h>
#include <unistd.h>

#define CONNECTION_BYTES ((size_t)64 << 10)
#define PEM_MAX_BYTES ((size_t)1 << 20)
#define CLOSING_US 5000000 /* what is in flight at the end has so long */

struct server {
    const struct settings *settings;
    struct exchange_hub hub;
    struct MHD_Daemon *daemon;
    int poll_fd;
    sigset_t wait_mask; /* of signals while waiting: ours come through */
    struct buf tls_cert;
    struct buf tls_key;
    int64_t closing_until_us;
};

static volatile sig_atomic_t stop_signals;
static volatile sig_atomic_t books_wanted;

static void
on_signal(int number)
{
    if (number == SIGUSR1)
        books_wanted = 1;
    else
        stop_signals = stop_signals + 1;
}

/* Our signals arrive only while pselect() waits, so none is missed. */
static void
signals_setup(struct server *server)
{
    static const int ours[] = {SIGTERM, SIGINT, SIGUSR1};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked;
    (void)sigemptyset(&action.sa_mask);
    (void)sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        (void)sigaddset(&blocked, ours[i]);
        (void)sigaction(ours[i], &action, NULL);
    }
    (void)sigprocmask(SIG_BLOCK, &blocked, &server->wait_mask);
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        (void)sigdelset(&server->wait_mask, ours[i]);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

/* ---- start */

static int
hub_open(struct server *server, struct err *err)
{
    const struct settings *settings = server->settings;
    struct exchange_hub *hub = &server->hub;
    if (world_open(&hub->world, settings, err) ||
        faults_open(settings->faults_file, &hub->faults, err))
        return -1;
    return settings->log_file ? request_log_open(settings->log_file, &hub->log, err) : 0;
}

static int
tls_read(struct server *server, struct err *err)
{
    const struct settings *settings = server->settings;
    if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
        return err_set(err, EXIT_USAGE, "this libmicrohttpd was built without TLS");
    return file_read(settings->tls_cert, PEM_MAX_BYTES, &server->tls_cert, EXIT_USAGE,
                     err) ||
           file_read(settings->tls_key, PEM_MAX_BYTES, &server->tls_key, EXIT_USAGE, err);
}

static int
daemon_start(struct server *server, struct err *err)
{
    const struct settings *settings = server->settings;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)settings->port)};
    unsigned flags = MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, server->tls_cert.data},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, server->tls_key.data},
        {MHD_OPTION_END, 0, NULL},
    };
    if (settings->tls_cert)
        flags |= MHD_USE_TLS;
    else
        tls[0] = tls[2];
    errno = 0;
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, exchange_go_on, &server->hub, MHD_OPTION_SOCK_ADDR,
        (struct sockaddr *)&address, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES,
        MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, &server->hub,
        MHD_OPTION_NOTIFY_COMPLETED, exchange_end, &server->hub,
        MHD_OPTION_NOTIFY_CONNECTION, exchange_connection, &server->hub, MHD_OPTION_ARRAY,
        tls, MHD_OPTION_END);
    if (!server->daemon && !errno)
        return err_set(err, EXIT_USAGE, "cannot start: are certificate and key a pair?");
    if (!server->daemon)
        return err_set_errno(err, EXIT_USAGE, "cannot listen on 127.0.0.1:%llu",
                             settings->port);
    server->poll_fd =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return 0;
}

static int
announce(struct server *server, struct err *err)
{
    const struct settings *settings = server->settings;
    unsigned port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    char *address = server->hub.world.address;
    (void)snprintf(address, WORLD_ADDRESS_BYTES, "%s://127.0.0.1:%u",
                   settings->tls_cert ? "https" : "http", port);
    char text[16];
    int len = snprintf(text, sizeof(text), "%u\n", port);
    if (settings->port_file && file_replace(settings->port_file, text, (size_t)len, err))
        return -1;
    if (!settings->quiet)
        (void)printf("unhitch-sandbox: listening on %s\n", address);
    (void)fflush(stdout);
    return 0;
}

/* ---- loop */

static void
server_wait(const struct server *server)
{
    MHD_UNSIGNED_LONG_LONG daemon_ms = 0;
    int64_t now_us = clock_mono_us();
    int64_t until_us = alarm_next_us(&server->hub.alarms);
    if (server->closing_until_us && server->closing_until_us < until_us)
        until_us = server->closing_until_us;
    if (MHD_get_timeout(server->daemon, &daemon_ms) == MHD_YES &&
        now_us + (int64_t)daemon_ms * 1000 < until_us)
        until_us = now_us + (int64_t)daemon_ms * 1000;

    int64_t wait_us = until_us > now_us ? until_us - now_us : 0;
    struct timespec wait = {.tv_sec = wait_us / 1000000,
                            .tv_nsec = wait_us % 1000000 * 1000};
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(server->poll_fd, &readable);
    (void)pselect(server->poll_fd + 1, &readable, NULL, NULL,
                  until_us == ALARM_NEVER ? NULL : &wait, &server->wait_mask);
}

static void
wake_due(struct server *server, int64_t now_us)
{
    for (struct exchange *due; (due = alarm_take_due(&server->hub.alarms, now_us));)
        exchange_wake(due);
}

static void
stop_listening(struct server *server)
{
    MHD_socket listening = MHD_quiesce_daemon(server->daemon);
    if (listening != MHD_INVALID_SOCKET)
        (void)close(listening);
    server->hub.closing = EXCHANGE_CLOSING;
    server->closing_until_us = clock_mono_us() + CLOSING_US;
}

static bool
server_done(const struct server *server)
{
    if (!server->closing_until_us)
        return false;
    return !server->hub.books.in_flight || stop_signals > 1 ||
           clock_mono_us() >= server->closing_until_us;
}

static int
write_books(const struct server *server, struct err *err)
{
    const char *path = server->settings->books_file;
    return path ? books_write(&server->hub.books, &server->hub.world, path, err) : 0;
}

static int
server_loop(struct server *server, struct err *err)
{
    while (!server_done(server)) {
        do {
            server->hub.closed_one = false;
            (void)MHD_run(server->daemon);
        } while (server->hub.closed_one);
        if (err->exit_code)
            return -1;
        server_wait(server);
        wake_due(server, clock_mono_us());
        if (stop_signals && !server->closing_until_us)
            stop_listening(server);
        if (books_wanted) {
            books_wanted = 0;
            if (write_books(server, err))
                return -1;
        }
    }
    return 0;
}

/* libmicrohttpd must not be stopped while a connection is suspended. */
static void
server_stop(struct server *server)
{
    if (!server->daemon)
        return;
    server->hub.closing = EXCHANGE_ABANDON;
    wake_due(server, ALARM_NEVER);
    (void)MHD_run(server->daemon);
    MHD_stop_daemon(server->daemon);
}

int
server_run(const struct settings *settings, struct err *err)
{
    struct server server = {.settings = settings, .hub.err = err};
    signals_setup(&server);
    int rc = hub_open(&server, err) || (settings->tls_cert && tls_read(&server, err)) ||
             daemon_start(&server, err) || announce(&server, err) ||
             server_loop(&server, err);
    server_stop(&server);
    if (!rc)
        rc = write_books(&server, err);
    alarm_clear(&server.hub.alarms);
    faults_free(server.hub.faults);
    world_clear(&server.hub.world);
    request_log_free(server.hub.log);
    buf_clear(&server.tls_cert);
    buf_clear(&server.tls_key);
    return rc ? -1 : 0;
}
