#include "unit.h"

#include "run/books.h"

static void
check_code(const struct books *books, uint32_t item, enum status status, const char *code)
{
    const struct outcome *outcome = &books->outcomes[item];
    assert_int_equal(outcome->status, status);
    assert_true(outcome->told);
    assert_string_equal(verdicts_get(books->verdicts, outcome->verdict)->code, code);
}

static uint32_t
said(struct books *books, long http, const char *code, const char *message)
{
    return verdicts_intern(books->verdicts, http, span_of(code), span_of(message));
}

static void
notes_each_verdict_once(void **state)
{
    struct books books;
    (void)state;
    books_init(&books, 1, ".");
    uint32_t a = said(&books, 200, "SUCCESS", "relation removed");
    assert_int_equal(said(&books, 207, "SUCCESS", "relation removed"), a + 1);
    assert_int_equal(said(&books, 200, "SUCCESS", "other"), a + 2);
    assert_int_equal(said(&books, 200, "OTHER", "relation removed"), a + 3);
    assert_int_equal(said(&books, 200, "SUCCESS", "relation removed"), a);
    assert_int_equal(verdicts_intern(books.verdicts, 0, span_of("x"), span_of(NULL)), a + 4);
    assert_int_equal(said(&books, 0, "x", ""), a + 4);
    for (int i = 0; i < 5000; i++) {
        char words[32];
        (void)snprintf(words, sizeof(words), "words %d", i % 2500);
        uint32_t number = said(&books, 400, "C", words);
        assert_int_equal(number, a + 5 + (uint32_t)(i % 2500));
    }
    assert_int_equal(books.verdicts->count, 2505);
    assert_string_equal(verdicts_get(books.verdicts, a + 5 + 17)->message, "words 17");
    books_clear(&books);
}

static void
messages_are_tidied(void **state)
{
    struct books books;
    struct buf text = {0};
    (void)state;
    books_init(&books, 1, ".");
    for (size_t i = 0; i < 1200; i++)
        buf_add_text(&text, "\xe2\x82\xac");
    uint32_t number = verdicts_intern(books.verdicts, 400, (struct span){text.data, text.len},
                                   (struct span){text.data, text.len});
    assert_int_equal(strlen(verdicts_get(books.verdicts, number)->message), 999);
    assert_int_equal(strlen(verdicts_get(books.verdicts, number)->code), 99);
    assert_int_equal(verdicts_intern(books.verdicts, 400, (struct span){text.data, text.len},
                                  (struct span){text.data, text.len}), number);
    number = verdicts_intern(books.verdicts, 400, span_of("C"), (struct span){"a\0b", 3});
    assert_string_equal(verdicts_get(books.verdicts, number)->message, "a");
    buf_clear(&text);
    books_clear(&books);
}

static void
counts_what_waits(void **state)
{
    struct books books;
    (void)state;
    books_init(&books, 3, ".");
    uint32_t good = said(&books, 200, "SUCCESS", ""), again = said(&books, 500, "E", "");
    assert_int_equal(books.waiting, 3);
    books_start(&books, 0);
    books_start(&books, 1);
    assert_true(books.outcomes[0].in_flight);
    books_settle(&books, 0, STATUS_SUCCESS, good, LOST_NOT, 1000);
    assert_int_equal(books.waiting, 2);
    books_settle(&books, 1, STATUS_WAITING, again, LOST_SILENT, 1000);
    assert_int_equal(books.waiting, 2);
    assert_false(books.outcomes[1].in_flight);
    assert_int_equal(books.outcomes[1].lost, LOST_SILENT);
    books_start(&books, 1);
    books_settle(&books, 1, STATUS_SUCCESS, good, LOST_NOT, 0);
    assert_int_equal(books.waiting, 1);
    assert_int_equal(books.outcomes[1].attempts, 2);
    assert_int_equal(books.outcomes[1].time_ms, 1000);
    assert_int_equal(books.outcomes[1].lost, LOST_SILENT);                /* stays */
    assert_int_equal(books.outcomes[2].attempts, 0);
    books_clear(&books);
}

static void
attempts_do_not_wrap(void **state)
{
    struct books books;
    (void)state;
    books_init(&books, 1, ".");
    for (int i = 0; i < 70000; i++)
        books_start(&books, 0);
    assert_int_equal(books.outcomes[0].attempts, UINT16_MAX);
    books_clear(&books);
}

