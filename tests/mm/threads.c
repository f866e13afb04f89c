/*
 * threads.c - threads for the tests: apart, for the host's <pthread.h> and the
 * hypervisor's headers name things alike.
 */
#include "tests/mm/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

void host_yield(void)
{
    (void)sched_yield();
}

static void (*body)(unsigned who);

static void *thread(void *arg)
{
    body((unsigned)(uintptr_t)arg);
    return NULL;
}

void host_run_threads(void (*fn)(unsigned who), unsigned n)
{
    pthread_t *t = calloc(n, sizeof(*t));
    uintptr_t i;

    if (!t)
        abort();
    body = fn;
    for (i = 0; i < n; i++)
        if (pthread_create(&t[i], NULL, thread, (void *)i))
            abort();
    for (i = 0; i < n; i++)
        (void)pthread_join(t[i], NULL);
    free(t);
}
