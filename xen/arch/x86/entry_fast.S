/*
 * entry_fast.S - the hot ways through the hypervisor, from a guest to itself:
 * page faults and user system calls to the guest's kernel, iret back from it,
 * and events. C has each of them too (bounce.c, iret.c), with all that is rare;
 * here only the usual case stands, and what is unusual is found before
 * anything has changed, and left to C.
 *
 * Interrupts stay off. Most registers are not saved at all: they stay in the
 * processor. rsp stands at a whole frame (entry.S), of which only the part
 * from entry_vector up is filled, and what a path says.
 *
 * No look at softirqs or at pv->stop, but after events are unmasked: whoever
 * sets them for this CPU from elsewhere sends it an interrupt, which comes as
 * soon as the guest runs; and nothing here sets them.
 *
 * An address whose bits 43 and up are HOLE_BITS is in the hypervisor's hole.
 * What counts is where a frame of some words begins: one that only ends in the
 * hole begins at a non-canonical address, and faults; as do all stores that the
 * guest's tables don't allow.
 */
#include "xen/arch/x86/layout.h"
#include "xen/arch/x86/msr.h"
#include "xen/arch/x86/entry_macros.h"
#include "asm-offsets.h"

#define PF_PRESENT 1
#define PF_USER    4
#define TRAP_MASKS 4            /* trap_info.flags: clear event enable */
#define GPRS       REGS_ERROR_CODE /* bytes of the frame below entry_vector */
#define HOW_SYSCALL 0x100       /* VGCF_in_syscall */

    /* The rest of the frame: rax, rdx, rbx are in it already. */
    .macro SAVE_OTHERS
    mov %rdi, REGS_RDI(%rsp)
    mov %rsi, REGS_RSI(%rsp)
    mov %rcx, REGS_RCX(%rsp)
    mov %r8, REGS_R8(%rsp)
    mov %r9, REGS_R9(%rsp)
    mov %r10, REGS_R10(%rsp)
    mov %r11, REGS_R11(%rsp)
    mov %rbp, REGS_RBP(%rsp)
    mov %r12, REGS_R12(%rsp)
    mov %r13, REGS_R13(%rsp)
    mov %r14, REGS_R14(%rsp)
    mov %r15, REGS_R15(%rsp)
    .endm

    /* As pv_toggle(), to the kernel. rbx: pv; clobbers rax, rdx. */
    .macro TO_KERNEL
    movb $1, PV_KERNEL_MODE(%rbx)
    swapgs
    mov PV_CR3_KERNEL(%rbx), %rax
    lea percpu_tlb_cpu(%rip), %rdx
    add TOP_PERCPU(%rsp), %rdx
    mov %rax, TLB_CPU_CR3(%rdx)
    mov %rax, %cr3
    .endm

    .text

/*
 * #PF: rsp at the error code.
 */
    .balign 64
    .global fast_page_fault
fast_page_fault:
    testb $3, ABOVE_CS(%rsp)
    jz page_fault_ours
    sub $GPRS, %rsp
    mov %rax, REGS_RAX(%rsp)
    mov %rdx, REGS_RDX(%rsp)
    mov %rbx, REGS_RBX(%rsp)
    mov TOP_PV(%rsp), %rbx
    cmpb $0, trace_on + TRACE_PV(%rip)
    jne page_fault_slow
    cmpq $0, PV_SHADOW(%rbx)
    jne page_fault_slow
    mov %cr2, %rax
    mov %rax, %rdx
    IF_IN_HOLE %rdx page_fault_slow
    mov PV_TRAPS(%rbx), %rdx
    cmpq $0, TRAP_PF_ADDRESS(%rdx)
    je page_fault_slow
    cmpb $0, PV_KERNEL_MODE(%rbx)
    je page_fault_of_user
    testb $PF_PRESENT, REGS_ERROR_CODE(%rsp)
    jnz page_fault_slow         /* perhaps a write to a page table */
    mov PV_INFO(%rbx), %rdx
    mov %rax, INFO_CR2(%rdx)
    andl $~PF_USER, REGS_ERROR_CODE(%rsp)
    andb $~3, REGS_CS(%rsp)
    mov REGS_RSP(%rsp), %rdx
page_fault_frame:
    PUT_FRAME 1
    mov PV_TRAPS(%rbx), %rax
    testb $TRAP_MASKS, TRAP_PF_FLAGS(%rax)
    jz 1f
    movb $1, INFO_MASK(%rcx)
1:  mov TRAP_PF_ADDRESS(%rax), %rcx

/* To the handler in rcx, on the stack in rdx. */
fast_to_handler:
    mov REGS_RFLAGS(%rsp), %r11d
    and $FLAGS_TRAP_KEEPS, %r11d
    mov REGS_RAX(%rsp), %rax
    mov REGS_RBX(%rsp), %rbx
    mov %rdx, REGS_RSP(%rsp)
    mov REGS_RDX(%rsp), %rdx
    mov REGS_RSP(%rsp), %rsp
    sysretq

