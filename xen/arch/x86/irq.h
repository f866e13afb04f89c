/*
 * irq.h - interrupt vectors and who handles each.
 *
 * A handler runs in interrupt context, interrupts off, on whatever stack was
 * in use; the local APIC has been told (EOI) before it is called, so it may do
 * anything short. Vectors 0x30 to 0xef are for devices.
 */
#ifndef XEN_ARCH_X86_IRQ_H
#define XEN_ARCH_X86_IRQ_H

#include <xen/xen.h>
#include "xen/lib/types.h"

enum vector {
    VECTOR_FIRST_DEVICE = 0x30,
    VECTOR_LAST_DEVICE = 0xef,
    VECTOR_TIMER = 0xf0,      /* this CPU's clock event is due */
    VECTOR_RESCHEDULE = 0xf1, /* look at your softirqs */
    VECTOR_CALL = 0xf2,       /* smp_call() */
    VECTOR_TLB = 0xf3,        /* smp_flush_tlb() */
    VECTOR_ERROR = 0xfe,
    VECTOR_SPURIOUS = 0xff,
};

typedef void irq_handler(struct cpu_user_regs *regs);

/* From now on `vector` is handled so. Any context. */
void irq_set_handler(unsigned vector, irq_handler *handler);

/* From now on the handler of `vector` calls apic_eoi() itself: it has to mask a
 * level-triggered line first, or the line would interrupt again at once. */
void irq_set_late(unsigned vector, bool is_late);

/* Device vectors that nobody has: the first of `count` (a power of two, and the
 * first is a multiple of it), or 0. At creation; the caller's lock. A vector
 * means the same on every CPU. */
unsigned irq_alloc_vectors(irq_handler *handler, unsigned count);
unsigned irq_alloc_vector(irq_handler *handler);
void irq_free_vector(unsigned vector);

/* An interrupt that nobody handles is counted, not fatal. */
extern uint64_t irq_unexpected;

#endif
