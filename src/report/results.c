#include "report/results.h"

#include "base/err.h"
#include "base/mem.h"
#include "report/gather.h"
#include "report/outfile.h"
#include "report/result_row.h"

#include <unistd.h>

/* Which file, besides `results`, a row of each status goes to. */
static const char *const file_of_status[STATUS_COUNT] = {
    [STATUS_FAILED] = "failed",
    [STATUS_UNKNOWN] = "failed",
    [STATUS_REJECTED] = "rejected",
    [STATUS_UNSENT] = "unsent",
};

static const char *const file_names[] = {"results", "failed", "rejected", "unsent"};

enum { FILE_COUNT = sizeof(file_names) / sizeof(file_names[0]) };

struct writer {
    const struct results_settings *settings;
    struct result_form form;
    struct outfile *files[FILE_COUNT];
    struct buf target;
    struct problem problem;
    uint64_t accepted; /* a row that was rejected before and is not now; 0: none */
    struct gather *gather;
    struct row_fate counted; /* of the row before; nothing is told of a rejected one */
    char same[48];
};

static struct outfile *
begin_file(struct writer *writer, size_t index, struct err *err)
{
    char name[32];
    struct buf header = {0};
    (void)snprintf(name, sizeof(name), "%s.%s", file_names[index],
                   writer->form.jsonl ? "jsonl" : "csv");
    struct outfile *file = outfile_open(writer->settings->run_dir, name,
                                        writer->settings->gzip, err);
    writer->files[index] = file;
    result_add_header(&writer->form, &header);
    if (file && header.len && outfile_write(file, header.data, header.len, err))
        file = NULL;
    buf_clear(&header);
    return file;
}

static int
add_to_file(struct writer *writer, const char *name, struct span line, struct err *err)
{
    size_t index = 0;
    while (strcmp(file_names[index], name) != 0)
        index++;
    if (!writer->files[index] && !begin_file(writer, index, err))
        return -1;
    return outfile_write(writer->files[index], line.ptr, line.len, err);
}

/* A row that was refused in the first pass is refused again, for the same reason: else the
 * file has changed, as its fingerprint will tell in the end. */
static int
rejected_result(struct writer *writer, struct reader *reader, struct row *row,
                struct result *result, struct err *err)
{
    struct span id;
    if (reader_look_into(reader, row, err))
        return -1;
    if (ops_check_row(row, reader_columns(reader), writer->settings->ops, &writer->target,
                      &id, &writer->problem)) {
        writer->accepted = row->number;
        writer->problem = (struct problem){.code = "bad-syntax"};
    }
    result->status = STATUS_REJECTED;
    result->code = writer->problem.code;
    result->message = writer->problem.text;
    return 0;
}

static const struct verdict_note *
note_of(const struct writer *writer, const struct row_fate *fate)
{
    return verdicts_get(writer->settings->books->verdicts, fate->outcome.verdict);
}

static void
item_result(struct writer *writer, const struct row_fate *fate, struct result *result)
{
    const struct outcome *outcome = &fate->outcome;
    const struct verdict_note *note = note_of(writer, fate);
    uint32_t first = fate->first_row;
    result->status = (enum status)outcome->status;
    result->code = note->code;
    result->http = note->http;
    result->message = note->message;
    result->attempts = outcome->attempts;
    result->time_ms = outcome->time_ms;
    result->verdict_next = outcome->verdict + 1;
    if (first && first != result->row) {
        (void)snprintf(writer->same, sizeof(writer->same), "same as row %u", first);
        result->message = writer->same;
        result->verdict_next = 0;
    }
}

