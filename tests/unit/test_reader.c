/*
 * Job files, row by row. Each case is a file and what is read of it, written down as
 * text: a row is "number@line:cell|cell|...", "!" instead of the cells where the row is
 * not readable, "-" for a cell that is not in the row. A refused file is "refused".
 */
#include "unit.h"

#include "input/reader.h"
#include "ops/op.h"

static const struct field_settings no_settings = {{0}, {0}};

static void
add_row(struct buf *out, const struct row *row)
{
    buf_addf(out, "%llu@%llu:", (unsigned long long)row->number,
             (unsigned long long)row->line);
    if (row->problem[0])
        buf_add_char(out, '!');
    for (size_t i = 0; i < row->cell_count && !row->problem[0]; i++) {
        if (i)
            buf_add_char(out, '|');
        if (row->cells[i].ptr)
            buf_add(out, row->cells[i].ptr, row->cells[i].len);
        else
            buf_add_char(out, '-');
    }
    buf_add_char(out, ' ');
}

/* Whose rows are all plain can be read by the line: each row, looked into, is the same. */
static void
read_lines(const char *path, const struct reader_settings *settings, const char *rows)
{
    struct row row;
    struct err err = {0};
    struct buf out = {0};
    struct reader *reader = reader_open(path, path, settings, &err);
    assert_non_null(reader);
    reader_lines_only(reader);
    while (reader_next(reader, &row, &err) == 1) {
        assert_true(row.plain && row.cell_count == 0 && !row.problem[0]);
        assert_int_equal(reader_look_into(reader, &row, &err), 0);
        add_row(&out, &row);
    }
    assert_int_equal(err.exit_code, 0);
    if (out.len)
        out.data[--out.len] = '\0';
    unit_check(strcmp(out.len ? out.data : "", rows) == 0, "%s: by the line: %s\nnot\n%s",
               path, out.len ? out.data : "", rows);
    reader_free(reader);
    buf_clear(&out);
}

/* What is read of a file; `err` tells why it was refused. */
static void
read_all(const char *path, const struct reader_settings *settings, struct buf *out,
         struct err *err)
{
    struct row row;
    int got = -1;
    struct reader *reader = reader_open(path, path, settings, err);
    if (reader)
        while ((got = reader_next(reader, &row, err)) == 1)
            add_row(out, &row);
    if (got < 0)
        buf_add_text(out, "refused");
    else if (out->len)
        out->data[--out->len] = '\0';
    if (got == 0 && reader_all_plain(reader))
        read_lines(path, settings, out->len ? out->data : "");
    reader_free(reader);
}

struct file_case {
    const char *name, *content, *rows;
    const char *error;          /* part of it, if refused */
};

static void
read_cases(const struct file_case *cases, size_t count,
           const struct reader_settings *settings)
{
    for (size_t i = 0; i < count; i++) {
        struct buf out = {0};
        struct err err = {0};
        read_all(unit_text_file(cases[i].name, cases[i].content), settings, &out, &err);
        unit_check(strcmp(out.data ? out.data : "", cases[i].rows) == 0,
                   "case %zu (%s): read\n  %s\nnot\n  %s\n%s", i, cases[i].content,
                   out.data ? out.data : "", cases[i].rows, err.text);
        if (cases[i].error)
            assert_error(err, EXIT_INPUT, cases[i].error);
        buf_clear(&out);
    }
}

