/*
 * Journals: arbitrary bytes, and entries with good checksums and arbitrary payloads.
 * What is read of a journal is read again when written anew; and books that were
 * replayed from one balance, whatever it says.
 */
#include "fuzz.h"
#include "plan/planner.h"
#include "run/replay.h"

#include <unistd.h>
#include <zlib.h>

enum { ITEMS = 250 };

static const char magic[] = "unhitch journal 1\n";
static const struct fingerprint print = {1000, 42};

static void
put32(struct buf *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        buf_add_char(out, (char)(value >> 8 * i & 0xff));
}

/* The feed as payloads (a length byte before each), in frames that are whole. */
static void
add_frames(struct buf *out, struct feed *feed)
{
    while (feed->at < feed->end) {
        size_t len = 1 + feed_choice(feed, 255), left = (size_t)(feed->end - feed->at);
        len = len < left ? len : left;
        put32(out, (uint32_t)len);
        put32(out, (uint32_t)crc32(0, feed->at, (uInt)len));
        buf_add(out, feed->at, len);
        feed->at += len;
    }
}

/* An entry as it is kept for comparing: spans are given memory of their own. */
struct copies {
    struct journal *journal; /* every entry is written here again */
    struct buf text;         /* and described here */
};

static int
describe(const struct journal_entry *entry, void *context, struct err *err)
{
    struct copies *copies = context;
    struct buf *out = &copies->text;
    (void)err;
    buf_addf(out, "%c %lld %llu %u:%llx,%llx %u %ld %.*s %.*s %u %d %u %u %llu %llx %d\n",
             entry->type, (long long)entry->time_ms, (unsigned long long)entry->call,
             entry->slice.first, (unsigned long long)entry->slice.mask[0],
             (unsigned long long)entry->slice.mask[1], entry->verdict, entry->http,
             (int)entry->code.len, entry->code.ptr ? entry->code.ptr : "",
             (int)entry->message.len, entry->message.ptr ? entry->message.ptr : "",
             entry->latency_us, entry->sent, entry->first_item, entry->items,
             (unsigned long long)entry->rows, (unsigned long long)entry->fingerprint.hash,
             entry->exit_code);
    for (size_t i = 0; i < entry->group_count; i++)
        buf_addf(out, "  %u %u %u %llx %llx\n", entry->groups[i].status,
                 entry->groups[i].lost, entry->groups[i].verdict,
                 (unsigned long long)entry->groups[i].mask[0],
                 (unsigned long long)entry->groups[i].mask[1]);
    if (copies->journal)
        journal_add(copies->journal, entry);
    return 0;
}

static void
check_writing(const char *path)
{
    struct copies first = {0}, second = {0};
    struct err err = {0}, none = {0};
    struct journal_tail whole = {0}, again = {0};
    const char *copy = fuzz_path("copy");
    (void)unlink(copy);
    first.journal = journal_create(copy, &none);
    fuzz_holds(first.journal, "%s", none.text);
    if (journal_replay(path, describe, &first, &whole, &err) == 0) {
        fuzz_holds(journal_flush(first.journal, &none) == 0 &&
                       journal_replay(copy, describe, &second, &again, &none) == 0,
                   "%s", none.text);
        /* What tells of syncs is no entry, and not handed out. */
        fuzz_holds(whole.whole_bytes >= again.whole_bytes &&
                       first.text.len == second.text.len &&
                       (!first.text.len ||
                        memcmp(first.text.data, second.text.data, first.text.len) == 0),
                   "written anew, it is\n%s\nnot\n%s", second.text.data, first.text.data);
    } else {
        fuzz_holds(err.exit_code == EXIT_INTERNAL && err.text[0], "exit %d",
                   err.exit_code);
    }
    journal_free(first.journal);
    buf_clear(&first.text);
    buf_clear(&second.text);
}

static struct plan *
make_plan(void)
{
    struct planner *planner = planner_open(&(struct planner_settings){.batch_size = 100});
    char id[24];
    for (unsigned i = 0; i < ITEMS; i++) {
        (void)snprintf(id, sizeof(id), "%u", 1000 + i);
        (void)planner_accept(planner, &op_crm_delink, span_of("Campaigns/1/Leads"),
                             span_of(id), NULL);
    }
    return planner_finish(planner, NULL);
}

static void
check_books(struct books *books, bool closed)
{
    uint32_t waiting = 0;
    for (uint32_t i = 0; i < books->item_count; i++) {
        const struct outcome *outcome = &books->outcomes[i];
        waiting += outcome->status == STATUS_WAITING;
        fuzz_holds(outcome->status < STATUS_COUNT, "status %d", outcome->status);
        fuzz_holds(!outcome->told || outcome->verdict < books->verdicts->count,
                   "item %u refers to verdict %u", i, outcome->verdict);
        fuzz_holds(!closed || outcome->told, "item %u has no word", i);
    }
    fuzz_holds(waiting == books->waiting, "%u wait, %u are counted", waiting,
               books->waiting);
    fuzz_holds(!closed || !waiting, "%u still wait", waiting);
}

static void
check_replay(const char *path, bool keep_in_flight)
{
    static struct plan *plan;
    struct books books;
    struct err err = {0};
    struct replay replay = {.fingerprint = print,
                            .input_name = "job.csv",
                            .books = &books};
    plan = plan ? plan : make_plan();
    replay.plan = plan;
    books_init(&books, ITEMS, ".");
    if (replay_journal(path, keep_in_flight, &replay, &err) == 0) {
        check_books(&books, false);
        books_close(&books, "interrupted", "words");
        check_books(&books, true);
    } else {
        fuzz_holds(err.exit_code == EXIT_INTERNAL || err.exit_code == EXIT_INPUT,
                   "exit %d", err.exit_code);
    }
    books_clear(&books);
}

/* The entry that every journal begins with. */
static void
add_plan(struct buf *out)
{
    struct buf payload = {0};
    static const uint32_t numbers[] = {1000, 0, 42, 0, ITEMS, 0, ITEMS};
    buf_add_char(&payload, JOURNAL_PLAN);
    for (size_t i = 0; i < FUZZ_COUNT(numbers); i++)
        put32(&payload, numbers[i]);
    put32(out, (uint32_t)payload.len);
    put32(out, (uint32_t)crc32(0, (const Bytef *)payload.data, (uInt)payload.len));
    buf_add(out, payload.data, payload.len);
    buf_clear(&payload);
}

static void
run(struct feed *feed)
{
    enum { WITH_MAGIC = 1, WITH_PLAN = 2, WITH_FRAMES = 4, KEEP = 8 };
    unsigned way = feed_choice(feed, 16);
    struct buf bytes = {0};
    if (way & WITH_MAGIC)
        buf_add(&bytes, magic, sizeof(magic) - 1);
    if (way & WITH_PLAN)
        add_plan(&bytes);
    if (way & WITH_FRAMES)
        add_frames(&bytes, feed);
    struct span rest = feed_rest(feed);
    buf_add(&bytes, rest.ptr, rest.len);
    const char *path = fuzz_file("journal", (struct span){bytes.data, bytes.len});
    (void)journal_is_blank(path);
    check_writing(path);
    check_replay(path, way & KEEP);
    buf_clear(&bytes);
}

const struct fuzz_target fuzz_journal = {"journal", run};
