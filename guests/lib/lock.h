/*
 * A spin lock between the vCPUs of one guest, which yields: its holder may not
 * be running. Not for use from an event handler unless upcalls are masked
 * wherever it is taken.
 */
#ifndef GUEST_LOCK_H
#define GUEST_LOCK_H

#include <stdbool.h>

#include "guests/lib/hypercall.h"
#include <xen/sched.h>

struct lock {
    bool held;
};

static inline void barrier(void)
{
    __asm__ volatile("" : : : "memory");
}

static inline void lock_take(struct lock *lock)
{
    while (__atomic_exchange_n(&lock->held, true, __ATOMIC_ACQUIRE))
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
}

static inline void lock_release(struct lock *lock)
{
    __atomic_store_n(&lock->held, false, __ATOMIC_RELEASE);
}

#endif
