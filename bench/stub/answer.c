#include "answer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAMPAIGN UINT64_C(3652397000000300000)
#define FIRST_CONTACT UINT64_C(3652397000010000000)

enum {
    CAMPAIGN_STEP = 7,
    CONTACT_STEP = 3,
    IDS_MAX = 100,
    HEAD_BYTES = 128,
    ANSWER_BYTES = 32 << 10,
};

static uint64_t rows, targets;
static unsigned char *removed; /* a byte for each relation */
static struct books books;
static char
    text[ANSWER_BYTES]; /* the body stands from HEAD_BYTES on, the head ends there */
static size_t text_len;

void
answer_open(uint64_t row_count, uint64_t target_count)
{
    rows = row_count;
    targets = target_count;
    removed = calloc(rows, 1);
    if (!removed) {
        perror("stub");
        exit(1);
    }
}

const struct books *
answer_books(void)
{
    return &books;
}

static void
add(const char *bytes, size_t len)
{
    if (len > sizeof(text) - text_len) {
        fputs("stub: an answer is too long\n", stderr);
        exit(1);
    }
    memcpy(text + text_len, bytes, len);
    text_len += len;
}

#define ADD(literal) add("" literal, sizeof(literal) - 1)

/* Digits from `at` on, which moves behind them; 0 if there are none or too many. */
static uint64_t
read_id(const char **at)
{
    uint64_t value = 0;
    const char *from = *at;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        value = value * 10 + (uint64_t)(**at - '0');
    return *at - from <= 19 ? value : 0;
}

/* Moves past a comma, plain or quoted. */
static bool
skip_comma(const char **at)
{
    size_t len = **at == ',' ? 1 : strncmp(*at, "%2C", 3) == 0 ? 3 : 0;
    *at += len;
    return len > 0;
}

static bool
remove_relation(uint64_t campaign, uint64_t contact)
{
    uint64_t number = (contact - FIRST_CONTACT) / CONTACT_STEP;
    uint64_t target = (campaign - FIRST_CAMPAIGN) / CAMPAIGN_STEP;
    if (contact != FIRST_CONTACT + number * CONTACT_STEP || number >= rows ||
        campaign != FIRST_CAMPAIGN + target * CAMPAIGN_STEP ||
        number % targets != target) {
        books.strangers++;
        return false;
    }
    if (removed[number]) {
        books.repeats++;
        return false;
    }
    books.removed++;
    removed[number] = true;
    return true;
}

/* Adds the entries of the IDs at `at`; `count`: how many. Returns how many were removed,
   -1 if this is no list of at most IDS_MAX IDs. */
static int
add_entries(uint64_t campaign, const char *at, int *count)
{
    int done_count = 0;
    *count = 0;
    do {
        const char *id = at;
        uint64_t contact = read_id(&at);
        if (!contact || ++*count > IDS_MAX)
            return -1;
        bool done = remove_relation(campaign, contact);
        done_count += done;
        if (*count > 1)
            ADD(",");
        if (done)
            ADD("{\"code\":\"SUCCESS\",\"details\":{\"id\":\"");
        else
            ADD("{\"code\":\"INVALID_DATA\",\"details\":{\"id\":\"");
        add(id, (size_t)(at - id));
        if (done)
            ADD("\"},\"message\":\"relation removed\",\"status\":\"success\"}");
        else
            ADD("\"},\"message\":\"relation not found\",\"status\":\"error\"}");
    } while (skip_comma(&at));
    at += *at == '&'; /* Zoho's SDK ends its parameters with one */
    return *at == ' ' ? done_count : -1;
}

static const char *
put_head(const char *status)
{
    char head[HEAD_BYTES];
    int len = snprintf(head, sizeof(head),
                       "HTTP/1.1 %s\r\nContent-Type: application/json;charset=UTF-8\r\n"
                       "Content-Length: %zu\r\n\r\n",
                       status, text_len - HEAD_BYTES);
    char *start = text + HEAD_BYTES - len;
    memcpy(start, head, (size_t)len);
    return start;
}

/* Adds the whole body, or returns -1. */
static int
add_body(const char *request, int *count)
{
    static const char before[] = "DELETE /crm/v8/Campaigns/";
    static const char between[] = "/Contacts?ids=";
    if (strncmp(request, before, sizeof(before) - 1) != 0 ||
        !strcasestr(request, "\r\nauthorization: Zoho-oauthtoken "))
        return -1;
    const char *at = request + sizeof(before) - 1;
    uint64_t campaign = read_id(&at);
    if (!campaign || strncmp(at, between, sizeof(between) - 1) != 0)
        return -1;
    ADD("{\"data\":[");
    int done_count = add_entries(campaign, at + sizeof(between) - 1, count);
    ADD("]}");
    return done_count;
}

const char *
answer_to(const char *request, size_t *len)
{
    int count = 0;
    books.requests++;
    text_len = HEAD_BYTES;
    int done_count = add_body(request, &count);
    const char *status = "400 Bad Request";
    if (done_count < 0) {
        books.refused++;
        text_len = HEAD_BYTES;
        ADD("{\"code\":\"INVALID_REQUEST\",\"details\":{},\"message\":\"the stub takes "
            "delink calls only\",\"status\":\"error\"}");
    } else if (done_count > 0) {
        status = done_count == count ? "200 OK" : "207 Multi-Status";
    }
    const char *start = put_head(status);
    *len = (size_t)(text + text_len - start);
    return start;
}
