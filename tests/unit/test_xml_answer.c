/* Reading Verba's XML: what recorded answers (tests/verdicts) do not show. */
#include "unit.h"

#include "ops/xml_answer.h"

#define WRAP(inner) "<VerbaApi>" inner "</VerbaApi>"

/* In memory of just its size, so that a sanitizer sees what reads beyond. */
static bool
read_bytes(const char *bytes, size_t len, struct xml_answer *answer)
{
    char *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    bool good = xml_answer_read((struct span){copy, len}, answer);
    free(copy);
    return good;
}

static bool
read_text(const char *text, struct xml_answer *answer)
{
    return read_bytes(text, strlen(text), answer);
}

static void
assert_text(const struct buf *got, const char *wanted)
{
    struct span text = {got->len ? got->data : "", got->len};
    assert_span(text, wanted);
}

static void
reads_code_message_and_token(void **state)
{
    static const struct {
        const char *text;
        const char *code, *message, *token;
    } cases[] = {
        {WRAP("<Response code=\"0\"/>"), "0", "", ""},
        {WRAP("<Response code=\"0\" type=\"RequestToken\" token=\"09835e02-6c10\"/>"),
         "0", "", "09835e02-6c10"},
        {WRAP("<Response token='a' code='0'></Response>"), "0", "", "a"},
        {WRAP("<Response token=' a ' code='0'/>"), "0", "", "a"},
        {WRAP("<Response token='a&amp;b&#x3d;' code='0'/>"), "0", "", "a&b="},
        {WRAP("<Response code='0' Token='a'/>"), "0", "", ""},
        {WRAP("<Other token='b' code='9'/><Response code='0'/>"), "0", "", ""},
        {WRAP("<Response code='2'><ErrorMessage>no</ErrorMessage></Response>"), "2", "no",
         ""},
        {WRAP("<Response code='2'/><ErrorMessage>no</ErrorMessage>"), "2", "no", ""},
        {WRAP("<Response code='2'>a<ErrorMessage>b</ErrorMessage>c</Response>d"), "2",
         "b", ""},
        {WRAP("<Response code='2'><ErrorMessage>a<i>b<u>c</u></i>d</ErrorMessage>e"
              "</Response>"),
         "2", "abcd", ""},
        {WRAP("<Response code='2'><Detail><ErrorMessage>deep</ErrorMessage>x</Detail>"
              "</Response>"),
         "2", "deep", ""},
        {WRAP("<Response code='2'><ErrorMessage/>x</Response>"), "2", "", ""},
        {WRAP("<Response code='2'><ErrorMessage> a\r\nb </ErrorMessage></Response>"), "2",
         " a\nb ", ""},
    };
    struct xml_answer answer = {0};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        unit_check(read_text(cases[i].text, &answer), "%s", cases[i].text);
        assert_string_equal(answer.code, cases[i].code);
        assert_int_equal(answer.is_success, strcmp(cases[i].code, "0") == 0);
        assert_text(&answer.message, cases[i].message);
        assert_text(&answer.token, cases[i].token);
    }
    xml_answer_clear(&answer);
}

/* What an earlier answer held is gone, also if this one cannot be read. */
static void
answers_start_afresh(void **state)
{
    struct xml_answer answer = {0};
    (void)state;
    assert_true(read_text(WRAP("<Response code='2' token='old'><ErrorMessage>old"
                               "</ErrorMessage></Response>"),
                          &answer));
    assert_true(read_text(WRAP("<Response code='0'/>"), &answer));
    assert_string_equal(answer.code, "0");
    assert_true(answer.is_success);
    assert_text(&answer.message, "");
    assert_text(&answer.token, "");
    assert_true(read_text(WRAP("<Response code='2' token='old'/>"), &answer));
    assert_true(read_text(WRAP("<Response code='0'/>"), &answer));
    assert_false(read_text("", &answer));
    assert_text(&answer.token, "");
    assert_string_equal(answer.code, "");
    assert_false(answer.is_success);
    xml_answer_clear(&answer);
}

static void
an_absent_body_is_no_answer(void **state)
{
    struct xml_answer answer = {0};
    (void)state;
    assert_false(xml_answer_read((struct span){NULL, 0}, &answer));
    assert_false(read_bytes("\0\0\0\0", 4, &answer));
    xml_answer_clear(&answer);
}

/* Ten levels of ten: a thousand million words, were it read. */
static void
entity_bombs_are_refused_at_once(void **state)
{
    struct xml_answer answer = {0};
    struct buf text = {0};
    (void)state;
    buf_add_text(&text, "<!DOCTYPE VerbaApi [<!ENTITY e0 \"boom\">");
    for (int i = 1; i < 10; i++) {
        buf_addf(&text, "<!ENTITY e%d \"", i);
        for (int k = 0; k < 10; k++)
            buf_addf(&text, "&e%d;", i - 1);
        buf_add_text(&text, "\">");
    }
    buf_add_text(&text,
                 "]><VerbaApi><Response code=\"2\"><ErrorMessage>&e9;</ErrorMessage>"
                 "</Response></VerbaApi>");
    assert_false(read_text(text.data, &answer));
    assert_text(&answer.message, "");
    /* One entity of a megabyte, named a thousand times. */
    buf_reset(&text);
    buf_add_text(&text, "<!DOCTYPE VerbaApi [<!ENTITY e \"");
    for (int i = 0; i < 100000; i++)
        buf_add_text(&text, "0123456789");
    buf_add_text(&text, "\">]><VerbaApi><Response code=\"2\"><ErrorMessage>");
    for (int i = 0; i < 1000; i++)
        buf_add_text(&text, "&e;");
    buf_add_text(&text, "</ErrorMessage></Response></VerbaApi>");
    assert_false(read_text(text.data, &answer));
    assert_text(&answer.message, "");
    buf_clear(&text);
    xml_answer_clear(&answer);
}

