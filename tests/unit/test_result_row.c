/*
 * Rows of result files. Each case is a job file and the results written of it; and every
 * result file must be a job file too: it is read again.
 */
#include "unit.h"

#include "report/result_row.h"

#include <jansson.h>

static const struct field_settings no_settings = {{0}, {0}};
static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};

/* The columns of the whole file, as the first pass leaves them. */
static void
first_pass(const char *path, struct columns *columns)
{
    struct err err = {0};
    struct row row;
    struct reader *reader = reader_open(path, path, &settings, &err);
    assert_no_error(err);
    while (reader_next(reader, &row, &err) == 1)
        continue;
    assert_no_error(err);
    *columns = (struct columns){.settings = &no_settings};
    for (size_t i = 0; i < reader_columns(reader)->count; i++)
        (void)columns_add(columns, span_of(reader_columns(reader)->list[i].name),
                          reader_format(reader) == FORMAT_JSONL, &err);
    reader_free(reader);
}

/* The results of a job file, all rows with the same outcome. */
static void
write_results(const char *path, bool jsonl, const struct result *result, struct buf *out)
{
    struct err err = {0};
    struct row row;
    struct columns columns;
    struct result_form form;
    first_pass(path, &columns);
    struct reader *reader = reader_open(path, path, &settings, &err);
    result_form_init(&form, jsonl, reader, &columns);
    result_add_header(&form, out);
    while (reader_next(reader, &row, &err) == 1) {
        struct result one = *result;
        one.row = row.number;
        one.line = row.line;
        result_add_row(&form, &row, &one, out);
    }
    buf_add(out, "", 0);
    reader_free(reader);
    result_form_clear(&form);
    columns_clear(&columns);
}

static const struct result done = {.status = STATUS_SUCCESS,
                                   .code = "SUCCESS",
                                   .http = 200,
                                   .message = "relation removed",
                                   .attempts = 1,
                                   .time_ms = 1795226850125};
static const struct result unsent = {.status = STATUS_UNSENT, .code = "budget",
                                     .message = ""};

#define OURS                                                                             \
    "result_row,result_line,result_status,result_code,result_http,result_message,"      \
    "result_attempts,result_time\n"
#define STAMP "2026-11-21T02:07:30.125Z"
#define DONE_CELLS "success,SUCCESS,200,relation removed,1," STAMP "\n"
#define DONE_MEMBERS                                                                     \
    "\"status\":\"success\",\"code\":\"SUCCESS\",\"http\":200,\"message\":\"relation "   \
    "removed\",\"attempts\":1,\"time\":\"" STAMP "\"}}\n"

struct results_case {
    const char *name, *content;
    bool jsonl;
    const char *results;
};

