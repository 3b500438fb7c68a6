/*
 * verba.delete_call: delete a recorded call, or mark an ongoing one for deletion.
 *
 *     POST /verba/api    action=DeleteCall&responseType=XML&callID=...
 *
 * The API key and the token are added where requests are signed. GET carries the same
 * parameters in the URL (--verba-method get).
 *
 * Source: Verba HTTP API, "Delete Call" (parameters, their exact case, `status` values);
 * a repeated delete answers "cannot be found", a repeated delete by extension would take
 * another call.
 */
#include "input/idform.h"
#include "ops/check.h"
#include "ops/judge.h"
#include "ops/xml_answer.h"

#include <strings.h>

/* clang-format off */
static const struct code_row codes[] = {
    {200, "SUCCESS", CLASS_DONE, ACTION_ENTRIES,
     "the call was deleted, or marked for deletion if it is ongoing", ""},
    {200, "VERBA_2", CLASS_FIX_DATA, ACTION_ENTRIES,
     "Verba could not delete the call: not found, or more than one match",
     "see result_message; --missing-ok if already gone is good enough"},
    {401, "http-401", CLASS_STOP, ACTION_RENEW_TOKEN,
     "Verba refused the API key, the user or the token",
     "check VERBA_API_KEY and VERBA_TOKEN, or VERBA_USER and VERBA_PASSWORD"},
    {0},
};
/* clang-format on */

/* The fields that name a call, and their parameters. */
static const struct {
    enum field field;
    const char *parameter;
} identifiers[] = {
    {FIELD_CALL_ID, "callID"},      {FIELD_PLATFORM_CALL_ID, "platformCallID"},
    {FIELD_NATIVE_ID, "nativeID"},  {FIELD_MEETING_ID, "meetingID"},
    {FIELD_EXTENSION, "extension"},
};

enum { IDENTIFIERS = sizeof(identifiers) / sizeof(identifiers[0]), ID_BYTES_MAX = 250 };

/* Index of the one identifier given, or -1 with a problem. */
static int
find_identifier(const struct fields *fields, struct span *id, struct problem *problem)
{
    int found = -1;
    for (int i = 0; i < IDENTIFIERS; i++) {
        enum field field = identifiers[i].field;
        struct span value = fields->value[field];
        if (!span_is(value, "'"))
            value = idform_unquote(value);
        if (!value.len)
            continue;
        if (found >= 0)
            return problem_set(problem, "bad-value", field, "a second identifier",
                               fields->value[field],
                               "give one of call_id, platform_call_id, native_id, "
                               "meeting_id and extension");
        found = i;
        *id = value;
    }
    if (found < 0)
        return problem_set(problem, "missing-field", FIELD_CALL_ID, "is empty",
                           span_of(NULL),
                           "give one of call_id, platform_call_id, "
                           "native_id, meeting_id and extension");
    return found;
}

static bool
is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_uuid(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.ptr[i] != '-' : !is_hex(text.ptr[i]))
            return false;
    }
    return text.len == 36;
}

/* One UUID has one form here (RFC 4122: case does not matter). Until the next call. */
static struct span
lower_uuid(struct span uuid)
{
    static char lower[37];
    for (size_t i = 0; i < uuid.len; i++)
        lower[i] = uuid.ptr[i] >= 'A' && uuid.ptr[i] <= 'F' ? (char)(uuid.ptr[i] + 32)
                                                            : uuid.ptr[i];
    return (struct span){lower, uuid.len};
}

/* 3.65E+18: what spreadsheets make of long numbers. */
static bool
is_rounded(struct span text)
{
    size_t digits = 0, marks = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= '0' && c <= '9')
            digits++;
        else if ((c == 'E' || c == 'e') && i + 1 < text.len && text.ptr[i + 1] == '+')
            marks++;
        else if (!strchr("+.,", c) || !c)
            return false;
    }
    return digits && marks == 1;
}

