/*
 * The progress of a run on standard error: one line that is redrawn on a terminal,
 * plain lines every few seconds when asked for without one.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "run/engine.h"

#include <stdbool.h>

enum progress_mode { PROGRESS_NONE, PROGRESS_LINE, PROGRESS_PLAIN };

/* In the order of a run. */
enum progress_phase { PROGRESS_READING, PROGRESS_SENDING, PROGRESS_WRITING };

/* What a line shows. */
struct progress_view {
    enum progress_phase phase;
    uint64_t rows;                    /* READING, WRITING: so far; 0: not counted */
    uint64_t done, total;             /* the same, in bytes or rows; total 0: not known */
    const struct engine_state *state; /* SENDING */
};

/* What a line may look like. */
struct progress_style {
    size_t width; /* columns it may take */
    bool bar, utf8, colours;
};

/*
 * The text of a line: the most important parts that fit into the width, each whole. The
 * bar takes what room is left. Tints and the bar's blocks are all that is not ASCII.
 */
void progress_render(const struct progress_view *view, const struct progress_style *style,
                     struct buf *line);

struct progress {
    enum progress_mode mode;
    bool utf8, colours;
    int64_t next_ms; /* monotonic: when a line is due; 0: not yet said */
    bool ended;      /* the last plain line was printed */
    struct buf line;
};

/* `when` is auto, always or never. */
void progress_init(struct progress *progress, const char *when, bool quiet);
void progress_clear(struct progress *progress);

/* Show the view if a line is due; `now_ms` is monotonic. */
void progress_show(struct progress *progress, const struct progress_view *view,
                   int64_t now_ms);

/* The same for a run's state; `context` is the struct progress. Fits engine->progress. */
void progress_draw(const struct engine_state *state, void *context);

/* Wipe the line: a phase is over. */
void progress_end(struct progress *progress);

#endif
