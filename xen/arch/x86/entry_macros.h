/*
 * entry_macros.h - for entry.S and entry_fast.S: the frame and its making.
 */
/* clang-format off */
#ifndef XEN_ARCH_X86_ENTRY_MACROS_H
#define XEN_ARCH_X86_ENTRY_MACROS_H

#ifdef __ASSEMBLY__
/* Where the frame's neighbours are, seen from the frame. */
#define TOP_PERCPU STACK_TOP_PERCPU
#define TOP_PV     STACK_TOP_PV
#define TOP_CPU    STACK_TOP_CPU
/* The same, seen from entry_vector:error_code. */
#define ABOVE_RIP    (REGS_RIP - REGS_ERROR_CODE)
#define ABOVE_CS     (REGS_CS - REGS_ERROR_CODE)
#define ABOVE_RFLAGS (REGS_RFLAGS - REGS_ERROR_CODE)
#define ABOVE_RSP    (REGS_RSP - REGS_ERROR_CODE)
#define ABOVE_PV     (TOP_PV - REGS_ERROR_CODE)

    .macro SAVE_REGISTERS
    push %rdi
    push %rsi
    push %rdx
    push %rcx
    push %rax
    push %r8
    push %r9
    push %r10
    push %r11
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    .endm

    .macro RESTORE_REGISTERS
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rax
    pop %rcx
    pop %rdx
    pop %rsi
    pop %rdi
    .endm

    /* The frame is at rsp, which is 8 off a multiple of 16. */
    .macro CALL_C function:req
    sub $8, %rsp
    call \function
    add $8, %rsp
    .endm

    .macro EXCEPTION_FIXUP from:req to:req
    .pushsection .ex_table, "a"
    .quad \from, \to
    .popsection
    .endm

#endif /* __ASSEMBLY__ */

#endif
