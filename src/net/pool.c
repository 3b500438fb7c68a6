#include "net/pool.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/version.h"
#include "net/head.h"
#include "net/multi.h"

enum { BODY_KEEP_BYTES = 256 << 10 };

struct address {
    struct service_url url;
    struct curl_slist *headers;
    char *parameters;
    bool whole_url; /* a plain proxy reads the URL, not the request target */
};

struct slot {
    CURL *easy;
    struct pool *pool;
    struct slot *next_free;
    void *tag;
    bool busy;
    enum service service;           /* whose base URL and headers are set, */
    unsigned moved;                 /* as of this change of theirs; 0: none */
    struct curl_slist *own_headers; /* of this request: the service's and more */
    const char *method;
    bool has_body;
    unsigned requests; /* how often libcurl was about to send it */
    struct head head;
    const char *refusal; /* why we broke the answer off; NULL: we did not */
    struct buf body;
    char error[CURL_ERROR_SIZE];
};

struct pool {
    struct multi multi;
    struct pool_settings settings;
    struct address addresses[SERVICE_COUNT];
    struct slot *slots;
    struct slot *free;
    size_t in_flight;
    bool aborted;
    struct curl_slist **lists; /* every header list: slots may still point to it */
    size_t list_count;
    unsigned moved; /* how often pool_set_service was called */
    struct buf url, form;
};

static size_t
take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct slot *slot = context;
    size_t len = size * count;
    if (slot->body.len + len > ANSWER_BYTES_MAX) {
        slot->refusal = "the answer is larger than 16 MiB";
        return 0;
    }
    buf_add(&slot->body, bytes, len);
    return len;
}

static size_t
take_header(char *line, size_t size, size_t count, void *context)
{
    struct slot *slot = context;
    size_t len = size * count;
    if (head_take(&slot->head, line, len))
        return len;
    slot->refusal = "the answer's first line is no HTTP status";
    return 0;
}

/* Called when a connection is ready and before each time the request goes out. */
static int
before_request(void *context, char *ip, char *local_ip, int port, int local_port)
{
    (void)ip, (void)local_ip, (void)port, (void)local_port;
    struct slot *slot = context;
    slot->head = (struct head){0}; /* what a proxy said to CONNECT is not the answer's */
    return slot->requests++ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

struct pool *
pool_open(const struct pool_settings *settings, struct err *err)
{
    if (curl_load(err))
        return NULL;
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_plain, free, mem_plain_resize,
                             mem_strdup, mem_alloc) != CURLE_OK) {
        err_set(err, EXIT_INTERNAL, "cannot start libcurl");
        return NULL;
    }
    struct pool *pool = mem_alloc(1, sizeof(*pool));
    pool->settings = *settings;
    if (multi_init(&pool->multi, settings->calls_max, err)) {
        pool_free(pool);
        return NULL;
    }
    pool->slots = mem_alloc(settings->calls_max, sizeof(*pool->slots));
    for (size_t i = settings->calls_max; i--;) {
        pool->slots[i].pool = pool;
        pool->slots[i].next_free = pool->free;
        pool->free = &pool->slots[i];
    }
    return pool;
}

static void
wipe_headers(struct curl_slist *headers)
{
    for (struct curl_slist *at = headers; at; at = at->next)
        for (volatile char *c = at->data; *c; c++)
            *c = '\0';
    curl_slist_free_all(headers);
}

static void
address_clear(struct address *address)
{
    service_url_clear(&address->url);
    secret_free(address->parameters);
}

static void
wipe(struct buf *buf)
{
    for (volatile char *at = buf->data; at && at < buf->data + buf->cap; at++)
        *at = '\0';
    buf_reset(buf);
}

void
pool_free(struct pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; pool->slots && i < pool->settings.calls_max; i++) {
        struct slot *slot = &pool->slots[i];
        if (slot->busy)
            (void)curl_multi_remove_handle(pool->multi.handle, slot->easy);
        curl_easy_cleanup(slot->easy);
        wipe_headers(slot->own_headers);
        buf_clear(&slot->body);
    }
    multi_clear(&pool->multi);
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        address_clear(&pool->addresses[i]);
    for (size_t i = 0; i < pool->list_count; i++)
        wipe_headers(pool->lists[i]);
    free(pool->lists);
    free(pool->slots);
    wipe(&pool->form);
    wipe(&pool->url);
    buf_clear(&pool->form);
    buf_clear(&pool->url);
    free(pool);
    curl_global_cleanup();
}

static bool
has_plain_proxy(const struct pool *pool)
{
    static const char *const names[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    if (pool->settings.proxy)
        return true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return true;
    }
    return false;
}

