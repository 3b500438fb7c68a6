/*
 * The CRM's "delink related records", as the vendor documents it for v2 to v8:
 *
 *   DELETE /crm/{version}/{module}/{record_id}/{related_list}?ids=a,b,c
 *   DELETE /crm/{version}/{module}/{record_id}/{related_list}/{related_id}
 *
 * Checks come in this order, and the first that fails refuses the whole request:
 * method, token, scope, limits, module, parent, list, and then `ids`: there, at most 100,
 * at most 2000 characters, each of 1 to 20 digits. What remains is done ID by ID, and
 * `data` holds an entry for each, in the order of `ids`. All removed: 200; some: 207;
 * none: 400.
 *
 * Scopes: ZohoCRM.modules.ALL or ZohoCRM.modules.{module}.{ALL|WRITE|DELETE}.
 */
#ifndef SANDBOX_DELINK_H
#define SANDBOX_DELINK_H

#define DELINK_MAX_IDS 100
#define DELINK_MAX_IDS_BYTES 2000

struct answer;
struct call;
struct err;
struct world;

/* A route (see routes.h). The path has 5 or 6 segments. */
void delink_serve(struct world *world, struct call *call, struct answer *answer);

/* Reads --relations (linefile.h): lines `module/record_id/related_list/related_id`. */
int delink_load_relations(struct world *world, const char *path, struct err *err);

#endif
