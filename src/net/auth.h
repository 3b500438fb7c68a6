/*
 * Signing in: what credentials the environment holds, the token they are worth now, and
 * when a new one has to be asked for. One auth serves CRM and Desk (Zoho's OAuth), one
 * Verba. No I/O here: it says which request to make and reads the answer.
 *
 * Sources: Zoho OAuth, "Refresh access tokens" (form; ten refreshes in ten minutes);
 * refusals that come with HTTP 200 are seen in Zoho's SDKs. Verba HTTP API,
 * "RequestToken" (HTTP Basic, one hour).
 */
#ifndef NET_AUTH_H
#define NET_AUTH_H

#include "net/pool.h"

struct auth;

/* From ZOHO_ACCESS_TOKEN, or ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET and ZOHO_REFRESH_TOKEN.
 * NULL with EXIT_USAGE if they are missing or incomplete. */
struct auth *auth_open_zoho(struct err *err);

/* From VERBA_API_KEY with VERBA_TOKEN, or VERBA_USER and VERBA_PASSWORD, or alone. */
struct auth *auth_open_verba(struct err *err);

void auth_free(struct auth *auth); /* wipes the secrets */

/* Is there a token (or none needed) that is good for some time yet? */
bool auth_is_ready(const struct auth *auth, int64_t now_ms);

/* Should a token be asked for now? Never while one is being asked for. */
bool auth_should_ask(const struct auth *auth, int64_t now_ms);

/* While a token is wanted: when it may be asked for, after a failed request. 0: none is
 * wanted. */
int64_t auth_ask_at_ms(const struct auth *auth);

/* The request for a token; from now on it is being asked for. -1: ten were asked for in
 * ten minutes, an eleventh would be refused. */
int auth_ask(struct auth *auth, struct request *request, int64_t now_ms, struct err *err);

/*
 * What came of it. 0: there is a new token, or it will be asked for again later. -1:
 * refused for good (EXIT_CREDENTIALS), or not to be reached (EXIT_HALTED).
 */
int auth_take(struct auth *auth, const struct pool_result *result, int64_t now_ms,
              double chance, struct err *err);

/* Which token it is: grows with each new one. */
unsigned auth_generation(const struct auth *auth);

/* Are there credentials to ask for another token with? */
bool auth_can_renew(const struct auth *auth);

/* The service refused the token of that generation: another one is wanted. */
void auth_refused(struct auth *auth, unsigned generation);

/* What signs requests now, for pool_set_service; NULL: nothing. Borrowed. */
const char *auth_header(const struct auth *auth);
const char *auth_parameters(const struct auth *auth);

/* The API's address as sign-in told it ("https://www.zohoapis.eu"); NULL: it did not. */
const char *auth_api_domain(const struct auth *auth);

/* Replace each secret in `text` by "[redacted]". */
void auth_redact(const struct auth *auth, struct buf *text);

#endif
