/*
 * The server that clients are measured against: it answers crm.delink calls and nothing
 * else, on one thread, with as little work as that allows, so that the client is what a
 * figure tells about. answer.h says which relations it has.
 *
 * usage: stub --port-file FILE --books FILE --rows N --targets N [--latency-ms N]
 *
 * The port is a free one of 127.0.0.1. The books are written at SIGTERM, as JSON. With
 * --latency-ms each answer goes out that long after its request came. How long the server
 * itself takes to notice a request or to wake up is not on top of it: the kernel tells when
 * the bytes came, and the server is awake a moment before an answer is due.
 */
#include "answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    REQUEST_BYTES = 8 << 10,
    EVENTS = 256,
    NS_PER_MS = 1000000,
    NS_PER_S = 1000 * NS_PER_MS,
    AWAKE_NS = 200000, /* before an answer is due; waking takes about half of it */
};

struct connection {
    int fd;
    bool waits;       /* its request stands in the queue of late answers */
    bool closed;      /* and it went away meanwhile */
    uint64_t came_ns; /* when its last bytes came */
    size_t in_len, scanned, out_len, out_sent;
    char *out; /* the rest of an answer that the socket did not take */
    char in[REQUEST_BYTES];
    struct connection *next_dead;
};

struct late {
    uint64_t due_ns;
    struct connection *connection;
};

/* Everything there is; one process is one server. */
static struct {
    uint64_t rows, targets, latency_ns;
    const char *port_file, *books_file;
    int epoll, listener, signals, timer;
    uint64_t connections; /* that were opened */
    uint64_t first_ns;    /* when the first bytes of a request came, */
    uint64_t last_ns;     /* when the last answer went out */
    struct connection *dead;
    struct late *queue; /* a ring, in order of time: latency is the same for all */
    size_t queue_cap, queue_first, queue_len;
} stub;

static void
fail(const char *what)
{
    perror(what);
    exit(1);
}

static void *
must_have(void *memory)
{
    if (!memory)
        fail("stub: memory");
    return memory;
}

