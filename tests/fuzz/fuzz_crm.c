/*
 * Answers of the CRM to a batch, held against a second reading with jansson: the same
 * verdict for each ID, and success for none that the body does not name.
 */
#include "fuzz_answer.h"

#include <jansson.h>

enum { IDS_MAX = 6 };

static struct span
text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value)
               ? (struct span){json_string_value(value), json_string_length(value)}
               : (struct span){"", 0};
}

static enum verdict_kind
kind_of(const json_t *entry)
{
    struct span code = text_of(entry, "code"), status = text_of(entry, "status");
    bool done = span_is_nocase(code, "SUCCESS");
    bool says_done = span_is_nocase(status, "success");
    if (done)
        return !status.len || says_done ? VERDICT_DONE : VERDICT_CONFLICT;
    if (says_done)
        return VERDICT_CONFLICT;
    return span_is_nocase(text_of(entry, "message"), "relation not found")
               ? VERDICT_GONE
               : VERDICT_REFUSED;
}

/* What jansson's reading says of an ID; false if it is not for us to tell: numbers. */
static bool
expect(const json_t *data, struct span id, enum verdict_kind *expected)
{
    size_t i;
    json_t *entry;
    struct span said = {NULL, 0};
    *expected = VERDICT_NONE;
    json_array_foreach(data, i, entry) {
        const json_t *details = json_object_get(entry, "details");
        if (json_is_number(json_object_get(details, "id")) ||
            json_is_number(json_object_get(entry, "code")) ||
            json_is_number(json_object_get(entry, "status")) ||
            json_is_number(json_object_get(entry, "message")))
            return false;
        if (!json_is_object(details) || !span_equal(text_of(details, "id"), id))
            continue;
        enum verdict_kind kind = kind_of(entry);
        struct span code = text_of(entry, "code");
        if (*expected == VERDICT_NONE)
            *expected = kind;
        else if (*expected != kind || !span_equal(said, code))
            *expected = VERDICT_CONFLICT;
        said = said.ptr ? said : code;
    }
    return true;
}

/* Duplicate keys and escaped names are read in another way, and nesting has a limit. */
static json_t *
read_again(struct span body)
{
    json_error_t error;
    size_t depth = 0;
    for (size_t i = 0; i < body.len; i++)
        depth += body.ptr[i] == '[' || body.ptr[i] == '{';
    if (depth > 60 || (body.len && (memchr(body.ptr, '\\', body.len) ||
                                    memchr(body.ptr, '\0', body.len))))
        return NULL;
    return json_loadb(body.ptr, body.len,
                      JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
}

static void
compare(const struct judged *judged, const json_t *root)
{
    const json_t *data = json_object_get(root, "data");
    bool entries = judged->judgement.action == ACTION_ENTRIES;
    fuzz_holds(entries == json_is_array(data), "entries %d", entries);
    for (size_t i = 0; i < judged->count && entries; i++) {
        enum verdict_kind expected, kind = judged->judgement.ids[i].kind;
        if (expect(data, judged->ids[i], &expected))
            fuzz_holds(kind == expected, "ID %zu: %d, not %d", i, kind, expected);
    }
}

static void
run(struct feed *feed)
{
    static const char *const texts[IDS_MAX] = {
        "3652397000000111001", "3652397000000111002", "3652397000000111003", "7", "77",
        "12345678901234567890"};
    struct span ids[IDS_MAX];
    size_t count = 1 + feed_choice(feed, IDS_MAX);
    struct judged judged;
    for (size_t i = 0; i < count; i++)
        ids[i] = span_of(texts[i]);
    judged_take(&judged, &op_crm_delink, ids, count, feed);
    struct span body = judged.answer.body;
    for (size_t i = 0; i < count && judged.judgement.action == ACTION_ENTRIES; i++)
        if (judged.judgement.ids[i].kind == VERDICT_DONE && body.len &&
            !memchr(body.ptr, '\\', body.len))
            fuzz_holds(fuzz_mentions(body, texts[i]) && fuzz_mentions(body, "success"),
                       "success for what the body does not name");
    json_t *root = read_again(body);
    if (root)
        compare(&judged, root);
    json_decref(root);
    judged_clear(&judged);
}

const struct fuzz_target fuzz_crm = {"crm", run};
