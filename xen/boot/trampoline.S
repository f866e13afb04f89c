/*
 * trampoline.S - where an application processor starts: real mode.
 *
 * ap.c copies these bytes to a page below 1 MiB, whose number is the start-up
 * IPI's vector: CS:IP is page:0. From there straight to long mode on the boot
 * page tables, whose identity map holds this page and the image. One processor
 * at a time; which one, trampoline_stack says.
 */
#include "xen/arch/x86/layout.h"
#include "xen/arch/x86/msr.h"
#include "asm-offsets.h"

#define PHYS(symbol) (symbol - IMAGE_OFFSET)
#define HERE(symbol) (symbol - trampoline_start)
#define BOOT_CS 0x08
#define BOOT_DS 0x10

    .section .rodata.trampoline, "a"
    .balign 16
    .global trampoline_start, trampoline_end, trampoline_efer
    .code16
trampoline_start:
    cli
    mov %cs, %ax
    mov %ax, %ds
    lgdtl HERE(trampoline_gdt_register)
    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $PHYS(boot_pml4), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    mov HERE(trampoline_efer), %eax
    xor %edx, %edx
    wrmsr
    mov $CR0_BOOT, %eax
    mov %eax, %cr0
    ljmpl $BOOT_CS, $PHYS(ap_entry)

    .balign 4
trampoline_efer:
    .long 0                     /* ap.c: the boot CPU's, without LMA */
trampoline_gdt_register:
    .short 23
    .long PHYS(boot_gdt)
trampoline_end:

    .section .text.boot, "ax"
    .code64
ap_entry:                       /* identity map */
    movabs $1f, %rax
    jmp *%rax                   /* image */
1:  mov paging_cr3(%rip), %rax
    mov %rax, %cr3              /* the final tables: stacks are there */
    lgdt boot_gdt_register(%rip)
    mov $BOOT_DS, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov %eax, %ss
    mov $CR4_BOOT, %eax
    mov %rax, %cr4
    mov trampoline_stack(%rip), %rsp /* at its struct stack_top */
    xor %ebp, %ebp
    push %rbp
    push %rbp
    push %rbp                   /* aligned as at a call */
    call ap_main
1:  cli
    hlt
    jmp 1b

    .section .note.GNU-stack, "", @progbits
