#include "base/helper.h"

#include "base/mem.h"
#include "base/thread.h"

#include <stdbool.h>

struct helper {
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    void (*task)(void *context); /* NULL: nothing to do */
    void *context;
    bool ending;
};

static void *
do_tasks(void *context)
{
    struct helper *helper = context;
    (void)pthread_mutex_lock(&helper->lock);
    for (;;) {
        while (!helper->task && !helper->ending)
            (void)pthread_cond_wait(&helper->changed, &helper->lock);
        if (!helper->task)
            break;
        (void)pthread_mutex_unlock(&helper->lock);
        helper->task(helper->context);
        (void)pthread_mutex_lock(&helper->lock);
        helper->task = NULL;
        (void)pthread_cond_signal(&helper->changed);
    }
    (void)pthread_mutex_unlock(&helper->lock);
    return NULL;
}

struct helper *
helper_open(void)
{
    struct helper *helper = mem_alloc(1, sizeof(*helper));
    (void)pthread_mutex_init(&helper->lock, NULL);
    (void)pthread_cond_init(&helper->changed, NULL);
    if (thread_start(&helper->thread, do_tasks, helper) == 0)
        return helper;
    free(helper);
    return NULL;
}

void
helper_free(struct helper *helper)
{
    if (!helper)
        return;
    helper_wait(helper);
    (void)pthread_mutex_lock(&helper->lock);
    helper->ending = true;
    (void)pthread_cond_signal(&helper->changed);
    (void)pthread_mutex_unlock(&helper->lock);
    (void)pthread_join(helper->thread, NULL);
    (void)pthread_mutex_destroy(&helper->lock);
    (void)pthread_cond_destroy(&helper->changed);
    free(helper);
}

void
helper_start(struct helper *helper, void (*task)(void *context), void *context)
{
    helper_wait(helper);
    (void)pthread_mutex_lock(&helper->lock);
    helper->task = task;
    helper->context = context;
    (void)pthread_cond_signal(&helper->changed);
    (void)pthread_mutex_unlock(&helper->lock);
}

void
helper_wait(struct helper *helper)
{
    (void)pthread_mutex_lock(&helper->lock);
    while (helper->task)
        (void)pthread_cond_wait(&helper->changed, &helper->lock);
    (void)pthread_mutex_unlock(&helper->lock);
}