page_fault_of_user:
    mov PV_INFO(%rbx), %rdx
    mov %rax, INFO_CR2(%rdx)
    orl $PF_USER, REGS_ERROR_CODE(%rsp)
    TO_KERNEL
    mov PV_KERNEL_SP(%rbx), %rdx
    jmp page_fault_frame

page_fault_slow:
    SAVE_OTHERS
    movl $14, REGS_ENTRY_VECTOR(%rsp)
    cld
    mov %rbx, %rdi
    mov %rsp, %rsi
    CALL_C pv_page_fault
    jmp exit_to_guest

/*
 * A system call of the guest's user: rsp at entry_vector, rcx pv. The guest's
 * rcx and r11 are its rip and rflags.
 */
    .balign 16
    .global fast_user_syscall
fast_user_syscall:
    sub $GPRS, %rsp
    mov %rax, REGS_RAX(%rsp)
    mov %rdx, REGS_RDX(%rsp)
    mov %rbx, REGS_RBX(%rsp)
    mov %rcx, %rbx
    mov REGS_RIP(%rsp), %rcx
    cmpq $0, PV_SYSCALL_CALLBACK(%rbx)
    je user_syscall_slow
    TO_KERNEL
    mov PV_KERNEL_SP(%rbx), %rdx
    PUT_FRAME 0
    cmpb $0, PV_SYSCALL_MASKS(%rbx)
    je 1f
    movb $1, INFO_MASK(%rcx)
1:  mov PV_SYSCALL_CALLBACK(%rbx), %rcx
    jmp fast_to_handler

user_syscall_slow:
    SAVE_OTHERS
    mov %rbx, %rdi
    mov %rsp, %rsi
    CALL_C pv_bounce_syscall
    jmp exit_to_guest

/*
 * An event is due: from exit_to_guest, the frame is whole; rbx pv.
 */
    .balign 16
    .global fast_event
fast_event:
    cmpq $0, PV_EVENT_CALLBACK(%rbx)
    je event_slow
    mov REGS_RSP(%rsp), %rdx
    cmpb $0, PV_KERNEL_MODE(%rbx)
    je 2f
    andb $~3, REGS_CS(%rsp)
1:  mov REGS_RCX(%rsp), %rcx
    mov REGS_R11(%rsp), %r11
    PUT_FRAME 0
    movb $1, INFO_MASK(%rcx)
    mov PV_EVENT_CALLBACK(%rbx), %rax
    mov %rax, REGS_RIP(%rsp)
    mov %rdx, REGS_RSP(%rsp)
    andl $FLAGS_TRAP_KEEPS, REGS_RFLAGS(%rsp)
    jmp exit_sysret

2:  TO_KERNEL
    mov PV_KERNEL_SP(%rbx), %rdx
    jmp 1b

event_slow:
    mov %rbx, %rdi
    mov %rsp, %rsi
    CALL_C pv_bounce_event
    jmp exit_to_guest

/* The guest's stack is not there: the end of it. Its kernel is on. */
fast_no_stack:
    SAVE_OTHERS
    mov %rsp, %rdi
    CALL_C pv_no_stack
    jmp exit_to_guest

/*
 * The iret hypercall: rsp at entry_vector, rcx pv, rax the number. The new
 * frame is drawn over the old one, from the guest's struct iret_context:
 *
 *      ss rsp rflags cs rip rax r11 rcx   <- rsp
 *
 * rax, rcx and r11 are its own to use; all others stay.
 */
    .macro PUSH_GUEST offset:req
.Lpush\@:
    push \offset(%rax)
    EXCEPTION_FIXUP .Lpush\@, iret_no_frame
    .endm
    .macro LOOK instruction:vararg
.Llook\@:
    \instruction
    EXCEPTION_FIXUP .Llook\@, iret_slow
    .endm

    .balign 16
    .global fast_iret
fast_iret:
    mov ABOVE_RSP(%rsp), %rax
    mov %rax, %r11
    IF_IN_HOLE %r11 iret_slow
    cmpl $0, PV_WORK(%rcx)      /* stop, event_work, nmi_masked */
    jne iret_slow
    LOOK mov IRET_RFLAGS(%rax), %r11d
    xor PV_IOPL(%rcx), %r11d
    test %r11d, PV_IOPL_MASK(%rcx)
    jnz iret_slow
    LOOK mov IRET_CS(%rax), %r11d
    not %r11d
    test $3, %r11b
    jz iret_to_user
    LOOK testb $HOW_SYSCALL >> 8, IRET_HOW+1(%rax)
    jnz iret_slow

    add $REGS_ES - REGS_ERROR_CODE, %rsp
    PUSH_GUEST IRET_SS
    PUSH_GUEST IRET_RSP
    PUSH_GUEST IRET_RFLAGS
    PUSH_GUEST IRET_CS
    PUSH_GUEST IRET_RIP
    PUSH_GUEST IRET_RAX
    PUSH_GUEST IRET_R11
    PUSH_GUEST IRET_RCX
    orb $3, 32(%rsp)            /* cs */
    orb $3, 56(%rsp)            /* ss */
    mov PV_INFO(%rcx), %rcx
