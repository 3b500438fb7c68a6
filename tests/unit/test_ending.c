/* How each kind of end is told, and what to do next. */
#include "unit.h"

#include "report/ending.h"

/* Rows by status, in the order success, failed, unknown, rejected, unsent. */
struct rows {
    uint64_t counts[5];
};

static void
fill(struct totals *totals, struct rows rows, bool finished, int exit_code)
{
    static const enum status order[] = {STATUS_SUCCESS, STATUS_FAILED, STATUS_UNKNOWN,
                                        STATUS_REJECTED, STATUS_UNSENT};
    *totals = (struct totals){
        .finished = finished, .exit_code = exit_code, .input = "job.csv"};
    for (size_t i = 0; i < UNIT_COUNT(order); i++) {
        totals->by_status[order[i]] = rows.counts[i];
        totals->rows += rows.counts[i];
    }
}

static void
each_end_has_its_words(void **state)
{
    static const struct {
        struct rows rows;
        bool finished;
        int exit_code;
        const char *words, *counts;
    } cases[] = {
        {{{5}}, true, EXIT_OK, "Done", "All 5 rows succeeded"},
        {{{1}}, true, EXIT_OK, "Done", "1 of 1 row succeeded"},
        {{{0}}, true, EXIT_OK, "Done: there was nothing to do", "0 of 0 rows succeeded"},
        {{{1190, 10, 2, 2}}, true, EXIT_ROWS, "Finished, but not every row succeeded",
         "1,190 of 1,204 rows succeeded; 10 failed, 2 unknown, 2 rejected"},
        {{{5, 0, 1}}, true, EXIT_ROWS, "Finished, but not every row succeeded",
         "5 of 6 rows succeeded; 1 unknown"},
        {{{0, 0, 0, 7}}, true, EXIT_ROWS, "Nothing was sent: every row was rejected",
         "0 of 7 rows succeeded; 7 rejected"},
        {{{0, 0, 0, 2, 5}}, false, EXIT_INPUT,
         "Nothing was sent: there are rejected rows, and --on-invalid is stop",
         "0 of 7 rows succeeded; 2 rejected, 5 not sent"},
        {{{3, 0, 0, 0, 4}}, false, EXIT_CREDENTIALS,
         "Stopped: the service refused the credentials",
         "3 of 7 rows succeeded; 4 not sent"},
        {{{0, 3, 0, 0, 4}}, false, EXIT_HALTED,
         "Stopped: too many calls in a row without one success",
         "0 of 7 rows succeeded; 3 failed, 4 not sent"},
        {{{3, 0, 0, 0, 4}}, false, EXIT_BUDGET, "Stopped: the limit of calls was reached",
         "3 of 7 rows succeeded; 4 not sent"},
        {{{3, 0, 0, 0, 4}}, false, EXIT_WINDOW,
         "Stopped: the time to send in was over", "3 of 7 rows succeeded; 4 not sent"},
        {{{3, 0, 0, 0, 4}}, false, EXIT_SIGNAL + 15, "Stopped by a signal (SIGTERM)",
         "3 of 7 rows succeeded; 4 not sent"},
        {{{3, 0, 0, 0, 4}}, false, EXIT_SIGNAL + 2, "Stopped by a signal (SIGINT, Ctrl-C)",
         "3 of 7 rows succeeded; 4 not sent"},
        {{{3, 0, 0, 0, 4}}, false, EXIT_SIGNAL + 10, "Stopped by a signal (10)",
         "3 of 7 rows succeeded; 4 not sent"},
        {{{3, 0, 2, 0, 2}}, false, EXIT_ROWS, "Not finished: the run was killed",
         "3 of 7 rows succeeded; 2 unknown, 2 not sent"},
        {{{3, 0, 0, 0, 4}}, false, EXIT_INTERNAL, "Stopped before the end",
         "3 of 7 rows succeeded; 4 not sent"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct totals totals;
        struct buf words = {0}, counts = {0};
        fill(&totals, cases[i].rows, cases[i].finished, cases[i].exit_code);
        ending_add_words(&totals, &words);
        ending_add_counts(&totals, &counts);
        unit_check(strcmp(words.data, cases[i].words) == 0, "case %zu: %s", i, words.data);
        unit_check(strcmp(counts.data, cases[i].counts) == 0, "case %zu: %s", i,
                   counts.data);
        buf_clear(&words);
        buf_clear(&counts);
    }
}

static void
count_rows(struct totals *totals, enum status status, const char *code, long http,
           uint64_t rows)
{
    for (uint64_t i = 0; i < rows; i++)
        totals_count(totals, status, &op_crm_delink, code, "")->http = http;
}

/* Exactly what is told to be typed. */
static void
the_next_steps_fit_the_end(void **state)
{
    static const struct {
        bool finished;
        int exit_code;
        uint64_t retryable, fix, permission, pass, rejected, stop, unknown;
        const char *wanted;
    } cases[] = {
        {true, EXIT_OK, 0, 0, 0, 0, 0, 0, 0, ""},
        {true, EXIT_ROWS, 3, 0, 0, 3, 0, 0, 0,
         "# sends again what may go well now: 3 rows\nunhitch retry 'my runs/x'\n"},
        {true, EXIT_ROWS, 1, 2, 4, 1, 1, 0, 0,
         "# sends again what may go well now: 1 row\nunhitch retry 'my runs/x'\n"
         "# when the permission is given: sends all failed rows again\n"
         "unhitch retry --all 'my runs/x'\n"
         "# correct 2 failed rows in 'my runs/x/failed.jsonl.gz', then run that file as a "
         "job file\n"
         "# mend 1 rejected row in 'my runs/x/rejected.jsonl.gz', then run that file as a "
         "job file\n"},
        {true, EXIT_ROWS, 0, 0, 0, 0, 0, 2, 0,
         "# mend the cause of 2 failed rows in 'my runs/x/failed.jsonl.gz', "
         "then run that file as a job file\n"},
        {true, EXIT_ROWS, 0, 1, 0, 0, 0, 0, 2,
         "# correct 1 failed row in 'my runs/x/failed.jsonl.gz', take out the 2 unknown "
         "rows, then run that file as a job file\n"},
        {false, EXIT_CREDENTIALS, 9, 0, 0, 0, 0, 0, 0,
         "# when the credentials are mended (see above)\nunhitch resume 'my runs/x'\n"},
        {false, EXIT_WINDOW, 9, 2, 0, 0, 1, 0, 0,
         "# when the next window begins\nunhitch resume 'my runs/x'\n"
         "# mend 1 rejected row in 'my runs/x/rejected.jsonl.gz', then run that file as a "
         "job file\n"},
        {false, EXIT_ROWS, 9, 0, 0, 0, 0, 0, 0,
         "# carries on where it stopped; what was answered is not sent again\n"
         "unhitch resume 'my runs/x'\n"},
        {false, EXIT_INPUT, 9, 0, 0, 0, 2, 0, 0,
         "# mend the rejected rows in job.csv, then run it again; or let it skip them: "
         "--on-invalid skip\n"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct totals totals = {.finished = cases[i].finished,
                                .exit_code = cases[i].exit_code,
                                .retryable = cases[i].retryable,
                                .input = "job.csv"};
        struct buf out = {0};
        count_rows(&totals, STATUS_SUCCESS, "SUCCESS", 200, 5);
        count_rows(&totals, STATUS_FAILED, "INVALID_DATA", 207, cases[i].fix);
        count_rows(&totals, STATUS_FAILED, "NO_PERMISSION", 403, cases[i].permission);
        count_rows(&totals, STATUS_FAILED, "http-503", 503, cases[i].pass);
        count_rows(&totals, STATUS_REJECTED, "bad-id", 0, cases[i].rejected);
        count_rows(&totals, STATUS_FAILED, "INVALID_URL_PATTERN", 404, cases[i].stop);
        count_rows(&totals, STATUS_UNKNOWN, "connection-lost", 0, cases[i].unknown);
        buf_add_text(&out, "");
        ending_add_next(&totals, "my runs/x", "jsonl.gz", &out);
        unit_check(strcmp(out.data, cases[i].wanted) == 0, "case %zu:\n%s", i, out.data);
        buf_clear(&out);
        totals_clear(&totals);
    }
}

void
test_ending(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_end_has_its_words),
        cmocka_unit_test(the_next_steps_fit_the_end),
    };
    unit_run(tally, "ending", tests, UNIT_COUNT(tests));
}
