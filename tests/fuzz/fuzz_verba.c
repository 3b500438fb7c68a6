/* Answers of Verba: done by one Response whose code is 0, gone by its words. */
#include "fuzz_answer.h"
#include "ops/xml_answer.h"

static void
check_reading(struct span body)
{
    struct xml_answer answer = {0};
    if (xml_answer_read(body, &answer)) {
        size_t digits = strspn(answer.code + (answer.code[0] == '-'), "0123456789");
        fuzz_holds(digits && !answer.code[digits + (answer.code[0] == '-')],
                   "the code '%s' is no number", answer.code);
        fuzz_holds(answer.is_success ==
                       (strspn(answer.code, "-0") == strlen(answer.code)),
                   "success by '%s'", answer.code);
        /* In an encoding that is not ASCII at least the bytes differ. */
        bool ascii = !memchr(body.ptr, '\0', body.len) &&
                     !fuzz_mentions(body, "encoding");
        fuzz_holds(!ascii || (fuzz_mentions(body, "VerbaApi") &&
                              fuzz_mentions(body, "Response")),
                   "what is not there was read");
        fuzz_holds(!ascii || !fuzz_mentions(body, "<!DOCTYPE") ||
                       fuzz_mentions(body, "<!--") || fuzz_mentions(body, "<![CDATA[") ||
                       fuzz_mentions(body, "<?"),
                   "a document type was read");
    }
    xml_answer_clear(&answer);
}

static void
run(struct feed *feed)
{
    static const struct span ids[] = {{"a8343631-9f35-4a3a-83f0-9e81592339fb", 36}};
    struct judged judged;
    judged_take(&judged, &op_verba_delete_call, ids, 1, feed);
    const struct verdict *verdict = &judged.judgement.ids[0];
    check_reading(judged.answer.body);
    if (judged.judgement.action == ACTION_ENTRIES) {
        fuzz_holds(verdict->kind == VERDICT_DONE || verdict->kind == VERDICT_GONE ||
                       verdict->kind == VERDICT_REFUSED,
                   "kind %d", verdict->kind);
        fuzz_holds((verdict->kind == VERDICT_GONE) ==
                       (verdict->kind != VERDICT_DONE &&
                        fuzz_mentions(verdict->message, "cannot be found")),
                   "gone by '%.*s'", (int)verdict->message.len, verdict->message.ptr);
    }
    judged_clear(&judged);
}

const struct fuzz_target fuzz_verba = {"verba", run};
