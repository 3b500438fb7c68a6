/*
 * Answers as bytes on the wire: whatever a service sends and however it ends the
 * connection, a call ends once, was sent at most once, and what it asks to wait
 * (Retry-After, seconds or a date) ends in a wait within bounds.
 */
#include "base/mem.h"
#include "fuzz.h"
#include "net/backoff.h"
#include "net/pool.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURNS_MAX = 20000, TIMEOUT_MS = 2000 };

/* A service that answers every request with the same bytes. */
struct scene {
    int listener, client;
    struct pool *pool;
    struct service_url url;
};

static void
open_listener(struct scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    struct buf base = {0};
    scene->listener = socket(AF_INET, SOCK_STREAM, 0);
    fuzz_holds(bind(scene->listener, (struct sockaddr *)&address, len) == 0 &&
                   listen(scene->listener, 8) == 0 &&
                   getsockname(scene->listener, (struct sockaddr *)&address, &len) == 0 &&
                   fcntl(scene->listener, F_SETFL, O_NONBLOCK) == 0,
               "cannot listen");
    buf_addf(&base, "http://127.0.0.1:%d", ntohs(address.sin_port));
    scene->url = (struct service_url){.base = buf_take(&base),
                                      .path = mem_strdup(""),
                                      .loopback = true};
}

static struct scene *
open_scene(void)
{
    static struct scene scene;
    static const struct pool_settings settings = {.calls_max = 1,
                                                  .timeout_ms = TIMEOUT_MS};
    struct err err = {0};
    if (scene.pool)
        return &scene;
    scene.client = -1;
    open_listener(&scene);
    scene.pool = pool_open(&settings, &err);
    fuzz_holds(scene.pool, "%s", err.text);
    pool_set_service(scene.pool, SERVICE_CRM, &scene.url, "Authorization: x", NULL);
    return &scene;
}

/* The service's side, one step: the answer goes out when the request was read. */
static void
serve(struct scene *scene, struct span answer, unsigned *requests)
{
    char head[4096];
    if (scene->client < 0)
        scene->client = accept(scene->listener, NULL, NULL);
    if (scene->client < 0)
        return;
    (void)fcntl(scene->client, F_SETFL, O_NONBLOCK);
    ssize_t got = recv(scene->client, head, sizeof(head), 0);
    if (got > 0 && memchr(head, '\n', (size_t)got)) {
        ++*requests;
        (void)!send(scene->client, answer.ptr, answer.len, MSG_NOSIGNAL);
        (void)shutdown(scene->client, SHUT_WR);
    } else if (got == 0) {
        (void)close(scene->client);
        scene->client = -1;
    }
}

static void
check_result(const struct pool_result *result, struct span answer)
{
    fuzz_holds(result->sent, "the request left");
    fuzz_holds(result->end == POOL_ANSWERED || result->end == POOL_LOST ||
                   result->end == POOL_TIMEOUT || result->end == POOL_UNREADABLE,
               "end %d", result->end);
    fuzz_holds((result->end == POOL_ANSWERED) == !result->error[0], "words: %s",
               result->error);
    if (result->end == POOL_ANSWERED)
        fuzz_holds(fuzz_mentions(answer, "HTTP/") && result->answer.http >= 200 &&
                       result->answer.http <= 999 &&
                       (fuzz_mentions(answer, "\n\n") || fuzz_mentions(answer, "\n\r")),
                   "an answer of %ld", result->answer.http);
    fuzz_holds(result->retry_after_s == -1 ||
                   (result->retry_after_s > 0 && result->retry_after_s <= INT32_MAX),
               "retry after %ld", result->retry_after_s);
    fuzz_holds(result->retry_after_s == -1 || fuzz_mentions(answer, "retry-after"),
               "nobody asked to wait");
    int64_t wait_ms = backoff_ms(3, 0.5, result->retry_after_s);
    fuzz_holds(wait_ms >= 0 && wait_ms <= RETRY_AFTER_MAX_S * 1000, "waits %lld ms",
               (long long)wait_ms);
}

/* A first header line that continues the one before: libcurl before 8.3 looks for that
 * in the answer before, whose memory is gone. */
static bool
begins_folded(struct span answer)
{
    for (size_t i = 0; i + 1 < answer.len; i++)
        if (answer.ptr[i] == '\n' &&
            (answer.ptr[i + 1] == ' ' || answer.ptr[i + 1] == '\t'))
            return true;
    return false;
}

static void
run(struct feed *feed)
{
    static struct request request;
    struct scene *scene = open_scene();
    struct span answer = feed_rest(feed);
    struct pool_result result;
    struct err err = {0};
    unsigned requests = 0, results = 0;
    if (answer.len > 60000 || begins_folded(answer))
        return;
    request_begin(&request, "DELETE", SERVICE_CRM);
    buf_add_text(&request.target, "/crm/v8/Campaigns/1/Contacts?ids=1");
    pool_start(scene->pool, &request, scene);
    for (unsigned turn = 0; pool_in_flight(scene->pool); turn++) {
        fuzz_holds(turn < TURNS_MAX, "the call does not end");
        fuzz_holds(pool_wait(scene->pool, turn < 50 ? 0 : 1, -1, &err) >= 0, "%s",
                   err.text);
        serve(scene, answer, &requests);
        while (pool_take(scene->pool, &result, &err) == 1) {
            results++;
            fuzz_holds(result.tag == scene, "another call ended");
            check_result(&result, answer);
            pool_release(scene->pool, &result);
        }
    }
    fuzz_holds(results == 1 && requests == 1, "%u ends, %u requests", results, requests);
    if (scene->client >= 0)
        (void)close(scene->client);
    scene->client = -1;
}

const struct fuzz_target fuzz_wire = {"wire", run};
