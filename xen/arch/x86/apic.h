/*
 * apic.h - the local APIC, by memory (xAPIC) or by MSRs (x2APIC).
 * SDM 3A chapter 11. Any context once apic_init() has run.
 */
#ifndef XEN_ARCH_X86_APIC_H
#define XEN_ARCH_X86_APIC_H

#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/msr.h"
#include "xen/lib/types.h"

/* Register offsets of the xAPIC; the x2APIC's MSR is 0x800 + offset / 16. */
enum apic_register {
    APIC_ID = 0x20,
    APIC_VERSION = 0x30,
    APIC_TPR = 0x80,
    APIC_EOI = 0xb0,
    APIC_LDR = 0xd0,
    APIC_DFR = 0xe0,
    APIC_SVR = 0xf0,
    APIC_ESR = 0x280,
    APIC_ICR = 0x300,
    APIC_ICR_HIGH = 0x310,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_THERMAL = 0x330,
    APIC_LVT_PMC = 0x340,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_LVT_ERROR = 0x370,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};

#define APIC_LVT_MASKED         0x10000u
#define APIC_LVT_NMI            0x00400u
#define APIC_LVT_EXTINT         0x00700u
#define APIC_TIMER_TSC_DEADLINE 0x40000u
#define APIC_TIMER_DIVIDE_BY_1  0xbu
#define APIC_ICR_NMI            0x00400u
#define APIC_ICR_INIT           0x00500u
#define APIC_ICR_STARTUP        0x00600u
#define APIC_ICR_ASSERT         0x04000u
#define APIC_ICR_LEVEL          0x08000u
#define APIC_ICR_PENDING        0x01000u
#define APIC_ICR_OTHERS         0xc0000u

/* Constant after apic_init(). */
struct apic {
    volatile char *registers; /* xAPIC; NULL: x2APIC */
};
extern struct apic apic;

static inline uint32_t apic_read(enum apic_register r)
{
    if (apic.registers)
        return mmio_read32(apic.registers + r);
    return (uint32_t)rdmsr(MSR_X2APIC_FIRST + r / 16);
}

static inline void apic_write(enum apic_register r, uint32_t value)
{
    if (apic.registers)
        mmio_write32(apic.registers + r, value);
    else
        wrmsr(MSR_X2APIC_FIRST + r / 16, value);
}

static inline void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

/* Send what `low` (mode and vector) says to one APIC. Any context; with the
 * xAPIC interrupts are off meanwhile. */
void apic_send(uint32_t apic_id, uint32_t low);
/* To all but this one. */
void apic_send_others(uint32_t low);

/* Choose the mode, set up the boot CPU's. apic_cpu_init(): the others'. */
void apic_init(void);
void apic_cpu_init(void);
uint32_t apic_own_id(void);

#endif
