/*
 * What the unit tests share: the list of groups, failing with words, files that last
 * as long as the process, and dice that always fall the same.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

#define UNIT_COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Counted over all groups. */
struct tally {
    size_t passed, failed;
};

/* Run the tests of a group and count them. */
void unit_run(struct tally *tally, const char *name, const struct CMUnitTest *tests,
              size_t count);

/* The groups, one a file. */
void test_text(struct tally *tally);
void test_buf(struct tally *tally);
void test_shown(struct tally *tally);
void test_clock(struct tally *tally);
void test_file(struct tally *tally);
void test_syncer(struct tally *tally);
void test_json(struct tally *tally);
void test_idform(struct tally *tally);
void test_columns(struct tally *tally);
void test_reader(struct tally *tally);
void test_jsonl(struct tally *tally);
void test_checking(struct tally *tally);
void test_recall(struct tally *tally);
void test_source(struct tally *tally);
void test_relation(struct tally *tally);
void test_delink(struct tally *tally);
void test_preferences(struct tally *tally);
void test_desk(struct tally *tally);
void test_verba(struct tally *tally);
void test_xml_answer(struct tally *tally);
void test_verdicts(struct tally *tally);
void test_pack(struct tally *tally);
void test_plan(struct tally *tally);
void test_splitter(struct tally *tally);
void test_tape(struct tally *tally);
void test_verdict_notes(struct tally *tally);
void test_books(struct tally *tally);
void test_journal(struct tally *tally);
void test_replay(struct tally *tally);
void test_pace(struct tally *tally);
void test_limits(struct tally *tally);
void test_queue(struct tally *tally);
void test_latency(struct tally *tally);
void test_ruling(struct tally *tally);
void test_result_row(struct tally *tally);
void test_outfile(struct tally *tally);
void test_totals(struct tally *tally);
void test_html(struct tally *tally);
void test_ending(struct tally *tally);
void test_timeline(struct tally *tally);
void test_service(struct tally *tally);
void test_head(struct tally *tally);
void test_auth(struct tally *tally);
void test_options(struct tally *tally);
void test_definition(struct tally *tally);
void test_schema(struct tally *tally);
void test_terminal(struct tally *tally);
void test_progress(struct tally *tally);
void test_run_table(struct tally *tally);
void test_notify(struct tally *tally);
void test_metrics(struct tally *tally);

/* Fail the running test with words that name the case. */
_Noreturn void unit_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define unit_check(holds, ...)                                                           \
    do {                                                                                 \
        if (!(holds))                                                                    \
            unit_fail(__FILE__, __LINE__, __VA_ARGS__);                                  \
    } while (0)

/* The span must hold just that text; NULL: it must be absent. */
void unit_span(const char *file, int line, struct span got, const char *wanted);

#define assert_span(got, wanted) unit_span(__FILE__, __LINE__, got, wanted)

/* An error of that exit code, whose text holds `part` (NULL: any). */
void unit_error(const char *file, int line, const struct err *err, int exit_code,
                const char *part);

#define assert_error(err, exit_code, part)                                               \
    unit_error(__FILE__, __LINE__, &(err), exit_code, part)
#define assert_no_error(err)                                                             \
    unit_check((err).exit_code == 0, "unexpected error: %s", (err).text)

/* A path in a folder of this process, which goes when it ends; valid until the next
 * call but seven. */
const char *unit_path(const char *name);

/* The same, with that content. */
const char *unit_file(const char *name, const void *bytes, size_t len);
const char *unit_text_file(const char *name, const char *text);

/* The file's content; the caller clears it. */
void unit_read(const char *path, struct buf *content);

/* Remove the folder. */
void unit_clean(void);

/* Dice (xorshift64): `state` must not be 0. */
struct dice {
    uint64_t state;
};

uint64_t dice_roll(struct dice *dice);
/* From 0 to `sides` - 1. */
size_t dice_below(struct dice *dice, size_t sides);

#endif
