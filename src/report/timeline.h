/*
 * When calls were made, as the journal tells: what the charts of the report are drawn
 * from. Memory does not grow with the run: time is kept in slices that get wider, calls
 * only as counts and as the slowest few.
 *
 * Stamps are those of the machine's clock, which may have been set while the run was
 * under way; a run may have been taken up days later. Both only leave gaps between
 * slices, which the drawing leaves out.
 */
#ifndef REPORT_TIMELINE_H
#define REPORT_TIMELINE_H

#include "run/journal.h"

enum { TIMELINE_SLICES = 120, TIMELINE_SLOWEST = 8, TIMELINE_SESSIONS = 20 };

/* What happened in one slice of time. */
struct timeline_slice {
    int64_t start_ms; /* UTC; a multiple of the width */
    uint64_t
        ids[STATUS_COUNT]; /* that got their final word from a call that ended here */
    uint64_t calls;        /* ended here; of them: */
    uint64_t refused;      /* 429 */
    uint64_t troubled;     /* 5xx, 408, or no answer */
    double flight_ms;      /* time of calls in flight, summed */
    bool begins;           /* a process began to send */
};

/* One call that was answered or lost. */
struct timeline_call {
    uint64_t number;  /* within its session, as --verbose tells it */
    uint64_t session; /* from 1 */
    int64_t end_ms;   /* UTC */
    uint32_t latency_us;
    uint32_t first_item; /* of its batch */
    uint32_t verdict;    /* on the first ID with the gravest outcome */
    uint8_t items;
    uint8_t ids[STATUS_COUNT]; /* what became of them; STATUS_WAITING: sent again */
};

/* From the start of a process that sends to its end. */
struct timeline_session {
    int64_t from_ms, to_ms; /* UTC, of the first and the last entry */
    uint64_t calls;         /* that ended */
    bool ended;             /* it said so: it was not killed */
    int exit_code;          /* why it stopped; 0: it was through */
};

struct timeline {
    struct timeline_slice slices[TIMELINE_SLICES]; /* by start, only those not empty */
    size_t slice_count;
    int64_t width_ms;                               /* of a slice */
    uint64_t calls;                                 /* in all */
    struct timeline_call slowest[TIMELINE_SLOWEST]; /* the slowest first */
    size_t slowest_count;
    /* The newest; session n stands at [(n - 1) % TIMELINE_SESSIONS]. */
    struct timeline_session sessions[TIMELINE_SESSIONS];
    uint64_t session_count; /* in all */
    int64_t before_ms;      /* the length of all sessions but the newest */
    int64_t newest_ms;      /* the length of the newest */
    bool clock_set_back;
};

/*
 * Read the journal at `path`. `books` hold the verdicts it refers to (of a live run, or
 * replayed). EXIT_INTERNAL: it is no journal, or damaged.
 */
int timeline_read(const char *path, const struct books *books, struct timeline *timeline,
                  struct err *err);

/* A column of a chart: one slice of time, or a gap that is left out. */
struct timeline_column {
    const struct timeline_slice *slice; /* NULL: nothing happened, or a gap */
    int64_t start_ms;
    int64_t gap_ms; /* how long the gap is; 0: none */
};

/* The time axis: at most TIMELINE_SLICES columns; returns how many. */
size_t timeline_columns(const struct timeline *timeline,
                        struct timeline_column columns[TIMELINE_SLICES]);

#endif
