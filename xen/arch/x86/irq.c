/*
 * irq.c - the table of interrupt handlers, and the way to them from entry.S.
 *
 * An entry is written when a device is set up and read on interrupts without a
 * lock: a pointer is stored whole.
 */
#include "xen/arch/x86/apic.h"
#include "xen/arch/x86/irq.h"
#include "xen/arch/x86/traps.h"
#include "xen/lib/bug.h"

uint64_t irq_unexpected;

static void irq_nobody(struct cpu_user_regs *regs)
{
    (void)regs;
    __atomic_fetch_add(&irq_unexpected, 1, __ATOMIC_RELAXED);
}

static irq_handler *handlers[256] = { [0 ... 255] = irq_nobody };

void irq_set_handler(unsigned vector, irq_handler *handler)
{
    ASSERT(vector >= FIRST_IRQ && vector < 256);
    __atomic_store_n(&handlers[vector], handler, __ATOMIC_RELAXED);
}

unsigned irq_alloc_vector(irq_handler *handler)
{
    for (unsigned v = VECTOR_FIRST_DEVICE; v <= VECTOR_LAST_DEVICE; v++)
        if (handlers[v] == irq_nobody) {
            irq_set_handler(v, handler);
            return v;
        }
    return 0;
}

void irq_free_vector(unsigned vector)
{
    irq_set_handler(vector, irq_nobody);
}

void irq_dispatch(struct cpu_user_regs *regs)
{
    uint8_t vector = (uint8_t)regs->entry_vector;

    if (likely(vector != VECTOR_SPURIOUS))
        apic_eoi();
    __atomic_load_n(&handlers[vector], __ATOMIC_RELAXED)(regs);
}
