/*
 * entry_macros.h - for entry.S and entry_fast.S: the frame and its making, and
 * the frame that a guest's handler finds on its stack.
 */
/* clang-format off */
#ifndef XEN_ARCH_X86_ENTRY_MACROS_H
#define XEN_ARCH_X86_ENTRY_MACROS_H

#ifdef __ASSEMBLY__
#include "xen/arch/x86/layout.h"
#include "xen/arch/x86/msr.h"
#include "asm-offsets.h"

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

#define HOLE_SHIFT 43
#define HOLE_BITS  -16          /* HOLE_START >> HOLE_SHIFT, signed */

    /* Into reg's hole bits; clobbers it. Jumps if the address is in it. */
    .macro IF_IN_HOLE reg:req label:req
    sar $HOLE_SHIFT, \reg
    cmp $HOLE_BITS, \reg
    je \label
    .endm

    /* A word for the guest; it may fault. */
    .macro PUT reg:req offset:req
.Lput\@:
    mov \reg, \offset(%rdx)
    EXCEPTION_FIXUP .Lput\@, fast_no_stack
    .endm

/*
 * The frame of bounce_private.h on the guest's stack. In: rbx pv, rdx the stack
 * pointer, rcx and r11 the guest's; cs as the guest is to see it. Out: rdx the
 * frame, rcx vcpu_info; clobbers rax, r11.
 */
    .macro PUT_FRAME error_words:req
    and $-16, %rdx
    sub $56 + 8 * \error_words, %rdx
    mov %rdx, %rax
    IF_IN_HOLE %rax fast_no_stack
    PUT %rcx 0
    PUT %r11 8
    .if \error_words
    mov REGS_ERROR_CODE(%rsp), %eax
    PUT %rax 16
    .endif
    mov REGS_RIP(%rsp), %rax
    PUT %rax 16+8*\error_words
    mov REGS_RFLAGS(%rsp), %r11d
    mov PV_IOPL(%rbx), %eax
    and PV_IOPL_MASK(%rbx), %eax
    or %eax, %r11d
    mov PV_INFO(%rbx), %rcx
    movzwl REGS_CS(%rsp), %eax
    cmpb $0, INFO_MASK(%rcx)
    je .Lunmasked\@
    and $~FLAG_IF, %r11d
    bts $32, %rax               /* saved_upcall_mask */
.Lunmasked\@:
    PUT %rax 24+8*\error_words
    PUT %r11 32+8*\error_words
    mov REGS_RSP(%rsp), %rax
    PUT %rax 40+8*\error_words
    movzwl REGS_SS(%rsp), %eax
    PUT %rax 48+8*\error_words
    .endm

#endif /* __ASSEMBLY__ */

#endif
