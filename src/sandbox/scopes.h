/*
 * What an access token may be used for (--scopes): names such as
 * ZohoCRM.modules.campaigns.DELETE, an area and a right.
 */
#ifndef SANDBOX_SCOPES_H
#define SANDBOX_SCOPES_H

#include <stdbool.h>

/* Does `list`, separated by commas, hold the area with one of the rights ("ALL,WRITE")?
 * Compared without regard to case. Without a list (NULL) a token may do anything. */
bool scopes_allow(const char *list, const char *area, const char *rights);

#endif