static uint64_t
ns_of(struct timespec time)
{
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static uint64_t
now_ns(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return ns_of(now);
}

/* ---- connections */

static void
watch(struct connection *connection, int change)
{
    struct epoll_event event = {.events = EPOLLIN | (connection->out ? EPOLLOUT : 0),
                                .data.ptr = connection};
    if (epoll_ctl(stub.epoll, change, connection->fd, &event))
        fail("stub: epoll_ctl");
}

/* Closes it; it is freed once no event and no late answer can mean it any more. */
static void
drop(struct connection *connection)
{
    if (!connection->closed)
        (void)close(connection->fd);
    connection->closed = true;
    if (connection->waits)
        return;
    connection->next_dead = stub.dead;
    stub.dead = connection;
}

static void
free_dead(void)
{
    while (stub.dead) {
        struct connection *connection = stub.dead;
        stub.dead = connection->next_dead;
        free(connection->out);
        free(connection);
    }
}

/* Sends what is left of an answer. False: the connection is gone. */
static bool
send_rest(struct connection *connection)
{
    while (connection->out_sent < connection->out_len) {
        ssize_t sent = send(connection->fd, connection->out + connection->out_sent,
                            connection->out_len - connection->out_sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN)
            return true;
        if (sent < 0) {
            drop(connection);
            return false;
        }
        connection->out_sent += (size_t)sent;
    }
    free(connection->out);
    connection->out = NULL;
    watch(connection, EPOLL_CTL_MOD);
    return true;
}

static bool
send_answer(struct connection *connection, const char *bytes, size_t len)
{
    stub.last_ns = now_ns(CLOCK_MONOTONIC);
    ssize_t sent = send(connection->fd, bytes, len, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        drop(connection);
        return false;
    }
    size_t done = sent < 0 ? 0 : (size_t)sent;
    if (done == len)
        return true;
    connection->out = must_have(malloc(len - done));
    memcpy(connection->out, bytes + done, len - done);
    connection->out_len = len - done;
    connection->out_sent = 0;
    watch(connection, EPOLL_CTL_MOD);
    return true;
}

/* Answers the first `len` bytes that came and takes them away. */
static bool
serve(struct connection *connection, size_t len)
{
    char next = connection->in[len];
    connection->in[len] = '\0';
    size_t answer_len;
    const char *bytes = answer_to(connection->in, &answer_len);
    connection->in[len] = next;
    connection->in_len -= len;
    memmove(connection->in, connection->in + len, connection->in_len);
    connection->scanned = 0;
    return send_answer(connection, bytes, answer_len);
}

static void
set_timer(void)
{
    uint64_t wake = stub.queue[stub.queue_first].due_ns - AWAKE_NS;
    struct itimerspec when = {
        .it_value = {(time_t)(wake / NS_PER_S), (long)(wake % NS_PER_S)}};
    if (timerfd_settime(stub.timer, TFD_TIMER_ABSTIME, &when, NULL))
        fail("stub: timerfd_settime");
}

static void
grow_queue(void)
{
    size_t cap = stub.queue_cap ? 2 * stub.queue_cap : 1024;
    struct late *queue = must_have(malloc(cap * sizeof(*queue)));
    for (size_t i = 0; i < stub.queue_len; i++)
        queue[i] = stub.queue[(stub.queue_first + i) % stub.queue_cap];
    free(stub.queue);
    stub.queue = queue;
    stub.queue_cap = cap;
    stub.queue_first = 0;
}

static void
serve_later(struct connection *connection)
{
    if (stub.queue_len == stub.queue_cap)
        grow_queue();
    connection->waits = true;
    stub.queue[(stub.queue_first + stub.queue_len++) % stub.queue_cap] =
        (struct late){connection->came_ns + stub.latency_ns, connection};
    if (stub.queue_len == 1)
        set_timer();
}

/* Length of the first whole request that came; 0: none yet. */
static size_t
whole_request(struct connection *connection)
{
    size_t from = connection->scanned < 3 ? 0 : connection->scanned - 3;
    const char *end = memmem(connection->in + from, connection->in_len - from, "\r\n\r\n",
                             4);
    connection->scanned = connection->in_len;
    return end ? (size_t)(end - connection->in) + 4 : 0;
}

static void
serve_all(struct connection *connection)
{
    size_t len;
    while (!connection->waits && !connection->out && (len = whole_request(connection))) {
        if (stub.latency_ns)
            serve_later(connection);
        else if (!serve(connection, len))
            return;
    }
    if (!connection->waits && connection->in_len == sizeof(connection->in) - 1)
        drop(connection); /* a request this long is none of ours */
}

static void
serve_due(void)
{
    uint64_t expirations;
    (void)!read(stub.timer, &expirations, sizeof(expirations));
    while (stub.queue_len &&
           stub.queue[stub.queue_first].due_ns <= now_ns(CLOCK_MONOTONIC) + AWAKE_NS) {
        while (now_ns(CLOCK_MONOTONIC) < stub.queue[stub.queue_first].due_ns)
            continue;
        struct connection *connection = stub.queue[stub.queue_first].connection;
        stub.queue_first = (stub.queue_first + 1) % stub.queue_cap;
        stub.queue_len--;
        connection->waits = false;
        connection->scanned = 0;
        if (connection->closed)
            drop(connection);
        else if (serve(connection, whole_request(connection)))
            serve_all(connection);
    }
    if (stub.queue_len)
        set_timer();
}

/* Takes bytes, and notes when the kernel got them. */
static ssize_t
take(struct connection *connection, size_t room)
{
    struct iovec part = {connection->in + connection->in_len, room};
    char told[CMSG_SPACE(sizeof(struct timespec))];
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = told,
                             .msg_controllen = sizeof(told)};
    ssize_t len = recvmsg(connection->fd, &message, 0);
    struct cmsghdr *control = len > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    connection->came_ns = now_ns(CLOCK_MONOTONIC);
    if (control && control->cmsg_type == SCM_TIMESTAMPNS) {
        struct timespec came;
        memcpy(&came, CMSG_DATA(control), sizeof(came));
        connection->came_ns -= now_ns(CLOCK_REALTIME) - ns_of(came);
    }
    if (len > 0 && !stub.first_ns)
        stub.first_ns = connection->came_ns;
    return len;
}

static void
receive(struct connection *connection)
{
    size_t room = sizeof(connection->in) - 1 - connection->in_len;
    if (!room)
        return; /* answers that are under way make room */
    ssize_t len = take(connection, room);
    if (len == 0 || (len < 0 && errno != EAGAIN)) {
        drop(connection);
        return;
    }
    connection->in_len += len > 0 ? (size_t)len : 0;
    serve_all(connection);
}