static int
check_identifier(enum field field, struct span id, struct problem *problem)
{
    if (is_rounded(id))
        return problem_set(problem, "mangled-id", field, "mangled by a spreadsheet", id,
                           "its digits are lost, export again with the column as text");
    if (field == FIELD_CALL_ID && !is_uuid(id))
        return problem_set(problem, "bad-id", field, "not a UUID", id,
                           "it looks like a8343631-9f35-4a3a-83f0-9e81592339fb");
    if (id.len > ID_BYTES_MAX)
        return problem_set(problem, "bad-id", field, "longer than 250 bytes", id,
                           "correct it");
    for (size_t i = 0; i < id.len; i++)
        if ((unsigned char)id.ptr[i] < ' ' || id.ptr[i] == 0x7f)
            return problem_set(problem, "bad-id", field, "holds a control character", id,
                               "correct it");
    return 0;
}

/* "last, Ongoing" as "last,ongoing", added to `out`. */
static int
check_status(struct span status, struct buf *out, struct problem *problem)
{
    static const char *const words[] = {"ongoing", "next", "last"};
    if (!status.len)
        return problem_set(problem, "missing-field", FIELD_CALL_STATUS, "is empty",
                           span_of(NULL),
                           "with extension it says which call: ongoing, "
                           "next, last");
    struct span left = status;
    while (left.ptr) {
        const char *comma = left.len ? memchr(left.ptr, ',', left.len) : NULL;
        size_t len = comma ? (size_t)(comma - left.ptr) : left.len;
        struct span word = span_trim((struct span){left.ptr, len});
        size_t i = 0;
        while (i < 3 && !span_is_nocase(word, words[i]))
            i++;
        if (i == 3)
            return problem_set(problem, "bad-value", FIELD_CALL_STATUS,
                               "not ongoing, next or last", status,
                               "give one or several of them, comma separated");
        buf_addf(out, "%s%s", left.ptr == status.ptr ? "" : ",", words[i]);
        left = comma ? (struct span){comma + 1, left.len - len - 1} : span_of(NULL);
    }
    return 0;
}

/* The target is the parameter, with an extension also the status: "extension last". */
static int
delete_check(const struct fields *fields, const struct op_settings *settings,
             struct buf *target, struct span *id, struct problem *problem)
{
    (void)settings;
    int which = find_identifier(fields, id, problem);
    if (which < 0)
        return -1;
    enum field field = identifiers[which].field;
    buf_reset(target);
    buf_add_text(target, identifiers[which].parameter);
    if (check_identifier(field, *id, problem))
        return -1;
    if (field == FIELD_CALL_ID)
        *id = lower_uuid(*id);
    if (field != FIELD_EXTENSION)
        return 0;
    buf_add_char(target, ' ');
    return check_status(fields->value[FIELD_CALL_STATUS], target, problem);
}

static bool
delete_may_resend(struct span target)
{
    return !span_starts(target, "extension");
}

static void
delete_build(struct span target, const struct span *ids, size_t count,
             const struct op_settings *settings, struct request *request)
{
    (void)count;
    bool get = settings->verba_get;
    request_begin(request, get ? "GET" : "POST", SERVICE_VERBA);
    buf_add_text(&request->target, "/verba/api");
    request->has_body = !get;
    request->is_apart = !delete_may_resend(target);
    request->content_type = get ? NULL : "application/x-www-form-urlencoded";
    struct buf *out = get ? &request->target : &request->body;
    const char *blank = memchr(target.ptr, ' ', target.len);
    size_t name = blank ? (size_t)(blank - target.ptr) : target.len;
    buf_addf(out, "%saction=DeleteCall&responseType=XML&%.*s=", get ? "?" : "", (int)name,
             target.ptr);
    request_add_encoded(out, ids[0]);
    if (blank) {
        buf_add_text(out, "&status=");
        request_add_encoded(out, (struct span){blank + 1, target.len - name - 1});
    }
}

