#include "report/markup.h"

#include "base/clock.h"
#include "base/shown.h"
#include "report/closing.h"

static const char *
entity_of(char c)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = {
        {'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
        if (entities[i].c == c)
            return entities[i].entity;
    return NULL;
}

void
markup_add(struct buf *out, const char *text, size_t max_bytes)
{
    struct buf shown = {0};
    shown_add(&shown, text, max_bytes);
    for (size_t i = 0; i < shown.len; i++) {
        const char *entity = entity_of(shown.data[i]);
        if (entity)
            buf_add_text(out, entity);
        else
            buf_add_char(out, shown.data[i]);
    }
    buf_clear(&shown);
}

void
markup_add_counted(struct buf *out, uint64_t n, const char *one, const char *many)
{
    closing_add_count(out, n);
    buf_addf(out, " %s", n == 1 ? one : many);
}

void
markup_add_percent(struct buf *out, uint64_t part, uint64_t whole)
{
    double percent = whole ? 100.0 * (double)part / (double)whole : 0;
    if (part == 0 || part == whole)
        buf_addf(out, "%d %%", part ? 100 : 0);
    else if (percent < 0.1)
        buf_add_text(out, "&lt;0.1 %");
    else if (percent > 99.9)
        buf_add_text(out, "&gt;99.9 %");
    else
        buf_addf(out, "%.1f %%", percent);
}

void
markup_add_latency(struct buf *out, double ms)
{
    char span[CLOCK_STAMP_BYTES];
    if (ms < 1)
        buf_addf(out, "%.0f µs", ms * 1000);
    else if (ms < 10)
        buf_addf(out, "%.1f ms", ms);
    else if (ms < 1000)
        buf_addf(out, "%.0f ms", ms);
    else if (ms < 60000)
        buf_addf(out, "%.*f s", ms < 10000 ? 2 : 1, ms / 1000);
    else {
        clock_format_span((int64_t)ms, span);
        buf_add_text(out, span);
    }
}

void
markup_add_stamp(struct buf *out, int64_t utc_ms)
{
    char stamp[CLOCK_STAMP_BYTES];
    clock_format_stamp(utc_ms, stamp);
    buf_addf(out, "%.10s %.8s", stamp, stamp + 11);
}
