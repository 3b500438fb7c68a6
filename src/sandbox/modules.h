/*
 * The CRM modules and related lists this stand-in knows, from the vendor's page on
 * delinking: Campaigns with Leads and Contacts; Products with Leads, Accounts,
 * Contacts, Deals and Price Books; Appointments with Services (v3 and later). Vendor
 * samples go both ways round, so each pair does here. Attachments hang on every
 * module, and so does any list that begins with Custom_. Names are compared without
 * regard to case. Of two names of one thing (Potentials, Deals) one is the plain name.
 */
#ifndef SANDBOX_MODULES_H
#define SANDBOX_MODULES_H

#include "base/text.h"

#define MODULES_ATTACHMENTS "Attachments"

enum modules_verdict {
    MODULES_KNOWN,
    MODULES_UNSUPPORTED, /* exists, but not in the API: Documents, Projects */
    MODULES_UNKNOWN
};

/* Where it is known, `plain` is its plain name (static). */
enum modules_verdict modules_find(struct span name, struct span *plain);

/* Is `name` a related list of the module with that plain name? `plain` is then the list's
 * plain name: static, or `name` itself for a Custom_ list. */
bool modules_find_list(struct span module, struct span name, struct span *plain);

#endif
