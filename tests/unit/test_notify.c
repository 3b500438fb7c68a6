/* The command that is told: in bounded time, ended with all it started. */
#include "unit.h"

#include "base/clock.h"
#include "cli/notify.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

static int
send_to(const char *command, int64_t limit_ms, struct err *err)
{
    struct notice notice = {.command = command,
                            .summary = "{\"rows\": 1}\n",
                            .exit_code = 4,
                            .status = "failed",
                            .job = "nightly",
                            .run_dir = "/srv/runs/nightly"};
    return notify_send(&notice, limit_ms, err);
}

static void
gets_the_summary_and_the_facts(void **state)
{
    struct err err = {0};
    struct buf content = {0}, command = {0};
    const char *path = unit_path("told");
    (void)state;
    (void)setenv("ZOHO_ACCESS_TOKEN", "1000.5ecre7", 1);
    (void)setenv("UNHITCH_STATUS", "inherited", 1);
    buf_addf(&command,
             "{ cat; echo $UNHITCH_STATUS $UNHITCH_EXIT_CODE $UNHITCH_JOB "
             "$UNHITCH_RUN_DIR/${ZOHO_ACCESS_TOKEN-none}; } >'%s'",
             path);
    assert_int_equal(send_to(command.data, 10000, &err), 0);
    (void)unsetenv("ZOHO_ACCESS_TOKEN");
    (void)unsetenv("UNHITCH_STATUS");
    unit_read(path, &content);
    assert_string_equal(content.data,
                        "{\"rows\": 1}\nfailed 4 nightly /srv/runs/nightly/none\n");
    buf_clear(&content);
    buf_clear(&command);
}

static void
says_how_it_failed(void **state)
{
    static const struct {
        const char *command, *words;
    } cases[] = {
        {"exit 7", "it exited with 7"},
        {"kill -9 $$", "it was ended by signal 9"},
        {"exec /no/such/command 2>/dev/null", "it exited with 127"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct err err = {0};
        assert_int_equal(send_to(cases[i].command, 10000, &err), -1);
        assert_error(err, EXIT_INTERNAL, cases[i].words);
    }
}

/* Whether a group of processes is gone, after a while at most. */
static bool
is_gone(pid_t group)
{
    const struct timespec nap = {0, 10000000};
    for (int i = 0; i < 500; i++) {
        if (kill(-group, 0) && errno == ESRCH)
            return true;
        (void)nanosleep(&nap, NULL);
    }
    return false;
}

/* A command that hangs, that hangs with children, that will not be asked to end. */
static void
is_ended_when_its_time_is_over(void **state)
{
    static const char *const commands[] = {"sleep 300", "sleep 300 & sleep 300; true",
                                           "trap '' TERM; sleep 300 & sleep 300; true"};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(commands); i++) {
        struct err err = {0};
        struct buf command = {0}, pid = {0};
        unsigned long long group = 0;
        const char *path = unit_path("pid");
        int64_t start_ms = clock_mono_ms();
        buf_addf(&command, "echo $$ >'%s'; %s", path, commands[i]);
        assert_int_equal(send_to(command.data, 300, &err), -1);
        assert_error(err, EXIT_INTERNAL, "had not ended after 0 s and was stopped");
        assert_true(clock_mono_ms() - start_ms < 300 + NOTIFY_GRACE_MS + 3000);
        unit_read(path, &pid);
        assert_true(text_number((struct span){pid.data, pid.len - 1}, 1u << 30, &group));
        unit_check(is_gone((pid_t)group), "%s: left behind", commands[i]);
        buf_clear(&command);
        buf_clear(&pid);
    }
}

static void
knows_that_it_is_nested(void **state)
{
    (void)state;
    assert_false(notify_is_nested());
    (void)setenv("UNHITCH_STATUS", "stopped", 1);
    assert_true(notify_is_nested());
    (void)unsetenv("UNHITCH_STATUS");
}

void
test_notify(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(gets_the_summary_and_the_facts),
        cmocka_unit_test(says_how_it_failed),
        cmocka_unit_test(is_ended_when_its_time_is_over),
        cmocka_unit_test(knows_that_it_is_nested),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    unit_run(tally, "notify", tests, UNIT_COUNT(tests));
    (void)signal(SIGPIPE, SIG_DFL);
}
