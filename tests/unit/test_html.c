/* report.html: well-formed whatever is in it, no script, nothing from outside. */
#include "unit.h"

#include "base/file.h"
#include "plan/planner.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/markup.h"

#include <expat.h>
#include <math.h>

/* What a page is made of; clear it with page_clear. */
struct page {
    struct totals totals;
    struct latency latency;
    struct timeline timeline;
    struct books books;
    struct plan *plan;
    struct buf out;
};

/* What is found in a page. */
struct finding {
    struct buf text; /* of the body */
    size_t elements, svgs, tables;
    bool in_style;
    char fault[200]; /* "": none */
};

/* `words` stand wherever text from outside can stand. */
static void
page_make(struct page *page, const char *words)
{
    struct planner *planner = planner_open(&(struct planner_settings){.batch_size = 100});
    *page = (struct page){0};
    page->totals = (struct totals){.input = words,
                                   .parent = words,
                                   .duplicates = 2,
                                   .targets = 3,
                                   .planned_calls = 4,
                                   .calls = 3,
                                   .latency = &page->latency,
                                   .started_utc_ms = 1795226850125,
                                   .seconds = 61.5,
                                   .exit_code = EXIT_CREDENTIALS,
                                   .run_dir = words,
                                   .stop_code = "halted",
                                   .stop_message = words};
    for (enum status status = STATUS_SUCCESS; status < STATUS_COUNT; status++) {
        struct code_count *count = totals_count(&page->totals, status, &op_crm_delink,
                                                words,
                                                status == STATUS_FAILED ? words : "");
        totals_sample(&page->totals, count, 1, 2, span_of(words), words);
    }
    (void)totals_count(&page->totals, STATUS_FAILED, &op_verba_delete_call, "VERBA_2",
                       words);
    (void)totals_count(&page->totals, STATUS_FAILED, &op_crm_delink, "INVALID_DATA",
                       words);
    (void)totals_count(&page->totals, STATUS_REJECTED, NULL, "bad-id", words);
    page->totals.mixed = true;
    (void)planner_accept(planner, &op_crm_delink, span_of(words), span_of("1"), NULL);
    (void)planner_accept(planner, &op_desk_clear_live_mapping, span_of(""), span_of("2"), NULL);
    (void)planner_accept(planner, &op_verba_delete_call, span_of("nativeID"), span_of("3"), NULL);
    page->plan = planner_finish(planner, NULL);
    books_init(&page->books, 3, ".");
    (void)verdicts_intern(page->books.verdicts, 429, span_of(words), span_of(words));
    page->timeline = (struct timeline){
        .width_ms = 1000,
        .calls = 3,
        .session_count = 2,
        .sessions = {{1795226850000, 1795226910125, 2, true, 8},
                     {1795326850000, 1795326850125, 1, false, 0}},
        .clock_set_back = true};
    for (uint32_t i = 0; i < 3; i++) {
        struct timeline_call *call = &page->timeline.slowest[i];
        *call = (struct timeline_call){.number = 7 + i,
                                       .session = 1,
                                       .end_ms = 1795226850000 + 30000 * i,
                                       .latency_us = 1900000 - 900000 * i,
                                       .first_item = i,
                                       .verdict = i,
                                       .items = 2,
                                       .ids = {[STATUS_SUCCESS] = 1, [STATUS_FAILED] = 1}};
        page->timeline.slices[i] = (struct timeline_slice){.start_ms = call->end_ms,
                                                           .calls = 2,
                                                           .refused = i,
                                                           .ids = {0, 3, 1, 0, 0, 0},
                                                           .flight_ms = 900};
        latency_note(&page->latency, call->latency_us);
    }
    page->timeline.slice_count = page->timeline.slowest_count = 3;
}

static void
page_write(struct page *page, const struct html_setting *settings)
{
    struct html_facts facts = {.totals = &page->totals,
                               .plan = page->plan,
                               .books = &page->books,
                               .timeline = &page->timeline,
                               .settings = settings,
                               .run_dir = page->totals.run_dir,
                               .results_ending = "csv"};
    html_add_report(&facts, &page->out);
}

