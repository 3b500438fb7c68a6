/* The table of runs at several widths, and what it says to type next. */
#include "unit.h"

#include "base/terminal.h"
#include "report/run_table.h"

#include <jansson.h>

static struct run_record runs[] = {
    {.name = (char *)"nightly-20261124T020000Z",
     .state = RUN_FINISHED,
     .started = "2026-11-24T02:00:01.125Z",
     .rows = 12000,
     .by_status = {[STATUS_SUCCESS] = 12000},
     .calls = 120,
     .seconds = 62,
     .stop_code = (char *)"",
     .parent = (char *)"",
     .job = (char *)""},
    {.name = (char *)"nightly-20261123T020000Z",
     .state = RUN_STOPPED,
     .started = "2026-11-23T02:00:00.000Z",
     .rows = 10,
     .by_status = {[STATUS_SUCCESS] = 4, [STATUS_UNSENT] = 6},
     .calls = 1,
     .seconds = 0.5,
     .exit_code = 8,
     .stop_code = (char *)"budget",
     .parent = (char *)"",
     .job = (char *)""},
    {.name = (char *)"caf\xc3\xa9 run",
     .state = RUN_FINISHED,
     .started = "2026-11-22T02:00:00.000Z",
     .rows = 10,
     .by_status = {[STATUS_SUCCESS] = 7, [STATUS_FAILED] = 2, [STATUS_UNKNOWN] = 1},
     .retryable = 2,
     .calls = 3,
     .seconds = 3,
     .exit_code = 4,
     .stop_code = (char *)"",
     .parent = (char *)"",
     .job = (char *)""},
    {.name = (char *)"k",
     .state = RUN_UNFINISHED,
     .started = "2026-11-21T02:00:00.000Z",
     .stop_code = (char *)"",
     .parent = (char *)"",
     .job = (char *)""},
    {.name = (char *)"u",
     .state = RUN_STOPPED,
     .in_use = true,
     .started = "2026-11-20T02:00:00.000Z",
     .stop_code = (char *)"budget",
     .parent = (char *)"",
     .job = (char *)""},
};

static const struct run_list list = {runs, UNIT_COUNT(runs), 0};

static void
the_table_in_full(void **state)
{
    static const char wanted[] =
        "RUN                       STARTED (UTC)     STATE            EXIT    ROWS  "
        "SUCCESS  FAILED  UNKNOWN  REJECTED  UNSENT  CALLS   TIME\n"
        "nightly-20261124T020000Z  2026-11-24 02:00  finished            0  12,000   "
        "12,000       0        0         0       0    120  1m02s\n"
        "nightly-20261123T020000Z  2026-11-23 02:00  stopped: budget     8      10     "
        "   4       0        0         0       6      1  500ms\n"
        "  -> unhitch resume runs/nightly-20261123T020000Z\n"
        "caf\xc3\xa9 run                  2026-11-22 02:00  finished            4      10 "
        "       7       2        1         0       0      3   3.0s\n"
        "  -> unhitch retry 'runs/caf\xc3\xa9 run'\n"
        "k                         2026-11-21 02:00  unfinished          -       -     "
        "   -       -        -         -       -      -      -\n"
        "  -> unhitch resume runs/k\n"
        "u                         2026-11-20 02:00  in use              0       0     "
        "   0       0        0         0       0      0    0ms\n";
    struct run_table_style style = {SIZE_MAX, true, false};
    struct buf out = {0};
    (void)state;
    run_table_add("runs", &list, &style, &out);
    unit_check(strcmp(out.data, wanted) == 0, "\n%s\n%s", out.data, wanted);
    buf_clear(&out);
}

static void
a_narrow_table(void **state)
{
    static const char wanted[] =
        "RUN                       STATE            EXIT\n"
        "nightly-20261124T020000Z  finished            0\n"
        "nightly-20261123T020000Z  stopped: budget     8\n"
        "  -> unhitch resume runs/nightly-20261123T020000Z\n"
        "caf? run                  finished            4\n"
        "  -> unhitch retry 'runs/caf\xc3\xa9 run'\n"
        "k                         unfinished          -\n"
        "  -> unhitch resume runs/k\n"
        "u                         in use              0\n";
    struct run_table_style style = {50, false, false};
    struct buf out = {0};
    (void)state;
    run_table_add("runs", &list, &style, &out);
    unit_check(strcmp(out.data, wanted) == 0, "\n%s\n%s", out.data, wanted);
    buf_clear(&out);
}

/* Lines of the table itself: commands to copy are never cut. */
static void
fits_every_width(void **state)
{
    (void)state;
    for (size_t width = 1; width <= 200; width++) {
        struct run_table_style style = {width, width % 2, false};
        struct buf out = {0};
        run_table_add("runs/", &list, &style, &out);
        for (const char *line = out.data; *line; line += strcspn(line, "\n") + 1) {
            struct span text = {line, strcspn(line, "\n")};
            unit_check(terminal_cells(text) <= width || span_starts(text, "  -> "),
                       "width %zu: %.*s", width, (int)text.len, line);
        }
        assert_true(text_is_utf8(out.data, out.len));
        buf_clear(&out);
    }
}

static void
hostile_names_stay_text(void **state)
{
    struct run_record run = runs[1];
    static const char *const names[] = {"\033[2J\a", "\xc2\x9bm", "a\nb", "\xff\xfe"};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        struct run_list one = {&run, 1, 0};
        struct buf out = {0};
        run.name = (char *)names[i];
        run.stop_code = (char *)names[i];
        run_table_add("runs", &one, &(struct run_table_style){SIZE_MAX, true, false},
                      &out);
        for (size_t k = 0; k < out.len; k++)
            unit_check((unsigned char)out.data[k] >= 0x20 || out.data[k] == '\n',
                       "case %zu", i);
        assert_null(strstr(out.data, "\xc2\x9b"));
        assert_true(text_is_utf8(out.data, out.len));
        buf_clear(&out);
        char *json = run_table_json("runs", &one);
        json_t *parsed = json_loads(json, 0, NULL);
        assert_int_equal(json_array_size(parsed), 1);
        json_decref(parsed);
        free(json);
    }
}

static void
what_to_type_next(void **state)
{
    static const struct {
        const char *dir, *name, *command;
    } cases[] = {
        {"runs", "a-1", "unhitch resume runs/a-1"},
        {"/x/", "a", "unhitch resume /x/a"},
        {"it's", "a", "unhitch resume 'it'\\''s/a'"},
        {"runs", "$(reboot)", "unhitch resume 'runs/$(reboot)'"},
        {"-d", "a", "unhitch resume ./-d/a"},
        {"runs", "a\nb", ""},
        {"runs", "\xff", ""},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct run_record run = runs[3];
        struct buf out = {0};
        buf_add(&out, "", 0);
        run.name = (char *)cases[i].name;
        run_table_add_next(cases[i].dir, &run, &out);
        assert_string_equal(out.data, cases[i].command);
        buf_clear(&out);
    }
    struct run_record retried = runs[2];
    struct buf out = {0};
    retried.retried = true;
    run_table_add_next("runs", &retried, &out);
    assert_int_equal(out.len, 0);
}

void
test_run_table(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_in_full),      cmocka_unit_test(a_narrow_table),
        cmocka_unit_test(fits_every_width),       cmocka_unit_test(hostile_names_stay_text),
        cmocka_unit_test(what_to_type_next),
    };
    unit_run(tally, "run table", tests, UNIT_COUNT(tests));
}
