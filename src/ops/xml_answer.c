#include "ops/xml_answer.h"

#include "base/mem.h"

#include <expat.h>
#include <stdint.h>

struct reading {
    XML_Parser parser;
    struct xml_answer *answer;
    unsigned depth;
    unsigned message_depth; /* depth inside ErrorMessage, 0: outside */
    unsigned responses;
    bool envelope, refused, has_code;
};

/* Windows error numbers come signed and unsigned, so the number is kept as text. */
static void
take_code(struct reading *reading, struct span value)
{
    struct xml_answer *answer = reading->answer;
    struct span digits = value;
    unsigned long long number;
    if (span_starts(value, "-"))
        digits = (struct span){value.ptr + 1, value.len - 1};
    reading->has_code = value.len < sizeof(answer->code) &&
                        text_number(digits, INT64_MAX, &number);
    if (!reading->has_code)
        return;
    (void)snprintf(answer->code, sizeof(answer->code), "%s%llu",
                   digits.len < value.len ? "-" : "", number);
    answer->is_success = number == 0;
}

static void
take_response(struct reading *reading, const char **attributes)
{
    reading->responses++;
    for (; attributes[0]; attributes += 2) {
        struct span value = span_trim(span_of(attributes[1]));
        if (strcmp(attributes[0], "code") == 0)
            take_code(reading, value);
        else if (strcmp(attributes[0], "token") == 0)
            buf_add(&reading->answer->token, value.ptr, value.len);
    }
}

static void
on_start(void *context, const char *name, const char **attributes)
{
    struct reading *reading = context;
    reading->depth++;
    if (reading->depth == 1)
        reading->envelope = strcmp(name, "VerbaApi") == 0;
    else if (strcmp(name, "Response") == 0)
        take_response(reading, attributes);
    else if (strcmp(name, "ErrorMessage") == 0)
        reading->message_depth = reading->depth;
}

static void
on_end(void *context, const char *name)
{
    struct reading *reading = context;
    (void)name;
    if (reading->message_depth == reading->depth)
        reading->message_depth = 0;
    reading->depth--;
}

static void
on_text(void *context, const char *text, int len)
{
    struct reading *reading = context;
    if (reading->message_depth)
        buf_add(&reading->answer->message, text, (size_t)len);
}

static void
on_doctype(void *context, const char *name, const char *system_id, const char *public_id,
           int has_internal_subset)
{
    struct reading *reading = context;
    (void)name, (void)system_id, (void)public_id, (void)has_internal_subset;
    reading->refused = true;
    (void)XML_StopParser(reading->parser, XML_FALSE);
}

bool
xml_answer_read(struct span body, struct xml_answer *answer)
{
    static const XML_Memory_Handling_Suite memory = {mem_plain, mem_plain_resize, free};
    /* Whatever encoding it says it has: what reads as UTF-8 is UTF-8, or ASCII. */
    bool is_utf8 = body.len && !memchr(body.ptr, '\0', body.len) &&
                   text_is_utf8(body.ptr, body.len);
    struct reading reading = {.parser = XML_ParserCreate_MM(is_utf8 ? "UTF-8" : NULL,
                                                            &memory, NULL),
                              .answer = answer};
    answer->code[0] = '\0';
    answer->is_success = false;
    buf_reset(&answer->message);
    buf_reset(&answer->token);
    if (!reading.parser || body.len > INT32_MAX)
        return false;
    XML_SetUserData(reading.parser, &reading);
    XML_SetElementHandler(reading.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reading.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reading.parser, on_doctype);
    struct span text = span_trim(body);
    bool whole = text.len &&
                 XML_Parse(reading.parser, text.ptr, (int)text.len, 1) == XML_STATUS_OK;
    XML_ParserFree(reading.parser);
    return whole && !reading.refused && reading.envelope && reading.responses == 1 &&
           reading.has_code;
}

void
xml_answer_clear(struct xml_answer *answer)
{
    buf_clear(&answer->message);
    buf_clear(&answer->token);
}
