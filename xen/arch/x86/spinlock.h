/*
 * spinlock.h - ticket locks. Fair, 4 bytes, with the holder's interrupts the
 * caller's business: spin_lock() where no interrupt handler takes the lock,
 * spin_lock_irqsave() where one does. Every lock's declaration states what it
 * protects and its rank; docs/locking.md has the total order.
 */
#ifndef XEN_ARCH_X86_SPINLOCK_H
#define XEN_ARCH_X86_SPINLOCK_H

#include "xen/lib/types.h"

struct spinlock {
    uint16_t serving; /* whose turn it is; written by the holder alone */
    uint16_t next;    /* the next ticket */
};

#define SPINLOCK_INIT                                                          \
    {                                                                          \
        0, 0                                                                   \
    }

static inline bool spin_is_served(const struct spinlock *l, uint16_t ticket)
{
    return __atomic_load_n(&l->serving, __ATOMIC_ACQUIRE) == ticket;
}

static inline void spin_lock(struct spinlock *l)
{
    uint16_t ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_ACQUIRE);

    if (likely(spin_is_served(l, ticket)))
        return;
    do
        __builtin_ia32_pause();
    while (!spin_is_served(l, ticket));
}

static inline bool spin_trylock(struct spinlock *l)
{
    uint16_t serving = __atomic_load_n(&l->serving, __ATOMIC_RELAXED);
    uint16_t expected = serving;

    return __atomic_compare_exchange_n(&l->next, &expected,
                                       (uint16_t)(serving + 1), false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void spin_unlock(struct spinlock *l)
{
    __atomic_store_n(&l->serving, (uint16_t)(l->serving + 1), __ATOMIC_RELEASE);
}

static inline bool spin_is_locked(const struct spinlock *l)
{
    return __atomic_load_n(&l->serving, __ATOMIC_RELAXED) !=
           __atomic_load_n(&l->next, __ATOMIC_RELAXED);
}

static inline uint64_t irq_save(void)
{
    uint64_t flags;

    __asm__ volatile("pushfq; pop %0; cli" : "=r"(flags) : : "memory");
    return flags;
}

static inline void irq_restore(uint64_t flags)
{
    if (flags & 0x200)
        __asm__ volatile("sti" : : : "memory");
}

static inline void irq_disable(void)
{
    __asm__ volatile("cli" : : : "memory");
}

static inline void irq_enable(void)
{
    __asm__ volatile("sti" : : : "memory");
}

static inline uint64_t spin_lock_irqsave(struct spinlock *l)
{
    uint64_t flags = irq_save();

    spin_lock(l);
    return flags;
}

static inline void spin_unlock_irqrestore(struct spinlock *l, uint64_t flags)
{
    spin_unlock(l);
    irq_restore(flags);
}

#endif
