/*
 * Verba's HTTP API, as far as a deletion needs it:
 *
 *   GET  /verba/api?action=..&apiKey=..
 *   POST /verba/api     with the parameters in a form body, and only there
 *
 *   action=RequestToken   HTTP Basic credentials; the token lives --verba-token-life
 *   action=DeleteCall     token, if --verba-user or --verba-token is given; one of
 *                         callID, platformCallID, nativeID, meetingID and extension;
 *                         status=ongoing,next,last with extension
 *
 * Checks come in this order: responseType, action, apiKey, credentials or token,
 * identifiers, the value's form, status, the call. Names are compared exactly. Failures
 * are code 2 under HTTP 200 (--verba-expired changes that for a token that is not good).
 * Without --verba-calls every well-formed identifier exists once, and behind an
 * extension there is always one call more.
 */
#ifndef SANDBOX_VERBA_H
#define SANDBOX_VERBA_H

struct answer;
struct call;
struct world;

/* A route (see routes.h). */
void verba_serve(struct world *world, struct call *call, struct answer *answer);

#endif
