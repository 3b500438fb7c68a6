#include "sandbox/fault_script.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "sandbox/fault_words.h"
#include "sandbox/faults.h"

#include <limits.h>
#include <stddef.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define AT(member) offsetof(struct fault, member)
#define BODY_FILE_MAX_BYTES ((size_t)64 << 20)
#define DAY_MS 86400000ull
#define PIB (1ull << 50)

struct script {
    const char *path;
    struct fault *fault;
    struct fault_words words;
    size_t at;  /* the next word to read */
    size_t end; /* of the words that may be read now */
};

struct form {
    const char *word;
    int (*read)(struct script *script, const struct form *form, struct err *err);
    size_t offset; /* of the member it sets */
    int value;     /* what it sets there, or the unit of what it reads */
    const char *arguments;
    const char *help;
};

static int
script_fail(const struct script *script, const char *what, struct err *err)
{
    return err_set(err, EXIT_USAGE, "%s:%llu: %s (see --help-faults)", script->path,
                   script->fault->line, what);
}

/* ---- readers: each takes the arguments of its form */

static int
take_word(struct script *script, const struct form *form, struct span *word,
          struct err *err)
{
    *word = span_of("");
    if (script->at == script->end)
        return err_set(err, EXIT_USAGE, "%s:%llu: '%s' needs %s", script->path,
                       script->fault->line, form->word, form->arguments);
    *word = script->words.list[script->at++];
    return 0;
}

static int
take_number(struct script *script, const struct form *form, enum fault_unit unit,
            unsigned long long max, unsigned long long *number, struct err *err)
{
    struct span word;
    if (take_word(script, form, &word, err))
        return -1;
    if (fault_words_number(word, unit, max, number))
        return 0;
    return err_set(err, EXIT_USAGE, "%s:%llu: '%s' needs %s, not '%s'", script->path,
                   script->fault->line, form->word, form->arguments, word.ptr);
}

static void *
member(const struct script *script, const struct form *form)
{
    return (char *)script->fault + form->offset;
}

static int
read_nothing(struct script *script, const struct form *form, struct err *err)
{
    (void)script;
    (void)form;
    (void)err;
    return 0;
}

static int
read_switch(struct script *script, const struct form *form, struct err *err)
{
    (void)err;
    *(bool *)member(script, form) = true;
    return 0;
}

static int
read_end(struct script *script, const struct form *form, struct err *err)
{
    (void)err;
    script->fault->end = (enum fault_end)form->value;
    return 0;
}

static int
read_count(struct script *script, const struct form *form, struct err *err)
{
    unsigned long long *place = member(script, form);
    if (take_number(script, form, FAULT_COUNT, INT64_MAX, place, err))
        return -1;
    return *place ? 0 : script_fail(script, "counts begin at 1", err);
}

static int
read_amount(struct script *script, const struct form *form, struct err *err)
{
    unsigned long long number = 0;
    enum fault_unit unit = (enum fault_unit)form->value;
    if (take_number(script, form, unit, unit == FAULT_TIME ? DAY_MS : PIB, &number, err))
        return -1;
    *(int64_t *)member(script, form) = (int64_t)number;
    return 0;
}

static int
read_text(struct script *script, const struct form *form, struct err *err)
{
    struct span word;
    if (take_word(script, form, &word, err))
        return -1;
    char **place = member(script, form);
    free(*place);
    *place = mem_copy(word.ptr, word.len);
    return 0;
}

static int
read_request(struct script *script, const struct form *form, struct err *err)
{
    if (read_count(script, form, err))
        return -1;
    script->fault->last_request = script->fault->first_request;
    return 0;
}

static int
read_requests(struct script *script, const struct form *form, struct err *err)
{
    struct span word;
    struct fault *fault = script->fault;
    if (take_word(script, form, &word, err))
        return -1;
    const char *dash = memchr(word.ptr, '-', word.len);
    if (!dash)
        return script_fail(script, "'requests' needs N-M or N-", err);
    struct span first = {word.ptr, (size_t)(dash - word.ptr)};
    struct span last = {dash + 1, word.len - first.len - 1};
    fault->last_request = ULLONG_MAX;
    if (!text_number(first, INT64_MAX, &fault->first_request) ||
        (last.len && !text_number(last, INT64_MAX, &fault->last_request)) ||
        !fault->first_request || fault->last_request < fault->first_request)
        return script_fail(script, "'requests' needs N-M or N-, counted from 1", err);
    return 0;
}

static int
read_status(struct script *script, const struct form *form, struct err *err)
{
    unsigned long long *place = member(script, form);
    if (take_number(script, form, FAULT_COUNT, 599, place, err))
        return -1;
    return *place >= 200 ? 0 : script_fail(script, "a status is 200 to 599", err);
}

static int
read_body(struct script *script, const struct form *form, struct err *err)
{
    struct span word;
    if (take_word(script, form, &word, err))
        return -1;
    buf_add(&script->fault->body, word.ptr, word.len);
    return form->value ? read_end(script, form, err) : 0;
}