void
pool_set_service(struct pool *pool, enum service service, const struct service_url *url,
                 const char *header, const char *parameters)
{
    struct address *address = &pool->addresses[service];
    struct address old = *address;
    *address = (struct address){
        .url = {mem_strdup(url->base), mem_strdup(url->path), url->tls, url->loopback},
        .headers = header ? curl_slist_append(NULL, header) : NULL,
        .parameters = mem_strdup(parameters),
        .whole_url = !url->tls && has_plain_proxy(pool),
    };
    address_clear(&old);
    pool->lists = mem_resize(pool->lists, pool->list_count + 1, sizeof(*pool->lists));
    pool->lists[pool->list_count++] = address->headers;
    pool->moved++;
}

size_t
pool_in_flight(const struct pool *pool)
{
    return pool->in_flight;
}

static void
prepare_slot(struct slot *slot)
{
    const struct pool_settings *settings = &slot->pool->settings;
    CURL *easy = slot->easy = curl_easy_init();
    if (!easy)
        mem_die();
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->error);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "unhitch/" UNHITCH_VERSION);
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    (void)curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)settings->timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, slot);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, slot);
    if (settings->ca_file)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file);
    if (settings->proxy)
        (void)curl_easy_setopt(easy, CURLOPT_PROXY, settings->proxy);
}

/*
 * libcurl parses a URL of 2,000 characters anew for every transfer, which costs more
 * than all the rest of a call; so the base URL is set once and only the request target
 * changes. It goes out as it is: every part of it was checked before.
 */
static void
address_slot(struct slot *slot, const struct request *request)
{
    struct pool *pool = slot->pool;
    const struct address *address = &pool->addresses[request->service];
    if (slot->service != request->service || slot->moved != pool->moved) {
        (void)curl_easy_setopt(slot->easy, CURLOPT_URL, address->url.base);
        (void)curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, address->headers);
        (void)curl_easy_setopt(slot->easy, CURLOPT_PIPEWAIT, address->url.tls ? 1L : 0L);
        slot->service = request->service;
        slot->moved = pool->moved;
    }
    buf_reset(&pool->url);
    if (address->whole_url)
        buf_add_text(&pool->url, address->url.base);
    buf_add_text(&pool->url, address->url.path);
    buf_add(&pool->url, request->target.data, request->target.len);
    if (address->parameters && !request->is_signed && !request->has_body)
        buf_addf(&pool->url, "&%s", address->parameters);
    (void)curl_easy_setopt(slot->easy, CURLOPT_REQUEST_TARGET,
                           address->whole_url ? NULL : pool->url.data);
    if (address->whole_url)
        (void)curl_easy_setopt(slot->easy, CURLOPT_URL, pool->url.data);
}

/* Headers that only this request has. */
static void
add_headers(struct slot *slot, const struct request *request)
{
    const struct address *address = &slot->pool->addresses[request->service];
    wipe_headers(slot->own_headers);
    slot->own_headers = NULL;
    if (!request->header.len && !request->content_type && !request->has_body)
        return;
    if (address->headers && !request->is_signed)
        slot->own_headers = curl_slist_append(NULL, address->headers->data);
    if (request->header.len)
        slot->own_headers = curl_slist_append(slot->own_headers, request->header.data);
    if (request->content_type) {
        char line[80];
        (void)snprintf(line, sizeof(line), "Content-Type: %s", request->content_type);
        slot->own_headers = curl_slist_append(slot->own_headers, line);
    } else if (request->has_body) { /* libcurl would call it a form */
        slot->own_headers = curl_slist_append(slot->own_headers, "Content-Type:");
    }
    (void)curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, slot->own_headers);
    slot->moved = 0; /* the service's own are set again next time */
}

static void
add_body(struct slot *slot, const struct request *request)
{
    struct pool *pool = slot->pool;
    const char *parameters = pool->addresses[request->service].parameters;
    if (!request->has_body) {
        if (slot->has_body)
            (void)curl_easy_setopt(slot->easy, CURLOPT_HTTPGET, 1L);
        slot->has_body = false;
        return;
    }
    wipe(&pool->form);
    buf_add(&pool->form, request->body.data, request->body.len);
    if (parameters && !request->is_signed)
        buf_addf(&pool->form, "&%s", parameters);
    (void)curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE, (long)pool->form.len);
    (void)curl_easy_setopt(slot->easy, CURLOPT_COPYPOSTFIELDS, pool->form.data);
    slot->has_body = true;
}

void
pool_start(struct pool *pool, const struct request *request, void *tag)
{
    struct slot *slot = pool->free;
    pool->free = slot->next_free;
    pool->in_flight++;
    if (!slot->easy)
        prepare_slot(slot);
    address_slot(slot, request);
    add_headers(slot, request);
    add_body(slot, request);
    if (!slot->method || strcmp(slot->method, request->method) != 0)
        (void)curl_easy_setopt(slot->easy, CURLOPT_CUSTOMREQUEST, request->method);
    (void)curl_easy_setopt(slot->easy, CURLOPT_FRESH_CONNECT,
                           request->is_apart ? 1L : 0L);
    slot->method = request->method;
    slot->tag = tag;
    slot->busy = true;
    slot->requests = 0;
    slot->refusal = NULL;
    slot->error[0] = '\0';
    buf_reset(&slot->body);
    (void)curl_multi_add_handle(pool->multi.handle, slot->easy);
}

