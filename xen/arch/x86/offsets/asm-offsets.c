/*
 * asm-offsets.c - the offsets and sizes that assembly knows.
 *
 * Compiled to assembly only; the Makefile turns each marked line into a
 * #define in build/gen/asm-offsets.h, which .S files include by that name.
 */
#include <stddef.h>
#include "xen/arch/up.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/pv/pv.h"
#include "xen/arch/x86/stack.h"
#include "xen/arch/x86/tables_private.h"
#include "xen/arch/x86/thread.h"

#define DEFINE(name, value)                                                    \
    __asm__ volatile(".ascii \"@OFF@ " #name " %c0\"" : : "i"(value))
#define OFFSET(name, type, member) DEFINE(name, offsetof(type, member))

void asm_offsets(void);

void asm_offsets(void)
{
    DEFINE(STACK_TOP_SIZE, sizeof(struct stack_top));
    OFFSET(STACK_TOP_PERCPU, struct stack_top, percpu_offset);
    OFFSET(STACK_TOP_PV, struct stack_top, pv);
    OFFSET(STACK_TOP_CPU, struct stack_top, cpu);

    OFFSET(REGS_RAX, struct cpu_user_regs, rax);
    OFFSET(REGS_ENTRY_VECTOR, struct cpu_user_regs, entry_vector);
    OFFSET(REGS_RIP, struct cpu_user_regs, rip);
    OFFSET(REGS_CS, struct cpu_user_regs, cs);
    OFFSET(REGS_ES, struct cpu_user_regs, es);
    DEFINE(FRAME_WORDS, offsetof(struct cpu_user_regs, es) / 8);

    DEFINE(CPU_ENTRY_SIZE, sizeof(struct cpu_entry));
    DEFINE(CPU_ENTRY_SHIFT, __builtin_ctzl(sizeof(struct cpu_entry)));
    OFFSET(CPU_ENTRY_USER_RSP, struct cpu_entry, user_rsp);
    OFFSET(CPU_ENTRY_RSP0, struct cpu_entry, tss.rsp[0]);
    DEFINE(NR_CPUS_ASM, NR_CPUS);
    DEFINE(NR_HYPERCALLS_ASM, NR_HYPERCALLS);
    DEFINE(RING3_CS32, FLAT_RING3_CS32);
    DEFINE(RING3_CS64, FLAT_RING3_CS64);
    DEFINE(RING3_SS, FLAT_RING3_SS64);

    OFFSET(THREAD_SP, struct thread, sp);
    OFFSET(THREAD_STACK, struct thread, stack);

    OFFSET(PV_INFO, struct pv_vcpu, info);
    OFFSET(PV_WORK, struct pv_vcpu, stop);
    OFFSET(PV_KERNEL_MODE, struct pv_vcpu, kernel_mode);
}
