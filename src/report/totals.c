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
    free(totals->table);
    totals->codes = NULL;
    totals->table = NULL;
    totals->code_count = totals->code_cap = totals->table_size = totals->last = 0;
    totals->first_op = NULL;
    totals->mixed = false;
}

/* Words that differ from row to row are not worth a line each; nor are samples of
 * thousands of codes worth the memory. */
enum { WORDINGS_MAX = 4, SAMPLED_MAX = 1000, SAMPLE_BYTES_MAX = 400 };

/* Nor are more codes of a service than these: one that has as many says something else. */
enum { CODES_MAX = 10000 };

/* What a row is counted by. */
struct code_key {
    enum status status;
    const struct op *op;
    const char *code, *words;
    uint64_t hash; /* without the words */
};

static uint64_t
hash_of(enum status status, const struct op *op, const char *code)
{
    const char *name = op ? op->name : "";
    return text_hash(code, strlen(code)) * 31 + text_hash(name, strlen(name)) + status;
}

static bool
is_of(const struct code_count *count, const struct code_key *key)
{
    return count->status == key->status && count->op == key->op &&
           strcmp(count->code, key->code) == 0 && strcmp(count->words, key->words) == 0;
}

/* Where the count's index stands in the table, or has to be put. The counts of a code
 * stand near each other, whatever their words. */
static uint32_t *
find_slot(const struct totals *totals, const struct code_key *key)
{
    size_t mask = totals->table_size - 1, slot = key->hash & mask;
    while (totals->table[slot] && !is_of(&totals->codes[totals->table[slot] - 1], key))
        slot = (slot + 1) & mask;
    return &totals->table[slot];
}

static void
make_table(struct totals *totals)
{
    enum { TABLE_MIN = 64 };
    size_t size = TABLE_MIN;
    while (size < totals->code_count * 4)
        size *= 2;
    free(totals->table);
    totals->table = mem_alloc(size, sizeof(*totals->table));
    totals->table_size = size;
    for (uint32_t i = 0; i < totals->code_count; i++) {
        const struct code_count *count = &totals->codes[i];
        struct code_key key = {count->status, count->op, count->code, count->words,
                               count->hash};
        *find_slot(totals, &key) = i + 1;
    }
}

static struct code_count *
find_count(const struct totals *totals, const struct code_key *key)
{
    uint32_t index = *find_slot(totals, key);
    return index ? &totals->codes[index - 1] : NULL;
}

static struct code_count *
add_count(struct totals *totals, const struct code_key *key)
{
    if (totals->code_count == totals->code_cap) {
        totals->code_cap = totals->code_cap ? totals->code_cap * 2 : 16;
        totals->codes = mem_resize(totals->codes, totals->code_cap,
                                   sizeof(*totals->codes));
    }
    struct code_count *count = &totals->codes[totals->code_count++];
    *count = (struct code_count){.code = mem_strdup(key->code),
                                 .words = mem_strdup(key->words),
                                 .status = key->status,
                                 .hash = key->hash,
                                 .op = key->op};
    if (totals->code_count * 2 > totals->table_size)
        make_table(totals);
    else
        *find_slot(totals, key) = (uint32_t)totals->code_count;
    totals->mixed |= key->op && totals->first_op && totals->first_op != key->op;
    if (!totals->first_op)
        totals->first_op = key->op;
    return count;
}

static bool
has_wordings_enough(const struct totals *totals, const struct code_key *key)
{
    size_t mask = totals->table_size - 1, wordings = 0;
    for (size_t slot = key->hash & mask; totals->table[slot]; slot = (slot + 1) & mask)
        wordings += totals->codes[totals->table[slot] - 1].hash == key->hash;
    return wordings >= WORDINGS_MAX;
}

/* The count of rows whose words have none of their own. */
static struct code_count *
find_various(struct totals *totals, struct code_key key)
{
    key.words = "";
    struct code_count *various = find_count(totals, &key);
    if (various && various->various)
        return various;
    if (!has_wordings_enough(totals, &key))
        return NULL;
    if (!various)
        various = add_count(totals, &key);
    various->various = true;
    return various;
}

/* The count of rows whose codes have none of their own. */
static struct code_count *
find_others(struct totals *totals, enum status status)
{
    struct code_key key = {status, NULL, "other-codes", "", 0};
    key.hash = hash_of(status, NULL, key.code);
    struct code_count *others = find_count(totals, &key);
    if (!others)
        others = add_count(totals, &key);
    others->various = true;
    return others;
}

struct code_count *
totals_count_again(struct totals *totals)
{
    struct code_count *count = &totals->codes[totals->last];
    totals->rows++;
    totals->by_status[count->status]++;
    count->rows++;
    return count;
}

struct code_count *
totals_count(struct totals *totals, enum status status, const struct op *op,
             const char *code, const char *words)
{
    bool telling = status == STATUS_FAILED || status == STATUS_UNKNOWN;
    struct code_key key = {status, op, code, telling ? words : "", 0};
    if (totals->last < totals->code_count && is_of(&totals->codes[totals->last], &key))
        return totals_count_again(totals);
    key.hash = hash_of(status, op, code);
    if (!totals->table)
        make_table(totals);
    struct code_count *count = find_count(totals, &key);
    if (!count && key.words[0])
        count = find_various(totals, key);
    bool own = !telling || (code[0] >= 'a' && code[0] <= 'z');
    if (!count)
        count = own || totals->code_count < CODES_MAX ? add_count(totals, &key)
                                                      : find_others(totals, status);
    totals->last = (size_t)(count - totals->codes);
    return totals_count_again(totals);
}

void
totals_sample(const struct totals *totals, struct code_count *count, uint64_t row,
              uint64_t line, struct span id, const char *message)
{
    if (count->status == STATUS_SUCCESS || count->sample_count == ROW_SAMPLES ||
        count >= totals->codes + SAMPLED_MAX)
        return;
    size_t len = strlen(message);
    count->samples[count->sample_count++] =
        (struct row_sample){row, line, mem_copy(id.ptr, id.len),
                            mem_copy(message, text_cut(message, len, SAMPLE_BYTES_MAX)),
                            len > SAMPLE_BYTES_MAX};
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
    free(totals->table);
    totals->table = NULL;
    totals->table_size = 0;
    totals->last = SIZE_MAX;
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
    set_count(root, "retryable", totals->retryable);
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
