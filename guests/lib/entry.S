/*
 * Where a guest begins, and where Xen enters it again: ELF notes, the first
 * instruction, and the entries for exceptions, events and user system calls.
 *
 * Every entry ends with the same frame on the stack (struct trap_frame):
 *
 *      ss rsp rflags cs rip        pushed by the hypervisor
 *      error                       pushed by it, or 0 by us
 *      vector                      pushed by us
 *      rdi rsi rdx rcx rax r8..r11 rbx rbp r12..r15      <- rsp, r15 lowest
 *
 * The hypervisor also pushes r11 and rcx (lowest); an entry pops them first.
 */
#include <xen/elfnote.h>
#include <xen/xen.h>

#define VECTOR_EVENT    256
#define VECTOR_SYSCALL  257
#define VECTOR_FAILSAFE 258
#define STACK_SIZE      16384

        .macro note type
        .balign 4
        .long 4, 2f - 1f, \type
        .asciz "Xen"
1:
        .endm
        .macro note_quad type, value
        note    \type
        .quad   \value
2:
        .endm
        .macro note_string type, value
        note    \type
        .asciz  "\value"
2:
        .endm

        .section .note.xen, "a", @note
        note_string XEN_ELFNOTE_GUEST_OS, metronome-guest
        note_string XEN_ELFNOTE_GUEST_VERSION, 1
        note_string XEN_ELFNOTE_XEN_VERSION, xen-3.0
        note_string XEN_ELFNOTE_LOADER, generic
        note_quad   XEN_ELFNOTE_VIRT_BASE, virt_base
        note_quad   XEN_ELFNOTE_PADDR_OFFSET, 0
        note_quad   XEN_ELFNOTE_ENTRY, _start

/* _start: rsi = struct start_info *; the domain builder's stack. */
        .section .text.start, "ax"
        .globl _start
_start:
        cld
        lea     boot_stack + STACK_SIZE(%rip), %rsp
        xor     %ebp, %ebp
        mov     %rsi, %rdi
        call    start_guest
        ud2

/* void vcpu_entry: a further vCPU; rsp and rdi set in its context. */
        .globl vcpu_entry
vcpu_entry:
        cld
        xor     %ebp, %ebp
        call    vcpu_started
        ud2

        .text
/* Entries 0..31, 16 bytes apart: trap_entries[vector]. */
        .balign 16
        .globl trap_entries
trap_entries:
        vector = 0
        .rept 32
        .balign 16
        pop     %rcx
        pop     %r11
        .if !((0x60227d00 >> vector) & 1) /* vectors with an error code */
        push    $0
        .endif
        push    $vector
        jmp     trap_common
        vector = vector + 1
        .endr

        .macro entry name, vector
        .globl \name
\name:
        pop     %rcx
        pop     %r11
        push    $0
        push    $\vector
        jmp     trap_common
        .endm

        entry event_entry, VECTOR_EVENT
        entry syscall_entry, VECTOR_SYSCALL

        .globl failsafe_entry
failsafe_entry:
        pop     %rcx
        pop     %r11
        add     $32, %rsp               /* ds es fs gs: not restored */
        push    $0
        push    $VECTOR_FAILSAFE

trap_common:
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %rax
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        cld
        mov     %rsp, %rdi
        call    trap_dispatch
/* void trap_return(struct trap_frame *rsp): leave by the iret hypercall. */
        .globl trap_return
trap_return:
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rax
        pop     %rcx
        pop     %rdx
        pop     %rsi
        pop     %rdi
        add     $16, %rsp               /* vector, error */
        push    $0                      /* flags: restore everything */
        push    %rcx
        push    %r11
        push    %rax
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2

/*
 * void user_enter(const struct trap_frame *rdi, unsigned long *rsi): goes to
 * user mode by the frame; *rsi keeps our rsp. user_leave, entered with rsp
 * from there, is its return.
 */
        .globl user_enter
user_enter:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, (%rsi)
        mov     %rdi, %rsp
        jmp     trap_return
        .globl user_leave
user_leave:
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret

/* void trap_resume(const struct trap_frame *rdi): go to a made-up frame. */
        .globl trap_resume
trap_resume:
        mov     %rdi, %rsp
        jmp     trap_return

        .section .bss
        .balign 4096
boot_stack:
        .space  STACK_SIZE
        .section .note.GNU-stack, "", @progbits
