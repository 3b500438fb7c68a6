#include "net/service.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "net/curl.h"

#include <strings.h>

enum { SECRET_BYTES_MIN = 4 };

const char *const data_centers[] = {"us", "eu", "in", "au", "jp",
                                    "cn", "ca", "sa", "uk", NULL};

/* clang-format off */
static const struct {
    const char *name;
    const char *hosts[SERVICE_COUNT];
} centers[] = {
    {"us", {"www.zohoapis.com", "desk.zoho.com", NULL, "accounts.zoho.com"}},
    {"eu", {"www.zohoapis.eu", "desk.zoho.eu", NULL, "accounts.zoho.eu"}},
    {"in", {"www.zohoapis.in", "desk.zoho.in", NULL, "accounts.zoho.in"}},
    {"au", {"www.zohoapis.com.au", "desk.zoho.com.au", NULL, "accounts.zoho.com.au"}},
    {"jp", {"www.zohoapis.jp", "desk.zoho.jp", NULL, "accounts.zoho.jp"}},
    {"cn", {"www.zohoapis.com.cn", "desk.zoho.com.cn", NULL, "accounts.zoho.com.cn"}},
    {"ca", {"www.zohoapis.ca", "desk.zohocloud.ca", NULL, "accounts.zohocloud.ca"}},
    {"sa", {"www.zohoapis.sa", "desk.zoho.sa", NULL, "accounts.zoho.sa"}},
    {"uk", {"www.zohoapis.uk", NULL, NULL, "accounts.zoho.uk"}},
};
/* clang-format on */

static const char *const url_options[SERVICE_COUNT] = {
    [SERVICE_CRM] = "--crm-url",
    [SERVICE_DESK] = "--desk-url",
    [SERVICE_VERBA] = "--verba-url",
    [SERVICE_ACCOUNTS] = "--accounts-url",
};

static const char *
host_of(const char *data_center, enum service service)
{
    for (size_t i = 0; i < sizeof(centers) / sizeof(centers[0]); i++)
        if (strcmp(centers[i].name, data_center) == 0)
            return centers[i].hosts[service];
    return NULL;
}

static bool
is_loopback(const char *host)
{
    bool is_address = host[strspn(host, "0123456789.")] == '\0';
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (is_address && strncmp(host, "127.", 4) == 0);
}

static char *
part_of(CURLU *parsed, CURLUPart part)
{
    char *text = NULL;
    CURLUcode code = curl_url_get(parsed, part, &text, 0);
    if (code == CURLUE_OUT_OF_MEMORY)
        mem_die();
    if (code != CURLUE_OK)
        return mem_strdup("");
    char *copy = mem_strdup(text);
    curl_free(text);
    return copy;
}

/* What is wrong with a base URL, or NULL. */
static const char *
url_fault(CURLU *parsed)
{
    static const struct {
        CURLUPart part;
        const char *fault;
    } unwanted[] = {
        {CURLUPART_USER, "holds a user name; credentials come from the environment"},
        {CURLUPART_PASSWORD, "holds a password; credentials come from the environment"},
        {CURLUPART_QUERY, "holds a query"},
        {CURLUPART_FRAGMENT, "holds a fragment"},
    };
    for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
        char *text = part_of(parsed, unwanted[i].part);
        bool found = text[0] != '\0';
        free(text);
        if (found)
            return unwanted[i].fault;
    }
    char *scheme = part_of(parsed, CURLUPART_SCHEME);
    bool http = strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0;
    free(scheme);
    return http ? NULL : "must begin with https:// (or http://)";
}

static void
take_apart(CURLU *parsed, struct service_url *url)
{
    char *scheme = part_of(parsed, CURLUPART_SCHEME);
    char *host = part_of(parsed, CURLUPART_HOST);
    char *port = part_of(parsed, CURLUPART_PORT);
    struct buf base = {0};
    buf_addf(&base, "%s://%s%s%s", scheme, host, port[0] ? ":" : "", port);
    url->base = buf_take(&base);
    url->path = part_of(parsed, CURLUPART_PATH);
    for (size_t len = strlen(url->path); len && url->path[len - 1] == '/';)
        url->path[--len] = '\0';
    url->tls = strcmp(scheme, "https") == 0;
    url->loopback = is_loopback(host);
    free(scheme);
    free(host);
    free(port);
}

