/*
 * Which relations may be delinked. The documented ones hold both ways round; on any
 * other related list the same request can delete the related record itself, so the
 * user has to permit it by name.
 *
 * Source: Zoho CRM API, "Delink related records": Campaigns to Leads and Contacts;
 * Products to Leads, Accounts, Contacts, Potentials (now Deals) and Price Books;
 * version 3 and later Appointments to Services.
 */
#ifndef OPS_RELATION_H
#define OPS_RELATION_H

#include "base/text.h"

enum { RELATION_NAME_MAX = 100 };

/*
 * A module or related list as it is sent: trimmed, blanks as '_', else as written.
 * Returns its length; 0 if that is no API name (`^[A-Za-z_][A-Za-z0-9_]*$`, Zoho's
 * OpenAPI for v8).
 */
size_t relation_read_name(struct span written, char name[RELATION_NAME_MAX + 1]);

/* Is it documented, or permitted by one of `allowed` ("MODULE/LIST", "any")? Names are
 * as relation_read_name made them, and compared without regard to case. */
bool relation_is_allowed(const char *module, const char *list, const char *const *allowed,
                         size_t allowed_count);

/* Is `text` of the form that --allow-relation takes? */
bool relation_is_permit(struct span text);

#endif
