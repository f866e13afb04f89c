/*
 * avx.h - AVX for a guest's own code.
 */
#ifndef GUEST_AVX_H
#define GUEST_AVX_H

#include <stdbool.h>
#include <stdint.h>

/* Switches it on for this vCPU; false: the processor has none. It needs
 * CR4.OSXSAVE and XCR0, which the hypervisor emulates for us (Intel's manual,
 * volume 1, 14.3). */
static inline bool avx_enable(void)
{
    uint32_t a = 1, b, c, d;
    unsigned long cr4;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    if (!(c & 1U << 28) || !(c & 1U << 26))
        return false;
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | 1UL << 18));
    __asm__ volatile("xsetbv" : : "a"(7), "d"(0), "c"(0));
    return true;
}

#endif
