/*
 * Zoho's sign-in, as far as a refresh token needs it:
 *
 *   POST /oauth/v2/token     grant_type, client_id, client_secret and refresh_token in
 *                            a form body, nothing in the URL
 *
 * Checks come in this order: the request's form and grant_type, client_id,
 * client_secret, refresh_token (whatever was configured must match, the rest must be
 * there), and then ten refreshes per ten minutes for one refresh token. A refusal is
 * {"error":...}; the documented ones come with HTTP 200, only the throttle's with 400 (as
 * public clients report it). What the vendor leaves open is 400 invalid_request here.
 */
#ifndef SANDBOX_OAUTH_H
#define SANDBOX_OAUTH_H

struct answer;
struct call;
struct world;

/* A route (see routes.h). */
void oauth_serve(struct world *world, struct call *call, struct answer *answer);

#endif
