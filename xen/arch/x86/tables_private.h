/*
 * tables_private.h - what a CPU enters the hypervisor by: its TSS, its own GDT
 * and the word where SYSCALL leaves the guest's stack pointer.
 *
 * One of these per CPU, so laid out that TSS.RSP0 serves both the processor (on
 * interrupts from ring 3) and the SYSCALL stub: thread_switch() sets one word.
 * The hypervisor's selectors are the ABI's reserved ones, 0xe000 and up: they
 * mean the same in the CPU's own GDT and in every vCPU's.
 */
#ifndef XEN_ARCH_X86_TABLES_PRIVATE_H
#define XEN_ARCH_X86_TABLES_PRIVATE_H

#include <xen/xen.h>
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/stack.h"
#include "xen/lib/types.h"

#define SELECTOR(index) (FIRST_RESERVED_GDT_BYTE + 8 * (index))
#define HV_CS           SELECTOR(1)
#define HV_DS           SELECTOR(2)
#define HV_TSS          SELECTOR(8)  /* 16 bytes; not in a guest's GDT */
#define HV_LDT          SELECTOR(10) /* 16 bytes */
#define GDT_RESERVED    16u          /* entries of ours */

enum ist { IST_NMI = 1, IST_DOUBLE_FAULT, IST_MACHINE_CHECK, IST_DEBUG };
#define NR_IST 4u

struct PACKED tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7]; /* IST 1 is ist[0] */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map; /* beyond the limit: no port is open */
};

struct cpu_entry {
    uint64_t user_rsp; /* SYSCALL stub: the guest's RSP, for two pushes */
    uint32_t unused;   /* puts tss.rsp[0] on a multiple of 8 */
    struct tss tss;
    struct table_register gdtr; /* of gdt */
    uint16_t unused2;
    uint64_t gdt[GDT_RESERVED]; /* from selector 0xe000 on */
} ALIGNED(256);

_Static_assert(sizeof(struct tss) == 104, "SDM 3A 8.7");
_Static_assert(sizeof(struct cpu_entry) == 256, "entry.S shifts by it");
_Static_assert(offsetof(struct cpu_entry, tss.rsp) % 8 == 0, "atomic");

extern struct cpu_entry cpu_entry[];

/* Leave a vCPU's GDT for the CPU's own; interrupts off. */
static inline void gdt_load_own(void)
{
    lgdt(&cpu_entry[this_cpu_id()].gdtr);
}

/* The descriptors at SELECTOR(0) and up in every GDT, without TSS and LDT. */
extern const uint64_t gdt_reserved[GDT_RESERVED];

/* Write the 16-byte descriptor of a TSS (type 9) or LDT (type 2). */
void gdt_set_system(uint64_t *entry, uintptr_t base, uint32_t limit,
                    unsigned type);

#endif
