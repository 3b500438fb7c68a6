#include "run/entry.h"

#include "base/buf.h"

/* Little-endian writing and reading; a read beyond the end is noted in `broken`. */

static void
put(struct buf *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_add_char(out, (char)(value >> 8 * i & 0xff));
}

static void
put_text(struct buf *out, struct span text)
{
    put(out, text.len, 2);
    buf_add(out, text.ptr, text.len);
}

struct input {
    const unsigned char *at, *end;
    bool broken;
};

static uint64_t
get(struct input *in, int bytes)
{
    uint64_t value = 0;
    if (in->end - in->at < bytes) {
        in->broken = true;
        return 0;
    }
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)*in->at++ << 8 * i;
    return value;
}

static struct span
get_text(struct input *in)
{
    size_t len = get(in, 2);
    if ((size_t)(in->end - in->at) < len) {
        in->broken = true;
        len = 0;
    }
    struct span text = {(const char *)in->at, len};
    in->at += len;
    return text;
}

static void
encode_answer(struct buf *out, const struct journal_entry *entry)
{
    put(out, entry->latency_us, 4);
    put(out, entry->sent, 1);
    put(out, entry->group_count, 1);
    for (size_t i = 0; i < entry->group_count; i++) {
        const struct journal_group *group = &entry->groups[i];
        put(out, group->status, 1);
        put(out, group->lost, 1);
        put(out, group->verdict, 4);
        put(out, group->mask[0], 8);
        put(out, group->mask[1], 8);
    }
}

void
entry_encode(struct buf *out, const struct journal_entry *entry)
{
    put(out, entry->type, 1);
    switch (entry->type) {
    case JOURNAL_PLAN:
        put(out, entry->fingerprint.bytes, 8);
        put(out, entry->fingerprint.hash, 8);
        put(out, entry->rows, 8);
        put(out, entry->items, 4);
        break;
    case JOURNAL_BEGIN:
        put(out, (uint64_t)entry->time_ms, 8);
        put_text(out, entry->message);
        break;
    case JOURNAL_INTENT:
        put(out, entry->call, 8);
        put(out, (uint64_t)entry->time_ms, 8);
        put(out, entry->slice.first, 4);
        put(out, entry->slice.mask[0], 8);
        put(out, entry->slice.mask[1], 8);
        break;
    case JOURNAL_START:
        put(out, entry->call, 8);
        break;
    case JOURNAL_VERDICT:
        put(out, entry->verdict, 4);
        put(out, (uint64_t)entry->http, 2);
        put_text(out, entry->code);
        put_text(out, entry->message);
        break;
    case JOURNAL_ANSWER:
        put(out, entry->call, 8);
        put(out, (uint64_t)entry->time_ms, 8);
        encode_answer(out, entry);
        break;
    case JOURNAL_REFUSED:
        put(out, (uint64_t)entry->time_ms, 8);
        put(out, entry->first_item, 4);
        put(out, entry->items, 4);
        put(out, entry->verdict, 4);
        break;
    case JOURNAL_HANDED:
        put(out, (uint64_t)entry->time_ms, 8);
        put(out, entry->first_item, 4);
        put(out, entry->items, 4);
        put_text(out, entry->message);
        break;
    case JOURNAL_END:
        put(out, (uint64_t)entry->time_ms, 8);
        put(out, (uint64_t)entry->exit_code, 1);
        put_text(out, entry->code);
        put_text(out, entry->message);
        break;
    }
}

static void
decode_answer(struct input *in, struct journal_entry *entry)
{
    entry->latency_us = (uint32_t)get(in, 4);
    entry->sent = get(in, 1) != 0;
    entry->group_count = (uint8_t)get(in, 1);
    if (entry->group_count > JOURNAL_GROUPS_MAX)
        in->broken = true;
    for (size_t i = 0; i < entry->group_count && !in->broken; i++) {
        struct journal_group *group = &entry->groups[i];
        group->status = (uint8_t)get(in, 1);
        group->lost = (uint8_t)get(in, 1);
        group->verdict = (uint32_t)get(in, 4);
        group->mask[0] = get(in, 8);
        group->mask[1] = get(in, 8);
        if (group->status >= STATUS_COUNT || group->lost > LOST_SILENT)
            in->broken = true;
    }
}

bool
entry_decode(struct span payload, struct journal_entry *entry)
{
    const unsigned char *start = (const unsigned char *)payload.ptr;
    struct input input = {start, start + payload.len, false}, *in = &input;
    entry->type = (enum journal_type)get(in, 1);
    switch (entry->type) {
    case JOURNAL_PLAN:
        entry->fingerprint.bytes = get(in, 8);
        entry->fingerprint.hash = get(in, 8);
        entry->rows = get(in, 8);
        entry->items = (uint32_t)get(in, 4);
        break;
    case JOURNAL_BEGIN:
        entry->time_ms = (int64_t)get(in, 8);
        entry->message = get_text(in);
        break;
    case JOURNAL_INTENT:
        entry->call = get(in, 8);
        entry->time_ms = (int64_t)get(in, 8);
        entry->slice.first = (uint32_t)get(in, 4);
        entry->slice.mask[0] = get(in, 8);
        entry->slice.mask[1] = get(in, 8);
        break;
    case JOURNAL_START:
        entry->call = get(in, 8);
        break;
    case JOURNAL_VERDICT:
        entry->verdict = (uint32_t)get(in, 4);
        entry->http = (long)get(in, 2);
        entry->code = get_text(in);
        entry->message = get_text(in);
        break;
    case JOURNAL_ANSWER:
        entry->call = get(in, 8);
        entry->time_ms = (int64_t)get(in, 8);
        decode_answer(in, entry);
        break;
    case JOURNAL_REFUSED:
        entry->time_ms = (int64_t)get(in, 8);
        entry->first_item = (uint32_t)get(in, 4);
        entry->items = (uint32_t)get(in, 4);
        entry->verdict = (uint32_t)get(in, 4);
        break;
    case JOURNAL_HANDED:
        entry->time_ms = (int64_t)get(in, 8);
        entry->first_item = (uint32_t)get(in, 4);
        entry->items = (uint32_t)get(in, 4);
        entry->message = get_text(in);
        break;
    case JOURNAL_END:
        entry->time_ms = (int64_t)get(in, 8);
        entry->exit_code = (int)get(in, 1);
        entry->code = get_text(in);
        entry->message = get_text(in);
        break;
    default:
        return false;
    }
    return !in->broken && in->at == in->end;
}

void
entry_put_number(struct buf *out, uint64_t number, int bytes)
{
    put(out, number, bytes);
}

uint64_t
entry_get_number(const char *at, int bytes)
{
    const unsigned char *start = (const unsigned char *)at;
    struct input in = {start, start + bytes, false};
    return get(&in, bytes);
}
