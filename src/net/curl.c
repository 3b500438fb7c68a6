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

/* NULL: it is not there, for the first reason that is given. */
static void *
open_library(struct err *err)
{
    struct err first = {0};
    for (size_t i = 0; i < sizeof(library_names) / sizeof(library_names[0]); i++) {
        void *library = dlopen(library_names[i], RTLD_LAZY | RTLD_LOCAL);
        if (library)
            return library;
        err_set(&first, EXIT_INTERNAL, "cannot load libcurl: %s; install libcurl4",
                dlerror());
    }
    err_set(err, EXIT_INTERNAL, "%s", first.text);
    return NULL;
}

int
curl_load(struct err *err)
{
    struct curl_calls found;
    if (curl_calls.curl_easy_init)
        return 0;
    void *library = open_library(err);
    for (size_t i = 0; library && i < sizeof(calls) / sizeof(calls[0]); i++) {
        void *function = dlsym(library, calls[i].name);
        if (!function)
            return err_set(err, EXIT_INTERNAL, "libcurl is too old: %s", dlerror());
        memcpy((char *)&found + calls[i].at, &function, sizeof(function));
    }
    if (library)
        curl_calls = found;
    return library ? 0 : -1;
}