static int
read_body_file(struct script *script, const struct form *form, struct err *err)
{
    struct span word;
    if (take_word(script, form, &word, err) ||
        file_read(word.ptr, BODY_FILE_MAX_BYTES, &script->fault->body, EXIT_USAGE, err))
        return -1;
    return form->value ? read_end(script, form, err) : 0;
}

static void
add_header(struct fault *fault, struct span name, struct span value)
{
    buf_add(&fault->headers, name.ptr, name.len);
    buf_add_char(&fault->headers, '\0');
    buf_add(&fault->headers, value.ptr, value.len);
    buf_add_char(&fault->headers, '\0');
}

static int
read_header(struct script *script, const struct form *form, struct err *err)
{
    struct span word;
    if (take_word(script, form, &word, err))
        return -1;
    const char *colon = memchr(word.ptr, ':', word.len);
    if (!colon || colon == word.ptr || memchr(word.ptr, '\0', word.len))
        return script_fail(script, "'header' needs \"Name: value\"", err);
    struct span name = {word.ptr, (size_t)(colon - word.ptr)};
    add_header(script->fault, name, span_trim(span_of(colon + 1)));
    return 0;
}

static int
read_redirect(struct script *script, const struct form *form, struct err *err)
{
    struct span word;
    if (take_word(script, form, &word, err))
        return -1;
    script->fault->status = 302;
    add_header(script->fault, span_of("Location"), span_of(word.ptr));
    return 0;
}

/* What stands around the code and the message of an error. */
enum { ERROR_CRM, ERROR_DESK };
static const struct {
    const char *before;
    const char *between;
    const char *behind;
} ERROR_SHAPES[] = {
    [ERROR_CRM] = {"{\"code\":", ",\"details\":{},\"message\":",
                   ",\"status\":\"error\"}"},
    [ERROR_DESK] = {"{\"errorCode\":", ",\"message\":", "}"},
};

static int
read_error(struct script *script, const struct form *form, struct err *err)
{
    struct span code;
    struct span message;
    if (read_status(script, form, err) || take_word(script, form, &code, err) ||
        take_word(script, form, &message, err))
        return -1;
    struct buf *body = &script->fault->body;
    buf_add_text(body, ERROR_SHAPES[form->value].before);
    buf_add_json(body, code.ptr, code.len);
    buf_add_text(body, ERROR_SHAPES[form->value].between);
    buf_add_json(body, message.ptr, message.len);
    buf_add_text(body, ERROR_SHAPES[form->value].behind);
    return 0;
}

static int
read_entry(struct script *script, const struct form *form, struct err *err)
{
    struct form code = *form;
    struct form message = *form;
    code.offset = AT(entry_code);
    message.offset = AT(entry_message);
    return read_text(script, form, err) || read_text(script, &code, err) ||
                   read_text(script, &message, err)
               ? -1
               : 0;
}

/* ---- the language */

static const struct form CONDITIONS[] = {
    {"any", read_nothing, 0, 0, "", "every request"},
    {"request", read_request, AT(first_request), 0, "N",
     "request number N of all requests, counted from 1"},
    {"requests", read_requests, 0, 0, "N-M", "requests N to M; `N-`: from N on"},
    {"every", read_count, AT(every), 0, "N", "every Nth request"},
    {"target", read_text, AT(target), 0, "TEXT",
     "the target holds TEXT, as it came over the wire"},
    {"body-holds", read_text, AT(body_holds), 0, "TEXT",
     "the request body holds TEXT, as it came"},
    {"first", read_count, AT(most), 0, "K", "the first K requests that match the rest"},
};

