/*
 * int registers_survive(const struct registers_test *test, uint64_t seed,
 *                       bool avx)
 *
 * Every general register but rsp and every vector register holds a value of
 * its own while we spin, yield, and spin again. rax, rcx and r11 are checked
 * over the spinning alone, as `syscall` changes them. Returns 0, or what
 * changed: 1 a general register, 2 an SSE one, 3 an AVX one.
 *
 * On the stack: 0 avx, 8 seed, 16 test (spins, SCHEDOP_yield, 16 vectors).
 */
#include <xen/xen.h>

#define TEST_SPINS   0
#define TEST_YIELD   8
#define TEST_VECTORS 32

        .text
        .globl registers_survive
registers_survive:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        push    %rdi
        push    %rsi
        push    %rdx

        test    %edx, %edx
        jnz     1f
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movups  TEST_VECTORS + 32 * \n(%rdi), %xmm\n
        .endr
        jmp     2f
1:
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vmovups TEST_VECTORS + 32 * \n(%rdi), %ymm\n
        .endr
2:      mov     TEST_SPINS(%rdi), %rcx
        mov     8(%rsp), %rdi           /* seed + a number in each */
        lea     1(%rdi), %rbx
        lea     2(%rdi), %rbp
        lea     3(%rdi), %r8
        lea     4(%rdi), %r9
        lea     5(%rdi), %r10
        lea     6(%rdi), %r12
        lea     7(%rdi), %r13
        lea     8(%rdi), %r14
        lea     9(%rdi), %r15
        lea     10(%rdi), %rdx
        lea     11(%rdi), %rsi
        lea     12(%rdi), %r11
        lea     13(%rdi), %rax
3:      dec     %rcx                    /* interrupted now and then */
        jnz     3b
        call    compare
        lea     12(%rdi), %rcx
        cmp     %rcx, %r11
        jne     bad_general
        lea     13(%rdi), %rcx
        cmp     %rcx, %rax
        jne     bad_general

        mov     16(%rsp), %rdi          /* a yield uses rdi and rsi */
        mov     TEST_YIELD(%rdi), %rdi
        mov     $__HYPERVISOR_sched_op, %eax
        xor     %esi, %esi
        syscall
        mov     16(%rsp), %rcx
        mov     TEST_SPINS(%rcx), %rcx
        mov     8(%rsp), %rdi
        lea     11(%rdi), %rsi
4:      dec     %rcx
        jnz     4b
        call    compare

        mov     16(%rsp), %rdi
        cmpl    $0, (%rsp)
        jnz     6f
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movups  %xmm\n, spare(%rip)     /* no register is free to compare in */
        mov     TEST_VECTORS + 32 * \n(%rdi), %rax
        cmp     %rax, spare(%rip)
        jne     bad_sse
        mov     TEST_VECTORS + 32 * \n + 8(%rdi), %rax
        cmp     %rax, spare + 8(%rip)
        jne     bad_sse
        .endr
        xor     %eax, %eax
        jmp     done
6:
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vpcmpeqb TEST_VECTORS + 32 * \n(%rdi), %ymm\n, %ymm\n
        vpmovmskb %ymm\n, %eax
        cmp     $-1, %eax
        jne     bad_avx
        .endr
        xor     %eax, %eax

done:   add     $24, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret
bad_sse:
        mov     $2, %eax
        jmp     done
bad_avx:
        mov     $3, %eax
        jmp     done
bad_in_call:
        add     $8, %rsp
bad_general:
        mov     $1, %eax
        jmp     done

/* What survives a hypercall, against the seed in rdi; uses rcx. */
compare:
        .macro same register, number
        lea     \number(%rdi), %rcx
        cmp     %rcx, \register
        jne     bad_in_call
        .endm
        cmp     16(%rsp), %rdi          /* one deeper: the return address */
        jne     bad_in_call
        same    %rbx, 1
        same    %rbp, 2
        same    %r8, 3
        same    %r9, 4
        same    %r10, 5
        same    %r12, 6
        same    %r13, 7
        same    %r14, 8
        same    %r15, 9
        same    %rdx, 10
        same    %rsi, 11
        ret

        .bss
        .balign 16
spare:  .space  16
        .section .note.GNU-stack, "", @progbits
