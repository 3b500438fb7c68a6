/* Heads of answers: what is a status line, and when a head is whole. */
#include "unit.h"

#include "net/head.h"

#include <string.h>

static void
status_lines(void **state)
{
    static const struct {
        bool good, interim;
        const char *line;
    } cases[] = {
        {true, false, "HTTP/1.1 200 OK\r\n"}, {true, false, "HTTP/1.0 503 X\r\n"},
        {true, false, "HTTP/1.1 204\r\n"},    {true, false, "HTTP/1.1 204\n"},
        {true, false, "HTTP/2 207 \r\n"},     {true, false, "HTTP/1.1 404"},
        {true, true, "HTTP/1.1 100 Continue\r\n"}, {true, true, "HTTP/2 103 \r\n"},
        {false, false, "HTTP/\xb1.1 204 X\r\n"}, {false, false, "HTTP/1.1 20\r\n"},
        {false, false, "HTTP/1.1 2045\r\n"},   {false, false, "HTTP/1.1  200\r\n"},
        {false, false, "HTTP/1.1x200 OK\r\n"}, {false, false, "HTTP/x 500 error\r\n"},
        {false, false, "http/1.1 200 OK\r\n"}, {false, false, "HTTP/1.1 -20 X\r\n"},
        {false, false, "HTTP/\r\n"},         {false, false, "HTTP/2 099 \r\n"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct head head = {.whole = true};
        bool good = head_take(&head, cases[i].line, strlen(cases[i].line));
        unit_check(good == cases[i].good, "%s: %d", cases[i].line, good);
        unit_check(head.interim == cases[i].interim, "%s: interim", cases[i].line);
        assert_false(head.whole);
    }
}

/* Each step is a line, and whether the head is whole then. */
static void
whole_heads(void **state)
{
    static const struct {
        const char *line;
        bool whole;
    } steps[] = {
        {"HTTP/1.1 100 Continue\r\n", false}, {"\r\n", false},
        {"HTTP/1.1 103 Early Hints\r\n", false}, {"Link: <x>\r\n", false}, {"\r\n", false},
        {"HTTP/1.1 200 OK\r\n", false}, {"Content-Length: 2\r\n", false}, {"\r\n", true},
        {"X-Trailer: 1\r\n", true},
        {"HTTP/1.1 204 X\r\n", false}, {"\n", true},
    };
    struct head head = {0};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        assert_true(head_take(&head, steps[i].line, strlen(steps[i].line)));
        unit_check(head.whole == steps[i].whole, "step %zu: %s", i, steps[i].line);
    }
}

void
test_head(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_lines),
        cmocka_unit_test(whole_heads),
    };
    unit_run(tally, "head", tests, UNIT_COUNT(tests));
}
