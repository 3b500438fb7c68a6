#include "cli/progress.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/terminal.h"
#include "report/closing.h"

#include <unistd.h>

/* A phase that is over in a blink shows nothing. */
enum { LINE_EVERY_MS = 100, PLAIN_EVERY_MS = 3000, PATIENCE_MS = 250 };

enum { GAP = 2, BAR_MIN = 8, BAR_MORE = 32, RANK_LAST = 10, PARTS_MAX = 12 };

static const char *const phase_names[] = {
    [PROGRESS_READING] = "reading",
    [PROGRESS_WRITING] = "writing results",
};

/* A part of the line, as it stands from left to right. */
struct part {
    struct buf text;
    enum tint tint;
    unsigned rank; /* 1: the last to be left out */
    bool shown;
};

struct parts {
    struct part list[PARTS_MAX];
    size_t count;
};

static struct buf *
add_part(struct parts *parts, unsigned rank, enum tint tint)
{
    struct part *part = &parts->list[parts->count++];
    *part = (struct part){.rank = rank, .tint = tint};
    return &part->text;
}

static void
add_count(struct buf *out, uint64_t n, const char *what)
{
    closing_add_count(out, n);
    buf_addf(out, " %s", what);
}

/* Whole seconds: tenths would only flicker. */
static void
add_span(struct buf *out, int64_t ms)
{
    char span[CLOCK_STAMP_BYTES];
    int64_t seconds = (ms + 999) / 1000;
    clock_format_span(seconds * 1000, span);
    if (seconds < 60)
        (void)snprintf(span, sizeof(span), "%llds", (long long)seconds);
    buf_add_text(out, span);
}

/* 100 % only when all is done. */
static void
add_percent(struct parts *parts, double share)
{
    buf_addf(add_part(parts, 1, TINT_BOLD), "%3d%%", (int)(share * 100));
}

static void
add_rate(struct parts *parts, double per_s)
{
    static const double most = 1e18; /* a clock may stand still */
    struct buf *text = add_part(parts, 8, TINT_NONE);
    if (per_s < 10)
        buf_addf(text, "%.1f rows/s", per_s);
    else
        add_count(text, (uint64_t)(per_s < most ? per_s : most), "rows/s");
}

/* What keeps the run from going on as it could. */
static void
add_hindrances(struct parts *parts, const struct engine_state *state)
{
    if (state->stopping)
        buf_add_text(add_part(parts, 2, TINT_YELLOW), "stopping");
    if (state->slowed_to)
        buf_addf(add_part(parts, 6, TINT_YELLOW), "slowed to %zu", state->slowed_to);
    if (state->wait_ms >= 1000) {
        struct buf *text = add_part(parts, 3, TINT_YELLOW);
        buf_add_text(text, "next call in ");
        add_span(text, state->wait_ms);
    }
}

enum { ETA_S_MAX = 1000 * 24 * 3600 }; /* what is further off is not known yet */

static void
add_sending(struct parts *parts, const struct engine_state *state, double share)
{
    double seconds = (double)state->elapsed_ms / 1000;
    double per_s = seconds > 0 ? (double)(state->done - state->done_before) / seconds : 0;
    double left_s = per_s > 0 ? (double)(state->rows - state->done) / per_s : 0;
    add_percent(parts, share);
    struct buf *text = add_part(parts, 5, TINT_NONE);
    closing_add_count(text, state->done);
    buf_add_char(text, '/');
    add_count(text, state->rows, "rows");
    if (state->failed)
        add_count(add_part(parts, 2, TINT_RED), state->failed, "failed");
    if (left_s > 0 && left_s < ETA_S_MAX && !state->stopping) {
        text = add_part(parts, 4, TINT_NONE);
        buf_add_text(text, "ETA ");
        add_span(text, (int64_t)(left_s * 1000));
    }
    add_hindrances(parts, state);
    add_rate(parts, per_s);
    buf_addf(add_part(parts, 9, TINT_NONE), "%zu in flight", state->in_flight);
    add_count(add_part(parts, 10, TINT_NONE), state->calls, "calls");
}

static void
add_pass(struct parts *parts, const struct progress_view *view, double share)
{
    if (view->total)
        add_percent(parts, share);
    if (view->rows)
        add_count(add_part(parts, 3, TINT_NONE), view->rows, "rows");
    else
        add_count(add_part(parts, 3, TINT_NONE), view->done / 1000000, "MB");
}

/* Blocks of eighths, or # and dots; `cells` wide. */
static void
add_bar(struct buf *out, double share, size_t cells, bool utf8)
{
    size_t inner = utf8 ? cells : cells - 2;
    size_t eighths = (size_t)(share * (double)(inner * 8));
    if (!utf8)
        buf_add_char(out, '[');
    for (size_t i = 0; i < inner; i++) {
        size_t part = eighths > i * 8 ? eighths - i * 8 : 0;
        if (!utf8)
            buf_add_char(out, part >= 8 ? '#' : '.');
        else if (part >= 8)
            buf_add_text(out, "\xe2\x96\x88");
        else if (part)
            buf_addf(out, "\xe2\x96%c", (char)(0x90 - part));
        else
            buf_add_text(out, "\xe2\x96\x91");
    }
    if (!utf8)
        buf_add_char(out, ']');
}

