#include "run/replay.h"

#include "base/err.h"
#include "base/mem.h"
#include "run/rundir.h"

#include <fcntl.h>
#include <unistd.h>

/* A call whose intent was read and whose answer was not. */
struct open_call {
    uint64_t number;
    int64_t time_ms;
    struct slice slice;
    bool started;
};

enum { RELAX_EVERY = 1 << 12 /* entries */ };

struct reader_state {
    struct replay *replay;
    const char *path;
    uint64_t entries;
    bool planned;
    char boot[64]; /* of the machine when the entries at hand were written */
    struct open_call *open;
    size_t open_count, open_cap;
};

const char *
replay_boot_name(void)
{
    static char name[64];
    if (name[0])
        return name;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, name, sizeof(name) - 1);
    if (fd >= 0)
        (void)close(fd);
    while (len > 0 && (unsigned char)name[len - 1] <= ' ')
        len--;
    name[len > 0 ? len : 0] = '\0';
    return name;
}

static int
damaged(const struct reader_state *state, struct err *err)
{
    return err_set(err, EXIT_INTERNAL,
                   "%s: its entries contradict each other, so it cannot be relied on. "
                   "Restore the file from a backup, or start a new run with --missing-ok",
                   state->path);
}

static int
apply_plan(struct reader_state *state, const struct journal_entry *entry, struct err *err)
{
    const struct replay *replay = state->replay;
    state->planned = true;
    if (!fingerprint_equal(entry->fingerprint, replay->fingerprint) ||
        entry->rows != replay->plan->rows)
        return err_set(err, EXIT_INPUT,
                       "%s: has changed since the run began (%s); nothing "
                       "was sent. Put the old file back, or start a new run",
                       replay->input_name, state->path);
    if (entry->items != replay->plan->item_count)
        return err_set(err, EXIT_INTERNAL,
                       "%s: made by another version of unhitch, which "
                       "planned differently; nothing was sent",
                       state->path);
    return 0;
}

static struct open_call *
find_open(struct reader_state *state, uint64_t number)
{
    for (size_t i = 0; i < state->open_count; i++)
        if (state->open[i].number == number)
            return &state->open[i];
    return NULL;
}

static bool
fits(const struct reader_state *state, const struct slice *slice)
{
    uint32_t last = slice->mask[1]   ? 127 - (uint32_t)__builtin_clzll(slice->mask[1])
                    : slice->mask[0] ? 63 - (uint32_t)__builtin_clzll(slice->mask[0])
                                     : 0;
    return (uint64_t)slice->first + last < state->replay->plan->item_count;
}

static int
apply_intent(struct reader_state *state, const struct journal_entry *entry,
             struct err *err)
{
    if (!fits(state, &entry->slice))
        return damaged(state, err);
    if (state->open_count == state->open_cap) {
        state->open_cap = state->open_cap ? state->open_cap * 2 : 64;
        state->open = mem_resize(state->open, state->open_cap, sizeof(*state->open));
    }
    state->open[state->open_count++] = (struct open_call){entry->call, entry->time_ms,
                                                          entry->slice, false};
    if (entry->call > state->replay->newest_call)
        state->replay->newest_call = entry->call;
    return 0;
}

static void
start_items(struct reader_state *state, struct open_call *call)
{
    const struct slice *slice = &call->slice;
    struct books *books = state->replay->books;
    call->started = true;
    for (uint32_t i = slice_next(slice, 0); i < 128; i = slice_next(slice, i + 1))
        if (books->outcomes[slice->first + i].status == STATUS_WAITING)
            books_start(books, slice->first + i);
}

static int
apply_start(struct reader_state *state, const struct journal_entry *entry,
            struct err *err)
{
    struct open_call *call = find_open(state, entry->call);
    if (!call)
        return damaged(state, err);
    start_items(state, call);
    return 0;
}

static int
apply_verdict(struct reader_state *state, const struct journal_entry *entry,
              struct err *err)
{
    uint32_t number = verdicts_add(state->replay->books->verdicts, entry->http,
                                   entry->code, entry->message);
    return number == entry->verdict ? 0 : damaged(state, err);
}

static int
apply_answer(struct reader_state *state, const struct journal_entry *entry,
             struct err *err)
{
    struct replay *replay = state->replay;
    struct open_call *call = find_open(state, entry->call);
    if (!call || !call->started)
        return damaged(state, err);
    replay->calls += entry->sent;
    if (entry->sent)
        latency_note(&replay->latency, entry->latency_us);
    for (size_t g = 0; g < entry->group_count; g++) {
        const struct journal_group *group = &entry->groups[g];
        struct slice slice = {call->slice.first,
                              {group->mask[0] & call->slice.mask[0],
                               group->mask[1] & call->slice.mask[1]}};
        if (group->verdict >= replay->books->verdicts->count ||
            group->status > STATUS_UNKNOWN)
            return damaged(state, err);
        for (uint32_t i = slice_next(&slice, 0); i < 128; i = slice_next(&slice, i + 1)) {
            const struct outcome *outcome = &replay->books->outcomes[slice.first + i];
            if (outcome->status != STATUS_WAITING)
                return damaged(state, err); /* nobody speaks after the final word */
            books_settle(replay->books, slice.first + i, (enum status)group->status,
                         group->verdict, (enum lost)group->lost,
                         entry->sent ? entry->time_ms : 0);
        }
    }
    *call = state->open[--state->open_count];
    return 0;
}

