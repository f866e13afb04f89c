/*
 * asm-offsets.c - the offsets and sizes that assembly knows.
 *
 * Compiled to assembly only; the Makefile turns each marked line into a
 * #define in build/gen/asm-offsets.h, which .S files include by that name.
 */
#include <stddef.h>
#include <xen/trace.h>
#include "xen/arch/up.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/pv/bounce_private.h"
#include "xen/arch/x86/pv/pv_private.h"
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
    OFFSET(STACK_TOP_RING, struct stack_top, ring);

    OFFSET(REGS_RAX, struct cpu_user_regs, rax);
    OFFSET(REGS_RBX, struct cpu_user_regs, rbx);
    OFFSET(REGS_RCX, struct cpu_user_regs, rcx);
    OFFSET(REGS_RDX, struct cpu_user_regs, rdx);
    OFFSET(REGS_RSI, struct cpu_user_regs, rsi);
    OFFSET(REGS_RDI, struct cpu_user_regs, rdi);
    OFFSET(REGS_RBP, struct cpu_user_regs, rbp);
    OFFSET(REGS_R8, struct cpu_user_regs, r8);
    OFFSET(REGS_R9, struct cpu_user_regs, r9);
    OFFSET(REGS_R10, struct cpu_user_regs, r10);
    OFFSET(REGS_R11, struct cpu_user_regs, r11);
    OFFSET(REGS_R12, struct cpu_user_regs, r12);
    OFFSET(REGS_R13, struct cpu_user_regs, r13);
    OFFSET(REGS_R14, struct cpu_user_regs, r14);
    OFFSET(REGS_R15, struct cpu_user_regs, r15);
    OFFSET(REGS_ERROR_CODE, struct cpu_user_regs, error_code);
    OFFSET(REGS_ENTRY_VECTOR, struct cpu_user_regs, entry_vector);
    OFFSET(REGS_RIP, struct cpu_user_regs, rip);
    OFFSET(REGS_CS, struct cpu_user_regs, cs);
    OFFSET(REGS_RFLAGS, struct cpu_user_regs, rflags);
    OFFSET(REGS_RSP, struct cpu_user_regs, rsp);
    OFFSET(REGS_SS, struct cpu_user_regs, ss);
    OFFSET(REGS_ES, struct cpu_user_regs, es);
    DEFINE(FRAME_WORDS, offsetof(struct cpu_user_regs, es) / 8);

    DEFINE(CPU_ENTRY_SIZE, sizeof(struct cpu_entry));
    DEFINE(CPU_ENTRY_SHIFT, __builtin_ctzl(sizeof(struct cpu_entry)));
    OFFSET(CPU_ENTRY_USER_RSP, struct cpu_entry, user_rsp);
    OFFSET(CPU_ENTRY_RSP0, struct cpu_entry, tss.rsp[0]);
    /* trace_on's byte of the paravirtual events (trace.h). */
    DEFINE(TRACE_PV, __builtin_ctz(TRC_PV >> TRC_CLS_SHIFT) % 12);
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
    OFFSET(PV_SYSCALL_MASKS, struct pv_vcpu, syscall_masks);
    OFFSET(PV_CR3_KERNEL, struct pv_vcpu, cr3_kernel);
    OFFSET(PV_CR3_USER, struct pv_vcpu, cr3_user);
    OFFSET(PV_EVENT_CALLBACK, struct pv_vcpu, event_callback);
    OFFSET(PV_SYSCALL_CALLBACK, struct pv_vcpu, syscall_callback);
    OFFSET(PV_KERNEL_SP, struct pv_vcpu, kernel_sp);
    OFFSET(PV_TRAPS, struct pv_vcpu, traps);
    OFFSET(PV_SHADOW, struct pv_vcpu, shadow);
    OFFSET(PV_IOPL, struct pv_vcpu, iopl);
    OFFSET(PV_IOPL_MASK, struct pv_vcpu, iopl_mask);

    OFFSET(INFO_MASK, struct vcpu_info, evtchn_upcall_mask);
    OFFSET(INFO_CR2, struct vcpu_info, arch.cr2);
    DEFINE(TRAP_PF_FLAGS,
           14 * sizeof(struct trap_info) + offsetof(struct trap_info, flags));
    DEFINE(TRAP_PF_ADDRESS,
           14 * sizeof(struct trap_info) + offsetof(struct trap_info, address));
    OFFSET(TLB_CPU_CR3, struct tlb_cpu, cr3);

    OFFSET(IRET_RAX, struct iret_context, rax);
    OFFSET(IRET_R11, struct iret_context, r11);
    OFFSET(IRET_RCX, struct iret_context, rcx);
    OFFSET(IRET_HOW, struct iret_context, flags);
    OFFSET(IRET_RIP, struct iret_context, rip);
    OFFSET(IRET_CS, struct iret_context, cs);
    OFFSET(IRET_RFLAGS, struct iret_context, rflags);
    OFFSET(IRET_RSP, struct iret_context, rsp);
    OFFSET(IRET_SS, struct iret_context, ss);
    DEFINE(IRET_HYPERCALL, __HYPERVISOR_iret);
    DEFINE(FLAGS_OF_GUEST, FLAGS_GUEST);
    DEFINE(FLAGS_TRAP_KEEPS, (int)~TRAP_CLEARS);
}