/* Show what fits, the most important first. Returns the columns that are left. */
static size_t
choose(struct parts *parts, size_t width)
{
    size_t left = width, gap = 0;
    for (unsigned rank = 1; rank <= RANK_LAST; rank++)
        for (size_t i = 0; i < parts->count; i++) {
            struct part *part = &parts->list[i];
            if (part->rank != rank || gap + part->text.len > left)
                continue;
            part->shown = true;
            left -= gap + part->text.len;
            gap = GAP;
        }
    return left;
}

static void
add_shown(struct buf *line, const struct part *part, bool colours)
{
    enum tint tint = colours ? part->tint : TINT_NONE;
    if (!part->shown)
        return;
    buf_addf(line, "%*s%s", line->len ? GAP : 0, "",
             tint ? terminal_tint(true, tint) : "");
    buf_add(line, part->text.data, part->text.len);
    buf_add_text(line, tint ? terminal_tint(true, TINT_NONE) : "");
}

void
progress_render(const struct progress_view *view, const struct progress_style *style,
                struct buf *line)
{
    const struct engine_state *state = view->state;
    struct parts parts = {0};
    uint64_t done = state ? state->done : view->done;
    uint64_t total = state ? state->rows : view->total;
    double share = total && done < total ? (double)done / (double)total : 1;
    if (!state)
        buf_add_text(add_part(&parts, 2, TINT_NONE), phase_names[view->phase]);
    struct buf *bar = style->bar && total ? add_part(&parts, 7, TINT_GREEN) : NULL;
    if (bar)
        buf_addf(bar, "%*s", BAR_MIN, "");
    if (state)
        add_sending(&parts, state, share);
    else
        add_pass(&parts, view, share);
    size_t left = choose(&parts, style->width);
    if (bar) {
        buf_reset(bar);
        add_bar(bar, share, BAR_MIN + (left < BAR_MORE ? left : BAR_MORE), style->utf8);
    }
    buf_add(line, "", 0);
    for (size_t i = 0; i < parts.count; i++) {
        add_shown(line, &parts.list[i], style->colours);
        buf_clear(&parts.list[i].text);
    }
}

void
progress_init(struct progress *progress, const char *when, bool quiet)
{
    struct terminal terminal = terminal_look(STDERR_FILENO);
    *progress = (struct progress){.utf8 = terminal.utf8, .colours = terminal.colours};
    if (quiet || strcmp(when, "never") == 0)
        return;
    if (terminal.is_one)
        progress->mode = PROGRESS_LINE;
    else if (strcmp(when, "always") == 0)
        progress->mode = PROGRESS_PLAIN;
}

void
progress_clear(struct progress *progress)
{
    buf_clear(&progress->line);
}

static void
show_line(struct progress *progress, const struct progress_view *view)
{
    size_t width = terminal_width(STDERR_FILENO);
    struct progress_style style = {.width = width > 1 ? width - 1 : 1,
                                   .bar = true,
                                   .utf8 = progress->utf8,
                                   .colours = progress->colours};
    if (!terminal_is_ours(STDERR_FILENO))
        return;
    progress_render(view, &style, &progress->line);
    log_status(progress->line.data);
}

/* Is the last line of a run due, whatever the time? */
static bool
is_last(const struct progress_view *view)
{
    return view->state && view->state->done == view->state->rows;
}

void
progress_show(struct progress *progress, const struct progress_view *view, int64_t now_ms)
{
    bool plain = progress->mode == PROGRESS_PLAIN;
    if (progress->mode == PROGRESS_NONE || progress->ended)
        return;
    if (!progress->next_ms)
        progress->next_ms = now_ms + (plain ? PLAIN_EVERY_MS : PATIENCE_MS);
    if (now_ms < progress->next_ms && !(plain && is_last(view)))
        return;
    buf_reset(&progress->line);
    progress->next_ms = now_ms + (plain ? PLAIN_EVERY_MS : LINE_EVERY_MS);
    progress->ended = plain && is_last(view);
    if (plain) {
        progress_render(view, &(struct progress_style){.width = SIZE_MAX},
                        &progress->line);
        log_note("%s", progress->line.data);
    } else {
        show_line(progress, view);
    }
}

void
progress_draw(const struct engine_state *state, void *context)
{
    progress_show(context, &(struct progress_view){PROGRESS_SENDING, .state = state},
                  state->now_ms);
}

void
progress_end(struct progress *progress)
{
    if (progress->mode == PROGRESS_LINE)
        log_status("");
    progress->next_ms = 0;
    progress->ended = false;
}
