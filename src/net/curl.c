#define NET_CURL_LOADS
#include "net/curl.h"

#include "base/err.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

struct curl_calls curl_calls;

/* The same library, built with OpenSSL or with GnuTLS. */
static const char *const library_names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

#define CURL_CALL(name) {#name, offsetof(struct curl_calls, name)},
static const struct {
    const char *name;
    size_t at;
} calls[] = {CURL_CALLS(CURL_CALL)};

int
curl_load(struct err *err)
{
    void *library = NULL;
    if (curl_calls.curl_easy_init)
        return 0;
    for (size_t i = 0; !library && i < sizeof(library_names) / sizeof(*library_names);
         i++)
        library = dlopen(library_names[i], RTLD_LAZY | RTLD_LOCAL);
    struct curl_calls found;
    for (size_t i = 0; library && i < sizeof(calls) / sizeof(calls[0]); i++) {
        void *function = dlsym(library, calls[i].name);
        if (!function)
            library = NULL;
        memcpy((char *)&found + calls[i].at, &function, sizeof(function));
    }
    if (!library)
        return err_set(err, EXIT_INTERNAL, "cannot load libcurl: %s; install libcurl4",
                       dlerror());
    curl_calls = found;
    return 0;
}