static void
writes_rows_as_they_came(void **state)
{
    static const struct results_case cases[] = {
        {"a.csv", "related_id,note\n1,x\n", false,
         "related_id,note," OURS "1,x,1,2," DONE_CELLS},
        {"a.csv", "related_id,note\r\n1,x\r\n", false,
         "related_id,note," OURS "1,x,1,2," DONE_CELLS},
        {"a.csv", "related_id,note\n1\n", false,
         "related_id,note," OURS "1,,1,2," DONE_CELLS},
        {"a.csv", "related_id,note\n1,\"a,\"\"b\"\"\"\n", false,
         "related_id,note," OURS "1,\"a,\"\"b\"\"\",1,2," DONE_CELLS},
        {"a.csv", "related_id,note\n\"1\",\"plain\"\n", false,
         "related_id,note," OURS "1,plain,1,2," DONE_CELLS},
        {"a.csv", "related_id,note\n1,\"two\nlines\"\n2,\"cr\r\"\n", false,
         "related_id,note," OURS "1,\"two\nlines\",1,2," DONE_CELLS
         "2,\"cr\r\",2,4," DONE_CELLS},
        {"a.csv", "related_id,\"a \"\"b\"\"\"\n1,x\n", false,
         "related_id,\"a \"\"b\"\"\"," OURS "1,x,1,2," DONE_CELLS},
        {"a.csv", "related_id,note\n1,x,y\n", false,
         "related_id,note," OURS "1,x,1,2," DONE_CELLS},
        {"a.csv", "related_id,result_row,note,Result_Code\n1,9,x,OLD\n", false,
         "related_id,note," OURS "1,x,1,2," DONE_CELLS},
        {"a.csv", "\xef\xbb\xbf#c\nrelated_id\n1\n", false,
         "related_id," OURS "1,1,3," DONE_CELLS},
        {"a.csv", "\"#id\",related_id\n5,1\n", false,
         "\"#id\",related_id," OURS "5,1,1,2," DONE_CELLS},
        /* JSONL: the bytes of the row, and our object spliced in. */
        {"a.jsonl", "{\"a\":1}\n", true,
         "{\"a\":1,\"result\":{\"row\":1,\"line\":1," DONE_MEMBERS},
        {"a.jsonl", "\n  { \"a\" : \"x\\u00e9\" }  \n", true,
         "{ \"a\" : \"x\\u00e9\",\"result\":{\"row\":1,\"line\":2," DONE_MEMBERS},
        {"a.jsonl", "{}\n", true, "{\"result\":{\"row\":1,\"line\":1," DONE_MEMBERS},
        {"a.jsonl", "{ \t }\n", true, "{\"result\":{\"row\":1,\"line\":1," DONE_MEMBERS},
        {"a.jsonl", "{\"result\":{\"row\":7}}\n", true,
         "{\"result\":{\"row\":1,\"line\":1," DONE_MEMBERS},
        {"a.jsonl", "{ \"result\" : {\"row\":7} }\n", true,
         "{\"result\":{\"row\":1,\"line\":1," DONE_MEMBERS},
        {"a.jsonl", "{\"result\":{\"row\":7},\"a\":1}\n", true,
         "{\"a\":1,\"result\":{\"row\":1,\"line\":1," DONE_MEMBERS},
        {"a.jsonl", "{\"a\":1,\"result\":{\"row\":7},\"b\":2}\n", true,
         "{\"a\":1,\"b\":2,\"result\":{\"row\":1,\"line\":1," DONE_MEMBERS},
        {"a.jsonl", "{\"a\":1 , \"result\" : {\"row\":7} }\n", true,
         "{\"a\":1,\"result\":{\"row\":1,\"line\":1," DONE_MEMBERS},
        {"a.jsonl", "{\"a\":1\n", true,
         "{\"result\":{\"row\":1,\"line\":1," DONE_MEMBERS},
        /* From one to the other. */
        {"a.csv", "related_id,note\n1,\"a\"\"b\"\n2\n", true,
         "{\"related_id\":\"1\",\"note\":\"a\\\"b\",\"result\":{\"row\":1,\"line\":2," DONE_MEMBERS
         "{\"related_id\":\"2\",\"note\":\"\",\"result\":{\"row\":2,\"line\":3," DONE_MEMBERS},
        {"a.csv", "related_id,result\n1,x\n", true,
         "{\"related_id\":\"1\",\"result_column\":\"x\",\"result\":{\"row\":1,\"line\":2," DONE_MEMBERS},
        {"a.csv", "related_id,\n1,x\n", true,
         "{\"related_id\":\"1\",\"column_2\":\"x\",\"result\":{\"row\":1,\"line\":2," DONE_MEMBERS},
        {"a.csv", "related_id,result_row\n1,9\n", true,
         "{\"related_id\":\"1\",\"result\":{\"row\":1,\"line\":2," DONE_MEMBERS},
        {"a.csv", "related_id\n1,2\n", true,
         "{\"result\":{\"row\":1,\"line\":2," DONE_MEMBERS},
        {"a.jsonl", "{\"a\":1,\"b\":\"x,y\"}\n{\"c\":null,\"a\":true}\n", false,
         "a,b,c," OURS "1,\"x,y\",,1,1," DONE_CELLS "true,,,2,2," DONE_CELLS},
        {"a.jsonl", "{\"a\":1,\"result\":{},\"result_x\":2}\n", false,
         "a," OURS "1,1,1," DONE_CELLS},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buf out = {0};
        write_results(unit_text_file(cases[i].name, cases[i].content), cases[i].jsonl,
                      &done, &out);
        unit_check(strcmp(out.data, cases[i].results) == 0, "case %zu: wrote\n%snot\n%s",
                   i, out.data, cases[i].results);
        buf_clear(&out);
    }
}

static void
keeps_the_delimiter_of_the_input(void **state)
{
    static const char text[] = "related_id;note\n1;x,y\n2;\"a;b\"\n";
    static const char wanted[] =
        "related_id;note;result_row;result_line;result_status;result_code;result_http;"
        "result_message;result_attempts;result_time\n"
        "1;x,y;1;2;failed;X;400;\"a; b, c\";2;" STAMP "\n"
        "2;\"a;b\";2;3;failed;X;400;\"a; b, c\";2;" STAMP "\n";
    static const struct result failed = {.status = STATUS_FAILED,
                                         .code = "X",
                                         .http = 400,
                                         .message = "a; b, c",
                                         .attempts = 2,
                                         .time_ms = 1795226850125};
    struct buf out = {0};
    (void)state;
    write_results(unit_text_file("semi.csv", text), false, &failed, &out);
    assert_string_equal(out.data, wanted);
    buf_clear(&out);
}

