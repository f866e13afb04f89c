/*
 * thread_switch.S - void thread_switch(struct thread *prev, struct thread *next).
 *
 * In: rdi prev, rsi next; interrupts off. Saves the callee-saved registers on
 * prev's stack, takes next's, and returns there. On the way the CPU's entry
 * stack becomes next's, and next's stack learns which CPU it is on.
 */
#include "xen/arch/x86/layout.h"
#include "asm-offsets.h"

    .text
    .balign 64
    .global thread_switch
thread_switch:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, %rax
    or $STACK_SIZE - 1, %rax
    mov STACK_TOP_CPU - STACK_TOP_SIZE + 1(%rax), %ecx
    mov STACK_TOP_PERCPU - STACK_TOP_SIZE + 1(%rax), %rdx
    mov %rsp, THREAD_SP(%rdi)
    mov THREAD_SP(%rsi), %rsp
    mov THREAD_STACK(%rsi), %rax
    mov %ecx, STACK_SIZE - STACK_TOP_SIZE + STACK_TOP_CPU(%rax)
    mov %rdx, STACK_SIZE - STACK_TOP_SIZE + STACK_TOP_PERCPU(%rax)
    add $STACK_SIZE - STACK_TOP_SIZE + REGS_ES, %rax
    shl $CPU_ENTRY_SHIFT, %rcx
    lea cpu_entry(%rip), %rdx
    mov %rax, CPU_ENTRY_RSP0(%rdx, %rcx)
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret

    .section .note.GNU-stack, "", @progbits
