/*
 * The progress of a run on standard error: one line that is redrawn on a terminal,
 * plain lines every few seconds when asked for without one.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "run/engine.h"

#include <stdbool.h>

enum progress_mode { PROGRESS_NONE, PROGRESS_LINE, PROGRESS_PLAIN };

struct progress {
    enum progress_mode mode;
    int64_t next_ms; /* of the run: when the next plain line is due */
    bool done;       /* the last one was printed */
};

/* `when` is auto, always or never. */
void progress_init(struct progress *progress, const char *when, bool quiet);

/* Draw; `context` is the struct progress. Fits engine->progress. */
void progress_draw(const struct engine_state *state, void *context);

/* While the job file is read. */
void progress_reading(struct progress *progress, uint64_t rows);

void progress_end(struct progress *progress);

/* The text of a line, at most `width` characters; for tests. */
void progress_format(const struct engine_state *state, size_t width, char *line,
                     size_t size);

#endif
