#include "plan/scratch.h"

#include "base/buf.h"
#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int
scratch_fail(const char *dir, struct err *err)
{
    const char *advice = errno == ENOSPC || errno == EDQUOT || errno == EFBIG
                             ? " (`unhitch plan` tells how much a large job "
                               "needs; its own place for that is $TMPDIR)"
                             : "";
    return err_set_errno(err, EXIT_INTERNAL, "%s/: cannot put off what exceeds memory%s",
                         dir, advice);
}

int
scratch_open(const char *dir, struct err *err)
{
    struct buf path = {0};
    buf_addf(&path, "%s/spill.XXXXXX", dir);
    int fd = mkostemp(path.data, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path.data);
    else
        (void)scratch_fail(dir, err);
    buf_clear(&path);
    return fd;
}