static void
page_clear(struct page *page)
{
    totals_clear(&page->totals);
    plan_free(page->plan);
    books_clear(&page->books);
    buf_clear(&page->out);
}

static void
find_fault(struct finding *finding, const char *what, const char *which)
{
    if (!finding->fault[0])
        (void)snprintf(finding->fault, sizeof(finding->fault), "%s %s", what, which);
}

static void
on_start(void *context, const char *name, const char **attributes)
{
    static const char *const elements[] = {
        "html", "head", "meta",   "title",      "style",  "body",    "h1",     "h2",
        "p",    "div",  "span",   "table",      "tr",     "th",      "td",     "br",
        "code", "pre",  "figure", "figcaption", "svg",    "text",    "line",   "rect",
        "g",    "b",    "ul",     "li",         "header", "section", "footer", "dl",
        "dt",   "dd",
    };
    static const char *const known[] = {
        "lang",  "charset",     "name",    "content", "http-equiv", "class",
        "role",  "aria-label",  "x",       "y",       "x1",         "y1",
        "x2",    "y2",          "width",   "height",  "dx",         "text-anchor",
        "scope", "aria-hidden", "colspan", "data-label",
    };
    struct finding *finding = context;
    bool good = false;
    finding->elements++;
    finding->svgs += strcmp(name, "svg") == 0;
    finding->tables += strcmp(name, "table") == 0;
    finding->in_style = strcmp(name, "style") == 0;
    for (size_t i = 0; i < UNIT_COUNT(elements); i++)
        good |= strcmp(name, elements[i]) == 0;
    if (!good)
        find_fault(finding, "element", name);
    for (; attributes[0]; attributes += 2) {
        good = false;
        for (size_t i = 0; i < UNIT_COUNT(known); i++)
            good |= strcmp(attributes[0], known[i]) == 0;
        if (!good)
            find_fault(finding, "attribute", attributes[0]);
        if (strstr(attributes[1], "://") || strstr(attributes[1], "url("))
            find_fault(finding, "address in", attributes[0]);
        if ((strstr(attributes[1], "nan") || strstr(attributes[1], "inf")) &&
            strcmp(attributes[0], "aria-label") != 0)
            find_fault(finding, "number", attributes[1]);
    }
}

static void
on_end(void *context, const char *name)
{
    struct finding *finding = context;
    if (strcmp(name, "style") == 0)
        finding->in_style = false;
}

static void
on_text(void *context, const char *text, int len)
{
    struct finding *finding = context;
    struct span span = {text, (size_t)len};
    if (!finding->in_style) {
        buf_add(&finding->text, text, (size_t)len);
        return;
    }
    for (size_t i = 0; i + 4 <= span.len; i++)
        if (memcmp(text + i, "url(", 4) == 0 || memcmp(text + i, "@imp", 4) == 0)
            find_fault(finding, "style", "from outside");
}

/* The page must be well-formed and of known parts; the caller clears the finding. */
static void
inspect(const struct buf *page, struct finding *finding)
{
    XML_Parser parser = XML_ParserCreate(NULL);
    *finding = (struct finding){0};
    XML_SetUserData(parser, finding);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    bool good = XML_Parse(parser, page->data, (int)page->len, 1) == XML_STATUS_OK;
    char why[200];
    (void)snprintf(why, sizeof(why), "line %lu: %s", XML_GetCurrentLineNumber(parser),
                   XML_ErrorString(XML_GetErrorCode(parser)));
    XML_ParserFree(parser);
    unit_check(good, "%s", why);
    unit_check(!finding->fault[0], "%s", finding->fault);
    assert_int_equal(strlen(page->data), page->len);
    assert_true(text_is_utf8(page->data, page->len));
}

static size_t
occurrences(const char *text, const char *word)
{
    size_t count = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        count++;
    return count;
}

static const struct html_setting plain_settings[] = {
    {NULL, "rate", "5/s", false}, {"set", "module", "Leads", false}, {0}};

