/*
 * pv_private.h - shared by the files of xen/arch/x86/pv.
 */
#ifndef XEN_ARCH_X86_PV_PV_PRIVATE_H
#define XEN_ARCH_X86_PV_PV_PRIVATE_H

#include "xen/arch/x86/layout.h"
#include "xen/arch/x86/msr.h"
#include "xen/arch/x86/pv/pv.h"
#include "xen/arch/x86/spinlock.h"

/* Load a data segment register by name; null if the selector is no good. */
#define pv_load_selector(name, selector)                                       \
    __asm__ volatile("1: movl %0, %%" #name "\n\t"                             \
                     "jmp 3f\n"                                                \
                     "2: movl %1, %%" #name "\n"                               \
                     "3:\n\t"                                                  \
                     ".pushsection .ex_table, \"a\"\n\t"                       \
                     ".quad 1b, 2b\n\t"                                        \
                     ".popsection"                                             \
                     :                                                         \
                     : "r"((uint32_t)(selector)), "r"(0))

/* Debug register 7, SDM 3B 17.2.4. */
#define DR7_FIXED  0x400u
#define DR7_ACTIVE 0xffu
#define DR6_FIXED  0xffff0ff0ul

void pv_load_debug_registers(const struct pv_vcpu *p);

/* Flags that a guest may set; IF it always has, IOPL never. */
#define FLAGS_GUEST                                                            \
    (FLAG_CF | 0x4 | 0x10 | 0x40 | 0x80 | FLAG_TF | FLAG_DF | 0x800 |          \
     FLAG_NT | FLAG_RF | FLAG_AC | FLAG_ID)

/* Bits of CR4 that a guest may set in what it sees. */
#define CR4_GUEST                                                              \
    (CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR |   \
     CR4_OSXMMEXCPT | CR4_FSGSBASE | CR4_OSXSAVE)

static inline uint64_t pv_sane_flags(uint64_t flags)
{
    return (flags & FLAGS_GUEST) | FLAG_IF | 0x2;
}

static inline bool canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

#endif
