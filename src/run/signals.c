#include "run/signals.h"

#include <signal.h>

static volatile sig_atomic_t count;
static volatile sig_atomic_t first;

static void
note_signal(int number)
{
    if (!first)
        first = number;
    if (count < 100)
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
