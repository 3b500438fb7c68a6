#include "unit.h"

#include "base/mem.h"
#include "run/journal.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { MAGIC_BYTES = 18, ENTRIES_MAX = 64 };

/* Entries read back, with texts of their own. */
struct reading {
    struct journal_entry *list;
    size_t count;
    struct buf texts;
    bool holed;
};

static struct span
keep(struct reading *reading, struct span text)
{
    size_t start = reading->texts.len;
    buf_add(&reading->texts, text.ptr, text.len);
    return (struct span){reading->texts.data + start, text.len};
}

static int
note_entry(const struct journal_entry *entry, void *context, struct err *err)
{
    struct reading *reading = context;
    (void)err;
    assert_true(reading->count < ENTRIES_MAX);
    struct journal_entry *copy = &reading->list[reading->count++];
    *copy = *entry;
    copy->code = keep(reading, entry->code);
    copy->message = keep(reading, entry->message);
    return 0;
}

static int
replay(const char *path, struct reading *reading, uint64_t *whole, struct err *err)
{
    *reading = (struct reading){.list = mem_alloc(ENTRIES_MAX, sizeof(*reading->list))};
    buf_reserve(&reading->texts, 200000);
    struct journal_tail tail = {*whole, false};
    int rc = journal_replay(path, note_entry, reading, &tail, err);
    *whole = tail.whole_bytes;
    reading->holed = tail.holed;
    return rc;
}

static void
reading_clear(struct reading *reading)
{
    free(reading->list);
    buf_clear(&reading->texts);
}

/* One entry of each type, and some at their limits. */
static size_t
make_entries(struct journal_entry *list)
{
    static char words[MESSAGE_BYTES_MAX];
    size_t n = 0;
    memset(words, 'w', sizeof(words));
    list[n++] = (struct journal_entry){.type = JOURNAL_PLAN, .rows = 0x123456789a,
                                       .items = 0xfffffffe,
                                       .fingerprint = {1ull << 40, 0xfedcba9876543210u}};
    list[n++] = (struct journal_entry){.type = JOURNAL_BEGIN, .time_ms = 1795226850125,
                                       .message = span_of("b1f0-boot")};
    list[n++] = (struct journal_entry){.type = JOURNAL_INTENT, .time_ms = 1795226850126,
                                       .call = 1ull << 40,
                                       .slice = {77, {UINT64_MAX, 0xfffffffffu}}};
    list[n++] = (struct journal_entry){.type = JOURNAL_START, .call = 1ull << 40};
    list[n++] = (struct journal_entry){.type = JOURNAL_VERDICT, .verdict = 70000,
                                       .http = 207, .code = span_of("INVALID_DATA"),
                                       .message = {words, sizeof(words)}};
    list[n++] = (struct journal_entry){.type = JOURNAL_VERDICT, .code = span_of(""),
                                       .message = span_of("")};
    struct journal_entry *answer = &list[n++];
    *answer = (struct journal_entry){.type = JOURNAL_ANSWER, .call = 1ull << 40,
                                     .time_ms = 1795226850127, .latency_us = UINT32_MAX,
                                     .sent = true, .group_count = JOURNAL_GROUPS_MAX};
    for (uint32_t i = 0; i < JOURNAL_GROUPS_MAX; i++)
        answer->groups[i] =
            (struct journal_group){(uint8_t)(i % STATUS_COUNT), (uint8_t)(i % 3), i,
                                   {(uint64_t)i << 57, i}};
    list[n++] = (struct journal_entry){.type = JOURNAL_ANSWER, .call = 2};
    list[n++] = (struct journal_entry){.type = JOURNAL_REFUSED, .time_ms = 1,
                                       .first_item = 9, .items = 0xffffffff, .verdict = 3};
    list[n++] = (struct journal_entry){.type = JOURNAL_HANDED, .time_ms = 7,
                                       .first_item = 0xfffffff0, .items = 11,
                                       .message = span_of("/runs/a b")};
    list[n++] = (struct journal_entry){.type = JOURNAL_END, .time_ms = 1795226850128,
                                       .exit_code = 143, .code = span_of("interrupted"),
                                       .message = span_of("stopped by signal 15")};
    list[n++] = (struct journal_entry){.type = JOURNAL_END, .time_ms = 2,
                                       .code = span_of(""), .message = span_of("")};
    return n;
}

