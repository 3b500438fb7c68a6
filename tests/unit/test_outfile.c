#include "unit.h"

#include "report/outfile.h"

#include <unistd.h>
#include <zlib.h>

/* More than is written before the disk is asked for, in pieces of all sizes. */
static void
writes_large_files(void **state)
{
    enum { PIECES = 3000 };
    static char piece[10000];
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(piece); i++)
        piece[i] = (char)('a' + i % 26);
    for (int gzip = 0; gzip < 2; gzip++) {
        const char *path = unit_path("large");
        size_t written = 0, left = 0, got;
        char dir[400], block[4096];
        (void)snprintf(dir, sizeof(dir), "%.*s", (int)(strlen(path) - strlen("/large")), path);
        struct outfile *file = outfile_open(dir, gzip ? "packed" : "large", gzip, &err);
        assert_no_error(err);
        for (size_t i = 0; i < PIECES; i++) {
            size_t len = i * 7 % sizeof(piece);
            if (i % 2)
                buf_add(outfile_buffer(file), piece, len);
            assert_int_equal(i % 2 ? outfile_flush(file, &err)
                                   : outfile_write(file, piece, len, &err), 0);
            written += len;
        }
        assert_int_equal(outfile_finish(file, &err), 0);
        assert_int_not_equal(access(path, F_OK) == 0 && !gzip, 1);
        assert_int_equal(outfile_publish(file, &err), 0);
        gzFile in = gzopen(outfile_path(file), "rb"); /* reads plain files too */
        for (size_t i = 0; i < PIECES; i++)
            for (left = i * 7 % sizeof(piece); left; left -= got) {
                size_t len = left < sizeof(block) ? left : sizeof(block);
                got = (size_t)gzread(in, block, (unsigned)len);
                assert_int_equal(got, len);
                assert_memory_equal(block, piece + i * 7 % sizeof(piece) - left, got);
                written -= got;
            }
        assert_int_equal(gzread(in, block, 1), 0);
        assert_int_equal(written, 0);
        (void)gzclose(in);
        outfile_free(file);
    }
}

/* What the helper cannot write is told at the latest when the file is finished. */
static void
tells_of_a_full_disk(void **state)
{
    static char piece[10000];
    (void)state;
    for (size_t pieces = 1; pieces < 200; pieces = pieces * 3 + 1)
        for (int gzip = 0; gzip < 2; gzip++) {
            struct err err = {0};
            const char *path = unit_path("full");
            char dir[400], link[500];
            (void)snprintf(dir, sizeof(dir), "%.*s", (int)(strlen(path) - strlen("/full")),
                           path);
            (void)snprintf(link, sizeof(link), "%s%s.tmp", path, gzip ? ".gz" : "");
            (void)unlink(link);
            assert_int_equal(symlink("/dev/full", link), 0);
            for (size_t i = 0; i < sizeof(piece); i++)
                piece[i] = (char)(i * i * pieces % 251);
            struct outfile *file = outfile_open(dir, "full", gzip, &err);
            int rc = 0;
            for (size_t i = 0; i < pieces && rc == 0; i++)
                rc = outfile_write(file, piece, sizeof(piece), &err);
            assert_int_equal(rc ? rc : outfile_finish(file, &err), -1);
            assert_error(err, EXIT_INTERNAL, "full");
            assert_error(err, EXIT_INTERNAL, "No space left");
            outfile_free(file);
        }
}

void
test_outfile(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_large_files),
        cmocka_unit_test(tells_of_a_full_disk),
    };
    unit_run(tally, "outfile", tests, UNIT_COUNT(tests));
}