static void
reads_csv(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    static const struct file_case cases[] = {
        {"a.csv", "related_id,note\n1,x\n2,y\n", "1@2:1|x 2@3:2|y", NULL},
        {"a.csv", "related_id,note\n1,x\n2,y", "1@2:1|x 2@3:2|y", NULL},
        {"a.csv", "related_id,note\r\n1,x\r\n2,y\r\n", "1@2:1|x 2@3:2|y", NULL},
        {"a.csv", "related_id,note\r\n1,x\n2,y\r\n", "1@2:1|x 2@3:2|y", NULL},
        {"a.csv", "related_id,note\r1,x\r2,y\r", "1@2:1|x 2@3:2|y", NULL},
        {"a.csv", "related_id,note\r1,x\r\r2,y", "1@2:1|x 2@4:2|y", NULL},
        {"a.csv", "\xef\xbb\xbfrelated_id,note\n1,x\n", "1@2:1|x", NULL},
        {"a.csv", "\xef\xbb\xbf# hello\n\n  \nrelated_id,note\n1,x\n", "1@5:1|x", NULL},
        {"a.csv", "#one\n#two\nrelated_id\n#3\n", "1@4:#3", NULL},
        {"a.csv", "related_id;note\n1;x,y\n", "1@2:1|x,y", NULL},
        {"a.csv", "related_id\tnote\n1\tx,y\n", "1@2:1|x,y", NULL},
        {"a.csv", "related_id|note\n1|x,y\n", "1@2:1|x,y", NULL},
        {"a.csv", "\"a,b,c\";related_id\n1;2\n", "1@2:1|2", NULL},
        {"a.csv", "related_id\n1\n\n\n2\n   \n3\n", "1@2:1 2@5:2 3@7:3", NULL},
        {"a.csv", "related_id,note\n1\n2,\n,\n", "1@2:1 2@3:2| 3@4:|", NULL},
        {"a.csv", "related_id,note\n1,x,y\n2,z\n3,x,\n", "1@2:! 2@3:2|z 3@4:!", NULL},
        {"a.csv", "related_id,note\n\"1\",\"x, y\"\n", "1@2:1|x, y", NULL},
        {"a.csv", "related_id,note\n1,\"a \"\"b\"\" c\"\n", "1@2:1|a \"b\" c", NULL},
        {"a.csv", "related_id,note\n1,\"\"\n\"\",x\n", "1@2:1| 2@3:|x", NULL},
        {"a.csv", "related_id,note\n1,\"\"\"\"\n", "1@2:1|\"", NULL},
        {"a.csv", "related_id,note\n1,a\"b\n2,y\n", "1@2:1|a\"b 2@3:2|y", NULL},
        {"a.csv", "related_id,note\n1, \"x\"\n", "1@2:1| \"x\"", NULL},
        {"a.csv", "related_id,note\n1,\"a\nb\n\nc\"\n2,y\n", "1@2:1|a\nb\n\nc 2@6:2|y",
         NULL},
        {"a.csv", "related_id,note\r\n1,\"a\r\nb\"\r\n2,y\r\n", "1@2:1|a\r\nb 2@4:2|y",
         NULL},
        {"a.csv", "related_id,note\r1,\"a\rb\"\r2,y\r", "1@2:1|a\rb 2@4:2|y", NULL},
        {"a.csv", "related_id,\"a\nnote\"\n1,x\n", "1@3:1|x", NULL},
        {"a.csv", "related_id,note\n\"1\",x\n\"2\",y", "1@2:1|x 2@3:2|y", NULL},
        {"a.csv", "related_id,note\n1,\"x\"", "1@2:1|x", NULL},
        {"a.csv", "related_id,note\n\"1\",\n", "1@2:1|", NULL},
        {"a.csv", "related_id,note\n\"1\"x,y\n2,z\n", "1@2:! 2@3:2|z", NULL},
        {"a.csv", "related_id,note\n\"1\" ,y\n2,z\n", "1@2:! 2@3:2|z", NULL},
        {"a.csv", "related_id,note\n1,a\rb\n2,z\n", "1@2:! 2@3:2|z", NULL},
        {"a.csv", "related_id,note\n\"1\",a\rb\n2,z\n", "1@2:! 2@3:2|z", NULL},
        {"a.csv", "related_id,note,more\n\"1\",a\rb\n2,z\n", "1@2:! 2@3:2|z", NULL},
        {"a.csv", "related_id,note\n1,a\r\r\n2,z\n", "1@2:! 2@3:2|z", NULL},
        {"a.csv", "related_id,note\n\"1\",a\r\r\n2,z\n", "1@2:! 2@3:2|z", NULL},
        {"a.csv", "related_id,note\n1,\"a\"\r\r\n2,z\n", "1@2:! 2@3:2|z", NULL},
        {"a.csv", "related_id,note\n\r\"1\n2,z\n", "1@2:! 2@3:2|z", NULL},
        {"a.csv", "related_id,note\n\"1\",\"a\r\"\n", "1@2:1|a\r", NULL},
        {"a.csv", "related_id,note\n1,\xff\n2,\xc3\xa9\n", "1@2:! 2@3:2|\xc3\xa9", NULL},
        {"a.csv", "related_id,note\n1,\xe9\n", "1@2:!", NULL},
        {"a.csv", "related_id,note\n", "", NULL},
        {"a.csv", "related_id,note", "", NULL},
        {"a.csv", "related_id,note\n\n\n", "", NULL},
        {"a", "related_id,note\n1,x\n", "1@2:1|x", NULL},
        {"a.TSV", "related_id\tno,te\n1\tx\n", "1@2:1|x", NULL},
        {"a.tsv", "related_id\tnote\n1\t\"a\tb\"\n\t\n", "1@2:1|a\tb 2@3:|", NULL},
        {"a.tab", "related_id\tnote,note2\n1\tx\n", "1@2:1|x", NULL},
        /* Files that are refused. */
        {"a.csv", "", "refused", "is empty (0 bytes)"},
        {"a.csv", "\n\n", "refused", "has no header line"},
        {"a.csv", "# only\n", "refused", "has no header line"},
        {"a.csv", "\xef\xbb\xbf", "refused", "has no header line"},
        {"a.csv", "\xff\xfer\0", "refused", "UTF-16"},
        {"a.csv", "\xfe\xff", "refused", "UTF-16"},
        {"a.xlsx", "PK\x03\x04\x14", "refused", "Save the sheet as CSV"},
        {"a.csv", "PK\x03\x04\x14\n", "refused", "Save the sheet as CSV"},
        {"a.xls", "\xd0\xcf\x11\xe0\xa1", "refused", "Save the sheet as CSV"},
        {"a.csv", "related_id,\xff\n1,2\n", "refused", ":1: the header is not UTF-8"},
        {"a.csv", "\nrelated_id,\"x\"y\n1,2\n", "refused",
         ":2: the header has text after"},
        {"a.csv", "related_id,note,Note\n1,x,y\n", "refused", ":1: two columns"},
        {"a.csv", "a,b\n1,x\n", "refused", ":1: no usable column"},
        {"a.tsv", "a,bbbbbbbbb,ccccccccc,ddddddddd,eeeeeeeee,fff\n1,x\n", "refused",
         ",eeeeeeee.... Nothing was sent"},
        {"a.csv", "a,b,c,d,e,f,g,h,i,j,k,l,m\n1,x\n", "refused", "k, l, .... Nothing"},
        {"a.csv", "related_id,note\n1,x\n2,\"y\n3,z\n", "1@2:1|x refused",
         ":3: a quote opens here and never closes"},
        {"a.csv", "related_id,note\n1,\"x", "refused", ":2: a quote opens here"},
        {"a.csv", "related_id,note\n1,\"a\nb\"c\n2,y\n", "refused", ":2: a quote opens"},
        {"a.csv", "related_id,\"note\n1,x\n", "refused", ":1: a quote opens here"},
    };
    (void)state;
    read_cases(cases, UNIT_COUNT(cases), &settings);
}

