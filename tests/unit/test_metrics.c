/* The metrics of a run, word for word. */
#include "unit.h"

#include "base/version.h"
#include "report/metrics.h"

static void
values_are_escaped(void **state)
{
    static const struct {
        const char *text, *value;
    } cases[] = {
        {"", ""},
        {"plain-1", "plain-1"},
        {"a\"b\\c\nd", "a\\\"b\\\\c\\nd"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"caf\xe9 \"", "caf? \\\""},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buf out = {0};
        buf_add(&out, "", 0);
        metrics_add_value(cases[i].text, &out);
        assert_string_equal(out.data, cases[i].value);
        buf_clear(&out);
    }
}

/* Each sample without its HELP and TYPE lines; those are checked on the way. */
static void
samples_of(const char *text, struct buf *samples)
{
    char head[300] = "";
    while (*text) {
        size_t len = strcspn(text, "\n") + 1;
        if (text[0] != '#') {
            buf_add(samples, text, len);
            unit_check(strncmp(text, head, strlen(head)) == 0, "no TYPE: %.*s", (int)len,
                       text);
        } else if (strncmp(text, "# TYPE ", 7) == 0) {
            (void)snprintf(head, sizeof(head), "%.*s{", (int)strcspn(text + 7, " "),
                           text + 7);
            assert_memory_equal(text + 7 + strlen(head) - 1, " gauge\n", 7);
        }
        text += len;
    }
}

static void
all_of_them(void **state)
{
    struct totals totals = {0};
    struct latency latency = {0};
    struct buf text = {0}, samples = {0};
    static const int percents[] = {50, 90, 99, 100};
    (void)state;
    for (int i = 0; i < 3; i++)
        (void)totals_count(&totals, STATUS_FAILED, NULL, "A", i ? "one" : "other");
    (void)totals_count(&totals, STATUS_SUCCESS, NULL, "SUCCESS", "");
    latency_note(&latency, 1000);
    latency_note(&latency, 2000000);
    totals.latency = &latency;
    totals.exit_code = 4;
    totals.finished = true;
    totals.seconds = 1.5;
    totals.planned_calls = 3;
    totals.calls = 5;
    struct metrics_facts facts = {&totals, "night\"ly", 1795535723125, true};
    metrics_add(&facts, &text);
    samples_of(text.data, &samples);
    static const char before[] =
        "unhitch_last_run_timestamp_seconds{job_name=\"night\\\"ly\"} 1795535723.125\n"
        "unhitch_last_run_exit_code{job_name=\"night\\\"ly\"} 4\n"
        "unhitch_last_run_finished{job_name=\"night\\\"ly\"} 1\n"
        "unhitch_last_run_duration_seconds{job_name=\"night\\\"ly\"} 1.5\n"
        "unhitch_last_run_rows{job_name=\"night\\\"ly\",status=\"success\"} 1\n"
        "unhitch_last_run_rows{job_name=\"night\\\"ly\",status=\"failed\"} 3\n"
        "unhitch_last_run_rows{job_name=\"night\\\"ly\",status=\"unknown\"} 0\n"
        "unhitch_last_run_rows{job_name=\"night\\\"ly\",status=\"rejected\"} 0\n"
        "unhitch_last_run_rows{job_name=\"night\\\"ly\",status=\"unsent\"} 0\n"
        "unhitch_last_run_code_rows{job_name=\"night\\\"ly\",status=\"success\","
        "code=\"SUCCESS\"} 1\n"
        "unhitch_last_run_code_rows{job_name=\"night\\\"ly\",status=\"failed\","
        "code=\"A\"} 3\n"
        "unhitch_last_run_planned_calls{job_name=\"night\\\"ly\"} 3\n"
        "unhitch_last_run_calls{job_name=\"night\\\"ly\"} 5\n";
    static const char after[] =
        "unhitch_info{job_name=\"night\\\"ly\",version=\"" UNHITCH_VERSION "\"} 1\n";
    struct buf wanted = {0};
    buf_add_text(&wanted, before);
    for (size_t i = 0; i < 4; i++)
        buf_addf(&wanted,
                 "unhitch_last_run_call_latency_seconds{job_name=\"night\\\"ly\","
                 "percent=\"%d\"} %.6g\n",
                 percents[i], latency_percentile_ms(&latency, percents[i]) / 1000);
    buf_add_text(&wanted, after);
    assert_string_equal(samples.data, wanted.data);
    assert_non_null(strstr(samples.data, "percent=\"100\"} 2\n"));
    buf_clear(&wanted);
    buf_clear(&text);
    buf_clear(&samples);
    totals_clear(&totals);
}

void
test_metrics(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_escaped),
        cmocka_unit_test(all_of_them),
    };
    unit_run(tally, "metrics", tests, UNIT_COUNT(tests));
}