static void
loses_only_what_was_in_flight(void **state)
{
    struct books books;
    (void)state;
    books_init(&books, 2, ".");
    books_start(&books, 0);
    books_lose(&books, 0, 77);
    books_lose(&books, 1, 78);
    assert_true(books.outcomes[0].lost);
    assert_false(books.outcomes[0].in_flight);
    check_code(&books, 0, STATUS_WAITING, "connection-lost");
    assert_false(books.outcomes[1].lost);
    assert_false(books.outcomes[1].told);
    assert_int_equal(books.outcomes[0].time_ms, 77);
    assert_int_equal(books.outcomes[1].time_ms, 0);
    books_clear(&books);
}

static void
refuses_what_was_never_sent(void **state)
{
    struct books books;
    (void)state;
    books_init(&books, 7, ".");
    uint32_t bad = said(&books, 400, "INVALID_MODULE", "no such module");
    uint32_t good = said(&books, 200, "SUCCESS", ""),
             no = said(&books, 0, "connect-failed", "");
    books_settle(&books, 1, STATUS_SUCCESS, good, LOST_NOT, 5);
    books_start(&books, 2);                             /* in flight */
    books_start(&books, 3);
    books_settle(&books, 3, STATUS_WAITING, no, LOST_SILENT, 5);       /* lost */
    books_start(&books, 4);
    books_settle(&books, 4, STATUS_WAITING, no, LOST_NOT, 0);      /* never got there */
    assert_int_equal(books_refuse(&books, 0, 6, bad), 3);
    check_code(&books, 0, STATUS_FAILED, "INVALID_MODULE");
    check_code(&books, 1, STATUS_SUCCESS, "SUCCESS");
    assert_int_equal(books.outcomes[2].status, STATUS_WAITING);
    check_code(&books, 3, STATUS_WAITING, "connect-failed");
    check_code(&books, 4, STATUS_FAILED, "INVALID_MODULE");
    check_code(&books, 5, STATUS_FAILED, "INVALID_MODULE");
    assert_int_equal(books.outcomes[6].status, STATUS_WAITING);
    assert_int_equal(books.outcomes[0].time_ms, 0);
    assert_int_equal(books.waiting, 3);
    books_clear(&books);
}

static void
closes_with_a_word_for_each(void **state)
{
    static const char *const kept[] = {"timeout", "connection-lost", "bad-response",
                                       "no-entry"};
    struct books books;
    (void)state;
    books_init(&books, 11, ".");
    /* 0: never sent. 1: in flight. 2 to 5: lost, with a code that says so. */
    books_start(&books, 1);
    for (uint32_t i = 0; i < 4; i++) {
        books_start(&books, 2 + i);
        books_settle(&books, 2 + i, STATUS_WAITING, said(&books, 0, kept[i], "w"),
                     LOST_SILENT, 9);
    }
    /* 6: lost by a 500. 7: refused for the token. 8: 429, no words. 9: done. */
    books_settle(&books, 6, STATUS_WAITING, said(&books, 500, "INTERNAL_ERROR", "oops"),
                 LOST_ANSWERED, 9);
    books_settle(&books, 7, STATUS_WAITING, said(&books, 401, "INVALID_TOKEN", "expired"),
                 LOST_NOT, 9);
    books_settle(&books, 8, STATUS_WAITING, said(&books, 429, "http-429", ""), LOST_NOT,
                 9);
    books_settle(&books, 9, STATUS_SUCCESS, said(&books, 200, "SUCCESS", ""), LOST_NOT,
                 9);
    /* 10: lost before, in flight again. */
    books_settle(&books, 10, STATUS_WAITING, said(&books, 0, "timeout", "w"), LOST_SILENT,
                 9);
    books_start(&books, 10);
    books_close(&books, "halted", "the token is dead");
    assert_int_equal(books.waiting, 0);
    check_code(&books, 0, STATUS_UNSENT, "halted");
    assert_string_equal(verdicts_get(books.verdicts, books.outcomes[0].verdict)->message,
                        "the token is dead");
    check_code(&books, 1, STATUS_UNKNOWN, "connection-lost");
    for (uint32_t i = 0; i < 4; i++)
        check_code(&books, 2 + i, STATUS_UNKNOWN, kept[i]);
    check_code(&books, 6, STATUS_UNKNOWN, "bad-response");
    assert_string_equal(verdicts_get(books.verdicts, books.outcomes[6].verdict)->message,
                        "INTERNAL_ERROR: oops");
    assert_int_equal(verdicts_get(books.verdicts, books.outcomes[6].verdict)->http, 500);
    check_code(&books, 7, STATUS_UNSENT, "halted");
    assert_string_equal(verdicts_get(books.verdicts, books.outcomes[7].verdict)->message,
                        "INVALID_TOKEN: expired");
    assert_int_equal(verdicts_get(books.verdicts, books.outcomes[7].verdict)->http, 401);
    check_code(&books, 8, STATUS_UNSENT, "halted");
    assert_string_equal(verdicts_get(books.verdicts, books.outcomes[8].verdict)->message, "http-429");
    check_code(&books, 9, STATUS_SUCCESS, "SUCCESS");
    check_code(&books, 10, STATUS_UNKNOWN, "connection-lost");
    books_clear(&books);
}

