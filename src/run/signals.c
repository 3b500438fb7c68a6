#include "run/signals.h"

#include <signal.h>
#include <stdbool.h>

static volatile sig_atomic_t count;
static volatile sig_atomic_t first;

static void
note_signal(int number)
{
    /* A terminal that goes hangs up more than once: the shell does, then the kernel. */
    bool again = number == SIGHUP && first;
    if (!first)
        first = number;
    if (count < 100 && !again)
        count++;
}

void
signals_spare(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGXFSZ, &action, NULL);
}

void
signals_catch(void)
{
    struct sigaction action = {.sa_handler = note_signal};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        (void)sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
}

int
signals_count(void)
{
    return count;
}

int
signals_first(void)
{
    return first;
}