static bool
is_same(const struct journal_entry *a, const struct journal_entry *b)
{
    bool groups = a->group_count == b->group_count;
    for (size_t i = 0; groups && i < a->group_count; i++)
        groups = a->groups[i].status == b->groups[i].status &&
                 a->groups[i].lost == b->groups[i].lost &&
                 a->groups[i].verdict == b->groups[i].verdict &&
                 a->groups[i].mask[0] == b->groups[i].mask[0] &&
                 a->groups[i].mask[1] == b->groups[i].mask[1];
    return groups && a->type == b->type && a->time_ms == b->time_ms &&
           a->call == b->call && a->slice.first == b->slice.first && a->slice.mask[0] == b->slice.mask[0] &&
           a->slice.mask[1] == b->slice.mask[1] && a->verdict == b->verdict &&
           a->http == b->http && span_equal(a->code, b->code) &&
           span_equal(a->message, b->message) && a->latency_us == b->latency_us &&
           a->sent == b->sent && a->first_item == b->first_item && a->items == b->items &&
           a->rows == b->rows && fingerprint_equal(a->fingerprint, b->fingerprint) &&
           a->exit_code == b->exit_code;
}

/* Write the entries; `ends` gets where each ends in the file. All before the first
 * `unsynced` ones are synced before those are written. */
static void
write_synced(const char *path, const struct journal_entry *list, size_t count,
             size_t unsynced, uint64_t *ends)
{
    struct err err = {0};
    struct stat st;
    (void)unlink(path);
    struct journal *journal = journal_create(path, &err);
    assert_no_error(err);
    for (size_t i = 0; i < count; i++) {
        if (i == count - unsynced)
            assert_int_equal(journal_sync(journal, &err), 0);
        journal_add(journal, &list[i]);
        assert_int_equal(journal_flush(journal, &err), 0);
        assert_int_equal(stat(path, &st), 0);
        ends[i] = (uint64_t)st.st_size;
    }
    assert_int_equal(journal_sync(journal, &err), 0);
    journal_free(journal);
}

static void
write_journal(const char *path, const struct journal_entry *list, size_t count,
              uint64_t *ends)
{
    write_synced(path, list, count, count + 1, ends);
}

static struct journal_entry written[ENTRIES_MAX];

static void
every_entry_comes_back(void **state)
{
    uint64_t ends[ENTRIES_MAX], whole = 0;
    struct reading reading;
    struct err err = {0};
    struct stat st;
    (void)state;
    size_t count = make_entries(written);
    const char *path = unit_path("journal");
    write_journal(path, written, count, ends);
    assert_int_equal(replay(path, &reading, &whole, &err), 0);
    assert_int_equal(reading.count, count);
    for (size_t i = 0; i < count; i++)
        unit_check(is_same(&reading.list[i], &written[i]), "entry %zu", i);
    assert_int_equal(whole, ends[count - 1]);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    reading_clear(&reading);
    assert_null(journal_create(path, &err));
    assert_error(err, EXIT_INTERNAL, "cannot make the journal");
}

static void
a_tail_torn_at_any_byte_is_left_out(void **state)
{
    uint64_t ends[ENTRIES_MAX];
    struct buf content = {0};
    (void)state;
    size_t count = make_entries(written);
    const char *path = unit_path("journal");
    write_journal(path, written, count, ends);
    unit_read(path, &content);
    for (size_t len = MAGIC_BYTES; len <= content.len; len++) {
        struct reading reading;
        struct err err = {0};
        uint64_t whole = 0;
        size_t expected = 0;
        while (expected < count && ends[expected] <= len)
            expected++;
        int rc = replay(unit_file("torn", content.data, len), &reading, &whole, &err);
        unit_check(rc == 0, "cut at %zu: %s", len, err.text);
        unit_check(reading.count == expected, "cut at %zu: %zu entries, not %zu", len,
                   reading.count, expected);
        assert_int_equal(whole, expected ? ends[expected - 1] : MAGIC_BYTES);
        reading_clear(&reading);
    }
    buf_clear(&content);
}

