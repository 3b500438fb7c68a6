/*
 * The parameters of a form body: application/x-www-form-urlencoded, or the plain fields
 * of multipart/form-data (RFC 7578), which is what Zoho's own SDKs send to sign in.
 */
#ifndef SANDBOX_FORM_H
#define SANDBOX_FORM_H

#include "sandbox/target.h"

struct call;

struct form_body {
    struct parameters parameters;
    char *text; /* what they point into */
};

/* No parameters if the body is of another type. Clear it whatever came of it. */
void form_read(const struct call *call, struct form_body *form);
void form_clear(struct form_body *form);

#endif