static const struct form ACTIONS[] = {
    {"hold", read_amount, AT(hold_ms), FAULT_TIME, "TIME",
     "wait before the work is done"},
    {"delay", read_amount, AT(delay_ms), FAULT_TIME, "TIME",
     "wait between the work and the answer"},
    {"drip", read_amount, AT(drip_ms), FAULT_TIME, "TIME",
     "send the body byte by byte, TIME apart"},
    {"cut-at", read_amount, AT(cut_at_bytes), FAULT_SIZE, "SIZE",
     "close after SIZE bytes of the body, under its whole length"},
    {"length", read_amount, AT(length_bytes), FAULT_SIZE, "SIZE",
     "a false Content-Length; close after the body"},
    {"as", read_status, AT(as_status), 0, "STATUS",
     "the true answer under another status"},
    {"header", read_header, 0, 0, "\"Name: value\"", "a header more (repeatable)"},
    {"drop", read_text, AT(drop_ids), 0, "IDS",
     "no entries for these IDs (1,2,3 or *), though the work is done"},
    {"entry", read_entry, AT(entry_ids), 0, "IDS CODE TEXT",
     "error entries for these IDs (1,2,3 or *), the work is not done"},
    {"reverse", read_switch, AT(reverse), 0, "", "entries in reverse order"},
    {"apply", read_switch, AT(apply), 0, "", "do the work in spite of what follows:"},
    {"status", read_status, AT(status), 0, "STATUS",
     "answer with that status and an empty body"},
    {"error", read_error, AT(status), ERROR_CRM, "STATUS CODE TEXT",
     "answer with an error of the CRM"},
    {"desk-error", read_error, AT(status), ERROR_DESK, "STATUS CODE TEXT",
     "answer with an error of Desk"},
    {"redirect", read_redirect, 0, 0, "URL", "answer 302 with that Location"},
    {"body", read_body, 0, 0, "TEXT", "the body of `status`"},
    {"body-file", read_body_file, 0, 0, "FILE", "the same, from a file"},
    {"bulk", read_amount, AT(bulk_bytes), FAULT_SIZE, "SIZE",
     "answer with SIZE blanks (K, M, G), under 200 or `status`"},
    {"cut", read_end, 0, FAULT_CUT, "", "close the connection without an answer"},
    {"reset", read_end, 0, FAULT_RESET, "", "the same, with a TCP reset"},
    {"raw", read_body, 0, FAULT_RAW, "TEXT", "send these bytes and nothing else, close"},
    {"raw-file", read_body_file, 0, FAULT_RAW, "FILE", "the same, from a file"},
    {"hang", read_end, 0, FAULT_HANG, "", "send nothing until the client has gone"},
};

static const char HELP_HEAD[] =
    "A script of faults (--faults FILE) has one rule a line, WHEN: ACTION...\n"
    "The first rule that matches a request is the one it gets. Blank lines and lines\n"
    "that begin with # say nothing. Words with blanks are quoted: \"a b\"; in quotes\n"
    "\\n \\r \\t \\\" \\\\ \\xHH stand for one byte. TIME is 50ms, 2s or bare "
    "milliseconds.\n"
    "\n"
    "  request 3: apply cut\n"
    "  requests 1-5: status 503 header \"Retry-After: 1\" body \"<html>busy</html>\"\n"
    "  every 7: delay 200ms\n"
    "  target 1234567 first 2: error 500 INTERNAL_ERROR \"Internal Server Error\"\n";

static void
print_row(const char *word, const char *arguments, const char *help)
{
    char left[64];
    if (!help) {
        (void)printf("\n%s\n", word);
        return;
    }
    (void)snprintf(left, sizeof(left), "%s %s", word, arguments);
    (void)printf("  %-24s%s%s\n", left, strlen(left) < 24 ? "" : " ", help);
}

void
faults_list(void (*show)(const char *word, const char *arguments, const char *help))
{
    show("WHEN is one or more of these, and all must hold:", NULL, NULL);
    for (size_t i = 0; i < COUNT(CONDITIONS); i++)
        show(CONDITIONS[i].word, CONDITIONS[i].arguments, CONDITIONS[i].help);
    show("ACTION is one or more of these; those below `apply` leave the work undone "
         "without it:",
         NULL, NULL);
    for (size_t i = 0; i < COUNT(ACTIONS); i++)
        show(ACTIONS[i].word, ACTIONS[i].arguments, ACTIONS[i].help);
}

void
faults_print_help(void)
{
    (void)fputs(HELP_HEAD, stdout);
    faults_list(print_row);
}

static int
read_forms(struct script *script, const struct form *forms, size_t count, size_t end,
           struct err *err)
{
    script->end = end;
    while (script->at < end) {
        const char *word = script->words.list[script->at++].ptr;
        const struct form *form = NULL;
        for (size_t i = 0; i < count && !form; i++)
            if (strcmp(forms[i].word, word) == 0)
                form = &forms[i];
        if (!form)
            return err_set(err, EXIT_USAGE,
                           "%s:%llu: unknown word '%s' (see --help-faults)", script->path,
                           script->fault->line, word);
        if (form->read(script, form, err))
            return -1;
    }
    return 0;
}

int
fault_script_read(struct span rule, const char *path, struct fault *fault,
                  struct err *err)
{
    struct script script = {.path = path, .fault = fault};
    const struct fault_words *words = &script.words;
    char *text = mem_copy(rule.ptr, rule.len);
    const char *problem = fault_words_split(text, &script.words);
    int rc = problem
                 ? script_fail(&script, problem, err)
                 : read_forms(&script, CONDITIONS, COUNT(CONDITIONS), words->when_count,
                              err) ||
                       read_forms(&script, ACTIONS, COUNT(ACTIONS), words->count, err);
    bool answers = fault->status || fault->end == FAULT_RAW;
    if (!rc && fault->body.len && !answers)
        rc = script_fail(&script, "'body' goes with 'status'", err);
    if (!rc) {
        struct span name = {rule.ptr + words->actions_at, rule.len - words->actions_at};
        name = span_trim(name);
        fault->name = mem_copy(name.ptr, name.len);
    }
    free(text);
    return rc ? -1 : 0;
}
