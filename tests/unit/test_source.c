#include "unit.h"

#include "base/mem.h"
#include "input/inflow.h"
#include "input/source.h"

#include <unistd.h>
#include <zlib.h>

static void
add_member(struct buf *out, const char *bytes, size_t len)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    size_t most = deflateBound(&z, len) + 32;
    buf_reserve(out, most);
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)len;
    z.next_out = (Bytef *)out->data + out->len;
    z.avail_out = (uInt)most;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len += z.total_out;
    (void)deflateEnd(&z);
}

/* Everything in the file; 0, or -1 if it is refused. */
static int
read_source(const char *path, struct buf *out, struct fingerprint *print, struct err *err)
{
    struct source *source = source_open(path, "t", err);
    int more = source ? 1 : -1;
    while (more == 1) {
        more = source_more(source, err);
        struct span window = source_window(source);
        buf_add(out, window.ptr, more == 1 ? window.len : 0);
        if (more == 1)
            source_consume(source, window.len);
    }
    if (source)
        *print = source_fingerprint(source);
    source_free(source);
    return more;
}

static void
expect(const struct buf *file, const char *content)
{
    struct buf out = {0};
    struct err err = {0};
    struct fingerprint print = {0, 0};
    int rc = read_source(unit_file("s.gz", file->data, file->len), &out, &print, &err);
    if (content) {
        assert_no_error(err);
        assert_int_equal(rc, 0);
        buf_add(&out, "", 0);
        assert_string_equal(out.data, content);
        assert_int_equal(print.bytes, file->len);
    } else {
        assert_int_equal(rc, -1);
        assert_error(err, EXIT_INPUT, "damaged gzip stream");
    }
    buf_clear(&out);
}

static void
reads_gzip_members(void **state)
{
    struct buf file = {0};
    (void)state;
    add_member(&file, "one\n", 4);
    expect(&file, "one\n");
    add_member(&file, "two\n", 4);
    expect(&file, "one\ntwo\n");
    add_member(&file, "", 0);
    add_member(&file, "three", 5);
    expect(&file, "one\ntwo\nthree");
    size_t len = file.len;
    for (size_t zeros = 1; zeros < 20; zeros++) {
        buf_add_char(&file, '\0');
        expect(&file, "one\ntwo\nthree");
    }
    file.len = len;
    buf_add_char(&file, 'x');
    expect(&file, NULL);
    file.len = len;
    buf_add_text(&file, "\x1f");
    expect(&file, NULL);
    file.len = len;
    buf_add_text(&file, "\x1f\x8b");
    expect(&file, NULL);
    file.len = len;
    buf_add(&file, "\0\0more", 6);
    expect(&file, NULL);
    buf_clear(&file);
}

static void
refuses_a_stream_cut_at_any_byte(void **state)
{
    struct buf file = {0}, text = {0};
    (void)state;
    for (unsigned i = 0; i < 200; i++)
        buf_addf(&text, "%u,%u\n", i, i * 7919 % 1000);
    add_member(&file, text.data, 30);
    size_t first = file.len;
    add_member(&file, text.data + 30, text.len - 30);
    for (size_t len = 2; len < file.len; len++) {
        struct buf cut = {file.data, len, len};
        struct buf out = {0};
        struct err err = {0};
        struct fingerprint print;
        int rc = read_source(unit_file("cut.gz", cut.data, cut.len), &out, &print, &err);
        unit_check(rc == (len == first ? 0 : -1), "cut at %zu", len);
        if (rc)
            assert_error(err, EXIT_INPUT, "damaged gzip stream");
        buf_clear(&out);
    }
    buf_clear(&file);
    buf_clear(&text);
}

