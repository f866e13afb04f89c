/*
 * stubs.c - weak stand-ins for what has not landed yet. To be emptied.
 */
#include "xen/arch/x86/thread.h"
#include "xen/arch/x86/traps.h"

void WEAK cpu_tables_init(unsigned cpu)
{
    (void)cpu;
}

int WEAK thread_create(struct thread *t, void (*entry)(void),
                       struct pv_vcpu *pv)
{
    (void)t, (void)entry, (void)pv;
    return -1;
}

void WEAK thread_destroy(struct thread *t)
{
    (void)t;
}

void WEAK thread_switch(struct thread *prev, struct thread *next)
{
    (void)prev, (void)next;
}

#include "xen/arch/x86/smp.h"
#include "xen/core/domain.h"

void WEAK ipi_send(unsigned to, unsigned vector)
{
    (void)to, (void)vector;
}

void WEAK mmu_domain_destroy(struct domain *d)
{
    (void)d;
}

void WEAK pv_vcpu_destroy(struct pv_vcpu *p)
{
    (void)p;
}

#include "xen/arch/up.h"

bool WEAK up_page_fault(struct cpu_user_regs *regs, uintptr_t address,
                        unsigned error_code)
{
    (void)regs, (void)address, (void)error_code;
    return false;
}
