#include "sandbox/books.h"

#include "base/buf.h"
#include "base/file.h"
#include "sandbox/relations.h"

static void
add_entry(void *context, const struct relations_entry *entry)
{
    struct buf *text = context;
    buf_add_text(text, text->data[text->len - 1] == '{' ? "\n" : ",\n");
    buf_addf(text, "\"%.*s/%.*s\":{\"asked\":%u,\"removed\":%d}", (int)entry->list.len,
             entry->list.ptr, (int)entry->id.len, entry->id.ptr, entry->asked,
             entry->removed);
}

int
books_write(const struct books *books, const struct relations *relations,
            const char *path, struct err *err)
{
    struct buf text = {0};
    buf_addf(&text,
             "{\"requests\":%llu,\"answered\":%llu,\"connections\":%llu,"
             "\"max_in_flight\":%u,\n\"ids\":{",
             books->requests, books->answered, books->connections, books->max_in_flight);
    relations_visit(relations, add_entry, &text);
    buf_add_text(&text, "}}\n");
    int rc = file_replace(path, text.data, text.len, err);
    buf_clear(&text);
    return rc;
}