/* Rows of one verdict come by the million: their count is looked for once. */
static struct code_count *
find_count(struct writer *writer, uint32_t item, const struct row_fate *fate,
           const struct result *result, struct totals *totals)
{
    const struct outcome *before = &writer->counted.outcome, *now = &fate->outcome;
    if (now->told && before->told && now->verdict == before->verdict &&
        now->status == before->status && fate->use == writer->counted.use)
        return totals_count_again(totals);
    writer->counted = *fate;
    if (item == PLAN_NO_ITEM)
        return totals_count(totals, result->status, NULL, result->code, "");
    return totals_count(totals, result->status,
                        writer->settings->plan->uses[fate->use].op, result->code,
                        note_of(writer, fate)->message);
}

static void
count_row(struct writer *writer, uint32_t item, const struct row_fate *fate,
          const struct result *result, struct totals *totals)
{
    struct code_count *count = find_count(writer, item, fate, result, totals);
    totals->retryable += fate->worth;
    if (count->rows == 1)
        count->http = result->http;
    if (count->rows > ROW_SAMPLES)
        return;
    bool rejected = item == PLAN_NO_ITEM;
    totals_sample(totals, count, result->row, result->line,
                  rejected ? span_of("") : plan_id(writer->settings->plan, item),
                  result->message);
}

static int
write_row(struct writer *writer, struct reader *reader, struct row *row,
          struct totals *totals, struct err *err)
{
    const struct plan *plan = writer->settings->plan;
    if (row->number > plan->rows)
        return 0; /* the file has grown: its fingerprint will tell */
    struct result result = {.row = row->number, .line = row->line};
    uint32_t item;
    struct row_fate fate = {0};
    if (gather_next(writer->gather, &item, &fate, err))
        return -1;
    if (item == PLAN_NO_ITEM) {
        if (rejected_result(writer, reader, row, &result, err))
            return -1;
    } else {
        item_result(writer, &fate, &result);
    }
    count_row(writer, item, &fate, &result, totals);
    struct buf *out = outfile_buffer(writer->files[0]);
    size_t start = out->len;
    result_add_row(&writer->form, row, &result, out);
    struct span line = {out->data + start, out->len - start};
    const char *also = file_of_status[result.status];
    if (also && add_to_file(writer, also, line, err))
        return -1;
    return outfile_flush(writer->files[0], err);
}

static const char *const endings[] = {"csv", "csv.gz", "jsonl", "jsonl.gz"};

enum { ENDINGS = sizeof(endings) / sizeof(endings[0]) };

bool
results_is_file(const char *name)
{
    const char *dot = strchr(name, '.');
    for (size_t i = 0; dot && i < FILE_COUNT * ENDINGS; i++)
        if (strlen(file_names[i / ENDINGS]) == (size_t)(dot - name) &&
            strncmp(name, file_names[i / ENDINGS], (size_t)(dot - name)) == 0 &&
            strcmp(dot + 1, endings[i % ENDINGS]) == 0)
            return true;
    return false;
}

/* Files of an earlier report of the same run whose kind of row is gone by now, and what a
 * report that was killed left half-written. */
static void
remove_stale(const struct writer *writer, size_t index)
{
    for (size_t i = 0; i < ENDINGS; i++) {
        struct buf path = {0};
        buf_addf(&path, "%s/%s.%s", writer->settings->run_dir, file_names[index],
                 endings[i]);
        if (!writer->files[index] ||
            strcmp(path.data, outfile_path(writer->files[index])) != 0)
            (void)unlink(path.data);
        buf_add_text(&path, ".tmp");
        (void)unlink(path.data);
        buf_clear(&path);
    }
}

static int
publish(struct writer *writer, struct err *err)
{
    for (size_t i = 0; i < FILE_COUNT; i++)
        if (writer->files[i] && outfile_finish(writer->files[i], err))
            return -1;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        if (writer->files[i] && outfile_publish(writer->files[i], err))
            return -1;
        remove_stale(writer, i);
    }
    return 0;
}