static void
tend(struct connection *connection, uint32_t events)
{
    if (connection->closed)
        return; /* by something that happened in the same moment */
    if (!(events & EPOLLOUT) || send_rest(connection))
        receive(connection);
}

static void
welcome(void)
{
    int on = 1, fd;
    while ((fd = accept4(stub.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *connection = must_have(calloc(1, sizeof(*connection)));
        connection->fd = fd;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (stub.latency_ns)
            (void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
        watch(connection, EPOLL_CTL_ADD);
        stub.connections++;
    }
}

/* ---- the process */

static void
watch_own(int fd, int *tag)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = tag};
    if (fd < 0 || epoll_ctl(stub.epoll, EPOLL_CTL_ADD, fd, &event))
        fail("stub: epoll");
}

static void
start(void)
{
    struct rlimit files;
    sigset_t term;
    (void)prctl(PR_SET_TIMERSLACK, 1);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    (void)sigemptyset(&term);
    (void)sigaddset(&term, SIGTERM);
    (void)sigaddset(&term, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &term, NULL);
    stub.epoll = epoll_create1(EPOLL_CLOEXEC);
    stub.signals = signalfd(-1, &term, SFD_CLOEXEC);
    stub.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    stub.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    watch_own(stub.signals, &stub.signals);
    watch_own(stub.timer, &stub.timer);
}

static void
open_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    if (bind(stub.listener, (struct sockaddr *)&address, len) ||
        listen(stub.listener, SOMAXCONN) ||
        getsockname(stub.listener, (struct sockaddr *)&address, &len))
        fail("stub: cannot listen");
    watch_own(stub.listener, &stub.listener);
    FILE *file = fopen(stub.port_file, "w");
    if (!file || fprintf(file, "%d\n", ntohs(address.sin_port)) < 0 || fclose(file))
        fail(stub.port_file);
}

static void
write_books(void)
{
    const struct books *books = answer_books();
    FILE *file = fopen(stub.books_file, "w");
    if (!file ||
        fprintf(file,
                "{\"requests\":%" PRIu64 ",\"connections\":%" PRIu64
                ",\"refused\":%" PRIu64 ",\"removed\":%" PRIu64 ",\"repeats\":%" PRIu64
                ",\"strangers\":%" PRIu64 ",\"seconds\":%.3f}\n",
                books->requests, stub.connections, books->refused, books->removed,
                books->repeats, books->strangers,
                (double)(stub.last_ns - stub.first_ns) / NS_PER_S) < 0 ||
        fclose(file))
        fail(stub.books_file);
}

static void
run(void)
{
    static struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(stub.epoll, events, EVENTS, -1);
        if (count < 0 && errno != EINTR)
            fail("stub: epoll_wait");
        for (int i = 0; i < count; i++) {
            void *tag = events[i].data.ptr;
            if (tag == &stub.signals)
                return;
            if (tag == &stub.listener)
                welcome();
            else if (tag == &stub.timer)
                serve_due();
            else
                tend(tag, events[i].events);
        }
        free_dead();
    }
}

static void
read_arguments(int argc, char **argv)
{
    uint64_t latency_ms = 0;
    struct {
        const char *name, **text;
        uint64_t *number;
    } options[] = {
        {"--port-file", &stub.port_file, NULL}, {"--books", &stub.books_file, NULL},
        {"--rows", NULL, &stub.rows},           {"--targets", NULL, &stub.targets},
        {"--latency-ms", NULL, &latency_ms},
    };
    enum { OPTIONS = sizeof(options) / sizeof(options[0]) };
    for (int i = 1; i + 1 < argc; i += 2)
        for (size_t j = 0; j < OPTIONS; j++) {
            if (strcmp(argv[i], options[j].name) != 0)
                continue;
            if (options[j].text)
                *options[j].text = argv[i + 1];
            else
                *options[j].number = strtoull(argv[i + 1], NULL, 10);
        }
    stub.latency_ns = latency_ms * NS_PER_MS;
    if (!stub.port_file || !stub.books_file || !stub.rows || !stub.targets) {
        fputs("usage: stub --port-file FILE --books FILE --rows N --targets N "
              "[--latency-ms N]\n",
              stderr);
        exit(2);
    }
}

int
main(int argc, char **argv)
{
    read_arguments(argc, argv);
    answer_open(stub.rows, stub.targets);
    start();
    open_port();
    run();
    write_books();
    return 0;
}