int
pool_wait(struct pool *pool, int timeout_ms, int wake_fd, struct err *err)
{
    return multi_wait(&pool->multi, pool->in_flight, pool->aborted ? 0 : timeout_ms,
                      wake_fd, err);
}

static enum pool_end
end_unsent(CURLcode code, const struct slot *slot)
{
    long os_error = 0;
    switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
        /* A reset in the handshake is the network's doing, not a matter of trust. */
        (void)curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &os_error);
        return os_error ? POOL_CONNECT_FAILED : POOL_TLS_FAILED;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return POOL_TLS_FAILED;
    default:
        return POOL_CONNECT_FAILED;
    }
}

static enum pool_end
end_sent(CURLcode code, const struct slot *slot)
{
    switch (code) {
    case CURLE_OK:
        return slot->head.whole ? POOL_ANSWERED : POOL_LOST;
    case CURLE_OPERATION_TIMEDOUT:
        return POOL_TIMEOUT;
    case CURLE_WRITE_ERROR: /* we broke it off */
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: bytes that are no HTTP */
        return POOL_UNREADABLE;
    default:
        return POOL_LOST;
    }
}

/* Without " after 2001 ms" or "... milliseconds", as libcurl measures them: the same end of
 * many calls has the same words. */
static void
drop_time(char *words)
{
    static const char after[] = " after ";
    char *from = strstr(words, after);
    if (!from)
        return;
    const char *unit = from + sizeof(after) - 1;
    size_t digits = strspn(unit, "0123456789");
    unit += digits;
    size_t len = strncmp(unit, " milliseconds", 13) == 0 ? 13
                 : strncmp(unit, " ms", 3) == 0          ? 3
                                                         : 0;
    if (digits && len)
        memmove(from, unit + len, strlen(unit + len) + 1);
}

static const char *
words_of(CURLcode code, enum pool_end end, struct slot *slot)
{
    if (end == POOL_ANSWERED)
        return "";
    /* Aborted is our own doing: libcurl was about to send it a second time. */
    if (code == CURLE_OK || code == CURLE_ABORTED_BY_CALLBACK)
        return "the connection ended before the answer";
    if (slot->refusal)
        return slot->refusal;
    drop_time(slot->error);
    return slot->error[0] ? slot->error : curl_easy_strerror(code);
}

static void
fill_result(struct slot *slot, CURLcode code, struct pool_result *result)
{
    curl_off_t total_us = 0, retry_after = 0;
    long http = 0;
    (void)curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &http);
    (void)curl_easy_getinfo(slot->easy, CURLINFO_TOTAL_TIME_T, &total_us);
    (void)curl_easy_getinfo(slot->easy, CURLINFO_RETRY_AFTER, &retry_after);
    bool sent = slot->requests > 0;
    enum pool_end end = sent ? end_sent(code, slot) : end_unsent(code, slot);
    *result = (struct pool_result){
        .tag = slot->tag,
        .end = end,
        .sent = sent,
        .answer = {http, {slot->body.data ? slot->body.data : "", slot->body.len}},
        .retry_after_s = retry_after <= 0          ? -1
                         : retry_after > INT32_MAX ? INT32_MAX
                                                   : (long)retry_after,
        .latency_us = total_us,
        .error = words_of(code, end, slot),
        .slot = slot,
    };
}

static struct slot *
next_aborted(struct pool *pool)
{
    for (size_t i = 0; pool->aborted && i < pool->settings.calls_max; i++)
        if (pool->slots[i].busy)
            return &pool->slots[i];
    pool->aborted = false;
    return NULL;
}

/* The slot of an ended transfer; NULL: there is none. */
static struct slot *
next_ended(struct pool *pool, CURLcode *code)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(pool->multi.handle, &left))) {
        char *private = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        *code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        return (struct slot *)(void *)private;
    }
    return NULL;
}

int
pool_take(struct pool *pool, struct pool_result *result, struct err *err)
{
    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    struct slot *slot;
    int moved = 1;
    while (!(slot = next_ended(pool, &code)) && moved == 1)
        moved = multi_step(&pool->multi, err);
    if (moved < 0)
        return -1;
    if (!slot && !(slot = next_aborted(pool)))
        return 0;
    (void)curl_multi_remove_handle(pool->multi.handle, slot->easy);
    fill_result(slot, code, result);
    return 1;
}

void
pool_release(struct pool *pool, struct pool_result *result)
{
    struct slot *slot = result->slot;
    if (slot->body.cap > BODY_KEEP_BYTES)
        buf_clear(&slot->body);
    slot->busy = false;
    slot->next_free = pool->free;
    pool->free = slot;
    pool->in_flight--;
}

void
pool_abort(struct pool *pool)
{
    pool->aborted = true;
}
