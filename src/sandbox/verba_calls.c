#include "sandbox/verba_calls.h"

#include "base/err.h"
#include "base/mem.h"
#include "sandbox/linefile.h"

#include <ctype.h>
#include <strings.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define FIELDS (VERBA_IDENTIFIERS + 1)

static const char *const NAMES[VERBA_IDENTIFIERS] = {[VERBA_CALL_ID] = "callID",
                                                     [VERBA_PLATFORM_CALL_ID] =
                                                         "platformCallID",
                                                     [VERBA_NATIVE_ID] = "nativeID",
                                                     [VERBA_MEETING_ID] = "meetingID",
                                                     [VERBA_EXTENSION] = "extension"};

static const struct {
    const char *word;
    unsigned state;
} STATES[] = {{"ongoing", VERBA_ONGOING}, {"next", VERBA_NEXT}, {"last", VERBA_LAST}};

struct stored {
    char *line; /* what the identifiers point into */
    struct span identifiers[VERBA_IDENTIFIERS];
    unsigned state; /* VERBA_LAST: finished */
    bool deleted;
};

struct verba_calls {
    struct stored *list;
    size_t count;
    size_t cap;
};

const char *
verba_calls_name(enum verba_identifier identifier)
{
    return NAMES[identifier];
}

unsigned
verba_calls_state(struct span word)
{
    for (size_t i = 0; i < COUNT(STATES); i++)
        if (span_is(word, STATES[i].word))
            return STATES[i].state;
    return 0;
}

bool
verba_calls_is_uuid(struct span text)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.len != sizeof(form) - 1)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (form[i] == 'x' ? !isxdigit((unsigned char)text.ptr[i]) : text.ptr[i] != '-')
            return false;
    return true;
}

/* ---- the file */

static int
read_state(struct span word, unsigned *state, struct err *err)
{
    bool finished = !word.len || span_is(word, "finished");
    *state = finished ? VERBA_LAST : verba_calls_state(word);
    if (!*state || (!finished && *state == VERBA_LAST))
        return err_set(err, EXIT_USAGE, "a status is ongoing, next or finished");
    return 0;
}

static int
read_fields(struct stored *call, size_t len, struct err *err)
{
    struct span status = {NULL, 0};
    const char *end = call->line + len;
    size_t count = 0;
    for (const char *at = call->line; at <= end; count++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        struct span field = {at, (size_t)((comma ? comma : end) - at)};
        if (count == FIELDS)
            return err_set(err, EXIT_USAGE, "more than 6 fields");
        *(count < VERBA_IDENTIFIERS ? &call->identifiers[count]
                                    : &status) = span_trim(field);
        at += field.len + 1;
    }
    struct span id = call->identifiers[VERBA_CALL_ID];
    if (id.len && !verba_calls_is_uuid(id))
        return err_set(err, EXIT_USAGE, "callID is not a UUID");
    return read_state(status, &call->state, err);
}

static int
read_line(void *context, struct span line, struct err *err)
{
    struct verba_calls *calls = context;
    if (span_is(line, "callID,platformCallID,nativeID,meetingID,extension,status"))
        return 0;
    if (calls->count == calls->cap) {
        calls->cap = calls->cap ? calls->cap * 2 : 64;
        calls->list = mem_resize(calls->list, calls->cap, sizeof(*calls->list));
    }
    struct stored *call = &calls->list[calls->count++];
    *call = (struct stored){.line = mem_copy(line.ptr, line.len)};
    return read_fields(call, line.len, err);
}

int
verba_calls_open(const char *path, struct verba_calls **calls, struct err *err)
{
    *calls = mem_alloc(1, sizeof(**calls));
    return linefile_read(path, read_line, *calls, err);
}

void
verba_calls_free(struct verba_calls *calls)
{
    if (!calls)
        return;
    for (size_t i = 0; i < calls->count; i++)
        free(calls->list[i].line);
    free(calls->list);
    free(calls);
}

/* ---- the search */

/* Is the extension one of the call's parties? */
static bool
has_party(const struct stored *call, struct span extension)
{
    struct span left = call->identifiers[VERBA_EXTENSION];
    while (left.len) {
        const char *blank = memchr(left.ptr, ' ', left.len);
        struct span party = {left.ptr, blank ? (size_t)(blank - left.ptr) : left.len};
        if (span_equal(party, extension))
            return true;
        left = span_trim((struct span){left.ptr + party.len, left.len - party.len});
    }
    return false;
}

static bool
matches(const struct stored *call, const struct verba_wish *wish)
{
    struct span own = call->identifiers[wish->identifier];
    if (call->deleted)
        return false;
    if (wish->identifier == VERBA_EXTENSION)
        return call->state & wish->states && has_party(call, wish->value);
    if (wish->identifier == VERBA_CALL_ID)
        return own.len == wish->value.len &&
               strncasecmp(own.ptr, wish->value.ptr, own.len) == 0;
    return span_equal(own, wish->value);
}

enum verba_found
verba_calls_delete(struct verba_calls *calls, const struct verba_wish *wish)
{
    struct stored *found = NULL;
    bool last_seen = false;
    for (size_t i = calls->count; i-- > 0;) {
        struct stored *call = &calls->list[i];
        if (!matches(call, wish))
            continue;
        bool finished = call->state == VERBA_LAST;
        if (wish->identifier == VERBA_EXTENSION && finished && last_seen)
            continue;
        last_seen = last_seen || finished;
        if (found)
            return VERBA_SEVERAL_FOUND;
        found = call;
    }
    if (!found)
        return VERBA_NOT_FOUND;
    found->deleted = true;
    return VERBA_FOUND;
}
