#include "ops/likeness.h"

#include "base/mem.h"
#include "input/idform.h"

#include <stdlib.h>

void
likeness_clear(struct likeness *likeness)
{
    buf_clear(&likeness->row);
    buf_clear(&likeness->target);
    buf_clear(&likeness->tail);
    free(likeness->words);
    likeness->words = NULL;
    likeness->op = NULL;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* How many digits stand there, to the last; `usual`: as many as a rule. So a delimiter that
 * is a digit counts, too, and the row is like no other. */
static size_t
count_digits(const char *at, const char *end, size_t usual)
{
    size_t left = (size_t)(end - at), len = 0;
    if (left >= usual && text_is_digits(at, usual) &&
        (left == usual || !is_digit(at[usual])))
        return usual;
    while (len < left && is_digit(at[len]))
        len++;
    return len;
}

/* The bytes of the remembered row from `from` to `to` come next: step over them. */
static bool
step_over(const struct likeness *likeness, size_t from, size_t to, const char **at,
          const char *end)
{
    size_t len = to - from;
    if ((size_t)(end - *at) < len || memcmp(*at, likeness->row.data + from, len) != 0)
        return false;
    *at += len;
    return true;
}

/* A digit is what has 3 as its high half, and still has after adding 6. */
static bool
is_same_form(const struct likeness *likeness, struct span row)
{
    uint64_t wrong = 0;
    if (!likeness->word_count || row.len != likeness->row.len)
        return false;
    for (size_t i = 0; i < likeness->word_count; i++) {
        const struct likeness_word *word = &likeness->words[i];
        uint64_t bytes = text_word(row.ptr + word->at);
        wrong |= (bytes ^ word->bytes) & word->fixed;
        wrong |= ((bytes + 0x0606060606060606u) ^ word->bytes) & word->digits;
    }
    return wrong == 0;
}

static bool
is_like(const struct likeness *likeness, struct span row, struct span digits[2])
{
    if (is_same_form(likeness, row)) {
        for (size_t i = 0; i < 2; i++)
            digits[i] = (struct span){row.ptr + likeness->runs[i].at,
                                      likeness->runs[i].len};
        return true;
    }
    const char *at = row.ptr, *end = row.ptr + row.len;
    size_t from = 0;
    for (size_t i = 0; i < 2; i++) {
        const struct likeness_run *run = &likeness->runs[i];
        if (!step_over(likeness, from, run->at, &at, end))
            return false;
        digits[i] = (struct span){at, count_digits(at, end, run->len)};
        if (!digits[i].len || digits[i].len > ID_DIGITS_MAX)
            return false;
        at += digits[i].len;
        from = run->at + run->len;
    }
    return step_over(likeness, from, likeness->row.len, &at, end) && at == end;
}

const struct op *
likeness_find(struct likeness *likeness, struct span row, struct span *record,
              struct span *id)
{
    struct span digits[2];
    if (!likeness->op || !is_like(likeness, row, digits))
        return NULL;
    *record = digits[likeness->related_first];
    *id = digits[!likeness->related_first];
    likeness->hits++;
    return likeness->op;
}

struct span
likeness_target(struct likeness *likeness, struct span record)
{
    struct buf *key = &likeness->target;
    key->len = likeness->target_at;
    buf_add(key, record.ptr, record.len);
    buf_add(key, likeness->tail.data, likeness->tail.len);
    return (struct span){key->data, key->len};
}

/* Where the cell that gives the field its value has its digits; false: there is none, or
 * it is no ID as it stands. */
static bool
find_run(const struct row *row, const struct columns *columns, enum field field,
         struct likeness_run *run)
{
    struct span cell = {NULL, 0};
    for (size_t i = 0; i < columns->feed_count; i++)
        if (columns->feeds[i].field == field &&
            columns->feeds[i].column < row->cell_count)
            cell = row->cells[columns->feeds[i].column];
    if (!idform_is_bare(cell))
        return false;
    run->at = (size_t)(cell.ptr - row->raw.ptr);
    run->len = cell.len;
    return true;
}

static bool
is_in_run(const struct likeness *likeness, size_t at)
{
    return at - likeness->runs[0].at < likeness->runs[0].len ||
           at - likeness->runs[1].at < likeness->runs[1].len;
}

static void
note_words(struct likeness *likeness)
{
    const struct buf *row = &likeness->row;
    likeness->word_count = 0;
    /* A digit beside an ID is a delimiter: others within the ID would be missed. */
    for (size_t i = 0; i + 1 < row->len; i++)
        if (is_in_run(likeness, i) != is_in_run(likeness, i + 1) &&
            is_digit(row->data[i]) && is_digit(row->data[i + 1]))
            return;
    if (row->len < 8)
        return;
    likeness->word_count = (row->len + 7) / 8;
    likeness->words = mem_resize(likeness->words, likeness->word_count,
                                 sizeof(*likeness->words));
    for (size_t i = 0; i < likeness->word_count; i++) {
        size_t at = i * 8 < row->len - 8 ? i * 8 : row->len - 8;
        char bytes[8], fixed[8], digits[8];
        for (size_t k = 0; k < 8; k++) {
            bool digit = is_in_run(likeness, at + k);
            bytes[k] = digit ? '0' : row->data[at + k];
            fixed[k] = (char)(digit ? 0xf0 : 0xff);
            digits[k] = (char)(digit ? 0xf0 : 0);
        }
        likeness->words[i] = (struct likeness_word){at, text_word(bytes),
                                                    text_word(fixed), text_word(digits)};
    }
}

void
likeness_note(struct likeness *likeness, const struct op *op, const struct row *row,
              const struct columns *columns, struct span target, struct span id)
{
    enum { MISSES_MIN = 64 };
    struct likeness_run record, related;
    likeness->op = NULL;
    /* Where every row has something of its own, no two are alike. */
    if (likeness->misses > MISSES_MIN && likeness->misses > likeness->hits)
        return;
    likeness->misses++;
    const char *slash = memchr(target.ptr, '/', target.len);
    if (op != &op_crm_delink || !row->plain || !slash ||
        !find_run(row, columns, FIELD_RECORD_ID, &record) ||
        !find_run(row, columns, FIELD_RELATED_ID, &related) || record.at == related.at ||
        id.ptr != row->raw.ptr + related.at)
        return;
    likeness->related_first = related.at < record.at;
    likeness->runs[likeness->related_first] = record;
    likeness->runs[!likeness->related_first] = related;
    buf_reset(&likeness->row);
    buf_add(&likeness->row, row->raw.ptr, row->raw.len);
    likeness->target_at = (size_t)(slash - target.ptr) + 1;
    size_t tail_at = likeness->target_at + record.len;
    buf_reset(&likeness->target);
    buf_add(&likeness->target, target.ptr, target.len);
    buf_reset(&likeness->tail);
    buf_add(&likeness->tail, target.ptr + tail_at, target.len - tail_at);
    note_words(likeness);
    likeness->op = op;
    likeness->kind++;
}
