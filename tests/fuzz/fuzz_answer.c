#include "fuzz_answer.h"

static bool
is_success(long http)
{
    return http >= 200 && http < 300;
}

/* What the HTTP status alone decides, whatever the body says. */
static void
check_action(const struct judged *judged)
{
    enum action action = judged->judgement.action;
    long http = judged->answer.http;
    fuzz_holds(action <= ACTION_STOP_LIMIT, "action %d", action);
    if (action == ACTION_ENTRIES)
        return;
    fuzz_holds(judged->judgement.whole.code.len, "a refusal without a code");
    fuzz_holds(!span_is_nocase(judged->judgement.whole.code, "SUCCESS"),
               "a refusal that says success");
    fuzz_holds(http < 500 || judged->op->service == SERVICE_VERBA ||
                   action == ACTION_RETRY_LOST,
               "a 5xx is no word on what was done");
    fuzz_holds(action != ACTION_FAIL || !is_success(http) ||
                   !span_is(judged->judgement.whole.code, "bad-response") ||
                   fuzz_mentions(judged->answer.body, "bad-response"),
               "an unreadable success is final");
}

/* One fate for each ID, and none is better than what the answer said of it. */
static void
check_fates(const struct judged *judged, const struct ruling_facts *facts,
            const struct ruling *ruling)
{
    bool waiting = false, success = false;
    for (size_t i = 0; i < judged->count; i++) {
        const struct fate *fate = &ruling->fates[i];
        const struct verdict *verdict = &judged->judgement.ids[i];
        bool entries = judged->judgement.action == ACTION_ENTRIES;
        bool done = entries && verdict->kind == VERDICT_DONE;
        bool gone = entries && verdict->kind == VERDICT_GONE;
        bool lost = facts->missing_ok || facts->outcomes[i]->lost;
        fuzz_holds((fate->status == STATUS_SUCCESS) == (done || (gone && lost)),
                   "ID %zu: %s", i, status_names[fate->status]);
        fuzz_holds(fate->status == STATUS_WAITING || fate->status == STATUS_SUCCESS ||
                       fate->status == STATUS_FAILED || fate->status == STATUS_UNKNOWN,
                   "ID %zu: %s", i, status_names[fate->status]);
        fuzz_holds(fate->keep || fate->code.len, "ID %zu: no code", i);
        fuzz_holds(fate->lost == LOST_NOT || fate->status != STATUS_WAITING ||
                       facts->may_resend,
                   "ID %zu must not be sent again", i);
        waiting |= fate->status == STATUS_WAITING;
        success |= fate->status == STATUS_SUCCESS;
    }
    fuzz_holds(waiting == (ruling->again != AGAIN_NEVER), "again %d", ruling->again);
    fuzz_holds(success == ruling->any_success, "any_success");
    fuzz_holds(ruling->again != AGAIN_HALVES || judged->count > 1,
               "one cannot be halved");
    fuzz_holds(!ruling->blames_target || !success, "a target blamed and done");
    fuzz_holds(ruling->retry_after_s >= -1, "retry after %ld", ruling->retry_after_s);
}

/* What the journal and the results take of it. */
static void
check_words(const struct ruling *ruling, size_t count)
{
    struct books books;
    books_init(&books, (uint32_t)count, ".");
    for (uint32_t i = 0; i < count; i++) {
        const struct fate *fate = &ruling->fates[i];
        uint32_t number = verdicts_intern(books.verdicts, 200, fate->code, fate->message);
        const struct verdict_note *note = verdicts_get(books.verdicts, number);
        fuzz_holds(text_is_utf8(note->code, strlen(note->code)) &&
                       text_is_utf8(note->message, strlen(note->message)),
                   "words that are no text");
        fuzz_holds(strlen(note->message) <= MESSAGE_BYTES_MAX, "a long message");
        books_settle(&books, i, fate->status, number, fate->lost, 1);
    }
    books_clear(&books);
}

void
judged_take(struct judged *judged, const struct op *op, const struct span *ids,
            size_t count, struct feed *feed)
{
    static const short statuses[] = {200, 207, 204, 202, 301, 400, 401, 403, 404,
                                     405, 408, 413, 415, 422, 429, 500, 503, 999};
    long http = statuses[feed_choice(feed, FUZZ_COUNT(statuses))];
    unsigned known = feed_choice(feed, 256);
    struct outcome outcome = {.lost = known % 3 & 3u};
    const struct outcome *outcomes[BATCH_MAX];
    struct ruling_facts facts = {.op = op,
                                 .ids = ids,
                                 .outcomes = outcomes,
                                 .count = count,
                                 .last_try = known & 4,
                                 .may_resend = known & 8,
                                 .may_renew = known & 16,
                                 .missing_ok = known & 32};
    struct ruling ruling;
    *judged = (struct judged){
        .op = op, .ids = ids, .count = count, .answer = {http, feed_rest(feed)}};
    struct pool_result result = {.end = POOL_ANSWERED,
                                 .sent = true,
                                 .error = "",
                                 .answer = judged->answer,
                                 .retry_after_s = -1};
    for (size_t i = 0; i < count; i++)
        outcomes[i] = &outcome;
    ruling_make(&facts, &result, &judged->judgement, &ruling);
    check_action(judged);
    check_fates(judged, &facts, &ruling);
    check_words(&ruling, count);
}

void
judged_clear(struct judged *judged)
{
    judgement_clear(&judged->judgement);
}
