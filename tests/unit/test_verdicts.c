/*
 * Recorded answers: tests/verdicts/<operation>/<case>/ holds
 *
 *   status     the HTTP status
 *   body       the answer's bytes
 *   ids        the IDs of the call, one a line
 *   expected   a line `ID KIND CODE` for each ID (KIND: done, gone, refused, conflict, or
 *              none without a code), or one line `whole ACTION CODE`
 *   message    if there: the message of the first ID, or of the whole
 *
 * A new case is a new folder; each is a test of its own.
 */
#include "unit.h"

#include "base/file.h"
#include "base/mem.h"
#include "ops/op.h"

#include <dirent.h>

static const char root[] = "tests/verdicts";

static const char *const kind_names[] = {
    [VERDICT_NONE] = "none",       [VERDICT_DONE] = "done",
    [VERDICT_GONE] = "gone",       [VERDICT_REFUSED] = "refused",
    [VERDICT_CONFLICT] = "conflict",
};

static const char *const action_names[] = {
    [ACTION_ENTRIES] = "entries",       [ACTION_FAIL] = "fail",
    [ACTION_FAIL_TARGET] = "fail-target", [ACTION_SPLIT] = "split",
    [ACTION_RETRY] = "retry",           [ACTION_RETRY_LOST] = "retry-lost",
    [ACTION_SLOW_DOWN] = "slow-down",   [ACTION_RENEW_TOKEN] = "renew-token",
    [ACTION_STOP] = "stop",             [ACTION_STOP_LIMIT] = "stop-limit",
};

/* One folder. */
struct recorded {
    const struct op *op;
    char *path;
};

static bool
read_part(const struct recorded *recorded, const char *name, struct buf *content)
{
    struct err err = {0};
    char *path = file_join(recorded->path, name);
    int rc = file_read(path, SIZE_MAX, content, EXIT_USAGE, &err);
    free(path);
    return rc == 0;
}

static size_t
read_ids(const struct buf *content, struct span *ids)
{
    size_t count = 0;
    const char *end = content->data + content->len;
    for (const char *at = content->data; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        unit_check(count < BATCH_MAX, "more than %d IDs", BATCH_MAX);
        ids[count++] = (struct span){at, (size_t)(stop - at)};
        at = stop + 1;
    }
    return count;
}

static void
add_verdict(struct buf *out, const char *first, const char *word, struct span code)
{
    buf_addf(out, "%s %s%s", first, word, code.len ? " " : "");
    buf_add(out, code.ptr, code.len);
    buf_add_char(out, '\n');
}

/* The judgement, as `expected` has it. */
static void
describe(const struct judgement *judgement, const struct span *ids, size_t count,
         struct buf *out)
{
    if (judgement->action != ACTION_ENTRIES) {
        add_verdict(out, "whole", action_names[judgement->action], judgement->whole.code);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct verdict *verdict = &judgement->ids[i];
        char *id = mem_copy(ids[i].ptr, ids[i].len);
        bool speaks = verdict->kind != VERDICT_NONE && verdict->kind != VERDICT_CONFLICT;
        add_verdict(out, id, kind_names[verdict->kind],
                    speaks ? verdict->code : (struct span){"", 0});
        free(id);
    }
}

static void
is_judged_as_expected(void **state)
{
    const struct recorded *recorded = *state;
    struct buf status = {0}, body = {0}, lines = {0}, expected = {0}, message = {0};
    struct buf got = {0};
    struct span ids[BATCH_MAX];
    struct judgement judgement = {0};
    unsigned long long http = 0;
    unit_check(read_part(recorded, "status", &status) &&
                   read_part(recorded, "body", &body) &&
                   read_part(recorded, "ids", &lines) &&
                   read_part(recorded, "expected", &expected),
               "%s: a file is missing", recorded->path);
    unit_check(text_number(span_trim(span_of(status.data)), 999, &http), "bad status");
    size_t count = read_ids(&lines, ids);
    /* In memory of just its size, so that a sanitizer sees what reads beyond. */
    char *bytes = malloc(body.len ? body.len : 1);
    memcpy(bytes, body.data, body.len);
    struct answer answer = {(long)http, {bytes, body.len}};
    recorded->op->judge(&answer, ids, count, &judgement);
    describe(&judgement, ids, count, &got);
    unit_check(strcmp(got.data, expected.data) == 0, "%s: judged\n%snot\n%s",
               recorded->path, got.data, expected.data);
    if (read_part(recorded, "message", &message)) {
        const struct verdict *verdict =
            judgement.action == ACTION_ENTRIES ? &judgement.ids[0] : &judgement.whole;
        if (message.len && message.data[message.len - 1] == '\n')
            message.data[--message.len] = '\0';
        assert_span(verdict->message, message.data);
    }
    free(bytes);
    judgement_clear(&judgement);
    buf_clear(&status);
    buf_clear(&body);
    buf_clear(&lines);
    buf_clear(&expected);
    buf_clear(&message);
    buf_clear(&got);
}

/* The cases of an operation as tests; there must be some. */
struct cases {
    struct CMUnitTest *tests;
    size_t count, cap;
};

static int
by_name(const void *a, const void *b)
{
    const struct CMUnitTest *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static void
find_cases(const struct op *op, struct cases *cases)
{
    char *folder = file_join(root, op->name);
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        if (cases->count == cases->cap) {
            cases->cap = cases->cap ? cases->cap * 2 : 64;
            cases->tests = mem_resize(cases->tests, cases->cap, sizeof(*cases->tests));
        }
        struct recorded *recorded = mem_alloc(1, sizeof(*recorded));
        *recorded = (struct recorded){op, file_join(folder, entry->d_name)};
        cases->tests[cases->count++] = (struct CMUnitTest){mem_strdup(entry->d_name),
                                                           is_judged_as_expected, NULL,
                                                           NULL, recorded};
    }
    if (dir)
        (void)closedir(dir);
    free(folder);
}

void
test_verdicts(struct tally *tally)
{
    for (size_t i = 0; ops_all[i]; i++) {
        struct cases cases = {0};
        find_cases(ops_all[i], &cases);
        if (!cases.count) {
            print_error("%s/%s: holds no recorded answer\n", root, ops_all[i]->name);
            tally->failed++;
            continue;
        }
        qsort(cases.tests, cases.count, sizeof(*cases.tests), by_name);
        unit_run(tally, ops_all[i]->name, cases.tests, cases.count);
        for (size_t c = 0; c < cases.count; c++) {
            struct recorded *recorded = cases.tests[c].initial_state;
            free((void *)(uintptr_t)cases.tests[c].name);
            free(recorded->path);
            free(recorded);
        }
        free(cases.tests);
    }
}
