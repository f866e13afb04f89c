/*
 * fake.h - address map, per-CPU data and locks for host tests of memory:
 * included before everything, in place of the hypervisor's own headers. Frames
 * are host memory at DIRECTMAP_START; interrupts are nobody's.
 */
#ifndef TESTS_MM_FAKE_H
#define TESTS_MM_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <xen/xen.h>

#define XEN_ARCH_X86_LAYOUT_H
#define XEN_ARCH_X86_STACK_H
#define XEN_ARCH_X86_PERCPU_H
#define XEN_ARCH_X86_SPINLOCK_H
#define XEN_ARCH_X86_CPU_H

#define DIRECTMAP_START   0x300000000000ul
#define FRAMES_START      0x310000000000ul
#define M2P_START         0x320000000000ul
#define M2P_RW_START      0x330000000000ul
#define PERDOMAIN_START   0xffff820000000000ul
#define HOLE_START        0xffff800000000000ul
#define HOLE_END          0xffff880000000000ul
#define HOLE_FIRST_SLOT   256
#define HOLE_LAST_SLOT    271
#define IMAGE_OFFSET      0ul
#define GDT_WINDOW_SIZE   0x20000ul
#define LDT_WINDOW_OFFSET 0x10000ul
#define STACK_SIZE        0x4000ul
#define NR_CPUS           1u

#define DECLARE_PER_CPU(type, name)       extern __typeof__(type) percpu_##name
#define DEFINE_PER_CPU(type, name)        __typeof__(type) percpu_##name
#define DEFINE_PER_CPU_SHARED(type, name) __typeof__(type) percpu_##name
#define this_cpu(name)                    percpu_##name
#define cpu(c, name)                      percpu_##name

static inline void write_cr3(uint64_t cr3)
{
    (void)cr3;
}

static inline void cpu_pause(void)
{
}

struct pv_vcpu;
struct stack_top;
struct pv_vcpu *current_pv(void);

static inline unsigned this_cpu_id(void)
{
    return 0;
}

void host_yield(void); /* threads.c */

struct spinlock {
    int held;
};

static inline void spin_lock(struct spinlock *l)
{
    while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE))
        host_yield();
}

static inline void spin_unlock(struct spinlock *l)
{
    __atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

static inline uint64_t irq_save(void)
{
    return 0;
}

static inline void irq_restore(uint64_t flags)
{
    (void)flags;
}

static inline uint64_t spin_lock_irqsave(struct spinlock *l)
{
    spin_lock(l);
    return 0;
}

static inline void spin_unlock_irqrestore(struct spinlock *l, uint64_t flags)
{
    (void)flags;
    spin_unlock(l);
}

#endif
