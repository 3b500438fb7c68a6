/* The progress line: what it says at which width, in which characters, in which colours. */
#include "unit.h"

#include "base/terminal.h"
#include "cli/progress.h"

static const struct engine_state busy = {.rows = 27000,
                                         .done = 12345,
                                         .calls = 130,
                                         .in_flight = 8,
                                         .elapsed_ms = 10000};
static const struct engine_state troubled = {.rows = 1234567,
                                             .done = 1200000,
                                             .done_before = 1000000,
                                             .failed = 1234,
                                             .calls = 13000,
                                             .slowed_to = 2,
                                             .wait_ms = 59001,
                                             .elapsed_ms = 1000000};
static const struct engine_state stopping = {
    .rows = 10, .done = 3, .stopping = true, .in_flight = 2, .elapsed_ms = 4000};
static const struct engine_state nothing_yet = {.rows = 500, .elapsed_ms = 0};
static const struct engine_state all_done = {.rows = 5, .done = 5, .elapsed_ms = 1000};

#define FULL "\xe2\x96\x88"
#define LIGHT "\xe2\x96\x91"

static const struct {
    const char *line;
    size_t width;
    bool utf8, colours;
    struct progress_view view;
} cases[] = {
    {" 45%", 4, false, false, {PROGRESS_SENDING, .state = &busy}},
    {" 45%", 12, false, false, {PROGRESS_SENDING, .state = &busy}},
    {" 45%  ETA 12s", 19, false, false, {PROGRESS_SENDING, .state = &busy}},
    {"[###.....]   45%  ETA 12s", 25, false, false, {PROGRESS_SENDING, .state = &busy}},
    {" 45%  12,345/27,000 rows  ETA 12s", 39, false, false, {PROGRESS_SENDING,
                                                              .state = &busy}},
    {"[######.........]   45%  12,345/27,000 rows  ETA 12s  1,234 rows/s  8 in flight", 79,
     false, false, {PROGRESS_SENDING, .state = &busy}},
    {FULL FULL FULL FULL FULL FULL FULL "\xe2\x96\x8a" LIGHT LIGHT LIGHT LIGHT LIGHT LIGHT LIGHT LIGHT LIGHT 
     "   45%  12,345/27,000 rows  ETA 12s  1,234 rows/s  8 in flight",
     79, true, false, {PROGRESS_SENDING, .state = &busy}},
    {"[#################.....................]   45%  12,345/27,000 rows  ETA 12s  "
     "1,234 rows/s  8 in flight  130 calls",
     199, false, false, {PROGRESS_SENDING, .state = &busy}},
    {" 97%  1,234 failed", 19, false, false, {PROGRESS_SENDING, .state = &troubled}},
    {" 97%  1,234 failed  next call in 1m00s", 39, false, false,
     {PROGRESS_SENDING, .state = &troubled}},
    {" 97%  1,200,000/1,234,567 rows  1,234 failed  ETA 2m53s  next call in 1m00s", 79,
     false, false, {PROGRESS_SENDING, .state = &troubled}},
    {"[#.....]   30%  stopping", 24, false, false, {PROGRESS_SENDING, .state = &stopping}},
    {"[.........]    0%  0/500 rows  0.0 rows/s  0 calls", 50, false, false,
     {PROGRESS_SENDING, .state = &nothing_yet}},
    {"[########]  100%  5/5 rows", 26, false, false, {PROGRESS_SENDING,
                                                       .state = &all_done}},
    {"\033[1m 97%\033[0m  \033[31m1,234 failed\033[0m", 19, false, true,
     {PROGRESS_SENDING, .state = &troubled}},
    {" 10%", 8, false, false, {PROGRESS_READING, .rows = 5, .done = 1, .total = 10}},
    {"reading   10%  5 rows", 24, false, false,
     {PROGRESS_READING, .rows = 5, .done = 1, .total = 10}},
    {"reading  [........]   10%  5 rows", 33, false, false,
     {PROGRESS_READING, .rows = 5, .done = 1, .total = 10}},
    {"reading  123,456 rows", 80, false, false, {PROGRESS_READING, .rows = 123456}},
    {"reading  1,234 MB", 80, false, false, {PROGRESS_READING, .done = 1234567890}},
    {"writing results  [####....]   50%  5 rows", 41, false, false,
     {PROGRESS_WRITING, .rows = 5, .done = 5, .total = 10}},
};

static void
golden_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buf line = {0};
        struct progress_style style = {cases[i].width, cases[i].width < 200,
                                       cases[i].utf8, cases[i].colours};
        progress_render(&cases[i].view, &style, &line);
        unit_check(strcmp(line.data, cases[i].line) == 0,
                   "case %zu:\n got '%s'\nwant '%s'", i, line.data, cases[i].line);
        buf_clear(&line);
    }
}

/* The text without its colours. */
static void
strip(struct buf *line)
{
    size_t len = 0;
    for (size_t i = 0; i < line->len; i++) {
        if (line->data[i] == '\033')
            i += strcspn(line->data + i, "m");
        else
            line->data[len++] = line->data[i];
    }
    line->data[line->len = len] = '\0';
}

static uint64_t
any_number(struct dice *dice)
{
    return dice_roll(dice) >> dice_below(dice, 64);
}

/* Whatever the state: never wider than asked, never cut in a character, and with colours
 * it reads the same as without. */
static void
fits_every_width(void **state)
{
    struct dice dice = {20261124};
    (void)state;
    for (int round = 0; round < 3000; round++) {
        uint64_t rows = any_number(&dice);
        struct engine_state run = {.rows = rows,
                                   .done = rows ? any_number(&dice) % rows : 0,
                                   .failed = any_number(&dice),
                                   .calls = any_number(&dice),
                                   .in_flight = dice_below(&dice, 1001),
                                   .slowed_to = dice_below(&dice, 3),
                                   .wait_ms = (int64_t)(any_number(&dice) >> 20),
                                   .stopping = dice_below(&dice, 2),
                                   .elapsed_ms = (int64_t)(any_number(&dice) >> 20)};
        struct progress_view view = {
            .phase = (enum progress_phase)dice_below(&dice, 3),
            .rows = any_number(&dice),
            .done = any_number(&dice),
            .total = any_number(&dice),
        };
        if (view.phase == PROGRESS_SENDING)
            view.state = &run;
        struct progress_style style = {1 + dice_below(&dice, 300), true,
                                       dice_below(&dice, 2), false};
        struct buf line = {0}, coloured = {0};
        progress_render(&view, &style, &line);
        style.colours = true;
        progress_render(&view, &style, &coloured);
        assert_true(text_is_utf8(line.data, line.len));
        unit_check(terminal_cells(span_of(line.data)) <= style.width, "width %zu: '%s'",
                   style.width, line.data);
        strip(&coloured);
        assert_string_equal(coloured.data, line.data);
        assert_null(strchr(line.data, '\n'));
        buf_clear(&line);
        buf_clear(&coloured);
    }
}

void
test_progress(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_lines),
        cmocka_unit_test(fits_every_width),
    };
    unit_run(tally, "progress", tests, UNIT_COUNT(tests));
}
