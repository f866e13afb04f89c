/*
 * entry.S - the ways from a guest into the hypervisor, and back.
 *
 * Every entry draws the same frame, a struct cpu_user_regs, at the top of the
 * vCPU's stack (stack.h):
 *
 *      es ds fs gs     not saved here: they stay in the processor
 *      ss rsp rflags cs rip        pushed by the processor, or the SYSCALL stub
 *      entry_vector : error_code   one word
 *      rdi rsi rdx rcx rax r8 r9 r10 r11 rbx rbp r12 r13 r14 r15   <- rsp
 *
 * and percpu_offset, pv, cpu stand above it at fixed distances from rsp. An
 * exception or interrupt of the hypervisor's own draws it further down.
 *
 * Neither CR3 nor GS changes on the way in: our half of the address space is
 * in every one, and FS, GS and their bases are the guest's.
 *
 * What entry keeps true, so that the exit need not look: in a guest's frame
 * rflags has IF set and IOPL and VM clear, and cs and ss have RPL 3.
 */
#include "xen/arch/x86/layout.h"
#include "xen/arch/x86/msr.h"
#include "xen/arch/x86/entry_macros.h"
#include "asm-offsets.h"

    .text

/*
 * SYSCALL. One stub per CPU, since neither stack nor per-CPU base is at hand.
 * In: rip in rcx, rflags in r11, the guest's rsp; interrupts off. NMI, #MC and
 * #DB (a MOV SS before SYSCALL) have stacks of their own, so that they may come
 * before rsp is ours.
 */
    .balign 64
    .global syscall_stubs
syscall_stubs:
    slot = 0
    .rept NR_CPUS_ASM
    .balign 32
    mov %rsp, cpu_entry + slot + CPU_ENTRY_USER_RSP(%rip)
    mov cpu_entry + slot + CPU_ENTRY_RSP0(%rip), %rsp
    push $RING3_SS
    push cpu_entry + slot + CPU_ENTRY_USER_RSP(%rip)
    jmp syscall_entry
    slot = slot + CPU_ENTRY_SIZE
    .endr

/* SYSCALL from a 32-bit program (AMD): we offer none, as cpuid says. */
    .balign 64
    .global syscall32_stubs
syscall32_stubs:
    slot = 0
    .rept NR_CPUS_ASM
    .balign 32
    mov %rsp, cpu_entry + slot + CPU_ENTRY_USER_RSP(%rip)
    mov cpu_entry + slot + CPU_ENTRY_RSP0(%rip), %rsp
    push $RING3_SS
    push cpu_entry + slot + CPU_ENTRY_USER_RSP(%rip)
    jmp syscall32_entry
    slot = slot + CPU_ENTRY_SIZE
    .endr

syscall32_entry:
    push %r11                   /* rflags */
    push $RING3_CS32
    sub $2, %rcx                /* the instruction itself */
    push %rcx
    push $0
    movl $6, 4(%rsp)            /* #UD */
    jmp vector_entry

    .balign 64
syscall_entry:
    push %r11                   /* rflags */
    push $RING3_CS64
    push %rcx                   /* rip */
    push $-1                    /* ENTRY_SYSCALL */
    mov ABOVE_PV(%rsp), %rcx
    cmpb $0, PV_KERNEL_MODE(%rcx)
    je fast_user_syscall
    cmpb $0, trace_on + TRACE_PV(%rip)
    jne syscall_traced
    cmp $IRET_HYPERCALL, %eax
    je fast_iret
    .global syscall_entry_slow
syscall_entry_slow:
    mov ABOVE_RIP(%rsp), %rcx
    SAVE_REGISTERS
    mov TOP_PV(%rsp), %rbx
    sti
    cmp $NR_HYPERCALLS_ASM, %rax
    jae 2f
1:  mov %r10, %rcx              /* the fourth argument */
    lea up_hypercall_table(%rip), %r10
    sub $8, %rsp
    call *(%r10, %rax, 8)
    add $8, %rsp
    mov %rax, REGS_RAX(%rsp)

/*
 * void exit_to_guest: back to the guest whose frame is at rsp. Interrupts on or
 * off. rbx: its pv_vcpu.
 */
    .global exit_to_guest
exit_to_guest:
    cli
    mov TOP_PERCPU(%rsp), %rax
    lea percpu_softirq(%rip), %rcx
    cmpq $0, (%rax, %rcx)
    jne exit_softirqs
    cmpw $0, PV_WORK(%rbx)      /* stop, event_work */
    jne exit_work
    mov PV_INFO(%rbx), %rcx
    movzwl (%rcx), %eax         /* pending, mask */
    dec %eax
    cmp $0xff, %eax             /* pending not 0, mask 0 */
    jb fast_event
exit_now:
    cmpl $-1, REGS_ENTRY_VECTOR(%rsp)
    jne exit_iret
    mov REGS_RIP(%rsp), %rax    /* SYSRET to a non-canonical rip would */
    mov %rax, %rcx              /* fault in ring 0, on the guest's stack */
    shl $16, %rcx
    sar $16, %rcx
    cmp %rax, %rcx
    jne exit_iret
    .global exit_sysret
exit_sysret:
    RESTORE_REGISTERS
    add $8, %rsp
    pop %rcx                    /* rip */
    add $8, %rsp
    pop %r11                    /* rflags */
    pop %rsp
    sysretq

