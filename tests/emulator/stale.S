/*
 * Does the emulator keep a translation of a byte that was written while it
 * was translated? A machine of two processors and nothing else: one calls
 * a function of one byte over and over, the other writes INT3 and then the
 * NOP back into that byte, as Linux patches its code. The first one's trap
 * handler does what a kernel does that meets a breakpoint which memory no
 * longer holds: it tries again. IRET serialises (SDM 3, 8.1.3), so a second
 * trap on a byte that is a NOP cannot be; a million in a row are a machine
 * that no longer looks at its memory.
 *
 * Then it writes the same byte once more (with WAIT: waits for somebody else
 * to do it), and says whether that frees it.
 *
 * Multiboot 1, 32 bits, no paging; says what it saw on COM1, and leaves by
 * isa-debug-exit: 0 nothing found, 1 found.
 */
#define ROUNDS   10000
#define RETRIES  1000000
#define COM1     0x3f8
#define EXIT     0xf4
#define APIC     0xfee00000
#define TRAMP    0x8000

        .section .text
        .align 4
        .long 0x1badb002, 0, -0x1badb002

        .globl _start
_start: mov $stack0, %esp
        lgdt gdtr
        ljmp $8, $1f
1:      mov $16, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
        call fill_idt
        /* The other processor's first instructions, below 1 MiB. */
        mov $tramp, %esi
        mov $TRAMP, %edi
        mov $(tramp_end - tramp), %ecx
        rep movsb
        movl $0x1ff, APIC + 0xf0
        movl $0xc4500, APIC + 0x300             /* INIT, all but self */
        mov $10000000, %ecx
2:      loop 2b
        movl $(0xc4600 | (TRAMP >> 12)), APIC + 0x300   /* start-up */
3:      pause
        cmpl $0, calls
        je 3b

        xor %ebx, %ebx                          /* rounds */
round:  movb $0xcc, target
        /* A pause of a pseudo-random length, to meet the translation. */
        imul $1103515245, seed, %eax
        add $12345, %eax
        mov %eax, seed
        shr $16, %eax
        and $0x3ff, %eax
4:      dec %eax
        jns 4b
        movb $0x90, target
        mov calls, %edx
        add $2, %edx
5:      pause
        cmpl $RETRIES, retries
        ja found
        mov calls, %eax
        sub %edx, %eax
        js 5b
        inc %ebx
        cmp $ROUNDS, %ebx
        jb round
        mov $clean, %esi
        call say
        xor %eax, %eax
        jmp leave

found:  mov $stale, %esi
        call say
        mov %ebx, %eax
        call say_number
        mov calls, %edx
        add $2, %edx
#ifndef WAIT
        /* The same byte once more: now a translation stands on the page,
         * so this write is seen. */
        movb $0x90, target
#endif
        mov $2000000000, %ecx
6:      pause
        mov calls, %eax
        sub %edx, %eax
        jns 7f
        loop 6b
        mov $stays, %esi
        call say
        mov $1, %eax
        jmp leave
7:      mov $goes_on, %esi
        call say
        mov $1, %eax
leave:  mov $EXIT, %edx
        out %eax, %dx
8:      hlt
        jmp 8b

say:    lodsb
        test %al, %al
        jz 9f
        mov $COM1, %edx
        out %al, %dx
        jmp say
9:      ret

say_number:
        mov $digits_end, %esi
        mov $10, %ecx
1:      xor %edx, %edx
        div %ecx
        add $'0', %dl
        dec %esi
        mov %dl, (%esi)
        test %eax, %eax
        jnz 1b
        jmp say

fill_idt:
        mov $trap, %eax
        mov %ax, idt + 3 * 8
        movw $8, idt + 3 * 8 + 2
        movw $0x8e00, idt + 3 * 8 + 4
        shr $16, %eax
        mov %ax, idt + 3 * 8 + 6
        lidt idtr
        ret

/* #BP: over a breakpoint that is there, again where it is gone. */
trap:   cmpb $0xcc, target
        jne 1f
        movl $0, retries
        iret
1:      incl retries
        movl $target, (%esp)
        iret

other:  mov $16, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
        mov $stack1, %esp
        lidt idtr
1:      call target
        movl $0, retries
        incl calls
        pause
        jmp 1b

        .code16
tramp:  cli
        xor %ax, %ax
        mov %ax, %ds
        lgdtl TRAMP + (tramp_gdtr - tramp)
        mov %cr0, %eax
        or $1, %al
        mov %eax, %cr0
        ljmpl $8, $other
        .align 4
tramp_gdtr:
        .word 23
        .long gdt
tramp_end:
        .code32

        .section .data
        .align 8
gdt:    .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdtr:   .word 23
        .long gdt
idtr:   .word 32 * 8 - 1
        .long idt
seed:   .long 1
stale:  .asciz "stale: trapped a million times on a NOP, in round "
goes_on: .asciz "\nit goes on\n"
stays:  .asciz "\nit stays\n"
clean:  .asciz "clean: never stale\n"
        .space 12
digits_end: .byte 0
        .align 64
calls:  .long 0
        .align 64
retries: .long 0
        .align 64
idt:    .space 32 * 8
        .space 4096
stack0: .space 4096
stack1:

        /* A page of its own: its last translation gone, it is unwatched. */
        .section .alone, "awx"
        .align 4096
target: nop
        ret
        .space 4094