static void
writes_what_is_not_known_as_nothing(void **state)
{
    struct buf out = {0};
    (void)state;
    write_results(unit_text_file("u.csv", "related_id\n1\n"), false, &unsent, &out);
    assert_string_equal(out.data, "related_id," OURS "1,1,2,unsent,budget,,,0,\n");
    buf_reset(&out);
    write_results(unit_text_file("u.jsonl", "{\"a\":1}\n"), true, &unsent, &out);
    assert_string_equal(out.data,
                        "{\"a\":1,\"result\":{\"row\":1,\"line\":1,\"status\":\"unsent\","
                        "\"code\":\"budget\",\"http\":null,\"message\":\"\","
                        "\"attempts\":0,\"time\":null}}\n");
    buf_clear(&out);
}

static void
messages_are_quoted(void **state)
{
    static const struct result odd = {.status = STATUS_FAILED, .code = "#1", .http = 400,
                                      .message = "say \"no\"\nor, \t\x01 caf\xc3\xa9",
                                      .attempts = 65535, .time_ms = 1};
    struct buf out = {0};
    (void)state;
    write_results(unit_text_file("q.csv", "related_id\n1\n"), false, &odd, &out);
    assert_string_equal(out.data,
                        "related_id," OURS "1,1,2,failed,#1,400,\"say \"\"no\"\"\n"
                        "or, \t\x01 caf\xc3\xa9\",65535,1970-01-01T00:00:00.001Z\n");
    buf_reset(&out);
    write_results(unit_text_file("q.jsonl", "{}\n"), true, &odd, &out);
    json_t *root = json_loadb(out.data, out.len, 0, NULL);
    json_t *result = json_object_get(root, "result");
    assert_string_equal(json_string_value(json_object_get(result, "message")),
                        odd.message);
    json_decref(root);
    buf_clear(&out);
}

/* How many rows of a job file are readable; -1: the file is refused. */
static int
count_rows(const char *path, struct err *err)
{
    struct row row;
    int good = 0, got;
    struct reader *reader = reader_open(path, path, &settings, err);
    if (!reader)
        return -1;
    while ((got = reader_next(reader, &row, err)) == 1)
        good += row.problem[0] == '\0';
    reader_free(reader);
    return got < 0 ? -1 : good;
}

/* Every line is an object without a key twice. */
static void
check_lines(const struct buf *out)
{
    for (const char *at = out->data; *at;) {
        const char *end = strchr(at, '\n');
        json_error_t error;
        json_t *root = json_loadb(at, (size_t)(end - at), JSON_REJECT_DUPLICATES, &error);
        unit_check(json_is_object(root), "%s: %.*s", error.text, (int)(end - at), at);
        json_decref(root);
        at = end + 1;
    }
}