static int
apply_refused(struct reader_state *state, const struct journal_entry *entry,
              struct err *err)
{
    struct books *books = state->replay->books;
    if ((uint64_t)entry->first_item + entry->items > books->item_count ||
        entry->verdict >= books->verdicts->count)
        return damaged(state, err);
    (void)books_refuse(books, entry->first_item, entry->items, entry->verdict);
    return 0;
}

/* A retry that never began has taken nothing, nor will it. */
static int
apply_handed(struct reader_state *state, const struct journal_entry *entry,
             struct err *err)
{
    struct books *books = state->replay->books;
    char *retry = mem_copy(entry->message.ptr, entry->message.len);
    bool is_void = rundir_never_began(retry);
    free(retry);
    if ((uint64_t)entry->first_item + entry->items > books->item_count)
        return damaged(state, err);
    if (!is_void)
        books_hand_over(books, entry->first_item, entry->items, entry->message);
    return 0;
}

static bool
is_same_boot(const struct reader_state *state, struct span boot_now)
{
    return boot_now.len && span_is(boot_now, state->boot);
}

/*
 * The process that wrote so far is gone. What it had started may have been applied.
 * What it only meant to start has not left if the machine is still up since then: the
 * starts were written, and only a crash of the machine loses what was written.
 */
static void
close_open_calls(struct reader_state *state, struct span boot_now, bool keep_in_flight)
{
    bool same_boot = is_same_boot(state, boot_now);
    struct books *books = state->replay->books;
    for (size_t c = 0; c < state->open_count; c++) {
        struct open_call *call = &state->open[c];
        if (!call->started && same_boot)
            continue;
        if (!call->started)
            start_items(state, call);
        state->replay->calls++;
        for (uint32_t i = slice_next(&call->slice, 0); i < 128;
             i = slice_next(&call->slice, i + 1))
            if (keep_in_flight)
                books_leave(books, call->slice.first + i, call->time_ms);
            else
                books_lose(books, call->slice.first + i, call->time_ms);
    }
    state->open_count = 0;
}

static void
apply_end(struct reader_state *state, const struct journal_entry *entry)
{
    struct replay *replay = state->replay;
    state->open_count = 0; /* nothing was in flight: leases not used are void */
    replay->stop_exit_code = entry->exit_code;
    (void)snprintf(replay->stop_code, sizeof(replay->stop_code), "%.*s",
                   (int)entry->code.len, entry->code.ptr);
    (void)snprintf(replay->stop_message, sizeof(replay->stop_message), "%.*s",
                   (int)entry->message.len, entry->message.ptr);
}

static void
apply_begin(struct reader_state *state, const struct journal_entry *entry)
{
    struct replay *replay = state->replay;
    close_open_calls(state, entry->message, false);
    (void)snprintf(state->boot, sizeof(state->boot), "%.*s", (int)entry->message.len,
                   entry->message.ptr);
    replay->stop_exit_code = 0;
    replay->stop_code[0] = replay->stop_message[0] = '\0';
}

static int
apply(const struct journal_entry *entry, void *context, struct err *err)
{
    struct reader_state *state = context;
    struct replay *replay = state->replay;
    if (++state->entries % RELAX_EVERY == 0)
        books_relax(replay->books);
    if (!state->planned && entry->type != JOURNAL_PLAN)
        return damaged(state, err);
    if (entry->time_ms) {
        replay->first_ms = replay->first_ms ? replay->first_ms : entry->time_ms;
        replay->last_ms = entry->time_ms;
    }
    switch (entry->type) {
    case JOURNAL_PLAN:
        return apply_plan(state, entry, err);
    case JOURNAL_BEGIN:
        apply_begin(state, entry);
        return 0;
    case JOURNAL_INTENT:
        return apply_intent(state, entry, err);
    case JOURNAL_START:
        return apply_start(state, entry, err);
    case JOURNAL_VERDICT:
        return apply_verdict(state, entry, err);
    case JOURNAL_ANSWER:
        return apply_answer(state, entry, err);
    case JOURNAL_REFUSED:
        return apply_refused(state, entry, err);
    case JOURNAL_HANDED:
        return apply_handed(state, entry, err);
    case JOURNAL_END:
        apply_end(state, entry);
        return 0;
    }
    return damaged(state, err);
}

int
replay_journal(const char *path, bool keep_in_flight, struct replay *replay,
               struct err *err)
{
    struct reader_state state = {.replay = replay, .path = path};
    struct journal_tail tail = {0};
    int rc = journal_replay(path, apply, &state, &tail, err);
    replay->whole_bytes = tail.whole_bytes;
    if (rc == 0 && !state.planned)
        rc = err_set(err, EXIT_INTERNAL,
                     "%s: holds no plan: the run ended before it began "
                     "to send. Start a new run",
                     path);
    struct span boot_now = span_of(replay_boot_name());
    /* What a process wrote is all there unless the machine crashed. */
    if (rc == 0 && tail.holed && is_same_boot(&state, boot_now))
        rc = damaged(&state, err);
    if (rc == 0)
        close_open_calls(&state, tail.holed ? span_of("") : boot_now, keep_in_flight);
    if (rc == 0)
        rc = verdicts_check(replay->books->verdicts, err);
    free(state.open);
    return rc;
}
