#include "sandbox/squeeze.h"

#include "base/buf.h"

#include <assert.h>
#include <zlib.h>

#define GZIP_WINDOW_BITS (15 + 16)
#define GZIP_MEM_LEVEL 8

void
squeeze_gzip(struct buf *bytes)
{
    struct buf squeezed = {0};
    z_stream stream = {0};
    int rc = deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW_BITS,
                          GZIP_MEM_LEVEL, Z_DEFAULT_STRATEGY);
    assert(rc == Z_OK);
    size_t bound = deflateBound(&stream, bytes->len);
    buf_reserve(&squeezed, bound);
    stream.next_in = (Bytef *)bytes->data;
    stream.avail_in = (uInt)bytes->len;
    stream.next_out = (Bytef *)squeezed.data;
    stream.avail_out = (uInt)bound;
    rc = deflate(&stream, Z_FINISH);
    assert(rc == Z_STREAM_END);
    (void)rc;
    squeezed.len = stream.total_out;
    (void)deflateEnd(&stream);
    buf_clear(bytes);
    *bytes = squeezed;
}
