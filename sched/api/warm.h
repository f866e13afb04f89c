/*
 * warm.h - fetching a vCPU into the cache before it is needed.
 *
 * With tens of thousands of vCPUs (the simulator) who is next in a queue was
 * last touched long ago: asked for when it becomes the first one, it has come
 * when it is picked. The bytes around the node that stands in the queue are
 * fetched, SCHED_WARM of them from SCHED_WARM_BEFORE before it on: whose node
 * it is stands in it, so it cannot be looked up without the very wait that this
 * avoids. The hypervisor defines neither, and nothing is compiled.
 */
#ifndef SCHED_API_WARM_H
#define SCHED_API_WARM_H

#include "sched/api/queue.h"

#ifndef SCHED_WARM
#define SCHED_WARM        0
#define SCHED_WARM_BEFORE 0
#endif

static inline void sched_warm(const struct sched_node *n)
{
    const char *byte = (const char *)n - SCHED_WARM_BEFORE;
    unsigned i;

    for (i = 0; i + 64 <= SCHED_WARM; i += 64)
        __builtin_prefetch(byte + i, 1);
}

#endif