static void
obeys_format_and_delimiter(void **state)
{
    static const struct reader_settings semicolon = {FORMAT_CSV, ';', &no_settings};
    static const struct file_case by_semicolon[] = {
        {"a.csv", "related_id;a,b,c\n1;x\n", "1@2:1|x", NULL},
        {"a.jsonl", "related_id;{}\n1;x\n", "1@2:1|x", NULL},
    };
    static const struct reader_settings tsv = {FORMAT_TSV, 0, &no_settings};
    static const struct file_case as_tsv[] = {
        {"a.csv", "related_id\ta,b,c\n1\tx\n", "1@2:1|x", NULL},
    };
    static const struct reader_settings jsonl = {FORMAT_JSONL, 0, &no_settings};
    static const struct file_case as_jsonl[] = {
        {"a.csv", "{\"related_id\":1}\n", "1@1:1", NULL},
    };
    (void)state;
    read_cases(by_semicolon, UNIT_COUNT(by_semicolon), &semicolon);
    read_cases(as_tsv, UNIT_COUNT(as_tsv), &tsv);
    read_cases(as_jsonl, UNIT_COUNT(as_jsonl), &jsonl);
}

static void
reads_jsonl(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    static const struct file_case cases[] = {
        {"a.jsonl", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n", "1@1:1|x 2@2:2|y",
         NULL},
        {"a.jsonl", "{\"a\":1}\r\n\r\n{\"a\":2}", "1@1:1 2@3:2", NULL},
        {"a.jsonl", "  {\"a\":1}  \n\t\n {\"a\":2}\n", "1@1:1 2@3:2", NULL},
        {"a.jsonl", "\xef\xbb\xbf{\"a\":1}\n", "1@1:1", NULL},
        {"a.jsonl", "# note\n{\"a\":1}\n", "1@2:1", NULL},
        {"a.ndjson", "{\"a\":1}\n", "1@1:1", NULL},
        {"a.txt", "\n {\"a\":1}\n", "1@2:1", NULL},
        {"a.jsonl", "{\"b\":1,\"a\":2}\n{\"a\":3}\n{\"c\":4,\"b\":5}\n",
         "1@1:1|2 2@2:-|3 3@3:5|-|4", NULL},
        {"a.jsonl", "{\"a\":12345678901234567890}\n", "1@1:12345678901234567890", NULL},
        {"a.jsonl", "{\"a\":1.50}\n{\"a\":1E+2}\n", "1@1:1.50 2@2:1E+2", NULL},
        {"a.jsonl", "{\"a\":true}\n{\"a\":null}\n{\"a\":[1, 2]}\n{\"a\":{\"b\":1}}\n",
         "1@1:true 2@2: 3@3:[1, 2] 4@4:{\"b\":1}", NULL},
        {"a.jsonl", "{\"a\":\"x\\u00e9\\n\\\"\"}\n", "1@1:x\xc3\xa9\n\"", NULL},
        {"a.jsonl", "{\"\\u0061\":1}\n{\"a\":2}\n", "1@1:1 2@2:2", NULL},
        {"a.jsonl", "{}\n", "1@1:", NULL},
        {"a.jsonl", "{ }\n{\"a\":1}\n", "1@1: 2@2:1", NULL},
        {"a.jsonl", "{\"a\":1,\"a\":2}\n{\"a\":3}\n", "1@1:! 2@2:3", NULL},
        {"a.jsonl", "{\"a\":1,\"A\":2}\n{\"A\":3}\n", "1@1:! 2@2:-|3", NULL},
        {"a.jsonl", "{\"Record Id\":1,\"record_id\":2}\n", "1@1:!", NULL},
        {"a.jsonl", "{\"a\":1}\n{\"a\":\n{\"a\":3}\n", "1@1:1 2@2:! 3@3:3", NULL},
        {"a.jsonl", "{\"a\":1} x\n{\"a\":1}{\"a\":2}\n[1]\n\"x\"\n12\n",
         "1@1:! 2@2:! 3@3:! "
         "4@4:! 5@5:!",
         NULL},
        {"a.jsonl", "{\"a\":1,}\n{\"a\":01}\n{'a':1}\n{\"a\":1\n",
         "1@1:! 2@2:! 3@3:! 4@4:!", NULL},
        {"a.jsonl", "{\"a\":\"\xff\"}\n{\"a\":\"\\ud800\"}\n", "1@1:! 2@2:!", NULL},
        {"a.jsonl", "{\"a\":\"x\\u0000y\"}\n{\"a\\u0000\":1}\n", "1@1:! 2@2:!", NULL},
        {"a.jsonl", "\n\n", "", NULL},
        {"a.jsonl", "[{\"a\":1}]\n", "refused", ":1: a JSON array"},
        {"a.txt", "\n[\n{\"a\":1}]\n", "refused", ":2: a JSON array"},
        {"a.jsonl", "", "refused", "is empty (0 bytes)"},
    };
    (void)state;
    read_cases(cases, UNIT_COUNT(cases), &settings);
}