static void
refuses_damage_at_any_byte(void **state)
{
    struct buf file = {0}, text = {0};
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        buf_addf(&text, "%u,%u\n", i, i * 7919 % 1000);
    add_member(&file, text.data, text.len);
    /* Behind the header, of which some bytes mean nothing; the last byte of the data may
     * hold padding. */
    for (size_t at = 10; at < file.len; at += at + 10 == file.len ? 2 : 1)
        for (unsigned bit = 0; bit < 8; bit += 3) {
            struct buf out = {0};
            struct err err = {0};
            struct fingerprint print;
            file.data[at] = (char)(file.data[at] ^ (1 << bit));
            int rc = read_source(unit_file("bad.gz", file.data, file.len), &out, &print,
                                 &err);
            unit_check(rc == -1, "byte %zu, bit %u", at, bit);
            file.data[at] = (char)(file.data[at] ^ (1 << bit));
            buf_clear(&out);
        }
    buf_clear(&file);
    buf_clear(&text);
}

static void
inflates_more_than_a_window(void **state)
{
    enum { BYTES = 3 << 20 };
    struct buf file = {0}, text = {0}, out = {0};
    struct err err = {0};
    struct fingerprint print;
    struct dice dice = {5};
    (void)state;
    buf_reserve(&text, BYTES);
    while (text.len < BYTES)
        buf_add_char(&text, (char)('a' + dice_below(&dice, 26)));
    add_member(&file, text.data, text.len / 2);
    add_member(&file, text.data + text.len / 2, text.len - text.len / 2);
    assert_int_equal(read_source(unit_file("big.gz", file.data, file.len), &out, &print,
                                 &err), 0);
    assert_int_equal(out.len, text.len);
    assert_memory_equal(out.data, text.data, text.len);
    assert_int_equal(print.bytes, file.len);
    buf_clear(&file);
    buf_clear(&text);
    buf_clear(&out);
}

/* What is not consumed stays at the front of the window. */
static void
keeps_what_is_not_consumed(void **state)
{
    struct buf text = {0};
    struct err err = {0};
    (void)state;
    for (unsigned i = 0; text.len < 700000; i++)
        buf_addf(&text, "%u ", i);
    struct source *source = source_open(unit_file("w.txt", text.data, text.len), "w",
                                        &err);
    size_t at = 0, step = 1;
    assert_string_equal(source_name(source), "w");
    for (;;) {
        int more = source_more(source, &err);
        struct span window = source_window(source);
        assert_memory_equal(window.ptr, text.data + at, window.len);
        if (more == 0)
            break;
        assert_int_equal(more, 1);
        step = window.len / 2;
        source_consume(source, step);
        at += step;
    }
    assert_int_equal(at + source_window(source).len, text.len);
    source_free(source);
    buf_clear(&text);
}

/* Bytes that come in dribbles (a pipe) have the fingerprint of the whole file. */
static void
the_fingerprint_does_not_depend_on_reads(void **state)
{
    struct buf text = {0}, out = {0};
    struct err err = {0};
    struct fingerprint whole, piped;
    int ends[2];
    (void)state;
    for (unsigned i = 0; text.len < 5000; i++)
        buf_addf(&text, "%u,", i);
    assert_int_equal(read_source(unit_file("p.txt", text.data, text.len), &out, &whole,
                                 &err), 0);
    buf_reset(&out);
    assert_int_equal(pipe(ends), 0);
    for (size_t at = 0; at < text.len; at += 100)
        assert_true(write(ends[1], text.data + at, text.len - at < 100 ? text.len - at
                                                                        : 100) > 0);
    (void)close(ends[1]);
    int kept = dup(STDIN_FILENO);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    int rc = read_source("-", &out, &piped, &err);
    (void)dup2(kept, STDIN_FILENO);
    (void)close(kept);
    (void)close(ends[0]);
    assert_int_equal(rc, 0);
    assert_true(fingerprint_equal(whole, piped));
    assert_int_equal(out.len, text.len);
    buf_clear(&text);
    buf_clear(&out);
}

/* The same without a thread: chunk by chunk. */
static int
read_inflow(const char *path, struct buf *out, struct fingerprint *print, struct err *err)
{
    struct chunk *chunk = mem_alloc(1, sizeof(*chunk));
    chunk->bytes = mem_alloc(1, CHUNK_BYTES);
    struct inflow *inflow = inflow_open(path, "t", err);
    do {
        inflow_next(inflow, chunk);
        buf_add(out, chunk->bytes, chunk->len);
    } while (chunk->more == 1);
    *err = chunk->err;
    *print = chunk->fingerprint;
    int more = chunk->more;
    inflow_free(inflow);
    free(chunk->bytes);
    free(chunk);
    return more;
}