exit_iret:
    RESTORE_REGISTERS
    add $8, %rsp
exit_iret_instruction:
    iretq
    EXCEPTION_FIXUP exit_iret_instruction, exit_iret_failed

/* The guest's cs, ss or rip can't be loaded: it gets the exception. The frame
 * still stands from rip up, and the guest's registers are in place. */
    .global exit_iret_failed
exit_iret_failed:
    push $0
    SAVE_REGISTERS
    mov TOP_PV(%rsp), %rbx
    CALL_C pv_return_failed
    jmp exit_to_guest

2:  mov $NR_HYPERCALLS_ASM - 1, %eax /* not one, as any beyond the table */
    jmp 1b

syscall_traced:
    mov ABOVE_RIP(%rsp), %rcx
    SAVE_REGISTERS
    mov TOP_PV(%rsp), %rbx
    sti
    mov %rsp, %rdi
    CALL_C pv_traced_hypercall
    mov %rax, REGS_RAX(%rsp)
    jmp exit_to_guest

exit_softirqs:
    sti
    CALL_C up_softirqs
    jmp exit_to_guest

exit_work:
    sti
    mov %rbx, %rdi
    CALL_C pv_exit_work
    jmp exit_to_guest

/*
 * The first entry of a guest: pv_enter_guest(), on its own stack.
 */
    .global pv_enter_guest
pv_enter_guest:
    cli
    or $STACK_SIZE - 1, %rsp
    sub $STACK_TOP_SIZE - 1, %rsp
    mov TOP_PV(%rsp), %rbx
    jmp exit_to_guest

/*
 * Exceptions and interrupts. The processor has pushed ss..rip, and an error
 * code where there is one; the stub makes entry_vector:error_code of it.
 */
    .macro STUB vector:req
    .balign 32
    .if \vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \
        \vector == 21 || \vector == 29 || \vector == 30
    .else
    push $0
    .endif
    .if \vector == 14
    jmp fast_page_fault
    .endif
    movl $\vector, 4(%rsp)
    .if \vector == 1
    jmp debug_entry
    .elseif \vector == 2
    jmp nmi_entry
    .elseif \vector == 8
    jmp double_fault_entry
    .elseif \vector == 18
    jmp machine_check_entry
    .elseif \vector >= 32
    jmp irq_entry
    .else
    jmp vector_entry
    .endif
    .endm

    .balign 64
    .global vector_stubs
vector_stubs:
    number = 0
    .rept 256
    .altmacro
    STUB %number
    .noaltmacro
    number = number + 1
    .endr

    .balign 64
irq_entry:
    cld
    SAVE_REGISTERS
    mov %rsp, %rdi
    testb $3, REGS_CS(%rsp)
    jz 1f
    mov TOP_PV(%rsp), %rbx
    CALL_C irq_dispatch
    jmp exit_to_guest
1:  mov %rsp, %rbx              /* ours: any alignment */
    and $-16, %rsp
    call irq_dispatch
    mov %rbx, %rsp
    RESTORE_REGISTERS
    add $8, %rsp
    iretq

vector_entry:
    cld
    SAVE_REGISTERS
    mov %rsp, %rdi
    testb $3, REGS_CS(%rsp)
    jz hypervisor_trap
    mov TOP_PV(%rsp), %rbx
    CALL_C trap_guest
    jmp exit_to_guest

    .global page_fault_ours
page_fault_ours:                /* frame up to the error code */
    movl $14, 4(%rsp)
    cld
    SAVE_REGISTERS
    mov %rsp, %rdi

hypervisor_trap:
    mov %rsp, %rbx
    and $-16, %rsp
    call trap_hypervisor
    mov %rbx, %rsp
    RESTORE_REGISTERS
    add $8, %rsp
    iretq

/* #DB, on its own stack. From a guest: go on with it on the vCPU's stack, as
 * its handler may be long. */
debug_entry:
    cld
    SAVE_REGISTERS
    mov %rsp, %rdi
    testb $3, REGS_CS(%rsp)
    jz hypervisor_trap
    mov TOP_CPU(%rsp), %eax
    shl $CPU_ENTRY_SHIFT, %rax
    lea cpu_entry(%rip), %rcx
    mov CPU_ENTRY_RSP0(%rcx, %rax), %rax
    mov $FRAME_WORDS, %ecx
    lea -FRAME_WORDS * 8(%rax), %rdi
    mov %rsp, %rsi
    mov %rdi, %rsp
    rep movsq
    mov %rsp, %rdi
    mov TOP_PV(%rsp), %rbx
    CALL_C trap_guest
    jmp exit_to_guest

nmi_entry:
    cld
    SAVE_REGISTERS
    mov %rsp, %rdi
    CALL_C trap_nmi
    RESTORE_REGISTERS
    add $8, %rsp
    iretq

machine_check_entry:
    cld
    SAVE_REGISTERS
    mov %rsp, %rdi
    CALL_C trap_machine_check
    RESTORE_REGISTERS
    add $8, %rsp
    iretq

double_fault_entry:
    cld
    SAVE_REGISTERS
    mov %rsp, %rdi
    CALL_C fatal_trap

    .section .note.GNU-stack, "", @progbits
