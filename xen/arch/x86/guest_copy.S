/*
 * guest_copy.S - size_t guest_copy_raw(void *to, const void *from,
 * size_t size): copies between guest and hypervisor; returns how many bytes
 * were not copied because of a fault. Clobbers what a C function may.
 */
    .text
    .balign 16
    .global guest_copy_raw
guest_copy_raw:
    mov %rdx, %rcx
    shr $3, %rcx
    and $7, %edx
1:  rep movsq
    mov %edx, %ecx
2:  rep movsb
3:  mov %rcx, %rax
    ret
4:  lea (%rdx, %rcx, 8), %rax   /* words left, and the odd bytes */
    ret

    .pushsection .ex_table, "a"
    .quad 1b, 4b
    .quad 2b, 3b
    .popsection

    .section .note.GNU-stack, "", @progbits
