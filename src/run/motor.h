/*
 * The engine's inside, shared by its three parts: fill (what to send next), settle (what
 * an ended call means) and the loop around them.
 */
#ifndef RUN_MOTOR_H
#define RUN_MOTOR_H

#include "run/engine.h"
#include "run/pace.h"
#include "run/queue.h"
#include "run/ruling.h"

/* A call in flight. */
struct call {
    struct work work;
    uint64_t number, start; /* in the order of intents, and of starts */
    unsigned generation;    /* of the token it was signed with */
    uint32_t count;
    uint32_t items[BATCH_MAX];
    struct span ids[BATCH_MAX];
    struct call *next_free;
};

/* Work whose intent is written down. */
struct leased {
    struct work work;
    uint64_t call; /* number */
};

/* Leases whose intents one sync covers. */
struct lease_group {
    struct leased *list;
    size_t at, count;
    uint64_t request; /* for the sync */
};

struct lane {
    enum service service;
    bool ordered;     /* one call at a time, in input order, before the others */
    bool ahead;       /* the next leases are written while the last are used */
    size_t lease_max; /* of a group; grows while sending has to wait for the disk */
    struct lease_group ready;  /* on disk: may be sent, */
    int64_t ready_ms;          /* since then */
    struct lease_group coming; /* on the way there */
    struct leased urgent;      /* goes before them, on disk, too */
    bool has_urgent;
    uint32_t next_batch; /* of the plan, not yet looked at */
    struct queue queue;
    struct pressure pressure;
    size_t in_flight;
};

/* The ordered operations have the first lane, then each service has one. */
enum { LANE_ORDERED, LANE_SERVICES, LANE_COUNT = LANE_SERVICES + SERVICE_COUNT };

/* The engine at work. */
struct motor {
    struct engine *engine;
    struct lane lanes[LANE_COUNT];
    struct call *calls;
    struct call *free;
    size_t in_flight; /* calls, without those for tokens */
    size_t prompt;    /* of the next to end: their places are filled at once */
    struct pace pace;
    struct request request;
    struct judgement judgement;
    struct buf clean_code, clean_message;
    struct ruling ruling;
    struct journal_entry entry; /* of answers: large, so kept */
    uint64_t call_number;       /* of the newest intent */
    uint64_t starts;            /* calls started */
    uint64_t unsuccessful;      /* calls in a row */
    uint32_t verdicts_noted;    /* in the journal */
    int64_t started_ms, next_tick_ms;
    uint64_t done_before; /* rows, when the motor began */
    uint64_t chance;
    uint32_t failed;
    bool odd_success_told, aborted;
};

/* The run ends early; the first reason stands. */
void motor_stop(struct motor *motor, int exit_code, const char *code, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

struct lane *motor_lane_of(struct motor *motor, const struct op *op);

/* From [0, 1); not for secrets. */
double motor_chance(struct motor *motor);

const struct plan_target *motor_target_of(const struct motor *motor,
                                          const struct work *work);

#endif
