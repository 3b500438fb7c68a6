#include "sandbox/call.h"

#include <microhttpd.h>

const char *
call_header(const struct call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

struct span
call_zoho_token(const struct call *call)
{
    static const char scheme[] = "Zoho-oauthtoken ";
    const char *header = call_header(call, "Authorization");
    if (!header || !span_starts(span_of(header), scheme))
        return (struct span){NULL, 0};
    struct span token = span_trim(span_of(header + strlen(scheme)));
    return token.len ? token : (struct span){NULL, 0};
}
