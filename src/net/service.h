/*
 * Where the services are and how a request to them is signed: base URLs by data
 * centre or as the user gave them, and the headers that carry credentials.
 *
 * Source of the hosts: Zoho's "Multi-DC" pages; www.zohoapis.uk is seen in public
 * client code only, and no Desk host is documented for uk.
 */
#ifndef NET_SERVICE_H
#define NET_SERVICE_H

#include "ops/op.h"

struct err;

/* What the user said. Strings are borrowed; NULL: not said. */
struct service_settings {
    const char *data_center;        /* "us" */
    const char *base_url;           /* all services at once */
    const char *url[SERVICE_COUNT]; /* one of them */
};

/* A service's address. */
struct service_url {
    char *base; /* "https://www.zohoapis.com": no slash at the end */
    char *path; /* of the base, "" as a rule: goes before each target */
    bool tls;
    bool loopback;
};

extern const char *const data_centers[]; /* ended by NULL */

/* The address of a service. EXIT_USAGE if the URL cannot be used. */
int service_find_url(const struct service_settings *settings, enum service service,
                     struct service_url *url, struct err *err);
void service_url_clear(struct service_url *url);

/* Another host, as "https://HOST". */
void service_url_move(struct service_url *url, const char *base);

/* Is `url` ("https://HOST") one of the service's hosts in some data centre? */
bool service_is_known(const char *url, enum service service);

/*
 * A secret from the environment: NAME, or the content of the file that NAME_FILE names,
 * less a line end. *value is NULL if neither is set; the caller wipes and frees it.
 * EXIT_USAGE if it cannot be read or holds control characters, or, unless `any_text`,
 * blanks or characters beyond ASCII.
 */
int secret_read(const char *name, bool any_text, char **value, struct err *err);

/* Overwrite and free. */
void secret_free(char *value);

/* Replace each occurrence of the secret in `text` by "[redacted]". One of less than four
 * characters hides nothing and is left alone: it would blot out common words. */
void secret_redact(const char *secret, struct buf *text);

#endif
