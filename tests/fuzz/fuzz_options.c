/*
 * Options as text: durations, rates, times of day, numbers, from the command line, the
 * environment or a job definition. What is taken means what it says, and no more.
 */
#include "cli/definition.h"
#include "fuzz.h"

/* Characters that no value of that kind has. */
static void
check_characters(enum option_type type, const char *text)
{
    static const struct {
        enum option_type type;
        const char *allowed;
    } kinds[] = {
        {TYPE_NUMBER, "0123456789"},
        {TYPE_DURATION, "0123456789smhd"},
        {TYPE_RATE, "0123456789/secondminutehourday"},
        {TYPE_CLOCK, "0123456789:"},
        {TYPE_SWITCH, "01"},
    };
    for (size_t i = 0; i < FUZZ_COUNT(kinds); i++)
        fuzz_holds(type != kinds[i].type || !text[strspn(text, kinds[i].allowed)],
                   "'%s' is taken", text);
}

/* Never faster than what was asked for, nor slower by more than rounding. */
static void
check_rate(const struct options *options, const char *text)
{
    int64_t interval_us = options_interval_us(options);
    int64_t starts = strtoll(text, NULL, 10);
    int64_t unit_us = strstr(text, "/d")   ? 86400000000
                      : strstr(text, "/h") ? 3600000000
                      : strstr(text, "/m") ? 60000000
                                           : 1000000;
    fuzz_holds(interval_us > 0 && interval_us * starts >= unit_us &&
                   (interval_us - 1) * starts < unit_us,
               "%s: every %lld us", text, (long long)interval_us);
}

static void
check_value(const struct options *options, enum option_id id, const char *text)
{
    const struct option_row *row = &option_rows[id];
    int64_t until_ms;
    check_characters(row->type, text);
    switch (row->type) {
    case TYPE_NUMBER:
        fuzz_holds(options_number(options, id) >= row->low &&
                       options_number(options, id) <= row->high,
                   "%s is out of range", text);
        break;
    case TYPE_DURATION:
        fuzz_holds(options_duration_ms(options, id) >= (int64_t)row->low &&
                       options_duration_ms(options, id) % 1000 == 0,
                   "%s: %lld ms", text, (long long)options_duration_ms(options, id));
        break;
    case TYPE_RATE:
        check_rate(options, text);
        break;
    case TYPE_CLOCK:
        until_ms = options_until_stop_ms(options, 1790000000000);
        fuzz_holds(until_ms > 0 && until_ms <= 90000000, "%s: in %lld ms", text,
                   (long long)until_ms);
        break;
    case TYPE_CHARACTER:
        fuzz_holds(strcmp(text, "auto") == 0 || options_delimiter(options) > 0,
                   "'%s' is no delimiter", text);
        break;
    default:
        fuzz_holds(text[0], "an empty value is taken");
    }
}

static void
try_option(struct feed *feed)
{
    enum option_id id = feed_choice(feed, OPTION_COUNT);
    enum option_type type = option_rows[id].type;
    struct span rest = feed_until(feed, '\0');
    struct options options;
    struct err err = {0};
    struct buf text = {0};
    options_init(&options);
    buf_add(&text, rest.ptr, rest.len);
    buf_add_text(&text, "");
    if (options_set(&options, id, text.data ? text.data : "", ORIGIN_FLAG, "--x", &err))
        fuzz_holds(err.exit_code == EXIT_USAGE, "exit %d", err.exit_code);
    else if (type != TYPE_PAIR && type != TYPE_RELATION && type != TYPE_TEXT &&
             type != TYPE_URL)
        check_value(&options, id, text.data);
    buf_clear(&text);
    options_clear(&options);
}

/* A whole command line, less what would name a file that is there. */
static void
try_arguments(struct feed *feed)
{
    enum { MOST = 12 };
    static const int commands[] = {CMD_RUN,   CMD_PLAN,   CMD_RESUME,
                                   CMD_RETRY, CMD_REPORT, CMD_CODES};
    int command = commands[feed_choice(feed, FUZZ_COUNT(commands))], count = 0;
    char *arguments[MOST + 1] = {NULL};
    struct options options;
    struct err err = {0};
    while (count < MOST && feed->at < feed->end) {
        struct span one = feed_until(feed, '\n');
        struct buf text = {0};
        buf_add(&text, one.ptr, one.len);
        buf_add_char(&text, '\0');
        arguments[count++] = buf_take(&text);
    }
    options_init(&options);
    if (options_read(&options, command, count, arguments, &err))
        fuzz_holds(err.exit_code == EXIT_USAGE && err.text[0], "exit %d", err.exit_code);
    for (int i = 0; i < count; i++)
        free(arguments[i]);
    options_clear(&options);
}

static void
run(struct feed *feed)
{
    if (feed_choice(feed, 2))
        try_arguments(feed);
    else
        try_option(feed);
}

const struct fuzz_target fuzz_options = {"options", run};
