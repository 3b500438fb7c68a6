#include "sandbox/faults.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "sandbox/fault_script.h"

#define SCRIPT_MAX_BYTES ((size_t)64 << 20)

struct faults {
    struct fault *rules;
    size_t count;
};

static void
fault_clear(struct fault *fault)
{
    free(fault->name);
    free(fault->target);
    free(fault->body_holds);
    free(fault->drop_ids);
    free(fault->entry_ids);
    free(fault->entry_code);
    free(fault->entry_message);
    buf_clear(&fault->body);
    buf_clear(&fault->headers);
}

static int
faults_read(struct faults *faults, char *text, const char *path, struct err *err)
{
    unsigned long long number = 0;
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        number++;
        struct span rule = span_trim(span_of(line));
        if (!rule.len || rule.ptr[0] == '#')
            continue;
        size_t count = faults->count + 1;
        faults->rules = mem_resize(faults->rules, count, sizeof(*faults->rules));
        struct fault *fault = &faults->rules[faults->count++];
        *fault = (struct fault){
            .line = number, .cut_at_bytes = -1, .length_bytes = -1, .bulk_bytes = -1};
        if (fault_script_read(rule, path, fault, err))
            return -1;
    }
    return 0;
}

int
faults_open(const char *path, struct faults **faults, struct err *err)
{
    *faults = mem_alloc(1, sizeof(**faults));
    if (!path)
        return 0;
    struct buf text = {0};
    int rc = file_read(path, SCRIPT_MAX_BYTES, &text, EXIT_USAGE, err);
    if (!rc && strlen(text.data) != text.len)
        rc = err_set(err, EXIT_USAGE, "%s: holds a NUL byte", path);
    if (!rc)
        rc = faults_read(*faults, text.data, path, err);
    buf_clear(&text);
    return rc;
}

void
faults_free(struct faults *faults)
{
    if (!faults)
        return;
    for (size_t i = 0; i < faults->count; i++)
        fault_clear(&faults->rules[i]);
    free(faults->rules);
    free(faults);
}

static bool
fault_applies(const struct fault *fault, unsigned long long number,
              const char *raw_target, const char *body)
{
    if (fault->most && fault->seen >= fault->most)
        return false;
    if (fault->first_request &&
        (number < fault->first_request || number > fault->last_request))
        return false;
    if (fault->every && number % fault->every != 0)
        return false;
    if (fault->target && !strstr(raw_target, fault->target))
        return false;
    return !fault->body_holds || strstr(body, fault->body_holds);
}

const struct fault *
faults_match(struct faults *faults, unsigned long long number, const char *raw_target,
             const char *body)
{
    for (size_t i = 0; i < faults->count; i++)
        if (fault_applies(&faults->rules[i], number, raw_target, body)) {
            faults->rules[i].seen++;
            return &faults->rules[i];
        }
    return NULL;
}

bool
faults_replace(const struct fault *fault)
{
    return fault->status || fault->bulk_bytes >= 0 || fault->end != FAULT_ANSWER;
}

bool
faults_match_id(const char *ids, struct span id)
{
    if (!ids)
        return false;
    if (strcmp(ids, "*") == 0)
        return true;
    for (const char *at = ids, *comma; at; at = comma ? comma + 1 : NULL) {
        comma = strchr(at, ',');
        size_t len = comma ? (size_t)(comma - at) : strlen(at);
        if (span_equal((struct span){at, len}, id))
            return true;
    }
    return false;
}
