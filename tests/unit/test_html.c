/* report.html: well-formed whatever is in it, no script, nothing from outside. */
#include "unit.h"

#include "report/chart.h"
#include "plan/planner.h"
#include "report/html.h"

#include <expat.h>

/* What a page is made of; clear it with page_clear. */
struct page {
    struct totals totals;
    struct latency latency;
    struct timeline timeline;
    struct timeline_call calls[3];
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
        totals_sample(count, 1, 2, span_of(words), words);
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
    for (uint32_t i = 0; i < 3; i++) {
        page->calls[i] = (struct timeline_call){.end_ms = 1795226850125 + 30000 * i,
                                                .latency_us = 1000 + 900000 * i,
                                                .first_item = i,
                                                .http = i ? 200 : 429,
                                                .items = 1,
                                                .successes = (uint8_t)(i > 0)};
        latency_note(&page->latency, page->calls[i].latency_us);
    }
    page->timeline = (struct timeline){page->calls, 3, 3, 1795226850124, 1795226910125};
}

static void
page_write(struct page *page, const struct html_setting *settings)
{
    struct html_facts facts = {&page->totals, page->plan, &page->timeline, settings,
                               "csv"};
    html_add_report(&facts, &page->out);
}

static void
page_clear(struct page *page)
{
    totals_clear(&page->totals);
    plan_free(page->plan);
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
        "html", "head", "meta",   "title", "style", "body", "h1",   "h2",
        "p",    "div",  "span",   "table", "tr",    "th",   "td",   "br",
        "code", "pre",  "figure", "svg",   "text",  "line", "rect", "polyline",
    };
    static const char *const known[] = {
        "lang", "charset",    "name",    "content", "http-equiv", "class",       "style",
        "role", "aria-label", "viewBox", "x",       "y",          "x1",          "y1",
        "x2",   "y2",         "width",   "height",  "points",     "text-anchor",
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
        if (strcmp(attributes[0], "style") == 0 &&
            strncmp(attributes[1], "flex:", 5) != 0)
            find_fault(finding, "style", attributes[1]);
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

static const struct html_setting plain_settings[] = {{"rate", "5/s"}, {NULL, NULL}};

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
    assert_int_equal(finding.svgs, 3);
    assert_int_equal(finding.tables, 4);
    static const char *const parts[] = {
        "1 of 8 rows succeeded",
        "Why it stopped: words",
        "Job file words",
        "exit code 6",
        "2 rows repeat another one",
        "unhitch resume",
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
        const struct html_setting settings[] = {{hostile[i], hostile[i]}, {NULL, NULL}};
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
    static const struct html_setting none[] = {{NULL, NULL}};
    (void)state;
    page = (struct page){0};
    page.totals = (struct totals){.input = "empty.csv",
                                  .latency = &page.latency,
                                  .run_dir = "runs/x",
                                  .finished = true};
    page.plan = planner_finish(planner_open(&(struct planner_settings){.batch_size = 100}), NULL);
    page_write(&page, none);
    inspect(&page.out, &finding);
    assert_int_equal(finding.svgs, 0);
    assert_non_null(strstr(finding.text.data, "It worked: 0 of 0 rows succeeded."));
    buf_clear(&finding.text);
    page_clear(&page);
}

static void
the_first_line_tells_how_it_ended(void **state)
{
    static const struct {
        bool finished;
        int exit_code;
        const char *wanted;
    } cases[] = {
        {true, EXIT_OK, "It worked: "},
        {true, EXIT_ROWS, "Finished, but not everything succeeded: "},
        {false, EXIT_BUDGET, "Stopped before the end: "},
        {false, EXIT_SIGNAL + 15, "Stopped before the end: "},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct page page;
        page_make(&page, "words");
        page.totals.finished = cases[i].finished;
        page.totals.exit_code = cases[i].exit_code;
        page_write(&page, plain_settings);
        unit_check(strstr(page.out.data, cases[i].wanted) != NULL, "%s", cases[i].wanted);
        page_clear(&page);
    }
}

static void
charts_take_any_numbers(void **state)
{
    static const double values[][3] = {
        {0, 0, 0},         {1e-300, 0, 0}, {1e300, 1, 0},
        {0.04, 0.05, 0.1}, {9.96, 0, 0},   {1234567, 0, 1},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(values); i++)
        for (size_t steps = 1; steps <= 3; steps++) {
            struct buf out = {0};
            struct finding finding;
            chart_add(&(struct chart){.title = "<t> & \"q\"",
                                      .left = "<l>",
                                      .right = "'r'",
                                      .bars = values[i],
                                      .line = values[i],
                                      .marks = values[i],
                                      .steps = steps},
                      &out);
            inspect(&out, &finding);
            assert_non_null(strstr(finding.text.data, "<t> & \"q\""));
            buf_clear(&finding.text);
            buf_clear(&out);
        }
    struct buf out = {0};
    struct finding finding;
    chart_add(&(struct chart){.title = "", .left = "", .right = "", .steps = 3}, &out);
    inspect(&out, &finding);
    buf_clear(&finding.text);
    buf_clear(&out);
}

void
test_html(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_well_formed),
        cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(text_that_is_not_utf8_does_not_break_the_page),
        cmocka_unit_test(an_empty_run_has_a_page),
        cmocka_unit_test(the_first_line_tells_how_it_ended),
        cmocka_unit_test(charts_take_any_numbers),
    };
    unit_run(tally, "html", tests, UNIT_COUNT(tests));
}
