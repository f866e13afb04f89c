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
/* Vectors whose handlers tell the APIC themselves, or that it wants no EOI
 * of. */
static bool late[256] = { [VECTOR_SPURIOUS] = true };

void irq_set_handler(unsigned vector, irq_handler *handler)
{
    ASSERT(vector >= FIRST_IRQ && vector < 256);
    __atomic_store_n(&handlers[vector], handler, __ATOMIC_RELAXED);
}

void irq_set_late(unsigned vector, bool is_late)
{
    __atomic_store_n(&late[vector], is_late, __ATOMIC_RELAXED);
}

/* Are all of [first, first + count) free? */
static bool vectors_free(unsigned first, unsigned count)
{
    for (unsigned v = first; v < first + count; v++)
        if (handlers[v] != irq_nobody)
            return false;
    return true;
}

unsigned irq_alloc_vectors(irq_handler *handler, unsigned count)
{
    unsigned first = VECTOR_FIRST_DEVICE;

    for (; first + count - 1 <= VECTOR_LAST_DEVICE; first += count) {
        first = (first + count - 1) / count * count;
        if (first + count - 1 > VECTOR_LAST_DEVICE)
            break;
        if (!vectors_free(first, count))
            continue;
        for (unsigned v = first; v < first + count; v++)
            irq_set_handler(v, handler);
        return first;
    }
    return 0;
}

unsigned irq_alloc_vector(irq_handler *handler)
{
    return irq_alloc_vectors(handler, 1);
}

void irq_free_vector(unsigned vector)
{
    irq_set_late(vector, false);
    irq_set_handler(vector, irq_nobody);
}

void irq_dispatch(struct cpu_user_regs *regs)
{
    uint8_t vector = (uint8_t)regs->entry_vector;

    if (likely(!__atomic_load_n(&late[vector], __ATOMIC_RELAXED)))
        apic_eoi();
    __atomic_load_n(&handlers[vector], __ATOMIC_RELAXED)(regs);
}
