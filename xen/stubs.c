/*
 * stubs.c - weak stand-ins for what has not landed yet. To be emptied.
 */
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/traps.h"
#include "xen/boot/boot.h"

void WEAK cpu_tables_init(unsigned cpu)
{
    (void)cpu;
}

void WEAK boot_idle(void)
{
    for (;;)
        cpu_wait();
}

void WEAK boot_scheduler_parameter(const char *name, const char *value)
{
    (void)name, (void)value;
}

#include "xen/arch/x86/smp.h"
unsigned WEAK smp_nr_cpus = 1;
struct cpuset WEAK smp_online;
uintptr_t WEAK percpu_offset[256];
void WEAK smp_flush_tlb(const struct cpuset *cpus, uintptr_t address)
{
    (void)cpus, (void)address;
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