/* After a power cut a file may have its new length, but zeros for data. */
static void
a_tail_of_zeros_is_torn(void **state)
{
    static const size_t tails[] = {1, 4, 7, 8, 9, 16, 100, 4096, 65536, 70000, 200000};
    uint64_t ends[ENTRIES_MAX];
    struct buf content = {0};
    (void)state;
    size_t count = make_entries(written);
    const char *path = unit_path("journal");
    write_journal(path, written, count, ends);
    unit_read(path, &content);
    size_t len = content.len;
    for (size_t i = 0; i < UNIT_COUNT(tails); i++) {
        struct reading reading;
        struct err err = {0};
        uint64_t whole = 0;
        content.len = len;
        while (content.len < len + tails[i])
            buf_add_char(&content, '\0');
        int rc = replay(unit_file("zeros", content.data, content.len), &reading, &whole,
                        &err);
        unit_check(rc == 0, "%zu zeros: %s", tails[i], err.text);
        assert_int_equal(reading.count, count);
        assert_int_equal(whole, len);
        reading_clear(&reading);
    }
    buf_clear(&content);
}

/* A last entry whose bytes reached the disk in part. */
static void
a_last_entry_with_holes_is_torn(void **state)
{
    uint64_t ends[ENTRIES_MAX];
    struct buf content = {0};
    (void)state;
    size_t count = make_entries(written) - 1;
    const char *path = unit_path("journal");
    write_journal(path, written, count, ends);
    unit_read(path, &content);
    size_t start = ends[count - 2] + 8;
    for (size_t at = start; at < content.len; at++) {
        struct reading reading;
        struct err err = {0};
        uint64_t whole = 0;
        char kept = content.data[at];
        content.data[at] = (char)(kept ^ 0x20);
        int rc = replay(unit_file("hole", content.data, content.len), &reading, &whole,
                        &err);
        unit_check(rc == 0, "byte %zu: %s", at, err.text);
        assert_int_equal(reading.count, count - 1);
        assert_int_equal(whole, ends[count - 2]);
        reading_clear(&reading);
        content.data[at] = kept;
    }
    buf_clear(&content);
}

/* What was synced must not be forgotten: damage there is refused. */
static void
damage_of_what_was_safe_is_refused(void **state)
{
    static const unsigned char flips[] = {0x01, 0x02, 0x10, 0x40, 0x80, 0xff};
    uint64_t ends[ENTRIES_MAX];
    struct buf content = {0};
    size_t missed = 0, tried = 0, first_at = 0;
    (void)state;
    size_t count = make_entries(written);
    const char *path = unit_path("journal");
    write_synced(path, written, count, 1, ends);
    unit_read(path, &content);
    for (size_t e = 1; e + 2 < count; e++)
        for (size_t at = ends[e - 1]; at < ends[e]; at++)
            for (size_t f = 0; f < UNIT_COUNT(flips); f++) {
                /* All of the small entries, and of the big ones the frame. */
                if (at >= ends[e - 1] + 60)
                    break;
                struct reading reading;
                struct err err = {0};
                uint64_t whole = 0;
                content.data[at] = (char)(content.data[at] ^ flips[f]);
                int rc = replay(unit_file("damaged", content.data, content.len), &reading,
                                &whole, &err);
                tried++;
                if (rc == 0 && !missed++)
                    first_at = at - ends[e - 1];
                if (rc)
                    assert_error(err, EXIT_INTERNAL, "damaged at byte");
                reading_clear(&reading);
                content.data[at] = (char)(content.data[at] ^ flips[f]);
            }
    unit_check(missed == 0, "%zu of %zu damages are taken for a torn tail, the first at "
               "byte %zu of an entry", missed, tried, first_at);
    buf_clear(&content);
}

/* A power cut may keep a later page of what was written and lose an earlier one. */
static void
what_was_never_synced_may_have_holes(void **state)
{
    uint64_t ends[ENTRIES_MAX];
    struct buf content = {0};
    (void)state;
    size_t count = make_entries(written), safe = 4;
    const char *path = unit_path("journal");
    write_synced(path, written, count, count - safe, ends);
    unit_read(path, &content);
    for (size_t e = 1; e + 1 < count; e++) {
        struct reading reading;
        struct err err = {0};
        uint64_t whole = 0;
        size_t at = ends[e] - 1;
        content.data[at] = (char)~content.data[at];
        int rc = replay(unit_file("holed", content.data, content.len), &reading, &whole,
                        &err);
        unit_check(rc == (e < safe ? -1 : 0), "entry %zu: %s", e, err.text);
        if (rc == 0) {
            assert_int_equal(reading.count, e);
            assert_true(reading.holed);
            assert_true(whole >= ends[e - 1] && whole < ends[e]);
        }
        reading_clear(&reading);
        content.data[at] = (char)~content.data[at];
    }
    buf_clear(&content);
}