static int
parse_url(const char *text, const char *option, struct service_url *url, struct err *err)
{
    if (curl_load(err))
        return -1;
    CURLU *parsed = curl_url();
    CURLUcode code = parsed ? curl_url_set(parsed, CURLUPART_URL, text, 0)
                            : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OUT_OF_MEMORY)
        mem_die();
    const char *fault = code == CURLUE_OK ? url_fault(parsed)
                        : code == CURLUE_UNSUPPORTED_SCHEME
                            ? "must begin with https:// (or http://)"
                            : "is no URL; give https://HOST";
    if (!fault)
        take_apart(parsed, url);
    curl_url_cleanup(parsed);
    return fault ? err_set(err, EXIT_USAGE, "%s: %s", option, fault) : 0;
}

int
service_find_url(const struct service_settings *settings, enum service service,
                 struct service_url *url, struct err *err)
{
    if (settings->url[service])
        return parse_url(settings->url[service], url_options[service], url, err);
    if (settings->base_url)
        return parse_url(settings->base_url, "--base-url", url, err);
    const char *host = host_of(settings->data_center, service);
    if (!host && service == SERVICE_VERBA)
        return err_set(err, EXIT_USAGE, "where is Verba? Give --verba-url");
    if (!host)
        return err_set(err, EXIT_USAGE,
                       "no %s host is known for data centre '%s'; give %s",
                       service_names[service], settings->data_center,
                       url_options[service]);
    struct buf text = {0};
    buf_addf(&text, "https://%s", host);
    int rc = parse_url(text.data, url_options[service], url, err);
    buf_clear(&text);
    return rc;
}

bool
service_is_known(const char *url, enum service service)
{
    const char *host = strncmp(url, "https://", 8) == 0 ? url + 8 : "";
    for (size_t i = 0; i < sizeof(centers) / sizeof(centers[0]); i++)
        if (centers[i].hosts[service] && strcmp(centers[i].hosts[service], host) == 0)
            return true;
    return false;
}

void
service_url_clear(struct service_url *url)
{
    free(url->base);
    free(url->path);
    *url = (struct service_url){0};
}

void
service_url_move(struct service_url *url, const char *base)
{
    char *old = url->base;
    url->base = mem_strdup(base);
    free(old);
}

static int
check_secret(const char *name, const char *value, bool any_text, struct err *err)
{
    if (!value[0])
        return err_set(err, EXIT_USAGE, "%s is empty", name);
    for (const char *at = value; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f ||
            (!any_text && (*at == ' ' || (unsigned char)*at > 0x7f)))
            return err_set(err, EXIT_USAGE,
                           "%s holds a blank, a line end or another character that no "
                           "credential has; set it anew (its value is not shown)",
                           name);
    return 0;
}

int
secret_read(const char *name, bool any_text, char **value, struct err *err)
{
    struct buf file_name = {0}, content = {0};
    int rc = 0;
    *value = NULL;
    buf_addf(&file_name, "%s_FILE", name);
    const char *given = getenv(name);
    const char *path = getenv(file_name.data);
    if (given) {
        *value = mem_strdup(given);
    } else if (path) {
        struct err unread = {0};
        if (file_read(path, 65536, &content, EXIT_USAGE, &unread)) {
            rc = err_set(err, EXIT_USAGE, "%s: %s", file_name.data, unread.text);
            goto out;
        }
        while (content.len && strchr("\r\n", content.data[content.len - 1]))
            content.data[--content.len] = '\0';
        if (memchr(content.data, '\0', content.len)) {
            rc = err_set(err, EXIT_USAGE, "%s: holds a NUL byte", path);
            goto out;
        }
        *value = mem_strdup(content.data);
        name = file_name.data;
    }
    if (*value && check_secret(name, *value, any_text, err)) {
        secret_free(*value);
        *value = NULL;
        rc = -1;
    }
out:
    if (content.data)
        memset(content.data, 0, content.cap);
    buf_clear(&content);
    buf_clear(&file_name);
    return rc;
}

void
secret_free(char *value)
{
    if (!value)
        return;
    for (volatile char *at = value; *at; at++)
        *at = '\0';
    free(value);
}

void
secret_redact(const char *secret, struct buf *text)
{
    static const char mark[] = "[redacted]";
    size_t len = secret ? strlen(secret) : 0;
    if (len < SECRET_BYTES_MIN || text->len < len || !strstr(text->data, secret))
        return;
    struct buf clean = {0};
    const char *at = text->data;
    for (const char *found; (found = strstr(at, secret)); at = found + len) {
        buf_add(&clean, at, (size_t)(found - at));
        buf_add_text(&clean, mark);
    }
    buf_add_text(&clean, at);
    buf_clear(text);
    *text = clean;
}
