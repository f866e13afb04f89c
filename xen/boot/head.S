/*
 * head.S - from the boot loader's 32-bit protected mode to C in long mode.
 *
 * Two headers: multiboot2 (GRUB, BIOS and UEFI) and multiboot1 (qemu -kernel).
 * Both enter here with the magic number in EAX, the physical address of their
 * information in EBX, paging and interrupts off. We run at IMAGE_PHYS until
 * paging is on, then at IMAGE_START. The page tables are constants.
 */
#include "xen/arch/x86/layout.h"
#include "xen/arch/x86/msr.h"
#include "asm-offsets.h"

#define PHYS(symbol) (symbol - IMAGE_OFFSET)
#define MB1_MAGIC    0x1badb002
#define MB1_FLAGS    0x00000003 /* align modules, tell the memory map */
#define MB2_MAGIC    0xe85250d6

#define PTE_TABLE    0x063 /* present, writable, accessed, dirty */
#define PTE_LARGE    0x0e3 /* the same, and a large page */
#define BOOT_CS      0x08 /* in boot_gdt */
#define BOOT_DS      0x10
#define SLOT(a)      (((a) >> 39) & 511)

    .section .multiboot, "a"
    .balign 8
multiboot2_header:
    .long MB2_MAGIC
    .long 0                     /* i386 */
    .long multiboot2_end - multiboot2_header
    .long -(MB2_MAGIC + (multiboot2_end - multiboot2_header))
    .balign 8
    .short 1, 0                 /* information we can't do without: */
    .long 20
    .long 1, 3, 6               /* command line, modules, memory map */
    .balign 8
    .short 3, 0                 /* entry address */
    .long 12
    .long PHYS(boot_entry)
    .balign 8
    .short 6, 0                 /* page-aligned modules */
    .long 8
    .short 0, 0                 /* end of tags */
    .long 8
multiboot2_end:
    .balign 8
    .long MB1_MAGIC
    .long MB1_FLAGS
    .long -(MB1_MAGIC + MB1_FLAGS)

    .section .text.boot, "ax"
    .code32
    .global boot_entry
boot_entry:
    cli
    cld
    mov $PHYS(boot_stack + STACK_SIZE), %esp
    mov %eax, %ebp              /* protocol */
    mov %ebx, %edi              /* information */

    mov $0x80000000, %eax
    cpuid
    cmp $0x80000001, %eax
    jb no_long_mode
    mov $0x80000001, %eax
    cpuid
    bt $29, %edx                /* long mode */
    jnc no_long_mode

    mov $CR4_BOOT & ~CR4_PGE, %eax
    mov %eax, %cr4
    mov $PHYS(boot_pml4), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    xor %eax, %eax
    bt $20, %edx                /* no-execute */
    jnc 1f
    or $EFER_NXE, %eax
1:  or $EFER_LME | EFER_SCE, %eax
    xor %edx, %edx
    wrmsr
    mov $CR0_BOOT, %eax
    mov %eax, %cr0
    lgdt PHYS(boot_gdt_register32)
    ljmp $BOOT_CS, $PHYS(boot_entry64)

no_long_mode:                   /* all we can do: say it on COM1 */
    mov $PHYS(no_long_mode_text), %esi
    mov $0x3f8, %dx
1:  lodsb
    test %al, %al
    jz 2f
    outb %al, %dx
    jmp 1b
2:  hlt
    jmp 2b
no_long_mode_text:
    .asciz "Metronome needs a 64-bit processor (x86-64).\r\n"

    .code64
boot_entry64:
    movabs $1f, %rax
    jmp *%rax                   /* from the identity map to the image */
1:  lea boot_gdt_register(%rip), %rax
    lgdt (%rax)
    mov $BOOT_DS, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov %eax, %ss
    mov $CR4_BOOT, %eax
    mov %rax, %cr4
    /* struct stack_top: CPU 0, per-CPU offset 0, no vCPU, the first ring. */
    lea boot_stack + STACK_SIZE - STACK_TOP_SIZE(%rip), %rsp
    lea percpu_rings(%rip), %rax
    mov %rax, STACK_TOP_RING(%rsp)
    mov %edi, %esi              /* main(protocol, information) */
    mov %ebp, %edi
    xor %ebp, %ebp              /* the backtrace ends here */
    push %rbp
    push %rbp
    push %rbp                   /* aligned as at a call */
    call main
1:  cli
    hlt
    jmp 1b

    .section .data.page_aligned, "aw"
    .balign 4096
    .global boot_pml4
boot_pml4:
    .quad PHYS(boot_low) + PTE_TABLE        /* identity */
    .fill SLOT(IMAGE_START) - 1, 8, 0
    .quad PHYS(boot_image_pdpt) + PTE_TABLE
    .fill SLOT(DIRECTMAP_START) - SLOT(IMAGE_START) - 1, 8, 0
    .quad PHYS(boot_low) + PTE_TABLE        /* direct map */
    .fill 511 - SLOT(DIRECTMAP_START), 8, 0
boot_low:
    .quad PHYS(boot_low_pd) + PTE_TABLE
    .quad PHYS(boot_low_pd) + 0x1000 + PTE_TABLE
    .quad PHYS(boot_low_pd) + 0x2000 + PTE_TABLE
    .quad PHYS(boot_low_pd) + 0x3000 + PTE_TABLE
    .fill 508, 8, 0
boot_image_pdpt:
    .fill (IMAGE_START >> 30) & 511, 8, 0
    .quad PHYS(boot_image_pd) + PTE_TABLE
    .fill 511 - ((IMAGE_START >> 30) & 511), 8, 0
boot_image_pd:
    page = IMAGE_PHYS
    .rept 16
    .quad page + PTE_LARGE
    page = page + 0x200000
    .endr
    .fill 496, 8, 0
boot_low_pd:
    page = 0
    .rept 2048
    .quad page + PTE_LARGE
    page = page + 0x200000
    .endr

    .section .data, "aw"
    .balign 16
    .global boot_gdt
    .global boot_gdt_register
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff    /* 64-bit code */
    .quad 0x00cf93000000ffff    /* data */
boot_gdt_register32:
    .short 23
    .long PHYS(boot_gdt)
    .balign 8
    .short 0, 0, 0
boot_gdt_register:
    .short 23
    .quad boot_gdt

    .section .bss.page_aligned, "aw", @nobits
    .balign STACK_SIZE
    .global boot_stack
boot_stack:
    .fill STACK_SIZE

    .section .note.GNU-stack, "", @progbits