static void
other_files_are_refused(void **state)
{
    struct reading reading;
    struct err err = {0};
    uint64_t whole = 0;
    (void)state;
    assert_int_equal(replay(unit_text_file("other", "{\"not\":\"a journal\"}\n"),
                            &reading, &whole, &err), -1);
    assert_error(err, EXIT_INTERNAL, "is not a journal");
    reading_clear(&reading);
    err = (struct err){0};
    assert_int_equal(replay(unit_text_file("other", ""), &reading, &whole, &err), -1);
    assert_error(err, EXIT_INTERNAL, "is not a journal");
    reading_clear(&reading);
    err = (struct err){0};
    assert_int_equal(replay(unit_path("absent"), &reading, &whole, &err), -1);
    assert_error(err, EXIT_INTERNAL, "absent");
    reading_clear(&reading);
}

static void
goes_on_where_the_whole_entries_end(void **state)
{
    uint64_t ends[ENTRIES_MAX], whole = 0;
    struct buf content = {0};
    (void)state;
    size_t count = make_entries(written);
    const char *path = unit_path("journal");
    write_journal(path, written, count, ends);
    unit_read(path, &content);
    for (size_t cut = 0; cut < 12; cut++) {
        struct reading reading;
        struct err err = {0};
        const char *again = unit_file("again", content.data, ends[5] + cut);
        assert_int_equal(replay(again, &reading, &whole, &err), 0);
        reading_clear(&reading);
        assert_int_equal(whole, ends[5]);
        struct journal *journal = journal_reopen(again, whole, &err);
        assert_non_null(journal);
        journal_add(journal, &written[1]);
        journal_add(journal, &written[3]);
        assert_int_equal(journal_sync(journal, &err), 0);
        journal_add(journal, &written[9]);              /* never handed over */
        journal_free(journal);
        assert_int_equal(replay(again, &reading, &whole, &err), 0);
        assert_int_equal(reading.count, 8);
        assert_true(is_same(&reading.list[5], &written[5]));
        assert_true(is_same(&reading.list[6], &written[1]));
        assert_true(is_same(&reading.list[7], &written[3]));
        reading_clear(&reading);
    }
    struct err err = {0};
    assert_null(journal_reopen(unit_path("absent"), 0, &err));
    assert_error(err, EXIT_INTERNAL, "absent");
    buf_clear(&content);
}

static int
refuse_third(const struct journal_entry *entry, void *context, struct err *err)
{
    size_t *count = context;
    (void)entry;
    return ++*count == 3 ? err_set(err, EXIT_INPUT, "no more") : 0;
}

static void
stops_where_the_reader_refuses(void **state)
{
    uint64_t ends[ENTRIES_MAX];
    struct journal_tail tail;
    size_t seen = 0;
    struct err err = {0};
    (void)state;
    const char *path = unit_path("journal");
    write_journal(path, written, make_entries(written), ends);
    assert_int_equal(journal_replay(path, refuse_third, &seen, &tail, &err), -1);
    assert_error(err, EXIT_INPUT, "no more");
    assert_int_equal(seen, 3);
}

/* The frame of a payload: its length and checksum. */
static void
add_frame(struct buf *file, const char *payload, size_t len)
{
    unsigned long sum = crc32(0, (const Bytef *)payload, (uInt)len);
    for (int i = 0; i < 4; i++)
        buf_add_char(file, (char)(len >> 8 * i & 0xff));
    for (int i = 0; i < 4; i++)
        buf_add_char(file, (char)(sum >> 8 * i & 0xff));
    buf_add(file, payload, len);
}

/* Entries that are numbered, more than any window holds. */
enum { LONG = 7000 };

