/*
 * Zoho Desk's "clear live call mapping", in the form of its help page and in that of
 * the vendor's OpenAPI:
 *
 *   DELETE /api/v1/calls/{callId}/clearLiveMapping
 *   POST   /api/v1/calls/{callId}/clearLiveCall
 *
 * Every well-formed call (1 to 20 digits) has a mapping until it is cleared. Checks come
 * in this order: path (--desk-form), method, token, scope, `orgId`, limits, query (there
 * must be none), call. Success is 204 without a body.
 *
 * Scopes: Desk.calls.{ALL|UPDATE}, for both forms: the page names none for its own.
 */
#ifndef SANDBOX_DESK_H
#define SANDBOX_DESK_H

struct answer;
struct call;
struct world;

/* Routes (see routes.h). */
void desk_serve_mapping(struct world *world, struct call *call, struct answer *answer);
void desk_serve_call(struct world *world, struct call *call, struct answer *answer);
void desk_serve_nothing(struct world *world, struct call *call, struct answer *answer);

#endif
