/*
 * What the created domain runs: one page of code that needs no other than its
 * data page, to which rbx points.
 *
 *     offset 0   counts up to 1000
 *     offset 8   the number 29 of sched_op, as hypercall page stubs need it
 *     offset 16  struct sched_shutdown
 *     offset 24  set to 1 when the shutdown came back
 *
 * Entry: ring 3 as a kernel, interrupts of no kind, no stack. It does not end
 * but by the hypercall SCHEDOP_shutdown (2).
 */
        .section .rodata
        .globl child_begin, child_end
        .balign 16
child_begin:
        mov     $1000, %rcx
1:      incq    (%rbx)                  /* somebody may be looking */
        dec     %rcx
        jnz     1b
        mov     $29, %eax               /* sched_op */
        mov     $2, %edi                /* SCHEDOP_shutdown */
        lea     16(%rbx), %rsi
        syscall
        movq    $1, 24(%rbx)            /* not reached */
2:      jmp     2b
child_end:
        .section .note.GNU-stack, "", @progbits
