#include "sandbox/books.h"

#include "base/buf.h"
#include "base/file.h"
#include "sandbox/relations.h"
#include "sandbox/tally.h"
#include "sandbox/world.h"

static void
begin_entry(struct buf *text)
{
    buf_add_text(text, text->data[text->len - 1] == '{' ? "\n" : ",\n");
}

static void
add_counters(void *context, struct span name, const struct tally_entry *entry)
{
    struct buf *text = context;
    begin_entry(text);
    buf_add_json(text, name.ptr, name.len);
    buf_addf(text, ":{\"asked\":%llu,\"removed\":%llu}", entry->asked, entry->removed);
}

static void
add_relation(void *context, const struct relations_entry *entry)
{
    struct buf *text = context;
    begin_entry(text);
    buf_addf(text, "\"%.*s/%.*s\":{\"asked\":%u,\"removed\":%d}", (int)entry->list.len,
             entry->list.ptr, (int)entry->id.len, entry->id.ptr, entry->asked,
             entry->removed);
}

int
books_write(const struct books *books, const struct world *world, const char *path,
            struct err *err)
{
    struct buf text = {0};
    buf_addf(&text,
             "{\"requests\":%llu,\"answered\":%llu,\"connections\":%llu,"
             "\"max_in_flight\":%u,\n\"call_preferences\":[",
             books->requests, books->answered, books->connections, books->max_in_flight);
    buf_add(&text, world->preferences_put.data, world->preferences_put.len);
    buf_add_text(&text, "],\n\"ids\":{");
    relations_visit(world->relations, add_relation, &text);
    tally_visit(world->tally, add_counters, &text);
    buf_add_text(&text, "}}\n");
    int rc = file_replace(path, text.data, text.len, err);
    buf_clear(&text);
    return rc;
}
