/*
 * The CRM's call preferences, which only v8 has:
 *
 *   GET /crm/v8/settings/call_preferences
 *   PUT /crm/v8/settings/call_preferences
 *       {"call_preferences":{"show_from_number":true,"show_to_number":false}}
 *
 * Both are on at first. Checks come in this order: method, token, scope, limits; then,
 * for PUT, the body (there, JSON), `call_preferences` (there, an object), both fields
 * (there), refused at top level; a field that is no boolean, and one that is locked
 * (--call-preferences-locked) and to be switched off, refused within `call_preferences`.
 *
 * Scopes: ZohoCRM.settings.modules.{ALL|UPDATE}; ALL or READ for GET.
 */
#ifndef SANDBOX_PREFERENCES_H
#define SANDBOX_PREFERENCES_H

struct answer;
struct call;
struct world;

/* A route (see routes.h). */
void preferences_serve(struct world *world, struct call *call, struct answer *answer);

#endif
