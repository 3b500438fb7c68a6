#include "report/totals.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/version.h"

#include <jansson.h>

void
totals_clear(struct totals *totals)
{
    for (size_t i = 0; i < totals->code_count; i++) {
        free(totals->codes[i].code);
        free(totals->codes[i].words);
        for (size_t k = 0; k < totals->codes[i].sample_count; k++) {
            free(totals->codes[i].samples[k].id);
            free(totals->codes[i].samples[k].message);
        }
    }
    free(totals->codes);
    totals->codes = NULL;
    totals->code_count = totals->code_cap = 0;
}

/* Words that differ from row to row are not worth a line each. */
enum { WORDINGS_MAX = 50 };

static const char *
worth_telling(const struct totals *totals, enum status status, const char *words)
{
    bool telling = status == STATUS_FAILED || status == STATUS_UNKNOWN;
    return telling && totals->code_count < WORDINGS_MAX ? words : "";
}

static struct code_count *
find_count(const struct totals *totals, enum status status, const struct op *op,
           const char *code, const char *words)
{
    for (size_t i = 0; i < totals->code_count; i++) {
        struct code_count *count = &totals->codes[i];
        if (count->status == status && count->op == op &&
            strcmp(count->code, code) == 0 &&
            (!words || strcmp(count->words, words) == 0))
            return count;
    }
    return NULL;
}

struct code_count *
totals_count(struct totals *totals, enum status status, const struct op *op,
             const char *code, const char *words)
{
    bool telling = status == STATUS_FAILED || status == STATUS_UNKNOWN;
    struct code_count *count = find_count(totals, status, op, code,
                                          telling ? words : NULL);
    totals->rows++;
    totals->by_status[status]++;
    if (!count) {
        words = worth_telling(totals, status, words);
        count = find_count(totals, status, op, code, words);
    }
    if (!count) {
        if (totals->code_count == totals->code_cap) {
            totals->code_cap = totals->code_cap ? totals->code_cap * 2 : 16;
            totals->codes = mem_resize(totals->codes, totals->code_cap,
                                       sizeof(*totals->codes));
        }
        count = &totals->codes[totals->code_count++];
        *count = (struct code_count){.code = mem_strdup(code),
                                     .words = mem_strdup(words),
                                     .status = status,
                                     .op = op};
        for (size_t i = 0; i < totals->code_count; i++)
            totals->mixed |= op && totals->codes[i].op && totals->codes[i].op != op;
    }
    count->rows++;
    return count;
}

void
totals_sample(struct code_count *count, uint64_t row, uint64_t line, struct span id,
              const char *message)
{
    if (count->status == STATUS_SUCCESS || count->sample_count == ROW_SAMPLES)
        return;
    count->samples[count->sample_count++] =
        (struct row_sample){row, line, mem_copy(id.ptr, id.len), mem_strdup(message)};
}

static int
compare_counts(const void *left, const void *right)
{
    const struct code_count *a = left, *b = right;
    if (a->status != b->status)
        return a->status < b->status ? -1 : 1;
    return a->rows == b->rows ? strcmp(a->code, b->code) : a->rows > b->rows ? -1 : 1;
}

void
totals_sort(struct totals *totals)
{
    if (totals->code_count)
        qsort(totals->codes, totals->code_count, sizeof(*totals->codes), compare_counts);
}

static void
set_count(json_t *object, const char *key, uint64_t count)
{
    (void)json_object_set_new(object, key, json_integer((json_int_t)count));
}

static json_t *
codes_json(const struct totals *totals)
{
    json_t *object = json_object();
    for (size_t i = 0; i < totals->code_count; i++) {
        const struct code_count *count = &totals->codes[i];
        json_int_t before = json_integer_value(json_object_get(object, count->code));
        set_count(object, count->code, (uint64_t)before + count->rows);
    }
    return object;
}

static json_t *
latency_json(const struct latency *latency)
{
    static const struct {
        const char *key;
        double percent;
    } marks[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"max", 100}};
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        (void)json_object_set_new(object, marks[i].key,
                                  json_real(
                                      latency_percentile_ms(latency, marks[i].percent)));
    return object;
}

static char *
dump(json_t *root)
{
    char *dumped = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    struct buf text = {0};
    buf_addf(&text, "%s\n", dumped ? dumped : "{}");
    free(dumped);
    json_decref(root);
    return buf_take(&text);
}

/* Text from outside may be no UTF-8, which JSON cannot hold. */
static void
set_text(json_t *root, const char *key, const char *text)
{
    json_t *value = json_string(text);
    if (!value) {
        char *plain = mem_strdup(text);
        for (char *at = plain; *at; at++)
            *at = (unsigned char)*at < 0x80 ? *at : '?';
        value = json_string(plain);
        free(plain);
    }
    (void)json_object_set_new(root, key, value);
}

static void
set_stamp(json_t *root, const char *key, int64_t utc_ms)
{
    char stamp[CLOCK_STAMP_BYTES];
    clock_format_stamp(utc_ms, stamp);
    (void)json_object_set_new(root, key, json_string(stamp));
}

char *
totals_json(const struct totals *totals)
{
    static const enum status order[] = {STATUS_SUCCESS, STATUS_FAILED, STATUS_UNKNOWN,
                                        STATUS_REJECTED, STATUS_UNSENT};
    json_t *root = json_object();
    set_count(root, "rows", totals->rows);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        set_count(root, status_names[order[i]], totals->by_status[order[i]]);
    set_count(root, "duplicates", totals->duplicates);
    set_count(root, "targets", totals->targets);
    set_count(root, "planned_calls", totals->planned_calls);
    set_count(root, "calls", totals->calls);
    (void)json_object_set_new(root, "codes", codes_json(totals));
    (void)json_object_set_new(root, "seconds", json_real(totals->seconds));
    (void)json_object_set_new(root, "latency_ms", latency_json(totals->latency));
    (void)json_object_set_new(root, "finished", json_boolean(totals->finished));
    (void)json_object_set_new(root, "exit_code", json_integer(totals->exit_code));
    if (totals->stop_code) {
        json_t *stopped = json_object();
        (void)json_object_set_new(stopped, "code", json_string(totals->stop_code));
        set_text(stopped, "message", totals->stop_message);
        (void)json_object_set_new(root, "stopped_by", stopped);
    }
    if (totals->parent)
        set_text(root, "parent", totals->parent);
    set_text(root, "input", totals->input);
    set_stamp(root, "started", totals->started_utc_ms);
    (void)json_object_set_new(root, "version", json_string(UNHITCH_VERSION));
    return dump(root);
}

char *
totals_plan_json(const struct totals *totals)
{
    json_t *root = json_object();
    set_count(root, "rows", totals->rows);
    set_count(root, "rejected", totals->by_status[STATUS_REJECTED]);
    set_count(root, "duplicates", totals->duplicates);
    set_count(root, "targets", totals->targets);
    set_count(root, "planned_calls", totals->planned_calls);
    (void)json_object_set_new(root, "codes", codes_json(totals));
    if (totals->spill_bytes)
        set_count(root, "spill_bytes", totals->spill_bytes);
    return dump(root);
}
