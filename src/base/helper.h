/*
 * A thread that does one task at a time: start it, go on with something else, wait for
 * its end. What a task touches is its own from helper_start to helper_wait.
 */
#ifndef BASE_HELPER_H
#define BASE_HELPER_H

struct helper;

struct helper *helper_open(void); /* NULL: there is no thread to be had */
void helper_free(struct helper *helper);

/* Waits for the task before. */
void helper_start(struct helper *helper, void (*task)(void *context), void *context);
void helper_wait(struct helper *helper);

#endif
