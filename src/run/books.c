#include "run/books.h"

#include "base/buf.h"
#include "base/mem.h"

const char *const status_names[STATUS_COUNT] = {
    [STATUS_WAITING] = "waiting",   [STATUS_SUCCESS] = "success",
    [STATUS_FAILED] = "failed",     [STATUS_UNKNOWN] = "unknown",
    [STATUS_REJECTED] = "rejected", [STATUS_UNSENT] = "unsent",
};

enum { RELAX_EVERY = 1 << 20 /* items looked at */ };

static void
begin(struct books *books, uint32_t item_count, const char *dir)
{
    *books = (struct books){
        .item_count = item_count,
        .waiting = item_count,
        .verdicts = verdicts_open(dir),
    };
}

void
books_init(struct books *books, uint32_t item_count, const char *dir)
{
    begin(books, item_count, dir);
    books->outcomes = mem_alloc(item_count, sizeof(*books->outcomes));
}

int
books_init_on_disk(struct books *books, uint32_t item_count, const char *dir,
                   struct err *err)
{
    begin(books, item_count, dir);
    if (shelf_open(&books->shelf, dir, err) ||
        shelf_fill(&books->shelf, item_count * sizeof(*books->outcomes), err))
        return -1;
    books->outcomes = books->shelf.data;
    return 0;
}

void
books_relax(const struct books *books)
{
    shelf_relax(&books->shelf);
}

static void
relax_after(const struct books *books, uint32_t item)
{
    if (item % RELAX_EVERY == 0)
        books_relax(books);
}

void
books_clear(struct books *books)
{
    verdicts_free(books->verdicts);
    if (!books->shelf.dir)
        free(books->outcomes);
    shelf_clear(&books->shelf);
    *books = (struct books){0};
}

void
books_start(struct books *books, uint32_t item)
{
    struct outcome *outcome = &books->outcomes[item];
    outcome->in_flight = true;
    if (outcome->attempts < UINT16_MAX)
        outcome->attempts++;
}

void
books_settle(struct books *books, uint32_t item, enum status status, uint32_t verdict,
             enum lost lost, int64_t time_ms)
{
    struct outcome *outcome = &books->outcomes[item];
    outcome->in_flight = false;
    if (lost > outcome->lost)
        outcome->lost = lost & 3u;
    outcome->verdict = verdict;
    outcome->told = true;
    if (time_ms)
        outcome->time_ms = time_ms;
    if (status != STATUS_WAITING && outcome->status == STATUS_WAITING)
        books->waiting--;
    outcome->status = (uint8_t)status;
}

static void
lose(struct books *books, uint32_t item, enum lost lost, const char *words)
{
    struct outcome *outcome = &books->outcomes[item];
    const char *code = lost == LOST_SILENT ? "connection-lost" : "http-500";
    outcome->in_flight = false;
    outcome->lost = lost & 3u;
    outcome->told = true;
    outcome->verdict = verdicts_intern(books->verdicts, 0, span_of(code), span_of(words));
}

void
books_lose(struct books *books, uint32_t item, int64_t time_ms)
{
    if (!books->outcomes[item].in_flight)
        return;
    lose(books, item, LOST_SILENT, "in flight when the run was killed");
    books->outcomes[item].time_ms = time_ms;
}

void
books_leave(struct books *books, uint32_t item, int64_t time_ms)
{
    if (books->outcomes[item].in_flight)
        books->outcomes[item].time_ms = time_ms;
}

void
books_note_lost(struct books *books, uint32_t item, enum lost lost)
{
    lose(books, item, lost, "its fate was unknown in the run before");
}

void
books_hand_over(struct books *books, uint32_t first, uint32_t count, struct span retry)
{
    struct buf words = {0};
    buf_add_text(&words, "a retry has taken it over");
    if (text_is_utf8(retry.ptr, retry.len))
        buf_addf(&words, ": %.*s", (int)retry.len, retry.ptr);
    for (uint32_t item = first; item < first + count; item++) {
        struct outcome *outcome = &books->outcomes[item];
        relax_after(books, item);
        if (outcome->status == STATUS_WAITING && !outcome->lost)
            lose(books, item, LOST_SILENT, words.data);
        outcome->lost = LOST_SILENT & 3u;
    }
    buf_clear(&words);
}

