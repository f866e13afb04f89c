/*
 * frame.S - PUT_FRAME (entry_macros.h) as a function of the host's:
 *
 *     int put_frame_0(struct put_frame *f), put_frame_1(struct put_frame *f)
 *
 * with 0 or 1 words of error code. 0: the frame is written; 1: it was seen not
 * to be the guest's. f: 0 the stack pointer, 8 a pv_vcpu, 16 a frame, 24 the
 * result. A store that faults is a signal of the host's.
 */
#include "xen/arch/x86/entry_macros.h"

    .text

    .macro FUNCTION words:req
    .global put_frame_\words
put_frame_\words:
    push %rbx
    push %rbp
    mov %rsp, %rbp
    mov %rdi, %rsi
    mov 8(%rsi), %rbx
    mov 0(%rsi), %rdx
    mov 16(%rsi), %rsp
    PUT_FRAME \words
    mov %rdx, 24(%rsi)
    xor %eax, %eax
    jmp leave
    .endm

    FUNCTION 0
    FUNCTION 1

fast_no_stack:
    mov $1, %eax
leave:
    mov %rbp, %rsp
    pop %rbp
    pop %rbx
    ret

    .section .note.GNU-stack, "", @progbits
