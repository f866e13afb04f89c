/* spinlock.h - locks and interrupts of a test: only checked for pairs. */
#ifndef XEN_ARCH_X86_SPINLOCK_H
#define XEN_ARCH_X86_SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct spinlock {
    unsigned held;
};

extern bool fake_irqs_on;
void fake_check(bool right);

static inline void spin_lock(struct spinlock *l)
{
    fake_check(!l->held++);
}

static inline void spin_unlock(struct spinlock *l)
{
    fake_check(l->held-- == 1);
}

static inline uint64_t irq_save(void)
{
    bool on = fake_irqs_on;

    fake_irqs_on = false;
    return on;
}

static inline void irq_restore(uint64_t flags)
{
    fake_irqs_on = flags;
}

static inline void irq_disable(void)
{
    fake_irqs_on = false;
}

static inline void irq_enable(void)
{
    fake_irqs_on = true;
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
