/* cpu.h - the cycle counter of a test. */
#ifndef XEN_ARCH_X86_CPU_H
#define XEN_ARCH_X86_CPU_H

#include <stdint.h>

extern uint64_t fake_tsc;

static inline uint64_t rdtsc(void)
{
    return fake_tsc;
}

#endif
