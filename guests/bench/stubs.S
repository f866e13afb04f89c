/*
 * The least that a guest can do in an entry: what is measured is then the
 * hypervisor's part. Frames are drawn in guests/lib/entry.S.
 */
#include <xen/xen.h>

        .bss
        .balign 8
        .globl stub_stamp, stub_skip
stub_stamp: .quad 0
stub_skip:  .quad 0
saved_rax:  .quad 0
saved_rdx:  .quad 0

        .macro stamp
        mov     %rax, saved_rax(%rip)
        mov     %rdx, saved_rdx(%rip)
        rdtsc
        shl     $32, %rdx
        or      %rdx, %rax
        cmpq    $0, stub_stamp(%rip)
        jne     1f
        mov     %rax, stub_stamp(%rip)
1:      mov     saved_rax(%rip), %rax
        mov     saved_rdx(%rip), %rdx
        .endm

        .text
        .globl stub_event
stub_event:
        stamp
        jmp     event_entry

        .globl stub_fault
stub_fault:
        stamp
        pop     %rcx
        pop     %r11
        push    %rax
        mov     stub_skip(%rip), %rax
        add     %rax, 16(%rsp)          /* rip, above rax and the error code */
        pop     %rax
        movq    $0, (%rsp)              /* the error code: flags of iret */
        push    %rcx
        push    %r11
        push    %rax
        mov     $__HYPERVISOR_iret, %eax
        syscall

        .globl stub_syscall
stub_syscall:
        pop     %rcx
        pop     %r11
        push    $VGCF_in_syscall
        push    %rcx
        push    %r11
        push    %rax
        mov     $__HYPERVISOR_iret, %eax
        syscall

/* void stub_iret(unsigned count) */
        .globl stub_iret
stub_iret:
        mov     %rsp, %rsi
1:      push    $FLAT_KERNEL_SS
        push    %rsi
        push    $2                      /* rflags: upcalls masked */
        push    $(FLAT_KERNEL_CS & ~3)
        push    $2f
        push    $0
        push    %rcx
        push    %r11
        push    %rax
        mov     $__HYPERVISOR_iret, %eax
        syscall
2:      dec     %edi
        jnz     1b
        ret

/* void stub_user_calls(unsigned long count) */
        .globl stub_user_calls
stub_user_calls:
        mov     $0, %eax
        syscall
        dec     %rdi
        jnz     stub_user_calls
        ud2

/* uint64_t stub_touch(const void *address): the TSC after it; when the read
 * faults, stub_fault skips its two bytes. */
        .globl stub_touch
stub_touch:
        .byte   0x8a, 0x07              /* mov (%rdi), %al */
        rdtsc
        shl     $32, %rdx
        or      %rdx, %rax
        ret
        .section .note.GNU-stack, "", @progbits