static void
closing_finished_books_changes_nothing(void **state)
{
    struct books books;
    (void)state;
    books_init(&books, 1, ".");
    books_settle(&books, 0, STATUS_FAILED, said(&books, 400, "X", ""), LOST_NOT, 9);
    books_close(&books, "budget", "gone");
    check_code(&books, 0, STATUS_FAILED, "X");
    assert_int_equal(books.verdicts->count, 1);
    books_clear(&books);
    books_init(&books, 0, ".");
    books_close(&books, "budget", "gone");
    books_clear(&books);
}

static void
statuses_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(status_names[STATUS_SUCCESS], "success");
    assert_string_equal(status_names[STATUS_FAILED], "failed");
    assert_string_equal(status_names[STATUS_UNKNOWN], "unknown");
    assert_string_equal(status_names[STATUS_REJECTED], "rejected");
    assert_string_equal(status_names[STATUS_UNSENT], "unsent");
}

/* What a run before left unknown, and what may not be sent again. */
static void
an_unknown_fate_is_carried_over(void **state)
{
    struct books books;
    (void)state;
    books_init(&books, 4, ".");
    books_note_lost(&books, 0, LOST_SILENT);
    books_note_lost(&books, 1, LOST_ANSWERED);
    assert_int_equal(books.outcomes[0].lost, LOST_SILENT);
    assert_int_equal(books.outcomes[1].lost, LOST_ANSWERED);
    check_code(&books, 0, STATUS_WAITING, "connection-lost");
    check_code(&books, 1, STATUS_WAITING, "http-500");
    assert_int_equal(books.outcomes[0].attempts, 0);
    assert_int_equal(books.waiting, 4);
    books_settle(&books, 2, STATUS_SUCCESS, said(&books, 200, "SUCCESS", ""), LOST_SILENT,
                 9);
    books_give_up(&books, 0, 4);
    check_code(&books, 0, STATUS_UNKNOWN, "connection-lost");
    assert_int_equal(books.outcomes[1].status, STATUS_UNKNOWN);
    check_code(&books, 2, STATUS_SUCCESS, "SUCCESS");
    assert_int_equal(books.outcomes[3].status, STATUS_WAITING);
    assert_int_equal(books.waiting, 1);
    books_clear(&books);
}

/* A retry may send them: this run must not. */
static void
what_is_handed_over_counts_as_sent(void **state)
{
    struct books books;
    (void)state;
    books_init(&books, 4, ".");
    uint32_t no = said(&books, 0, "connect-failed", ""),
             cut = said(&books, 0, "timeout", "");
    books_settle(&books, 1, STATUS_FAILED, no, LOST_NOT, 0);
    books_start(&books, 2);
    books_settle(&books, 2, STATUS_WAITING, cut, LOST_SILENT, 9);
    books_hand_over(&books, 0, 3, span_of("/runs/x-retry1"));
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(books.outcomes[i].lost, LOST_SILENT);
    assert_int_equal(books.outcomes[3].lost, LOST_NOT);
    check_code(&books, 1, STATUS_FAILED, "connect-failed");
    check_code(&books, 2, STATUS_WAITING, "timeout");
    books_give_up(&books, 0, 4);
    check_code(&books, 0, STATUS_UNKNOWN, "connection-lost");
    assert_string_equal(verdicts_get(books.verdicts, books.outcomes[0].verdict)->message,
                        "a retry has taken it over: /runs/x-retry1");
    check_code(&books, 1, STATUS_FAILED, "connect-failed");
    assert_int_equal(books.waiting, 1);
    books_clear(&books);
}

void
test_books(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_each_verdict_once),
        cmocka_unit_test(messages_are_tidied),
        cmocka_unit_test(counts_what_waits),
        cmocka_unit_test(attempts_do_not_wrap),
        cmocka_unit_test(loses_only_what_was_in_flight),
        cmocka_unit_test(refuses_what_was_never_sent),
        cmocka_unit_test(closes_with_a_word_for_each),
        cmocka_unit_test(closing_finished_books_changes_nothing),
        cmocka_unit_test(statuses_have_their_names),
        cmocka_unit_test(an_unknown_fate_is_carried_over),
        cmocka_unit_test(what_is_handed_over_counts_as_sent),
    };
    unit_run(tally, "books", tests, UNIT_COUNT(tests));
}
