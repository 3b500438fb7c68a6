#include "cli/progress.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "report/closing.h"

#include <sys/ioctl.h>
#include <unistd.h>

enum { PLAIN_EVERY_MS = 3000, WIDTH_DEFAULT = 80, BAR_CELLS = 20 };

void
progress_init(struct progress *progress, const char *when, bool quiet)
{
    bool terminal = isatty(STDERR_FILENO) == 1;
    *progress = (struct progress){.mode = PROGRESS_NONE};
    if (quiet || strcmp(when, "never") == 0)
        return;
    if (terminal)
        progress->mode = PROGRESS_LINE;
    else if (strcmp(when, "always") == 0)
        progress->mode = PROGRESS_PLAIN;
}

static size_t
terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return WIDTH_DEFAULT;
}

static void
add_number(struct buf *out, uint64_t n, const char *what)
{
    closing_add_count(out, n);
    buf_addf(out, " %s", what);
}

/* The parts of a line, the more important first: what does not fit is left out. */
static void
add_part(struct buf *line, struct buf *part, size_t width)
{
    size_t gap = line->len ? 2 : 0;
    if (line->len + gap + part->len <= width) {
        buf_addf(line, "%*s", (int)gap, "");
        buf_add(line, part->data, part->len);
    }
    buf_reset(part);
}

static void
add_bar(struct buf *part, double share)
{
    buf_add_char(part, '[');
    for (int i = 0; i < BAR_CELLS; i++)
        buf_add_char(part, i < (int)(share * BAR_CELLS) ? '#' : '.');
    buf_add_char(part, ']');
}

void
progress_format(const struct engine_state *state, size_t width, char *line, size_t size)
{
    struct buf text = {0}, part = {0};
    char span[CLOCK_STAMP_BYTES];
    double seconds = (double)state->elapsed_ms / 1000;
    double share = state->rows ? (double)state->done / (double)state->rows : 1;
    double per_s = seconds > 0 ? (double)(state->done - state->done_before) / seconds : 0;
    buf_addf(&part, "%3.0f%%", share * 100);
    add_part(&text, &part, width);
    closing_add_count(&part, state->done);
    buf_add_char(&part, '/');
    add_number(&part, state->rows, "rows");
    add_part(&text, &part, width);
    if (state->failed) {
        add_number(&part, state->failed, "failed");
        add_part(&text, &part, width);
    }
    uint64_t left = state->rows - state->done;
    clock_format_span(per_s > 0 ? (int64_t)((double)left / per_s + 1) * 1000 : 0, span);
    if (left)
        buf_addf(&part, "ETA %s", per_s > 0 ? span : "-");
    else
        buf_add_text(&part, "done");
    add_part(&text, &part, width);
    add_number(&part, (uint64_t)per_s, "rows/s");
    add_part(&text, &part, width);
    add_number(&part, state->calls, "calls");
    add_part(&text, &part, width);
    buf_addf(&part, "%zu in flight", state->in_flight);
    add_part(&text, &part, width);
    add_bar(&part, share);
    add_part(&text, &part, width);
    (void)snprintf(line, size, "%s", text.data);
    buf_clear(&text);
    buf_clear(&part);
}

void
progress_draw(const struct engine_state *state, void *context)
{
    struct progress *progress = context;
    char line[256];
    bool last = state->done == state->rows;
    if (progress->mode == PROGRESS_LINE) {
        progress_format(state, terminal_width() - 1, line, sizeof(line));
        log_status(line);
    } else if (progress->mode == PROGRESS_PLAIN && !progress->done &&
               (state->elapsed_ms >= progress->next_ms || last)) {
        progress->done = last;
        progress->next_ms = state->elapsed_ms + PLAIN_EVERY_MS;
        progress_format(state, sizeof(line) - 1, line, sizeof(line));
        log_note("%s", line);
    }
}

void
progress_reading(struct progress *progress, uint64_t rows)
{
    struct buf line = {0};
    if (progress->mode != PROGRESS_LINE)
        return;
    buf_add_text(&line, "reading: ");
    add_number(&line, rows, "rows");
    log_status(line.data);
    buf_clear(&line);
}

void
progress_end(struct progress *progress)
{
    if (progress->mode == PROGRESS_LINE)
        log_status("");
}