/* The job file could be read before, and calls were made. */
static void
tell_what_to_restore(const struct results_settings *settings, struct err *err)
{
    static const char first_pass[] = "; nothing was sent";
    struct err why = *err;
    if (why.exit_code != EXIT_USAGE && why.exit_code != EXIT_INPUT)
        return;
    char *end = strstr(why.text, first_pass);
    if (end)
        *end = '\0';
    *err = (struct err){0};
    err_set(
        err, EXIT_INPUT,
        "%s; the results were not written. Put the old file back, then `unhitch report "
        "%s`",
        why.text, settings->run_dir);
}

/* Does the pass over the file agree with what was planned? */
static int
check_balance(const struct writer *writer, const struct reader *reader,
              const struct totals *totals, struct err *err)
{
    const struct results_settings *settings = writer->settings;
    const struct plan *plan = settings->plan;
    if (!fingerprint_equal(reader_fingerprint(reader), settings->fingerprint))
        return err_set(err, EXIT_INPUT, "%s: has changed while the run was under way",
                       settings->input_name);
    if (writer->accepted)
        return err_set(err, EXIT_INTERNAL,
                       "row %llu was rejected before and is not now. This is a bug of "
                       "unhitch; the journal in %s is whole",
                       (unsigned long long)writer->accepted, settings->run_dir);
    uint64_t sum = 0;
    for (size_t i = 0; i < STATUS_COUNT; i++)
        sum += totals->by_status[i];
    if (totals->rows != plan->rows || sum != plan->rows ||
        totals->by_status[STATUS_REJECTED] != plan->rejected ||
        totals->by_status[STATUS_WAITING])
        return err_set(
            err, EXIT_INTERNAL,
            "the books do not balance: %llu rows read, %llu reported, %llu "
            "rejected, %llu reported so. This is a bug of unhitch; the journal "
            "in %s is whole",
            (unsigned long long)plan->rows, (unsigned long long)totals->rows,
            (unsigned long long)plan->rejected,
            (unsigned long long)totals->by_status[STATUS_REJECTED], settings->run_dir);
    return 0;
}

static int
write_rows(struct writer *writer, struct reader *reader, struct totals *totals,
           struct err *err)
{
    const struct results_settings *settings = writer->settings;
    enum { PROGRESS_ROWS = 4096 };
    struct row row;
    int got;
    if (!begin_file(writer, 0, err))
        return -1;
    while ((got = reader_next(reader, &row, err)) == 1) {
        if (write_row(writer, reader, &row, totals, err))
            return -1;
        if (settings->progress && row.number % PROGRESS_ROWS == 0)
            settings->progress(row.number, settings->context);
    }
    return got;
}

int
results_write(const struct results_settings *settings, struct totals *totals,
              struct err *err)
{
    struct writer writer = {.settings = settings};
    int rc = -1;
    struct reader *reader = reader_open(settings->input_path, settings->input_name,
                                        settings->reader, err);
    if (!reader)
        goto out;
    writer.gather = gather_open(settings->plan, settings->books, false, settings->run_dir,
                                err);
    if (!writer.gather)
        goto out;
    result_form_init(&writer.form, settings->jsonl, reader, settings->columns);
    if (settings->all_plain && writer.form.plain)
        reader_lines_only(reader);
    if (write_rows(&writer, reader, totals, err) ||
        check_balance(&writer, reader, totals, err) || publish(&writer, err))
        goto out;
    rc = 0;
out:
    if (rc)
        tell_what_to_restore(settings, err);
    for (size_t i = 0; i < FILE_COUNT; i++)
        outfile_free(writer.files[i]);
    result_form_clear(&writer.form);
    buf_clear(&writer.target);
    gather_free(writer.gather);
    reader_free(reader);
    return rc;
}

uint64_t
results_spill_bytes(const struct plan *plan)
{
    uint64_t later = plan->item_count * sizeof(struct outcome) + gather_bytes(plan->rows);
    if (!plan->shelf_bytes)
        return 0;
    return plan->shelf_bytes + (plan->deal_bytes > later ? plan->deal_bytes : later);
}
