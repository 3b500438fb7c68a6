/* Answers of the CRM to call preferences: done only if a 2xx says so in JSON. */
#include "fuzz_answer.h"

static void
run(struct feed *feed)
{
    static const struct span ids[] = {{"true,false", 10}};
    struct judged judged;
    judged_take(&judged, &op_crm_call_preferences, ids, 1, feed);
    if (judged.judgement.action == ACTION_ENTRIES)
        fuzz_holds(judged.judgement.ids[0].kind == VERDICT_DONE &&
                       judged.answer.http / 100 == 2 &&
                       span_is_nocase(judged.judgement.ids[0].code, "SUCCESS"),
                   "done without a word of it");
    judged_clear(&judged);
}

const struct fuzz_target fuzz_preferences = {"preferences", run};
