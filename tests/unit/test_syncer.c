#include "unit.h"

#include "base/syncer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

static bool
is_readable(int fd, int timeout_ms)
{
    struct pollfd waited = {.fd = fd, .events = POLLIN};
    return poll(&waited, 1, timeout_ms) == 1;
}

static void
fulfils_requests_in_order(void **state)
{
    struct err err = {0};
    int error = 0;
    int fd = open(unit_path("synced"), O_RDWR | O_CREAT, 0600);
    (void)state;
    struct syncer *syncer = syncer_open(fd, &err);
    assert_no_error(err);
    assert_int_equal(syncer_done(syncer, &error), 0);
    assert_int_equal(syncer_wait(syncer), 0);
    assert_false(is_readable(syncer_fd(syncer), 0));
    for (uint64_t i = 1; i <= 100; i++) {
        assert_int_equal(write(fd, "x", 1), 1);
        assert_int_equal(syncer_ask(syncer), i);
        if (i % 3)
            continue;
        /* Whoever heeds and then looks hears of every request. */
        while (syncer_done(syncer, &error) < i) {
            assert_true(is_readable(syncer_fd(syncer), 10000));
            syncer_heed(syncer);
        }
        assert_int_equal(error, 0);
    }
    assert_int_equal(syncer_wait(syncer), 0);
    assert_int_equal(syncer_done(syncer, &error), 100);
    syncer_heed(syncer);
    assert_false(is_readable(syncer_fd(syncer), 0));
    (void)syncer_ask(syncer);
    syncer_free(syncer);
    assert_int_equal(write(fd, "x", 1), 1); /* the file was only borrowed */
    (void)close(fd);
}

/* A pipe cannot be synced. What failed once stays failed: the bytes may be gone. */
static void
a_failure_stays(void **state)
{
    struct err err = {0};
    int ends[2], error = 0;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    struct syncer *syncer = syncer_open(ends[1], &err);
    assert_no_error(err);
    for (int i = 0; i < 3; i++) {
        (void)syncer_ask(syncer);
        assert_int_equal(syncer_wait(syncer), EINVAL);
        assert_int_equal(syncer_done(syncer, &error), 0);
        assert_int_equal(error, EINVAL);
    }
    assert_true(is_readable(syncer_fd(syncer), 10000));
    syncer_free(syncer);
    syncer_free(NULL);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

void
test_syncer(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(fulfils_requests_in_order),
        cmocka_unit_test(a_failure_stays),
    };
    unit_run(tally, "syncer", tests, UNIT_COUNT(tests));
}