static void
result_files_are_job_files(void **state)
{
    static const char *const texts[][2] = {
        {"a.csv", "related_id,note\n1,x\n2,\"a\nb\"\n3,#y\n"},
        {"a.csv", "related_id,result\n1,x\n2,y\n3,z\n"},
        {"a.csv", "related_id,Result\n1,x\n2,y\n3,z\n"},
        {"a.csv", "related_id,RE-SULT\n1,x\n2,y\n3,z\n"},
        {"a.csv", "related_id,,\n1,x,y\n2,y,z\n3,z,a\n"},
        {"a.csv", "related_id, ,-,_\n1,x,y,z\n2,y,z,a\n3,z,a,b\n"},
        {"a.csv", "related_id,,column_2\n1,x,y\n2,y,z\n3,z,a\n"},
        {"a.csv", "related_id,result,result_column\n1,x,y\n2,y,z\n3,z,a\n"},
        {"a.csv", "\"a,b,c,d,e,f,g,h,i,j,k,l,m\";related_id\nx;1\ny;2\nz;3\n"},
        {"a.csv", "related_id\n1\n2\n3\n"},
        {"a.tsv", "related_id\tno,te\n1\tx\n2\t\"a\tb\"\n3\t\n"},
        {"a.jsonl", "{\"a\":1}\n{\"a\":2,\"b\":null}\n{\"a\":\"x\",\"c\":[1,2]}\n"},
        {"a.jsonl", "{\"related_id\":1,\"#a\":2}\n{}\n{\"b\\n\":3}\n"},
        {"a.jsonl", "{\"#a\":2,\"related_id\":1}\n{}\n{\"b\\n\":3}\n"},
        {"a.jsonl", "{\"related_id\":1}\n{\"Related Id\":2}\n{\"related_id\":3}\n"},
        {"a.jsonl",
         "{\"related_id\":1,\"result\":{}}\n{\"result\":5}\n{\"Result\":null}\n"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(texts); i++)
        for (int jsonl = 0; jsonl < 2; jsonl++) {
            struct buf out = {0};
            struct err err = {0};
            write_results(unit_text_file(texts[i][0], texts[i][1]), jsonl, &done, &out);
            if (jsonl)
                check_lines(&out);
            bool fields = strstr(texts[i][1], "related_id") != NULL;
            const char *again = unit_text_file(jsonl ? "again.jsonl" : "again.csv",
                                               out.data);
            int rows = count_rows(again, &err);
            /* Keys that are no field make a header that no job file may have. */
            unit_check(rows == 3 || (!fields && !jsonl && rows == -1),
                       "text %zu as %s: %d rows (%s):\n%s", i, jsonl ? "JSONL" : "CSV",
                       rows, err.text, out.data);
            buf_clear(&out);
        }
}

/* Written twice, nothing is added: our columns are replaced. */
static void
results_of_results_are_the_same(void **state)
{
    static const char *const texts[][2] = {
        {"a.csv", "related_id,note\n1,x\n2,\"a,b\"\n"},
        {"a.jsonl", "{\"a\":1,\"b\":\"x\"}\n{\"b\":2}\n"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        struct buf once = {0}, twice = {0};
        const char *name = i ? "again.jsonl" : "again.csv";
        write_results(unit_text_file(texts[i][0], texts[i][1]), i > 0, &done, &once);
        write_results(unit_text_file(name, once.data), i > 0, &done, &twice);
        assert_string_equal(twice.data, once.data);
        buf_clear(&once);
        buf_clear(&twice);
    }
}

/* Rows that share a verdict, in any order, are written as rows with words of their own. */
static void
shared_words_change_nothing(void **state)
{
    static const char *const codes[] = {"SUCCESS", "NO_PERMISSION", "a,b"};
    static const char *const messages[] = {"relation removed", "say \"please\"", ""};
    struct err err = {0};
    struct dice dice = {7};
    (void)state;
    for (int jsonl = 0; jsonl < 2; jsonl++) {
        const char *path = unit_text_file("w.csv", "related_id\n1\n");
        struct columns columns;
        struct result_form shared, own;
        struct buf got = {0}, wanted = {0};
        struct row row;
        first_pass(path, &columns);
        struct reader *reader = reader_open(path, path, &settings, &err);
        result_form_init(&shared, jsonl, reader, &columns);
        result_form_init(&own, jsonl, reader, &columns);
        assert_int_equal(reader_next(reader, &row, &err), 1);
        for (size_t i = 0; i < 2000; i++) {
            size_t pick = dice_below(&dice, 3);
            struct result one = {.row = i, .line = i + 1, .attempts = (unsigned)(i % 300)};
            one.status = dice_below(&dice, 2) ? STATUS_FAILED : STATUS_UNKNOWN;
            one.code = codes[pick];
            one.message = messages[pick];
            one.http = pick ? 0 : 200;
            one.time_ms = (int64_t)dice_below(&dice, 3) * 1795226850125;
            result_add_row(&own, &row, &one, &wanted);
            one.verdict_next = dice_below(&dice, 4) ? (uint32_t)pick + 1 : 0;
            result_add_row(&shared, &row, &one, &got);
            assert_string_equal(got.data, wanted.data);
            buf_reset(&got);
            buf_reset(&wanted);
        }
        reader_free(reader);
        result_form_clear(&shared);
        result_form_clear(&own);
        columns_clear(&columns);
        buf_clear(&got);
        buf_clear(&wanted);
    }
}

void
test_result_row(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_rows_as_they_came),
        cmocka_unit_test(keeps_the_delimiter_of_the_input),
        cmocka_unit_test(writes_what_is_not_known_as_nothing),
        cmocka_unit_test(messages_are_quoted),
        cmocka_unit_test(result_files_are_job_files),
        cmocka_unit_test(results_of_results_are_the_same),
        cmocka_unit_test(shared_words_change_nothing),
    };
    unit_run(tally, "result_row", tests, UNIT_COUNT(tests));
}
