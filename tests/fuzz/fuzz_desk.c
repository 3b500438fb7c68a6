/* Answers of Desk: done by a 2xx that names no error, gone by a 404 that says so. */
#include "fuzz_answer.h"

static void
run(struct feed *feed)
{
    static const struct span ids[] = {{"222960000000038001", 18}};
    struct judged judged;
    judged_take(&judged, &op_desk_clear_live_mapping, ids, 1, feed);
    const struct verdict *verdict = &judged.judgement.ids[0];
    if (judged.judgement.action == ACTION_ENTRIES) {
        bool done = verdict->kind == VERDICT_DONE && judged.answer.http / 100 == 2;
        bool gone = verdict->kind == VERDICT_GONE && judged.answer.http == 404 &&
                    span_is(verdict->code, "URL_NOT_FOUND");
        fuzz_holds(done || gone, "kind %d with %ld", verdict->kind, judged.answer.http);
        struct span body = span_trim(judged.answer.body);
        fuzz_holds(!done || !body.len || body.ptr[0] == '{', "done by no JSON");
    }
    judged_clear(&judged);
}

const struct fuzz_target fuzz_desk = {"desk", run};
