/*
 * The bound of any client on libcurl: a multi handle sends ready-made request targets and
 * counts the bytes of the answers. It reads no job file, judges nothing and writes nothing.
 *
 * usage: libcurl_multi BASE_URL CALLS IN_FLIGHT      CALLS: one request target per line
 *
 * Exit 0 if every call was answered with status 200.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IN_FLIGHT_MAX = 1000 };

static struct curl_slist *headers;
static FILE *calls;
static size_t bytes, answered;

static size_t
count_bytes(char *data, size_t size, size_t count, void *context)
{
    (void)data, (void)context;
    bytes += size * count;
    return size * count;
}

static CURL *
new_handle(const char *base)
{
    CURL *easy = curl_easy_init();
    if (!easy)
        exit(1);
    (void)curl_easy_setopt(easy, CURLOPT_URL, base);
    (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_bytes);
    return easy;
}

/* Starts the next call on the handle. False: there is none. */
static bool
start_next(CURLM *multi, CURL *easy)
{
    static char *line;
    static size_t cap;
    ssize_t len = getline(&line, &cap, calls);
    if (len <= 0)
        return false;
    line[len - 1] = '\0';
    (void)curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, line);
    return curl_multi_add_handle(multi, easy) == CURLM_OK;
}

/* Takes what has ended and starts others. Returns how many ended for good. */
static int
turn_over(CURLM *multi)
{
    int left, ended = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left))) {
        long status = 0;
        CURL *easy = message->easy_handle;
        if (message->data.result == CURLE_OK)
            (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (status != 200) {
            fprintf(stderr, "libcurl_multi: %s, status %ld\n",
                    curl_easy_strerror(message->data.result), status);
            exit(1);
        }
        answered++;
        (void)curl_multi_remove_handle(multi, easy);
        if (!start_next(multi, easy)) {
            curl_easy_cleanup(easy);
            ended++;
        }
    }
    return ended;
}

static void
send_all(CURLM *multi, const char *base, int in_flight)
{
    int running, alive = 0;
    for (int i = 0; i < in_flight; i++) {
        CURL *easy = new_handle(base);
        if (start_next(multi, easy))
            alive++;
        else
            curl_easy_cleanup(easy);
    }
    while (alive) {
        (void)curl_multi_perform(multi, &running);
        alive -= turn_over(multi);
        if (alive)
            (void)curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
}

int
main(int argc, char **argv)
{
    long in_flight = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
    if (in_flight < 1 || in_flight > IN_FLIGHT_MAX || !(calls = fopen(argv[2], "r"))) {
        fputs("usage: libcurl_multi BASE_URL CALLS IN_FLIGHT\n", stderr);
        return 2;
    }
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    headers = curl_slist_append(NULL, "Authorization: Zoho-oauthtoken measured");
    CURLM *multi = curl_multi_init();
    (void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, in_flight);
    send_all(multi, argv[1], (int)in_flight);
    printf("%zu calls answered, %zu bytes\n", answered, bytes);
    (void)curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    curl_global_cleanup();
    (void)fclose(calls);
    return 0;
}