/* Deeper than any stack, were one needed. */
static void
depth_costs_nothing(void **state)
{
    enum { DEPTH = 200000 };
    struct xml_answer answer = {0};
    struct buf text = {0};
    (void)state;
    buf_add_text(&text, "<VerbaApi>");
    for (int i = 0; i < DEPTH; i++)
        buf_add_text(&text, "<a>");
    for (int i = 0; i < DEPTH; i++)
        buf_add_text(&text, "</a>");
    buf_add_text(&text, "<Response code='0'/></VerbaApi>");
    assert_true(read_text(text.data, &answer));
    assert_string_equal(answer.code, "0");
    assert_true(answer.is_success);
    buf_clear(&text);
    xml_answer_clear(&answer);
}

/* Expat hands out text in pieces, and long attributes in one. */
static void
long_texts_arrive_whole(void **state)
{
    struct xml_answer answer = {0};
    struct buf text = {0}, words = {0};
    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_addf(&words, "word %d\n", i);
    buf_add_text(&text, "<VerbaApi><Response code='2' token='");
    for (int i = 0; i < 100000; i++)
        buf_add_char(&text, 'T');
    buf_add_text(&text, "'><ErrorMessage>");
    buf_add(&text, words.data, words.len);
    buf_add_text(&text, "</ErrorMessage></Response></VerbaApi>");
    assert_true(read_text(text.data, &answer));
    assert_int_equal(answer.token.len, 100000);
    assert_int_equal(answer.message.len, words.len);
    assert_memory_equal(answer.message.data, words.data, words.len);
    buf_clear(&text);
    buf_clear(&words);
    xml_answer_clear(&answer);
}

/* No changed byte makes a success of a failure, or crashes. */
static void
no_changed_byte_makes_a_success(void **state)
{
    static const char text[] =
        "<?xml version=\"1.0\"?><VerbaApi><Response code=\"2\" "
        "type=\"DeleteCall\"><ErrorMessage>a&lt;b&#99;</ErrorMessage>"
        "</Response></VerbaApi>";
    struct xml_answer answer = {0};
    (void)state;
    for (size_t i = 0; i + 1 < sizeof(text); i++)
        for (int byte = 0; byte < 256; byte++) {
            char changed[sizeof(text)];
            memcpy(changed, text, sizeof(text));
            changed[i] = (char)byte;
            bool good = read_bytes(changed, sizeof(text) - 1, &answer);
            bool zero = text[i] == '2' && byte == '0';
            unit_check(!good || answer.is_success == zero, "byte %zu as %d", i, byte);
        }
    xml_answer_clear(&answer);
}

/* Any bytes: an answer or none, never a crash. */
static void
any_bytes_are_taken(void **state)
{
    static const char *const parts[] = {
        "<VerbaApi>",
        "</VerbaApi>",
        "<Response",
        "</Response>",
        " code='0'",
        " code='2'",
        ">",
        "/>",
        "<ErrorMessage>",
        "</ErrorMessage>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?x",
        "?>",
        "&amp;",
        "&x;",
        "<!DOCTYPE x",
        "\xef\xbb\xbf",
        "\xff\xfe",
        "\xc3",
        "words",
        " ",
    };
    struct dice dice = {7};
    struct xml_answer answer = {0};
    struct buf text = {0};
    size_t read = 0;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        buf_reset(&text);
        if (dice_below(&dice, 2))
            buf_add_text(&text, "<VerbaApi><Response code='0'>");
        for (size_t n = dice_below(&dice, 12); n; n--)
            buf_add_text(&text, parts[dice_below(&dice, UNIT_COUNT(parts))]);
        if (dice_below(&dice, 2))
            buf_add_text(&text, "</Response></VerbaApi>");
        read += read_bytes(text.data ? text.data : "", text.len, &answer);
    }
    assert_true(read > 0);
    buf_clear(&text);
    xml_answer_clear(&answer);
}

void
test_xml_answer(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_code_message_and_token),
        cmocka_unit_test(answers_start_afresh),
        cmocka_unit_test(an_absent_body_is_no_answer),
        cmocka_unit_test(entity_bombs_are_refused_at_once),
        cmocka_unit_test(depth_costs_nothing),
        cmocka_unit_test(long_texts_arrive_whole),
        cmocka_unit_test(no_changed_byte_makes_a_success),
        cmocka_unit_test(any_bytes_are_taken),
    };
    unit_run(tally, "xml_answer", tests, UNIT_COUNT(tests));
}