static void
rejects_rows_with_a_nul(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    static const char csv[] = "related_id,note\n1,a\0b\n2,y\n";
    static const char jsonl[] = "{\"a\":\"x\0\"}\n{\"a\":2}\n";
    static const char header[] = "related_id,n\0te\n1,2\n";
    struct buf out = {0};
    struct err err = {0};
    (void)state;
    read_all(unit_file("nul.csv", csv, sizeof(csv) - 1), &settings, &out, &err);
    assert_string_equal(out.data, "1@2:! 2@3:2|y");
    buf_reset(&out);
    read_all(unit_file("nul.jsonl", jsonl, sizeof(jsonl) - 1), &settings, &out, &err);
    assert_string_equal(out.data, "1@1:! 2@2:2");
    buf_reset(&out);
    assert_no_error(err);
    read_all(unit_file("head.csv", header, sizeof(header) - 1), &settings, &out, &err);
    assert_string_equal(out.data, "refused");
    buf_clear(&out);
}

/* The words of a problem are for people and for JSON: they must be UTF-8. */
static void
problems_are_text(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    (void)state;
    for (size_t ascii = 50; ascii < 85; ascii++) {
        struct buf text = {0}, key = {0};
        struct err err = {0};
        struct row row;
        for (size_t i = 0; i < ascii; i++)
            buf_add_char(&key, 'k');
        for (size_t i = 0; i < 10; i++)
            buf_add_text(&key, "\xe2\x82\xac");
        buf_addf(&text, "{\"%s\":1,\"%s\":2}\n", key.data, key.data);
        struct reader *reader = reader_open(unit_text_file("twice.jsonl", text.data),
                                            "twice.jsonl", &settings, &err);
        assert_int_equal(reader_next(reader, &row, &err), 1);
        unit_check(row.problem[0] && text_is_utf8(row.problem, strlen(row.problem)),
                   "%zu letters: %s", ascii, row.problem);
        reader_free(reader);
        buf_clear(&text);
        buf_clear(&key);
    }
}

