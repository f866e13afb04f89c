/*
 * What a vCPU of the watched domain runs: it does what its mailbox says. rbx
 * points to that, eight bytes a word:
 *
 *     0   command: 1 store, 2 load, 3 hypercall, 4 store as a user, 5 add again
 *         and again, 6 store so many times (4), each so far from the last (3),
 *         7 and again and again
 *     1   address, or the number of the hypercall
 *     2   value, or the hypercall's first argument; 3, 4, 5 the others
 *     6   result
 *     7   how many commands are done
 *     8   how many page faults; 9 the error code of the last
 *     10  where its stack begins
 *
 * Entry: ring 3 as a kernel, interrupts of no kind, its stack. 5 and 7 go
 * on until the command is changed. A page fault ends any command.
 */
        .section .rodata
        .globl child_begin, child_end_of, child_fault, child_syscall
        .balign 16
child_begin:
        mov     (%rbx), %rcx
        cmp     $1, %rcx
        je      child_store
        cmp     $2, %rcx
        je      child_load
        cmp     $3, %rcx
        je      child_hypercall
        cmp     $4, %rcx
        je      child_user
        cmp     $5, %rcx
        je      child_count
        cmp     $6, %rcx
        je      child_stores
        cmp     $7, %rcx
        je      child_and
        mov     $29, %eax               /* sched_op */
        xor     %edi, %edi              /* SCHEDOP_yield */
        xor     %esi, %esi
        syscall
        jmp     child_begin

child_store:
        mov     8(%rbx), %rdi
        mov     16(%rbx), %rsi
        mov     %rsi, (%rdi)
        jmp     child_done

child_stores:
        mov     8(%rbx), %rdi
        mov     16(%rbx), %rsi
        mov     32(%rbx), %rcx
1:      mov     %rsi, (%rdi)
        add     24(%rbx), %rdi
        dec     %rcx
        jnz     1b
        jmp     child_done

child_load:
        mov     8(%rbx), %rdi
        mov     (%rdi), %rax
        mov     %rax, 48(%rbx)
        jmp     child_done

child_hypercall:
        mov     8(%rbx), %rax
        mov     16(%rbx), %rdi
        mov     24(%rbx), %rsi
        mov     32(%rbx), %rdx
        mov     40(%rbx), %r10
        syscall
        mov     %rax, 48(%rbx)
        jmp     child_done

child_user:
        push    $0xe02b                 /* ss of a 64-bit user */
        push    80(%rbx)                /* rsp */
        push    $2                      /* rflags: events stay masked */
        push    $0xe033                 /* cs */
        lea     child_as_user(%rip), %rax
        push    %rax
        push    $0                      /* not out of a system call */
        push    $0
        push    $0
        push    $0
        mov     $23, %eax               /* iret */
        syscall
child_as_user:
        mov     8(%rbx), %rdi
        mov     16(%rbx), %rsi
        mov     %rsi, (%rdi)
        syscall                         /* to child_syscall, as a kernel */

child_count:
        mov     8(%rbx), %rdi
        mov     16(%rbx), %rsi
1:      add     %rsi, (%rdi)
        cmpq    $5, (%rbx)
        je      1b
        jmp     child_done

child_and:
        mov     8(%rbx), %rdi
        mov     16(%rbx), %rsi
1:      and     %rsi, (%rdi)
        cmpq    $7, (%rbx)
        je      1b
        jmp     child_done

child_fault:
        mov     16(%rsp), %rax          /* its error code */
        mov     %rax, 72(%rbx)
        incq    64(%rbx)
child_syscall:
        mov     80(%rbx), %rsp
child_done:
        movq    $0, (%rbx)
        incq    56(%rbx)
        jmp     child_begin
child_end_of:
        .section .note.GNU-stack, "", @progbits
