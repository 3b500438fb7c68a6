/*
 * Which path is served by whom: one table, one line per route.
 */
#ifndef SANDBOX_ROUTES_H
#define SANDBOX_ROUTES_H

struct answer;
struct call;
struct world;

/* Sets the call's route and service from its target. Every target has a route. */
void routes_find(struct call *call);

/* Writes the answer to the call: its status, its body, its own headers. */
void routes_serve(struct world *world, struct call *call, struct answer *answer);

#endif
