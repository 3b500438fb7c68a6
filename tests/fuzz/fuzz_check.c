/*
 * Rows of any operation, checked and made a request: nothing of a cell can add a
 * parameter, a path or a header line, and an accepted row is accepted again as it is
 * sent.
 */
#include "fuzz.h"
#include "ops/op.h"

static size_t
count_of(struct span text, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == c;
    return count;
}

static struct span
span_in(const struct buf *buf)
{
    return (struct span){buf->data ? buf->data : "", buf->len};
}

/* Slashes of the path, and what may divide parameters. */
static void
check_shape(const struct op *op, const struct op_settings *settings,
            const struct request *request, struct span target)
{
    struct span path = span_in(&request->target), body = span_in(&request->body);
    struct span header = span_in(&request->header);
    size_t marks = count_of(path, '?'), ands = count_of(path, '&') + count_of(body, '&');
    fuzz_holds(fuzz_is_printable(path, false), "path '%.*s'", (int)path.len, path.ptr);
    fuzz_holds(fuzz_is_printable(header, true), "header '%.*s'", (int)header.len,
               header.ptr);
    fuzz_holds(fuzz_is_printable(body, true), "body '%.*s'", (int)body.len, body.ptr);
    fuzz_holds(!memchr(path.ptr, '#', path.len), "a fragment");
    if (op == &op_crm_delink)
        fuzz_holds(marks == 1 && ands == 0 && count_of(path, '/') == 5, "%.*s",
                   (int)path.len, path.ptr);
    if (op == &op_desk_clear_live_mapping)
        fuzz_holds(marks == 0 && ands == 0 && count_of(path, '/') == 5, "%.*s",
                   (int)path.len, path.ptr);
    if (op == &op_verba_delete_call)
        fuzz_holds(marks == (settings->verba_get ? 1u : 0u) && count_of(path, '/') == 2 &&
                       ands == (span_starts(target, "extension ") ? 3u : 2u),
                   "%.*s %.*s", (int)path.len, path.ptr, (int)body.len, body.ptr);
}

/* The same row with the ID as it would be sent. */
static void
check_again(const struct op *op, struct fields fields, const struct op_settings *settings,
            struct span target, struct span id, struct span cell)
{
    struct buf again = {0}, copy = {0};
    struct span id_again = {NULL, 0};
    struct problem problem;
    buf_add(&copy, id.ptr, id.len);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (fields.value[i].ptr == cell.ptr)
            fields.value[i] = span_in(&copy);
    fuzz_holds(op->check(&fields, settings, &again, &id_again, &problem) == 0 &&
                   span_equal(span_in(&again), target) &&
                   span_equal(id_again, span_in(&copy)),
               "%s: '%.*s' is not accepted as it is sent", op->name, (int)id.len, id.ptr);
    buf_clear(&again);
    buf_clear(&copy);
}

static void
run(struct feed *feed)
{
    static const enum field id_fields[] = {FIELD_RELATED_ID,       FIELD_CALL_ID,
                                           FIELD_PLATFORM_CALL_ID, FIELD_NATIVE_ID,
                                           FIELD_MEETING_ID,       FIELD_EXTENSION};
    static const char *const permits[] = {"any"};
    const struct op *op = ops_all[feed_choice(feed, 4)];
    unsigned ways = feed_choice(feed, 8);
    struct op_settings settings = {.api_version = "v8",
                                   .desk_org_id = "77",
                                   .desk_post = ways & 1,
                                   .verba_get = ways & 1,
                                   .allow_relations = permits,
                                   .allow_relation_count = ways & 2 ? 1 : 0};
    struct fields fields = {0};
    struct buf target = {0};
    struct span id = {NULL, 0};
    struct problem problem = {0};
    for (size_t i = 0; i < FIELD_COUNT && feed->at < feed->end; i++)
        fields.value[i] = span_trim(feed_until(feed, '\n'));
    if (op->check(&fields, &settings, &target, &id, &problem)) {
        fuzz_holds(problem.code && ops_explain(NULL, span_of(problem.code), 0),
                   "no code of ours");
        fuzz_holds(problem.text[0] && text_is_utf8(problem.text, strlen(problem.text)),
                   "words that are no text");
    } else {
        struct request request = {0};
        fuzz_holds(id.len && id.len <= op->ids_bytes_max, "ID of %zu bytes", id.len);
        op->build(span_in(&target), &id, 1, &settings, &request);
        check_shape(op, &settings, &request, span_in(&target));
        for (size_t i = 0; i < FUZZ_COUNT(id_fields) && !op->ordered; i++)
            if (fields.value[id_fields[i]].len)
                check_again(op, fields, &settings, span_in(&target), id,
                            fields.value[id_fields[i]]);
        request_clear(&request);
    }
    buf_clear(&target);
}

const struct fuzz_target fuzz_check = {"check", run};