static void
a_page_is_well_formed(void **state)
{
    struct page page;
    struct finding finding;
    (void)state;
    page_make(&page, "words");
    page_write(&page, plain_settings);
    inspect(&page.out, &finding);
    assert_true(
        span_starts((struct span){page.out.data, page.out.len}, "<!DOCTYPE html>\n"));
    assert_int_equal(finding.svgs, 5);
    assert_int_equal(finding.tables, 5);
    static const char *const parts[] = {
        "1 of 8 rows succeeded; 3 failed, 1 unknown, 2 rejected, 1 not sent.",
        "Why: words.",
        "Job filewords",
        "Retry ofwords",
        "Exit code6",
        "2 rows repeat others",
        "unhitch resume words",
        "INVALID_DATA",
        "crm.delink",
        "verba.delete_call",
        "VERBA_2",
        "bad-id",
        "Slowest calls",
        "rate",
        "5/s",
        "nativeID",
        "desk.clear_live_mapping",
        "Calls in flight",
        "429",
        "set module",
        "clock was set back",
        "limit of calls",
        "killed",
        "1.90 s",
        "taken up 1 time.",
    };
    for (size_t i = 0; i < UNIT_COUNT(parts); i++)
        unit_check(strstr(finding.text.data, parts[i]) != NULL, "'%s' is not in:\n%s",
                   parts[i], finding.text.data);
    assert_non_null(strstr(page.out.data, "default-src 'none'"));
    buf_clear(&finding.text);
    page_clear(&page);
}

/* Text that would be markup, script, an attribute's end or an entity. */
static const char *const hostile[] = {
    "<script>alert(1)</script>",
    "</style></td></table><script src=//evil.example/x.js></script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' style='background:url(https://evil.example/)",
    "&lt;b&gt; &amp; &#60; &nbsp; &x; &",
    "<!-- --> ]]> <![CDATA[ <?php ?> <!DOCTYPE x [<!ENTITY a 'b'>]>",
    "</title></head></html>",
    "javascript:alert(1)//",
    "%s%n%1000000d {{7*7}} ${7*7} `x`",
    "\x01\x02\x08\x0b\x0c\x0e\x1b[31m\x1f\x7f",
    "line one\nline two\r\nline three\tend",
    "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80 \xe2\x80\xae",
    "",
    " ",
};

static void
hostile_text_stays_text(void **state)
{
    struct page page;
    struct finding finding, plain;
    (void)state;
    page_make(&page, "words");
    page_write(&page, plain_settings);
    inspect(&page.out, &plain);
    page_clear(&page);
    for (size_t i = 0; i < UNIT_COUNT(hostile); i++) {
        const struct html_setting settings[] = {
            {NULL, hostile[i], hostile[i], false}, {"set", "module", "Leads", false}, {0}};
        page_make(&page, hostile[i]);
        page_write(&page, settings);
        inspect(&page.out, &finding);
        assert_int_equal(finding.svgs, plain.svgs);
        assert_int_equal(finding.tables, plain.tables);
        /* An empty text leaves out the elements that would hold it. */
        unit_check(!hostile[i][0] || finding.elements <= plain.elements + 2,
                   "%s: %zu elements", hostile[i], finding.elements);
        if (i < 11)
            unit_check(occurrences(finding.text.data, hostile[i]) >= 12, "%s: %zu times",
                       hostile[i], occurrences(finding.text.data, hostile[i]));
        buf_clear(&finding.text);
        page_clear(&page);
    }
    buf_clear(&plain.text);
}

/* File names need not be UTF-8, a page must. */
static void
text_that_is_not_utf8_does_not_break_the_page(void **state)
{
    static const char *const names[] = {"caf\xe9.csv", "cut \xe2\x82", "\xff\xfe",
                                        "\x80<b>"};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        struct page page;
        struct finding finding;
        page_make(&page, "words");
        page.totals.input = page.totals.run_dir = page.totals.stop_message = names[i];
        page_write(&page, plain_settings);
        bool utf8 = text_is_utf8(page.out.data, page.out.len);
        if (utf8) {
            inspect(&page.out, &finding);
            buf_clear(&finding.text);
        }
        page_clear(&page);
        unit_check(utf8, "name %zu: the page is not UTF-8", i);
    }
}