/* What --set and --map make of rows, through the whole reader. */
static void
spellings_of_a_key_may_change(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    static const char text[] =
        "{\"record_id\":1}\n{\"Record Id\":2}\n{\"record_id\":3}\n";
    struct err err = {0};
    struct row row;
    struct fields fields;
    char wanted[2] = "1";
    (void)state;
    struct reader *reader = reader_open(unit_text_file("keys.jsonl", text), "keys.jsonl",
                                        &settings, &err);
    for (; reader_next(reader, &row, &err) == 1; wanted[0]++) {
        columns_read_fields(reader_columns(reader), row.cells, row.cell_count, &fields);
        assert_span(fields.value[FIELD_RECORD_ID], wanted);
    }
    assert_int_equal(wanted[0], '4');
    reader_free(reader);
}

static void
finds_an_earlier_result(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    static const struct {
        const char *row, *dropped;
    } cases[] = {
        {"{\"a\":1}", NULL},
        {"{\"result\":{}}", "\"result\":{}"},
        {"{ \"result\" : {} }", "\"result\" : {}"},
        {"{\"result\":{\"row\":1},\"a\":1}", "\"result\":{\"row\":1},"},
        {"{\"result\":{} , \"a\":1}", "\"result\":{} ,"},
        {"{\"a\":1,\"result\":{},\"b\":2}", "\"result\":{},"},
        {"{\"a\":1,\"result\":{}}", ",\"result\":{}"},
        {"{\"a\":1 , \"result\":{} }", ", \"result\":{}"},
        {"{\"a\":\"x,y\",\"Result\":5}", ",\"Result\":5"},
        {"{\"a\":1,\"r\\u0065sult\":null}", ",\"r\\u0065sult\":null"},
        {"{\"a\":{\"result\":1}}", NULL},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct err err = {0};
        struct row row;
        struct reader *reader = reader_open(unit_text_file("r.jsonl", cases[i].row),
                                            "r.jsonl", &settings, &err);
        assert_int_equal(reader_next(reader, &row, &err), 1);
        assert_string_equal(row.problem, "");
        assert_span(row.dropped, cases[i].dropped);
        reader_free(reader);
    }
    /* A second one makes the row unreadable, and so does a line that ends too early. */
    static const char *const broken[] = {"{\"result\":1,\"result\":2}", "{\"result\":1",
                                         "{\"a\":1,\"result\":1 ", "{\"result\":null,"};
    for (size_t i = 0; i < UNIT_COUNT(broken); i++) {
        struct err err = {0};
        struct row row;
        struct reader *reader = reader_open(unit_text_file("r.jsonl", broken[i]),
                                            "r.jsonl", &settings, &err);
        assert_int_equal(reader_next(reader, &row, &err), 1);
        assert_string_not_equal(row.problem, "");
        reader_free(reader);
    }
}

