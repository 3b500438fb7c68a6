#include "ops/likeness.h"

#include "input/idform.h"

void
likeness_clear(struct likeness *likeness)
{
    buf_clear(&likeness->row);
    buf_clear(&likeness->target);
    buf_clear(&likeness->tail);
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

static bool
is_like(const struct likeness *likeness, struct span row, struct span digits[2])
{
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
    likeness->op = op;
    likeness->kind++;
}