iret_unmask:
    mov 40(%rsp), %eax          /* rflags */
    test $FLAG_IF, %eax
    sete INFO_MASK(%rcx)
    and $FLAGS_OF_GUEST, %eax
    or $FLAG_IF | 2, %eax
    mov %rax, 40(%rsp)
    movzwl (%rcx), %eax         /* pending, mask */
    dec %eax
    cmp $0xff, %eax             /* pending not 0, mask 0 */
    jb iret_event
iret_now:
    pop %rcx
    pop %r11
    pop %rax
iret_instruction:
    iretq
    EXCEPTION_FIXUP iret_instruction, exit_iret_failed

iret_to_user:
    mov PV_CR3_USER(%rcx), %r11
    test %r11, %r11
    jz iret_slow
    LOOK testb $HOW_SYSCALL >> 8, IRET_HOW+1(%rax)
    jnz iret_to_syscall
    add $REGS_ES - REGS_ERROR_CODE, %rsp
    PUSH_GUEST IRET_SS
    PUSH_GUEST IRET_RSP
    PUSH_GUEST IRET_RFLAGS
    PUSH_GUEST IRET_CS
    PUSH_GUEST IRET_RIP
    PUSH_GUEST IRET_RAX
    PUSH_GUEST IRET_R11
    PUSH_GUEST IRET_RCX
    orb $3, 32(%rsp)
    orb $3, 56(%rsp)
    lea percpu_tlb_cpu(%rip), %rax
    add TOP_PERCPU - REGS_RIP + 24(%rsp), %rax
    mov %r11, TLB_CPU_CR3(%rax)
    mov %r11, %cr3
    swapgs
    movb $0, PV_KERNEL_MODE(%rcx)
    mov PV_INFO(%rcx), %rcx
    jmp iret_unmask

/* Out of a system call: cs, ss, rcx and r11 are SYSRET's. */
iret_to_syscall:
    add $REGS_ES - REGS_ERROR_CODE, %rsp
    push $RING3_SS
    PUSH_GUEST IRET_RSP
    PUSH_GUEST IRET_RFLAGS
    push $RING3_CS64
    PUSH_GUEST IRET_RIP
    PUSH_GUEST IRET_RAX
    push 24(%rsp)               /* r11: rflags */
    push 16(%rsp)               /* rcx: rip */
    lea percpu_tlb_cpu(%rip), %rax
    add TOP_PERCPU - REGS_RIP + 24(%rsp), %rax
    mov %r11, TLB_CPU_CR3(%rax)
    mov %r11, %cr3
    swapgs
    movb $0, PV_KERNEL_MODE(%rcx)
    mov PV_INFO(%rcx), %rcx
    mov 40(%rsp), %eax          /* rflags */
    test $FLAG_TF | FLAG_RF, %eax
    jnz iret_unmask             /* SYSRET would trap too soon */
    test $FLAG_IF, %eax
    sete INFO_MASK(%rcx)
    and $FLAGS_OF_GUEST, %eax
    or $FLAG_IF | 2, %eax
    mov %rax, 40(%rsp)
    mov %rax, %r11
    movzwl (%rcx), %eax
    dec %eax
    cmp $0xff, %eax
    jb iret_event
    mov 24(%rsp), %rax          /* rip: canonical? */
    mov %rax, %rcx
    shl $16, %rcx
    sar $16, %rcx
    cmp %rax, %rcx
    jne iret_now
    mov 16(%rsp), %rax
    mov 48(%rsp), %rsp
    sysretq

/* Events are due where it returns to: the whole way out. */
iret_event:
    pop %rcx
    pop %r11
    pop %rax
    push $0
    SAVE_REGISTERS
    mov TOP_PV(%rsp), %rbx
    jmp exit_to_guest

/* Nothing has changed yet: as any hypercall. */
iret_slow:
    mov $IRET_HYPERCALL, %eax
    mov ABOVE_RFLAGS(%rsp), %r11
    jmp syscall_entry_slow

/* The frame vanished while it was being read. What has been read stands in the
 * place of what was there, and is not yet what entry keeps true. */
iret_no_frame:
    or $STACK_SIZE - 1, %rsp
    sub $STACK_TOP_SIZE - REGS_ERROR_CODE - 1, %rsp
    SAVE_REGISTERS
    mov TOP_PV(%rsp), %rbx
    mov %rsp, %rdi
    CALL_C pv_no_iret_frame
    jmp exit_to_guest

    .section .note.GNU-stack, "", @progbits