uint32_t
books_refuse(struct books *books, uint32_t first, uint32_t count, uint32_t verdict)
{
    uint32_t refused = 0;
    for (uint32_t item = first; item < first + count; item++) {
        const struct outcome *outcome = &books->outcomes[item];
        relax_after(books, item);
        if (outcome->status != STATUS_WAITING || outcome->in_flight || outcome->lost)
            continue;
        books_settle(books, item, STATUS_FAILED, verdict, LOST_NOT, 0);
        refused++;
    }
    return refused;
}

void
books_give_up(struct books *books, uint32_t first, uint32_t count)
{
    for (uint32_t item = first; item < first + count; item++) {
        const struct outcome *outcome = &books->outcomes[item];
        relax_after(books, item);
        if (outcome->status == STATUS_WAITING && outcome->lost)
            books_settle(books, item, STATUS_UNKNOWN, outcome->verdict, LOST_SILENT, 0);
    }
}

static bool
may_be_unknown(const char *code)
{
    static const char *const codes[] = {"timeout", "connection-lost", "bad-response",
                                        "no-entry"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

/* "CODE: words" of what the service said last, under another code. */
static uint32_t
intern_quoted(struct books *books, uint32_t said, const char *code)
{
    const struct verdict_note *note = verdicts_get(books->verdicts, said);
    struct buf text = {0};
    buf_addf(&text, "%s%s%s", note->code, note->message[0] ? ": " : "", note->message);
    uint32_t number = verdicts_intern(books->verdicts, note->http, span_of(code),
                                      (struct span){text.data, text.len});
    buf_clear(&text);
    return number;
}

static void
close_outcome(struct books *books, struct outcome *outcome, const char *stop_code,
              uint32_t stop_verdict)
{
    if (outcome->in_flight) {
        outcome->status = STATUS_UNKNOWN;
        outcome->verdict = verdicts_intern(books->verdicts, 0, span_of("connection-lost"),
                                           span_of("in flight when the run ended"));
    } else if (outcome->lost) {
        outcome->status = STATUS_UNKNOWN;
        if (!may_be_unknown(verdicts_get(books->verdicts, outcome->verdict)->code))
            outcome->verdict = intern_quoted(books, outcome->verdict, "bad-response");
    } else {
        outcome->status = STATUS_UNSENT;
        outcome->verdict = outcome->told
                               ? intern_quoted(books, outcome->verdict, stop_code)
                               : stop_verdict;
    }
    outcome->told = true;
}

void
books_close(struct books *books, const char *stop_code, const char *stop_message)
{
    if (!books->waiting)
        return;
    uint32_t stop = verdicts_intern(books->verdicts, 0, span_of(stop_code),
                                    span_of(stop_message));
    for (uint32_t i = 0; i < books->item_count; i++) {
        relax_after(books, i);
        if (books->outcomes[i].status == STATUS_WAITING)
            close_outcome(books, &books->outcomes[i], stop_code, stop);
    }
    books->waiting = 0;
}

static uint64_t
mix(uint64_t sum, uint64_t number)
{
    sum = (sum ^ number) * 0x9e3779b97f4a7c15u;
    return sum ^ sum >> 29;
}

static uint64_t
outcome_digest(const struct outcome *outcome)
{
    uint64_t flags = (uint64_t)outcome->attempts << 16 | (uint64_t)outcome->status << 8 |
                     (uint64_t)outcome->lost << 4 | (uint64_t)outcome->in_flight << 1 |
                     outcome->told;
    uint64_t verdict = outcome->told ? outcome->verdict + 1u : 0;
    return flags * 0xff51afd7ed558ccdu ^ verdict * 0xc4ceb9fe1a85ec53u ^
           (uint64_t)outcome->time_ms;
}

/* Several sums, so that none has to wait for the one before. */
uint64_t
books_digest(const struct books *books)
{
    enum { SUMS = 4 };
    uint64_t sums[SUMS] = {books->verdicts->digest, books->item_count, books->waiting, 0};
    for (uint32_t i = 0; i < books->item_count; i++) {
        sums[i % SUMS] = mix(sums[i % SUMS], outcome_digest(&books->outcomes[i]));
        if (i % RELAX_EVERY == 0)
            books_relax(books);
    }
    return mix(mix(mix(sums[0], sums[1]), sums[2]), sums[3]);
}