static void
null_counts_as_a_key_too(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    static const struct file_case cases[] = {
        {"a.jsonl", "{\"a\":null,\"a\":2}\n", "1@1:!", NULL},
        {"a.jsonl", "{\"result\":null,\"a\":1,\"result\":{}}\n", "1@1:!", NULL},
    };
    (void)state;
    read_cases(cases, UNIT_COUNT(cases), &settings);
}

static void
tells_what_rows_can_be_copied(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    static const char text[] = "related_id,note\n1,x\n\"2\",x\n3\n4,x,y\n5,\xff\n6,y\r\n";
    static const bool plain[] = {true, false, false, false, false, true};
    struct err err = {0};
    struct row row;
    (void)state;
    struct reader *reader = reader_open(unit_text_file("p.csv", text), "p.csv", &settings,
                                        &err);
    for (size_t i = 0; reader_next(reader, &row, &err) == 1; i++)
        unit_check(row.plain == plain[i], "row %zu", i + 1);
    assert_int_equal(row.number, 6);
    assert_span(row.raw, "6,y");
    assert_int_equal(reader_format(reader), FORMAT_CSV);
    assert_int_equal(reader_delimiter(reader), ',');
    reader_free(reader);
}

static void
the_fingerprint_sees_every_byte(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    struct fingerprint prints[3];
    static const char *const texts[] = {"related_id\n1\n", "related_id\n2\n",
                                        "related_id\n1\n"};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        struct err err = {0};
        struct row row;
        struct reader *reader = reader_open(unit_text_file("f.csv", texts[i]), "f.csv",
                                            &settings, &err);
        while (reader_next(reader, &row, &err) == 1)
            continue;
        prints[i] = reader_fingerprint(reader);
        reader_free(reader);
    }
    assert_false(fingerprint_equal(prints[0], prints[1]));
    assert_true(fingerprint_equal(prints[0], prints[2]));
    assert_int_equal(prints[0].bytes, 13);
}

static void
files_that_cannot_be_opened(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    struct err err = {0};
    (void)state;
    assert_null(reader_open(unit_path("absent.csv"), "absent.csv", &settings, &err));
    assert_error(err, EXIT_USAGE, "absent.csv: cannot open the job file");
    err = (struct err){0};
    assert_null(reader_open("/tmp", "folder", &settings, &err));
    assert_error(err, EXIT_USAGE, "folder: is a folder");
}

/*
 * Rows across the ends of the blocks in which a file is read (256 KiB): one long first
 * cell shifts everything behind it by one byte at a time.
 */
static void
rows_cross_every_block_end(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    enum { BLOCK = 1 << 18, TAIL = 48 };
    static const char rest[] = "11,\"q\"\"u\r\no,te\"\r\n\"22\",\xe2\x82\xac\r\n33,z\r\n";
    static const char rows[] = "2@3:11|q\"u\r\no,te 3@5:22|\xe2\x82\xac 4@6:33|z";
    (void)state;
    for (size_t shift = 0; shift < TAIL; shift++) {
        struct buf text = {0}, out = {0};
        struct err err = {0};
        buf_add_text(&text, "related_id,note\r\n0,");
        while (text.len < BLOCK - TAIL + shift)
            buf_add_char(&text, 'x');
        buf_add_text(&text, "\r\n");
        buf_add_text(&text, rest);
        read_all(unit_file("b.csv", text.data, text.len), &settings, &out, &err);
        assert_no_error(err);
        unit_check(out.len > sizeof(rows) &&
                       strcmp(out.data + out.len - (sizeof(rows) - 1), rows) == 0,
                   "shift %zu: %s", shift, out.data + out.len - (sizeof(rows) - 1));
        buf_clear(&text);
        buf_clear(&out);
    }
}

/* The CR of a header's CRLF is the last byte of a block: its LF is yet to come. */
static void
a_header_may_fill_a_block(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    enum { BLOCK = 1 << 18 };
    struct buf text = {0}, out = {0};
    struct err err = {0};
    (void)state;
    buf_add_text(&text, "related_id,");
    while (text.len < BLOCK - 1)
        buf_add_char(&text, 'x');
    buf_add_text(&text, "\r\n1,a\r\n\r\n2,b\r\n");
    read_all(unit_file("h.csv", text.data, text.len), &settings, &out, &err);
    assert_no_error(err);
    assert_string_equal(out.data, "1@2:1|a 2@4:2|b");
    buf_clear(&text);
    buf_clear(&out);
}

