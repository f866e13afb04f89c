/*
 * A multiboot kernel that prints the TSC at its entry and stops: when does the
 * loader hand over? Built as a 32-bit ELF for `qemu -kernel`.
 */
        .code32
        .section .text
        .balign 4
        .long   0x1badb002, 3, -(0x1badb002 + 3)
        .globl _start
_start: rdtsc
        mov     %eax, %esi
        mov     %edx, %edi
        mov     $text, %ebx
1:      mov     (%ebx), %al
        test    %al, %al
        jz      2f
        call    put
        inc     %ebx
        jmp     1b
2:      mov     %edi, %ebp
        call    hex
        mov     %esi, %ebp
        call    hex
        mov     $'\n', %al
        call    put
3:      cli
        hlt
        jmp     3b

hex:    mov     $8, %ecx                /* prints ebp */
4:      rol     $4, %ebp
        mov     %ebp, %eax
        and     $15, %eax
        mov     digits(%eax), %al
        call    put
        loop    4b
        ret

put:    mov     $0x3f8, %dx             /* COM1, as the firmware left it */
        out     %al, %dx
        ret

text:   .asciz  "probe: tsc="
digits: .ascii  "0123456789abcdef"
        .section .note.GNU-stack, "", @progbits
