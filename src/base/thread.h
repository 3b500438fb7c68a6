/* Threads that do one thing beside the one that decides. They take no signals: those are
 * for the one that waits for them. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* 0, or an errno. The caller joins it. */
int thread_start(pthread_t *thread, void *(*work)(void *context), void *context);

/* May this process use more than one core? Else work gains nothing from being handed to
 * another thread, and loses the time of the handing over. */
bool thread_has_core(void);

#endif