/* What is read of a file that begins with a block of lines that end in CR, and then `rest`. */
static void
read_behind_cr_lines(const char *name, const char *begin, const char *line,
                     const char *rest, const char *wanted)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    struct buf text = {0}, out = {0};
    struct err err = {0};
    size_t len = strlen(wanted);
    buf_add_text(&text, begin);
    while (text.len < 1 << 18)
        buf_add_text(&text, line);
    buf_add_text(&text, rest);
    read_all(unit_file(name, text.data, text.len), &settings, &out, &err);
    assert_no_error(err);
    unit_check(out.len > len && strcmp(out.data + out.len - len, wanted) == 0,
               "%s: %s\nnot\n%s", name, out.data + out.len - len, wanted);
    buf_clear(&text);
    buf_clear(&out);
}

/* Where CR ends the lines, an LF outside quotes is as odd as a CR is elsewhere. */
static void
line_feeds_behind_cr_lines(void **state)
{
    (void)state;
    read_behind_cr_lines("m.csv", "related_id,note\r", "1,0123456789\r",
                         "2,a\nb\r\"3\",a\nb\r\"4\",a\n\r5,\"a\nb\"\r6,z\r",
                         "20165@20166:! 20166@20167:! 20167@20168:! "
                         "20168@20169:5|a\nb 20169@20170:6|z");
    read_behind_cr_lines("m.jsonl", "", "{\"a\":1, \"b\":2}\r",
                         "{\"a\":2,\n\"b\":3}\r{\"a\":4}\r",
                         "17478@17478:! 17479@17479:4|-");
}

static void
jsonl_rows_cross_every_block_end(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    enum { BLOCK = 1 << 18, TAIL = 40 };
    static const char rows[] = "2@2:1\xe2\x82\xac 3@4:22";
    (void)state;
    for (size_t shift = 0; shift < TAIL; shift++) {
        struct buf text = {0}, out = {0};
        struct err err = {0};
        buf_add_text(&text, "{\"a\":\"");
        while (text.len < BLOCK - TAIL + shift)
            buf_add_char(&text, 'x');
        buf_add_text(&text, "\"}\r\n{\"a\":\"1\\u20ac\"}\r\n\r\n{\"a\":22}");
        read_all(unit_file("b.jsonl", text.data, text.len), &settings, &out, &err);
        assert_no_error(err);
        unit_check(out.len > sizeof(rows) &&
                       strcmp(out.data + out.len - (sizeof(rows) - 1), rows) == 0,
                   "shift %zu", shift);
        buf_clear(&text);
        buf_clear(&out);
    }
}

/* A big file: every row comes out once, in order, with its line. */
static void
reads_a_big_file(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    enum { ROWS = 20000 };
    struct buf text = {0};
    struct err err = {0};
    struct row row;
    uint64_t lines[ROWS], line = 2;
    (void)state;
    buf_add_text(&text, "related_id,note\n");
    for (unsigned i = 0; i < ROWS; i++) {
        lines[i] = line;
        if (i % 7 == 3)
            buf_addf(&text, "%u,\"two\nlines, %u\"\n", i, i);
        else
            buf_addf(&text, "%u,%.*s\n", i, (int)(i % 50),
                     "12345678901234567890123456789012345678901234567890");
        line += i % 7 == 3 ? 2 : 1;
    }
    struct reader *reader = reader_open(unit_file("big.csv", text.data, text.len),
                                        "big.csv", &settings, &err);
    for (unsigned i = 0; i < ROWS; i++) {
        char id[16];
        assert_int_equal(reader_next(reader, &row, &err), 1);
        (void)snprintf(id, sizeof(id), "%u", i);
        unit_check(row.number == i + 1 && row.line == lines[i] && row.cell_count == 2 &&
                       span_is(row.cells[0], id), "row %u", i + 1);
    }
    assert_int_equal(reader_next(reader, &row, &err), 0);
    assert_int_equal(reader_fingerprint(reader).bytes, text.len);
    reader_free(reader);
    buf_clear(&text);
}

