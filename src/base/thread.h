/* Threads that do one thing beside the one that decides. They take no signals: those are
 * for the one that waits for them. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/* 0, or an errno. The caller joins it. */
int thread_start(pthread_t *thread, void *(*work)(void *context), void *context);

#endif