static void
an_empty_run_has_a_page(void **state)
{
    struct page page;
    struct finding finding;
    static const struct html_setting none[] = {{0}};
    (void)state;
    page = (struct page){0};
    page.totals = (struct totals){.input = "empty.csv",
                                  .latency = &page.latency,
                                  .run_dir = "runs/x",
                                  .finished = true};
    page.plan = planner_finish(
        planner_open(&(struct planner_settings){.batch_size = 100}), NULL);
    page_write(&page, none);
    inspect(&page.out, &finding);
    assert_int_equal(finding.svgs, 0);
    assert_non_null(strstr(finding.text.data, "Done: there was nothing to do."));
    buf_clear(&finding.text);
    page_clear(&page);
}

/* Bars of three series, a gap, marks at both ends. */
static void
charts_take_any_numbers(void **state)
{
    static const double values[][9] = {
        {0},
        {1e-300, 0, 0},
        {1e300, 1, 0, 1e299, 1e299, 1e299},
        {0.04, 0.05, 0.1},
        {9.96, 0, 0},
        {1234567, 0, 1, 5, -1, 2, -1e300},
        {NAN, INFINITY, -INFINITY, 3},
        {18446744073709551615.0, 1, 1},
    };
    static const char *const hints[] = {"<h>", "&", "\"'"};
    const struct chart_tick ticks[] = {{0, "<l>"}, {1.5, "m"}, {3, "'r'"}};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(values); i++)
        for (size_t steps = 1; steps <= 3; steps++) {
            struct buf out = {0};
            struct finding finding;
            chart_add(&(struct chart){.title = "<t> & \"q\"",
                                      .note = "<n>",
                                      .series = {{"success", "a"}, {"failed", "b"},
                                                 {"unknown", "c"}},
                                      .series_count = 3,
                                      .whole = i % 2 == 0,
                                      .steps = steps,
                                      .values = values[i],
                                      .hints = hints,
                                      .ticks = ticks,
                                      .tick_count = steps,
                                      .gaps = ticks,
                                      .gap_count = 1,
                                      .marks = ticks,
                                      .mark_count = steps},
                      &out);
            inspect(&out, &finding);
            assert_non_null(strstr(finding.text.data, "<t> & \"q\""));
            if (i == 3)
                assert_non_null(strstr(finding.text.data, "<h>"));
            assert_null(strstr(finding.text.data, "nan"));
            buf_clear(&finding.text);
            buf_clear(&out);
        }
}

/* tests/unit/chart.html has the bytes of a small one: where bars, scale, labels, gap and mark stand. */
static void
a_chart_is_drawn_like_this(void **state)
{
    static const double values[] = {3, 1, 0, 0, 4, 0};
    static const char *const hints[] = {"3 good, 1 bad", "none", "4 good"};
    const struct chart_tick ticks[] = {{0, "0 s"}, {2, "2 s"}};
    const struct chart_tick gap = {1, "1h left out"}, mark = {2.5, "median"};
    struct buf out = {0};
    (void)state;
    chart_add(&(struct chart){.title = "Calls",
                              .note = "a note",
                              .series = {{"success", "good"}, {"failed", "bad"}},
                              .series_count = 2,
                              .whole = true,
                              .steps = 3,
                              .values = values,
                              .hints = hints,
                              .ticks = ticks,
                              .tick_count = 2,
                              .gaps = &gap,
                              .gap_count = 1,
                              .marks = &mark,
                              .mark_count = 1},
              &out);
    struct buf wanted = {0};
    struct err err = {0};
    assert_int_equal(file_read("tests/unit/chart.html", SIZE_MAX, &wanted, 1, &err), 0);
    unit_check(strcmp(out.data, wanted.data) == 0, "%s", out.data);
    buf_clear(&wanted);
    buf_clear(&out);
}