static int
count_verdict(const struct journal_entry *entry, void *context, struct err *err)
{
    uint32_t *count = context;
    (void)err;
    assert_int_equal(entry->type, JOURNAL_VERDICT);
    assert_int_equal(entry->verdict, (*count)++);
    assert_int_equal(entry->message.len, 500 + entry->verdict % 500);
    return 0;
}

static void
a_long_journal_is_read_in_pieces(void **state)
{
    const char *path = unit_path("long-journal");
    static char words[1000];
    struct err err = {0};
    struct journal_tail tail;
    uint32_t count = 0;
    (void)state;
    memset(words, 'w', sizeof(words));
    (void)unlink(path);
    struct journal *journal = journal_create(path, &err);
    for (uint32_t i = 0; i < LONG; i++) {
        if (i == LONG - 1)
            assert_int_equal(journal_sync(journal, &err), 0);
        journal_add(journal, &(struct journal_entry){.type = JOURNAL_VERDICT,
                                                     .verdict = i,
                                                     .code = span_of("C"),
                                                     .message = {words, 500 + i % 500}});
    }
    assert_int_equal(journal_flush(journal, &err), 0);
    journal_free(journal);
    struct buf content = {0};
    unit_read(path, &content);
    assert_true(content.len > 5 << 20);
    assert_int_equal(journal_replay(path, count_verdict, &count, &tail, &err), 0);
    assert_no_error(err);
    assert_int_equal(count, LONG);
    assert_int_equal(tail.whole_bytes, content.len);
    /* Torn at its end; damaged wherever a window may begin or end. */
    path = unit_file("long-journal", content.data, content.len - 1);
    count = 0;
    assert_int_equal(journal_replay(path, count_verdict, &count, &tail, &err), 0);
    assert_int_equal(count, LONG - 1);
    for (size_t at = 1 << 20; at < content.len - 2000; at += (1 << 19) - 100) {
        content.data[at] ^= 4;
        path = unit_file("long-journal", content.data, content.len);
        count = 0;
        err = (struct err){0};
        assert_int_equal(journal_replay(path, count_verdict, &count, &tail, &err), -1);
        assert_error(err, EXIT_INTERNAL, "damaged at byte ");
        content.data[at] ^= 4;
    }
    buf_clear(&content);
}

/* A START is a type and eight bytes: one less or more is no entry, whatever its sum. */
static void
entries_have_their_length(void **state)
{
    static const char payload[] = "S\1\0\0\0\0\0\0\0\0";
    (void)state;
    for (size_t len = 1; len < sizeof(payload); len++) {
        struct buf file = {0};
        struct reading reading;
        struct err err = {0};
        uint64_t whole = 0;
        buf_add_text(&file, "unhitch journal 1\n");
        add_frame(&file, payload, len);
        int rc = replay(unit_file("length", file.data, file.len), &reading, &whole, &err);
        unit_check(rc == (len == 9 ? 0 : -1), "%zu bytes", len);
        reading_clear(&reading);
        buf_clear(&file);
    }
}

/* Payloads of chance with a true checksum: refused or read, never more than is there. */
static void
reads_no_more_than_an_entry_holds(void **state)
{
    static const char types[] = "PBISVAREX";
    struct dice dice = {15};
    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        char payload[80];
        size_t len = 1 + dice_below(&dice, sizeof(payload) - 1);
        struct buf file = {0};
        struct reading reading;
        struct err err = {0};
        uint64_t whole = 0;
        for (size_t i = 0; i < len; i++)
            payload[i] = (char)dice_below(&dice, round % 2 ? 256 : 4);
        payload[0] = types[dice_below(&dice, sizeof(types) - 1)];
        buf_add_text(&file, "unhitch journal 1\n");
        add_frame(&file, payload, len);
        if (replay(unit_file("chance", file.data, file.len), &reading, &whole, &err))
            assert_error(err, EXIT_INTERNAL, NULL);
        reading_clear(&reading);
        buf_clear(&file);
    }
}

