#include "input/cells.h"

#include "base/mem.h"

static int
no_space(unsigned char c)
{
    (void)c;
    return 0;
}

void
cells_init(struct cells *cells, char delimiter)
{
    *cells = (struct cells){0};
    (void)csv_init(&cells->parser, 0);
    csv_set_delim(&cells->parser, (unsigned char)delimiter);
    csv_set_space_func(&cells->parser, no_space);
    csv_set_realloc_func(&cells->parser, mem_plain_resize);
}

void
cells_clear(struct cells *cells)
{
    csv_free(&cells->parser);
    buf_clear(&cells->bytes);
    free(cells->list);
    *cells = (struct cells){0};
}

static struct span *
add_cell(struct cells *cells)
{
    if (cells->count == cells->cap) {
        cells->cap = cells->cap ? cells->cap * 2 : 16;
        cells->list = mem_resize(cells->list, cells->cap, sizeof(*cells->list));
    }
    return &cells->list[cells->count++];
}

/* The pointer is set when the record is through: until then `bytes` may move. */
static void
take_cell(void *text, size_t len, void *context)
{
    struct cells *cells = context;
    *add_cell(cells) = (struct span){NULL, len};
    buf_add(&cells->bytes, text, len);
}

static void
take_record(int end, void *context)
{
    (void)end;
    struct cells *cells = context;
    cells->records++;
}

static void
split_quoted(struct cells *cells, struct span record)
{
    buf_reset(&cells->bytes);
    buf_reserve(&cells->bytes, record.len);
    (void)csv_parse(&cells->parser, record.ptr, record.len, take_cell, take_record,
                    cells);
    (void)csv_fini(&cells->parser, take_cell, take_record, cells);
    char *at = cells->bytes.data;
    for (size_t i = 0; i < cells->count; i++) {
        cells->list[i].ptr = at;
        at += cells->list[i].len;
    }
}

static void
split_plain(struct cells *cells, struct span record, char delimiter)
{
    const char *at = record.ptr;
    const char *end = record.ptr + record.len;
    for (;;) {
        const char *stop = memchr(at, delimiter, (size_t)(end - at));
        *add_cell(cells) = (struct span){at, (size_t)((stop ? stop : end) - at)};
        if (!stop)
            return;
        at = stop + 1;
    }
}

static size_t
count_line_breaks(struct span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n' || text.ptr[i] == '\r';
    return count;
}

/* libcsv drops a line break outside quotes, and begins another record only if more
 * follows. */
static bool
is_one_record(const struct cells *cells, struct span record)
{
    struct span kept = {cells->bytes.data, cells->bytes.len};
    return cells->records == 1 && count_line_breaks(kept) == count_line_breaks(record);
}

bool
cells_split(struct cells *cells, struct span record, unsigned holds, char delimiter)
{
    cells->count = cells->records = 0;
    if (holds & TEXT_QUOTE) {
        split_quoted(cells, record);
        return is_one_record(cells, record);
    }
    split_plain(cells, record, delimiter);
    return !(holds & TEXT_CR);
}