/* Ten thousand codes, each with words of its own: the page stays as small. */
static void
many_codes_are_capped_and_counted(void **state)
{
    static const struct html_setting none[] = {{0}};
    struct page page;
    struct finding finding;
    char code[32], words[1001];
    (void)state;
    page_make(&page, "words");
    totals_clear(&page.totals);
    page.totals.rows = 0;
    memset(page.totals.by_status, 0, sizeof(page.totals.by_status));
    memset(words, 'x', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(code, sizeof(code), "CODE_%d", i);
        struct code_count *count = totals_count(&page.totals, STATUS_FAILED,
                                                &op_crm_delink, code, words);
        totals_sample(&page.totals, count, 1, 2, span_of("1"), words);
    }
    totals_sort(&page.totals);
    page_write(&page, none);
    inspect(&page.out, &finding);
    unit_check(page.out.len < 150000, "%zu bytes", page.out.len);
    assert_non_null(strstr(finding.text.data, "9,960 other codes and wordings"));
    assert_int_equal(occurrences(finding.text.data, "the row cannot"), 0);
    buf_clear(&finding.text);
    page_clear(&page);
}

/* A megabyte of words from anywhere is cut, and said to be. */
static void
long_words_are_cut(void **state)
{
    enum { LONG = 1 << 20 };
    struct page page;
    struct finding finding;
    char *words = malloc(LONG + 1);
    (void)state;
    assert_non_null(words);
    memset(words, '<', LONG);
    words[LONG] = '\0';
    page_make(&page, "words");
    page.totals.input = page.totals.parent = page.totals.stop_message = words;
    struct code_count *count = totals_count(&page.totals, STATUS_FAILED, NULL, words,
                                            words);
    totals_sample(&page.totals, count, 1, 2, span_of(words), words);
    page_write(&page, plain_settings);
    inspect(&page.out, &finding);
    unit_check(page.out.len < 100000, "%zu bytes", page.out.len);
    assert_non_null(strstr(finding.text.data, "<<<..."));
    buf_clear(&finding.text);
    page_clear(&page);
    free(words);
}

/* Never rounded to all or nothing. */
static void
shares_are_true_at_both_ends(void **state)
{
    static const struct {
        uint64_t part, whole;
        const char *text;
    } cases[] = {{0, 0, "0 %"},
                 {0, 9, "0 %"},
                 {9, 9, "100 %"},
                 {1, 3, "33.3 %"},
                 {1, 1000000, "&lt;0.1 %"},
                 {999999, 1000000, "&gt;99.9 %"},
                 {UINT64_MAX, UINT64_MAX, "100 %"}};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buf out = {0};
        markup_add_percent(&out, cases[i].part, cases[i].whole);
        assert_string_equal(out.data, cases[i].text);
        buf_clear(&out);
    }
}

static void
latencies_have_units(void **state)
{
    static const struct {
        double ms;
        const char *text;
    } cases[] = {{0, "0 µs"},         {0.25, "250 µs"}, {1.5, "1.5 ms"},
                 {151.2, "151 ms"},   {1250, "1.25 s"}, {59900, "59.9 s"},
                 {125000, "2m05s"}};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buf out = {0};
        markup_add_latency(&out, cases[i].ms);
        assert_string_equal(out.data, cases[i].text);
        buf_clear(&out);
    }
}

void
test_html(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_well_formed),
        cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(text_that_is_not_utf8_does_not_break_the_page),
        cmocka_unit_test(an_empty_run_has_a_page),
        cmocka_unit_test(charts_take_any_numbers),
        cmocka_unit_test(a_chart_is_drawn_like_this),
        cmocka_unit_test(many_codes_are_capped_and_counted),
        cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(shares_are_true_at_both_ends),
        cmocka_unit_test(latencies_have_units),
    };
    unit_run(tally, "html", tests, UNIT_COUNT(tests));
}
