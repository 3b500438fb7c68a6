/*
 * The JSON reader against jansson: both take the same texts (but for what json.h lets
 * differ), and read the same members and strings of them.
 */
#include "base/json.h"
#include "fuzz.h"

#include <jansson.h>

enum { JANSSON = JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL };

static size_t
depth_of(struct span text)
{
    size_t depth = 0, most = 0;
    for (size_t i = 0; i < text.len; i++) {
        depth += text.ptr[i] == '[' || text.ptr[i] == '{';
        depth -= depth && (text.ptr[i] == ']' || text.ptr[i] == '}');
        most = depth > most ? depth : most;
    }
    return most;
}

/* A value of ours and the same of theirs. */
static void
compare(const struct json_value *ours, const json_t *theirs)
{
    struct buf scratch = {0};
    struct span text = json_text(ours, &scratch);
    fuzz_holds((ours->kind == JSON_TEXT) == json_is_string(theirs), "kind");
    fuzz_holds((ours->kind == JSON_NUMERAL) == json_is_number(theirs), "kind");
    fuzz_holds((ours->kind == JSON_OBJECT_TEXT) == json_is_object(theirs), "kind");
    fuzz_holds((ours->kind == JSON_ARRAY_TEXT) == json_is_array(theirs), "kind");
    fuzz_holds((ours->kind == JSON_NULL_WORD) == json_is_null(theirs), "kind");
    fuzz_holds((ours->kind == JSON_TRUE_WORD) == json_is_true(theirs), "kind");
    fuzz_holds((ours->kind == JSON_NULL_WORD) == !text.ptr, "null is absent");
    if (ours->kind == JSON_TEXT)
        fuzz_holds(text.len == json_string_length(theirs) &&
                       memcmp(text.ptr, json_string_value(theirs), text.len) == 0,
                   "'%.*s' not '%s'", (int)text.len, text.ptr, json_string_value(theirs));
    buf_clear(&scratch);
}

static bool
is_plain(const char *name)
{
    return fuzz_is_printable(span_of(name), true) && !strpbrk(name, "\"\\/");
}

/* Members by name. The escape of a plain letter hides a key from json_find: no matter. */
static void
compare_members(struct span text, const struct json_value *object, json_t *root)
{
    const char *name;
    json_t *theirs;
    json_object_foreach(root, name, theirs) {
        struct json_value ours;
        if (!is_plain(name) || memchr(text.ptr, '\\', text.len))
            continue;
        fuzz_holds(json_find(object, name, &ours), "the member '%s' is not found", name);
        compare(&ours, theirs);
    }
    struct json_value ours;
    if (!json_object_get(root, "id") && !memchr(text.ptr, '\\', text.len))
        fuzz_holds(!json_find(object, "id", &ours), "a member that is not there");
}

static void
run(struct feed *feed)
{
    struct span text = feed_rest(feed);
    struct json_cursor cursor = json_open(text);
    struct json_value value;
    json_error_t error;
    /* jansson takes a NUL behind a number for the end. */
    if (!text_is_utf8(text.ptr, text.len) || memchr(text.ptr, '\0', text.len))
        return;
    bool ours = json_read(&cursor, &value) && json_at_end(&cursor);
    json_t *theirs = json_loadb(text.ptr, text.len, JANSSON, &error);
    bool may_differ = ours ? json_error_code(&error) == json_error_numeric_overflow ||
                                 json_error_code(&error) == json_error_null_byte_in_key
                           : depth_of(text) > 60;
    fuzz_holds(ours == (theirs != NULL) || may_differ, "we %s it, jansson: %s",
               ours ? "take" : "refuse", error.text);
    if (ours && theirs)
        compare(&value, theirs);
    json_decref(theirs);
    theirs = json_loadb(text.ptr, text.len, JANSSON | JSON_REJECT_DUPLICATES, &error);
    if (ours && json_is_object(theirs))
        compare_members(text, &value, theirs);
    json_decref(theirs);
}

const struct fuzz_target fuzz_json = {"json", run};