static void
compare_with_thread(const struct buf *file)
{
    struct buf plain = {0}, ahead = {0};
    struct err plain_err = {0}, ahead_err = {0};
    struct fingerprint plain_print = {0, 0}, ahead_print = {0, 0};
    const char *path = unit_file("ahead", file->data, file->len);
    int rc = read_inflow(path, &plain, &plain_print, &plain_err);
    assert_int_equal(read_source(path, &ahead, &ahead_print, &ahead_err), rc);
    assert_int_equal(ahead.len, plain.len);
    assert_memory_equal(ahead.data, plain.data, plain.len);
    assert_true(fingerprint_equal(plain_print, ahead_print));
    assert_int_equal(ahead_err.exit_code, plain_err.exit_code);
    assert_string_equal(ahead_err.text, plain_err.text);
    buf_clear(&plain);
    buf_clear(&ahead);
}

/* Large files are read on a thread: the same bytes, the same end, the same error. */
static void
reading_ahead_changes_nothing(void **state)
{
    struct buf text = {0}, packed = {0};
    struct dice dice = {99};
    (void)state;
    while (text.len < 3u << 20)
        buf_add_char(&text, (char)(dice_roll(&dice) & 0xff));
    add_member(&packed, text.data, text.len / 2);
    add_member(&packed, text.data + text.len / 2, text.len - text.len / 2);
    compare_with_thread(&text);
    compare_with_thread(&packed);
    size_t whole = packed.len;
    for (size_t i = 0; i < 6; i++) {
        packed.len = whole - dice_below(&dice, whole / 2);
        compare_with_thread(&packed);
        packed.len = whole;
        size_t at = dice_below(&dice, whole);
        packed.data[at] ^= 0x10;
        compare_with_thread(&packed);
        packed.data[at] ^= 0x10;
    }
    buf_clear(&text);
    buf_clear(&packed);
}

/* Journals of earlier versions hold fingerprints: their runs are resumed only if the same
 * file still has the same one. */
static void
fingerprints_do_not_change(void **state)
{
    enum { BLOCK = 1 << 18, MORE = 1000 };
    struct buf text = {0}, out = {0};
    struct err err = {0};
    struct fingerprint print = {0, 0};
    (void)state;
    while (text.len < BLOCK + MORE)
        buf_addf(&text, "%zu,", text.len);
    text.len = BLOCK + MORE;
    uint64_t hash = text_hash_long(text.data, BLOCK) * 31 +
                    text_hash_long(text.data + BLOCK, MORE);
    assert_int_equal(read_source(unit_file("f", text.data, text.len), &out, &print, &err),
                     0);
    assert_true(print.bytes == BLOCK + MORE && print.hash == hash);
    buf_clear(&text);
    buf_clear(&out);
}

/* Whoever stops in the middle of a large file leaves nothing behind. */
static void
a_large_file_may_be_left_unread(void **state)
{
    struct buf text = {0};
    struct err err = {0};
    (void)state;
    while (text.len < 3u << 20)
        buf_add_text(&text, "1,2,3\n");
    for (int chunks = 0; chunks < 8; chunks++) {
        struct source *source = source_open(unit_file("left", text.data, text.len), "t",
                                            &err);
        for (int i = 0; i < chunks; i++)
            assert_int_equal(source_more(source, &err), 1);
        source_free(source);
    }
    assert_no_error(err);
    buf_clear(&text);
}

void
test_source(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_gzip_members),
        cmocka_unit_test(refuses_a_stream_cut_at_any_byte),
        cmocka_unit_test(refuses_damage_at_any_byte),
        cmocka_unit_test(inflates_more_than_a_window),
        cmocka_unit_test(keeps_what_is_not_consumed),
        cmocka_unit_test(the_fingerprint_does_not_depend_on_reads),
        cmocka_unit_test(reading_ahead_changes_nothing),
        cmocka_unit_test(a_large_file_may_be_left_unread),
        cmocka_unit_test(fingerprints_do_not_change),
    };
    unit_run(tally, "source", tests, UNIT_COUNT(tests));
}
