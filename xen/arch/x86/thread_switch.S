/*
 * thread_switch.S - thread_switch_stacks: the part of thread_switch() (thread.h)
 * that is not C.
 *
 * In: rdi prev, rsi next; interrupts off. Saves rbp on prev's stack, takes
 * next's, and returns there. Clobbers all other registers: its caller says so.
 * On the way the CPU's entry stack becomes next's, and next's stack learns
 * which CPU it is on.
 */
#include "xen/arch/x86/layout.h"
#include "asm-offsets.h"

    .text
    .balign 64
    .global thread_switch_stacks
thread_switch_stacks:
    push %rbp
    mov %rsp, %rax
    or $STACK_SIZE - 1, %rax
    mov STACK_TOP_CPU - STACK_TOP_SIZE + 1(%rax), %ecx
    mov STACK_TOP_PERCPU - STACK_TOP_SIZE + 1(%rax), %rdx
    mov STACK_TOP_RING - STACK_TOP_SIZE + 1(%rax), %r8
    mov %rsp, THREAD_SP(%rdi)
    mov THREAD_SP(%rsi), %rsp
    mov THREAD_STACK(%rsi), %rax
    mov %ecx, STACK_SIZE - STACK_TOP_SIZE + STACK_TOP_CPU(%rax)
    mov %rdx, STACK_SIZE - STACK_TOP_SIZE + STACK_TOP_PERCPU(%rax)
    mov %r8, STACK_SIZE - STACK_TOP_SIZE + STACK_TOP_RING(%rax)
    add $STACK_SIZE - STACK_TOP_SIZE + REGS_ES, %rax
    shl $CPU_ENTRY_SHIFT, %rcx
    lea cpu_entry(%rip), %rdx
    mov %rax, CPU_ENTRY_RSP0(%rdx, %rcx)
    pop %rbp
    ret

    .section .note.GNU-stack, "", @progbits
