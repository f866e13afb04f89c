/*
 * traps.h - the descriptor tables of a CPU and the ways into the hypervisor.
 *
 * Every entry builds a struct cpu_user_regs: at the top of the vCPU's stack
 * when a guest was interrupted, else below what the hypervisor was doing.
 * Vectors from FIRST_IRQ on are the platform's (xen/arch/x86/irq.c); all are
 * free for it. NMI, #MC, #DF and #DB have stacks of their own.
 */
#ifndef XEN_ARCH_X86_TRAPS_H
#define XEN_ARCH_X86_TRAPS_H

#include <xen/xen.h>
#include "xen/lib/types.h"

#define FIRST_IRQ 0x20

/* entry_vector of a frame that came by SYSCALL and may go back by SYSRET:
 * rcx and r11 are not to be restored. */
#define ENTRY_SYSCALL 0xffffffffu

/* Load this CPU's GDT, TSS, IDT and the MSRs of SYSCALL, the PAT, FPU and
 * FSGSBASE. Called once on each CPU, on its own stack, interrupts off; CPU 0's
 * before the frame allocator works, the others' after. */
void cpu_tables_init(unsigned cpu);

/* Called by entry.S, interrupts off. */
void irq_dispatch(struct cpu_user_regs *regs); /* vectors >= FIRST_IRQ: irq.c */
void trap_nmi(struct cpu_user_regs *regs);     /* weak default in traps.c */
void trap_machine_check(struct cpu_user_regs *regs);
void trap_hypervisor(struct cpu_user_regs *regs); /* while we ran */
void trap_guest(struct cpu_user_regs *regs);      /* while a guest ran */

/* The last exception of ours that went on by the exception table, on this CPU.
 * Interrupts off since then. */
struct trap_mended {
    uint32_t vector, error_code;
};
struct trap_mended trap_last_mended(void);

#endif
