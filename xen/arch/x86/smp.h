/*
 * smp.h - the other processors: who is there, and how to reach them.
 *
 * CPU numbers count from 0, the boot CPU, without gaps. All that is to be
 * started is started at boot, and stays.
 */
#ifndef XEN_ARCH_X86_SMP_H
#define XEN_ARCH_X86_SMP_H

#include "xen/lib/cpuset.h"
#include "xen/lib/types.h"

/* Constant after boot. */
extern unsigned smp_nr_cpus; /* how many run; the others' numbers: 1 .. n-1 */
extern struct cpuset smp_online;

/* The local APIC's id of a CPU, and its ACPI id. */
uint32_t smp_apic_id(unsigned cpu);
uint32_t smp_acpi_id(unsigned cpu);

/* Interrupt one CPU, or all of a set but this one. Any context. */
void ipi_send(unsigned cpu, unsigned vector);
void ipi_send_set(const struct cpuset *cpus, unsigned vector);

/* Run fn(arg) on each CPU of the set, this one too if it is in, in interrupt
 * context, and wait until all have done so. Interrupts on; no lock that an
 * interrupt handler or fn takes. */
void smp_call(const struct cpuset *cpus, void (*fn)(void *arg), void *arg);

/* Flush the TLBs of the CPUs in the set, this one too if it is in; returns
 * when all are done. One address, or everything (but global pages) with
 * TLB_ALL, or everything with TLB_GLOBAL. Interrupts on or off (while it waits
 * it serves others' requests); no lock that a flush handler could need: it
 * needs none. */
#define TLB_ALL    (~(uintptr_t)0)
#define TLB_GLOBAL (~(uintptr_t)0 - 1)
void smp_flush_tlb(const struct cpuset *cpus, uintptr_t address);

#endif
