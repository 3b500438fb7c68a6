#include "base/thread.h"

#include <sched.h>
#include <signal.h>

int
thread_start(pthread_t *thread, void *(*work)(void *context), void *context)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(thread, NULL, work, context);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

bool
thread_has_core(void)
{
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof(cores), &cores) != 0 || CPU_COUNT(&cores) > 1;
}