/* A run killed before its journal began has sent nothing. */
static void
a_journal_may_be_blank(void **state)
{
    uint64_t ends[ENTRIES_MAX];
    struct buf content = {0};
    (void)state;
    size_t count = make_entries(written);
    const char *path = unit_path("journal");
    write_journal(path, written, count, ends);
    unit_read(path, &content);
    assert_true(journal_is_blank(unit_path("absent")));
    for (size_t len = 0; len < ends[1]; len++) {
        bool blank = journal_is_blank(unit_file("blank", content.data, len));
        unit_check(blank == (len < ends[0]), "cut at %zu", len);
    }
    assert_false(journal_is_blank(path));
    assert_false(journal_is_blank(unit_text_file("blank", "something else")));
    /* Zeros where the first sync should have put something, in whole or in part. */
    memset(content.data, 0, MAGIC_BYTES);
    assert_true(journal_is_blank(unit_file("blank", content.data, ends[1])));
    memset(content.data, 0, ends[1]);
    assert_true(journal_is_blank(unit_file("blank", content.data, 10)));
    assert_true(journal_is_blank(unit_file("blank", content.data, ends[1])));
    /* Zeros where it was safe. */
    write_synced(path, written, 2, 1, ends);
    buf_reset(&content);
    unit_read(path, &content);
    memset(content.data, 0, MAGIC_BYTES + 20);
    assert_false(journal_is_blank(unit_file("blank", content.data, content.len)));
    buf_clear(&content);
}

static uint64_t
number_at(const char *at, size_t bytes)
{
    uint64_t number = 0;
    while (bytes--)
        number = number << 8 | (unsigned char)at[bytes];
    return number;
}

/* The longest way from where the journal says that it was safe to the end of an entry. */
static uint64_t
longest_tail(const struct buf *content)
{
    uint64_t safe = 0, longest = 0;
    for (size_t at = MAGIC_BYTES; at < content->len;) {
        size_t end = at + 8 + number_at(content->data + at, 4);
        if (content->data[at + 8] == 'Y')
            safe = number_at(content->data + at + 9, 8);
        longest = end - safe > longest ? end - safe : longest;
        at = end;
    }
    return longest;
}

/* Long words, and nobody who has them synced: what may be torn stays short. */
static void
what_is_not_on_disk_stays_short(void **state)
{
    char words[MESSAGE_BYTES_MAX];
    struct journal_entry entry = {.type = JOURNAL_VERDICT, .code = span_of("NOT_FOUND"),
                                  .message = {words, sizeof(words)}};
    struct err err = {0};
    (void)state;
    memset(words, 'w', sizeof(words));
    for (unsigned round = 0; round < 2; round++) {
        struct buf content = {0};
        uint64_t request;
        const char *path = unit_path("journal");
        (void)unlink(path);
        struct journal *journal = journal_create(path, &err);
        if (round) /* with a thread that syncs, too */
            assert_int_equal(journal_sync_begin(journal, &request, &err), 0);
        for (uint32_t i = 0; i < 6000; i++) {
            entry.verdict = i;
            journal_add(journal, &entry);
            assert_int_equal(journal_flush_much(journal, &err), 0);
            if (i % 100 == 0)
                assert_int_equal(journal_flush(journal, &err), 0);
        }
        assert_int_equal(journal_flush(journal, &err), 0);
        journal_free(journal);
        unit_read(path, &content);
        assert_true(content.len > 6000000);
        uint64_t longest = longest_tail(&content);
        unit_check(longest < 3 << 19, "%llu bytes", (unsigned long long)longest);
        buf_clear(&content);
    }
}

void
test_journal(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_comes_back),
        cmocka_unit_test(a_tail_torn_at_any_byte_is_left_out),
        cmocka_unit_test(a_tail_of_zeros_is_torn),
        cmocka_unit_test(a_last_entry_with_holes_is_torn),
        cmocka_unit_test(damage_of_what_was_safe_is_refused),
        cmocka_unit_test(what_was_never_synced_may_have_holes),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(goes_on_where_the_whole_entries_end),
        cmocka_unit_test(stops_where_the_reader_refuses),
        cmocka_unit_test(a_long_journal_is_read_in_pieces),
        cmocka_unit_test(entries_have_their_length),
        cmocka_unit_test(reads_no_more_than_an_entry_holds),
        cmocka_unit_test(a_journal_may_be_blank),
        cmocka_unit_test(what_is_not_on_disk_stays_short),
    };
    unit_run(tally, "journal", tests, UNIT_COUNT(tests));
}
