#include "sandbox/call.h"

#include <microhttpd.h>

const char *
call_header(const struct call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}