static bool
is_part_of_word(struct span text, size_t at)
{
    char c = at < text.len ? text.ptr[at] : ' ';
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_word_at(struct span text, size_t at, struct span word)
{
    return word.len && at + word.len <= text.len && !is_part_of_word(text, at - 1) &&
           !is_part_of_word(text, at + word.len) &&
           strncasecmp(text.ptr + at, word.ptr, word.len) == 0;
}

/* Do the service's own words hold this one? The call's ID, which may be echoed, is none
 * of them. */
static bool
speaks_of(struct span text, struct span id, const char *word)
{
    for (size_t at = 0; at < text.len;) {
        if (is_word_at(text, at, id))
            at += id.len;
        else if (is_word_at(text, at, span_of(word)))
            return true;
        else
            at++;
    }
    return false;
}

/* What Verba calls the credentials; of the key, some spellings that are its own. */
static const char *const token_words[] = {"token", "tokens", NULL};
static const char *const key_words[] = {"API key", "apiKey", "API-key", "api_key", NULL};

static bool
speaks_of_any(struct span text, struct span id, const char *const *words)
{
    while (*words && !speaks_of(text, id, *words))
        words++;
    return *words;
}

static bool
ends_with_word(struct span text, struct span word)
{
    return word.len <= text.len && is_word_at(text, text.len - word.len, word);
}

static bool
ends_with_any(struct span text, const char *const *words)
{
    while (*words && !ends_with_word(text, span_of(*words)))
        words++;
    return *words;
}

/* "... cannot be found", if that is not said of the credentials. */
static bool
is_gone(struct span message, struct span id)
{
    static const char words[] = "cannot be found";
    size_t len = sizeof(words) - 1;
    for (size_t at = 0; at + len <= message.len; at++) {
        if (!span_is_nocase((struct span){message.ptr + at, len}, words))
            continue;
        struct span subject = span_trim((struct span){message.ptr, at});
        return ends_with_word(subject, id) || !(ends_with_any(subject, token_words) ||
                                                ends_with_any(subject, key_words));
    }
    return false;
}

static void
delete_judge(const struct answer *answer, const struct span *ids, size_t count,
             struct judgement *judgement)
{
    struct xml_answer xml = {0};
    (void)count;
    judge_begin(judgement);
    if (!xml_answer_read(answer->body, &xml)) {
        judge_whole(answer, span_of(""), span_of(""), codes, judgement);
        goto out;
    }
    buf_add(&judgement->scratch, xml.message.data, xml.message.len);
    struct verdict *verdict = &judgement->ids[0];
    verdict->message = span_trim(
        (struct span){judgement->scratch.data, judgement->scratch.len});
    judgement->action = ACTION_ENTRIES;
    if (xml.is_success) {
        verdict->kind = VERDICT_DONE;
        verdict->code = span_of("SUCCESS");
        goto out;
    }
    (void)snprintf(judgement->own_code, sizeof(judgement->own_code), "VERBA_%s",
                   xml.code);
    verdict->code = span_of(judgement->own_code);
    verdict->kind = is_gone(verdict->message, ids[0]) ? VERDICT_GONE : VERDICT_REFUSED;
    if (verdict->kind == VERDICT_REFUSED &&
        (answer->http == 401 || speaks_of_any(verdict->message, ids[0], token_words))) {
        judgement->whole = *verdict;
        judgement->action = ACTION_RENEW_TOKEN;
    } else if (verdict->kind == VERDICT_REFUSED &&
               speaks_of_any(verdict->message, ids[0], key_words)) {
        judgement->whole = *verdict;
        judgement->action = ACTION_STOP;
    }
out:
    xml_answer_clear(&xml);
}

const struct op op_verba_delete_call = {
    .name = "verba.delete_call",
    .service = SERVICE_VERBA,
    .batch_max = 1,
    .ids_bytes_max = 255,
    .scope = "an API key that may delete calls",
    .may_resend = delete_may_resend,
    .check = delete_check,
    .build = delete_build,
    .judge = delete_judge,
    .codes = codes,
};
