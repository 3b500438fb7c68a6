/*
 * libcurl, loaded when it is first needed. It brings some thirty other libraries, and
 * loading them takes longer than all that a command does which sends nothing: --help, the
 * plan of a small file, report, runs.
 *
 * Its functions are called by their own names, after curl_load.
 */
#ifndef NET_CURL_H
#define NET_CURL_H

#include <curl/curl.h>

struct err;

/* Load it; at once if it was loaded before. EXIT_INTERNAL: it is not there. */
int curl_load(struct err *err);

/* clang-format off */
#define CURL_CALLS(call) \
    call(curl_easy_cleanup) \
    call(curl_easy_getinfo) \
    call(curl_easy_init) \
    call(curl_easy_setopt) \
    call(curl_easy_strerror) \
    call(curl_free) \
    call(curl_global_cleanup) \
    call(curl_global_init_mem) \
    call(curl_multi_add_handle) \
    call(curl_multi_cleanup) \
    call(curl_multi_info_read) \
    call(curl_multi_init) \
    call(curl_multi_remove_handle) \
    call(curl_multi_setopt) \
    call(curl_multi_socket_action) \
    call(curl_multi_strerror) \
    call(curl_slist_append) \
    call(curl_slist_free_all) \
    call(curl_url) \
    call(curl_url_cleanup) \
    call(curl_url_get) \
    call(curl_url_set)
/* clang-format on */

#define CURL_CALL(name) __typeof__(name) *name;
extern struct curl_calls {
    CURL_CALLS(CURL_CALL)
} curl_calls;
#undef CURL_CALL

#ifndef NET_CURL_LOADS
#undef curl_easy_getinfo /* macros that check types, for those who link it */
#undef curl_easy_setopt
#undef curl_multi_setopt
#define curl_easy_cleanup (*curl_calls.curl_easy_cleanup)
#define curl_easy_getinfo (*curl_calls.curl_easy_getinfo)
#define curl_easy_init (*curl_calls.curl_easy_init)
#define curl_easy_setopt (*curl_calls.curl_easy_setopt)
#define curl_easy_strerror (*curl_calls.curl_easy_strerror)
#define curl_free (*curl_calls.curl_free)
#define curl_global_cleanup (*curl_calls.curl_global_cleanup)
#define curl_global_init_mem (*curl_calls.curl_global_init_mem)
#define curl_multi_add_handle (*curl_calls.curl_multi_add_handle)
#define curl_multi_cleanup (*curl_calls.curl_multi_cleanup)
#define curl_multi_info_read (*curl_calls.curl_multi_info_read)
#define curl_multi_init (*curl_calls.curl_multi_init)
#define curl_multi_remove_handle (*curl_calls.curl_multi_remove_handle)
#define curl_multi_setopt (*curl_calls.curl_multi_setopt)
#define curl_multi_socket_action (*curl_calls.curl_multi_socket_action)
#define curl_multi_strerror (*curl_calls.curl_multi_strerror)
#define curl_slist_append (*curl_calls.curl_slist_append)
#define curl_slist_free_all (*curl_calls.curl_slist_free_all)
#define curl_url (*curl_calls.curl_url)
#define curl_url_cleanup (*curl_calls.curl_url_cleanup)
#define curl_url_get (*curl_calls.curl_url_get)
#define curl_url_set (*curl_calls.curl_url_set)
#endif

#endif