/* Rows of bytes that matter to a reader; no quote is left open at the end. */
static void
roll_rows(struct dice *dice, bool json, size_t rows, struct buf *text)
{
    static const char *const csv[] = {"1",    "22",     ",",   ",",   ",",    "\n",
                                      "\r\n", " ",      "\r",  "\"\"", "\"a\"", "\"a\"\"b\"",
                                      "\xc3\xa4", "\xff", "\"x\ny\"", "b\"c", ";", "'3"};
    static const char *const jsonl[] = {"{\"related_id\":\"1\"}", "{\"related_id\":2}",
                                        "\n", "\n", "\r\n", " ", "\r", "\"", "\\",
                                        "{\"note\":\"\xc3\xa4\\u00e4\"}", "\xff",
                                        "{\"a\":\"\\n\",\"b\":[1,{}]}", "{", "}", ","};
    size_t special = dice_below(dice, 4); /* in some files nearly all is plain */
    for (size_t i = 0; i < rows * 4; i++) {
        size_t pick = dice_below(dice, json ? UNIT_COUNT(jsonl) : UNIT_COUNT(csv));
        if (special && dice_below(dice, special * 20))
            pick = json ? dice_below(dice, 3) : dice_below(dice, 6);
        buf_add_text(text, json ? jsonl[pick] : csv[pick]);
        if (dice_below(dice, 200 * special + 50) == 0)
            buf_add_char(text, '\0');
    }
    buf_add_char(text, '\n');
}

/*
 * A record is searched only for what its block holds at all. So a last line that holds
 * everything, in the same block, must change nothing of the rows before it.
 */
static void
what_a_block_holds_changes_no_row(void **state)
{
    static const struct reader_settings settings = {FORMAT_AUTO, 0, &no_settings};
    static const char *const tails[] = {"\"a\"\r\xff", "{\"\r\xff"};
    struct dice dice = {20261124};
    size_t compared = 0;
    (void)state;
    for (size_t i = 0; i < 400; i++) {
        bool json = i % 2;
        const char *name = json ? "h.jsonl" : "h.csv";
        struct buf text = {0}, plain = {0}, full = {0};
        struct err err = {0};
        buf_add_text(&text, json ? "" : "related_id,note,third\n");
        roll_rows(&dice, json, i % 50 ? 5 + dice_below(&dice, 40) : 60000, &text);
        read_all(unit_file(name, text.data, text.len), &settings, &plain, &err);
        buf_add_text(&text, tails[json]);
        buf_add_char(&text, '\0');
        read_all(unit_file(name, text.data, text.len), &settings, &full, &(struct err){0});
        if (!err.exit_code) {
            compared++;
            unit_check(full.len > plain.len && memcmp(full.data, plain.data, plain.len) == 0,
                       "file %zu: %s\nnot\n%s", i, full.data, plain.data);
        }
        buf_clear(&text);
        buf_clear(&plain);
        buf_clear(&full);
    }
    assert_true(compared > 100);
}

void
test_reader(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_csv),
        cmocka_unit_test(obeys_format_and_delimiter),
        cmocka_unit_test(reads_jsonl),
        cmocka_unit_test(rejects_rows_with_a_nul),
        cmocka_unit_test(problems_are_text),
        cmocka_unit_test(spellings_of_a_key_may_change),
        cmocka_unit_test(finds_an_earlier_result),
        cmocka_unit_test(null_counts_as_a_key_too),
        cmocka_unit_test(tells_what_rows_can_be_copied),
        cmocka_unit_test(the_fingerprint_sees_every_byte),
        cmocka_unit_test(files_that_cannot_be_opened),
        cmocka_unit_test(rows_cross_every_block_end),
        cmocka_unit_test(a_header_may_fill_a_block),
        cmocka_unit_test(line_feeds_behind_cr_lines),
        cmocka_unit_test(jsonl_rows_cross_every_block_end),
        cmocka_unit_test(reads_a_big_file),
        cmocka_unit_test(what_a_block_holds_changes_no_row),
    };
    unit_run(tally, "reader", tests, UNIT_COUNT(tests));
}
