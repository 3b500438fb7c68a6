#include "net/backoff.h"

int64_t
backoff_ms(unsigned tries, double chance, long retry_after_s)
{
    int64_t most = BACKOFF_FIRST_MS;
    while (tries-- && most < BACKOFF_MAX_MS)
        most *= 2;
    if (most > BACKOFF_MAX_MS)
        most = BACKOFF_MAX_MS;
    int64_t wait = (int64_t)((double)most * chance);
    int64_t asked = retry_after_s > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : retry_after_s;
    return asked * 1000 > wait ? asked * 1000 : wait;
}
