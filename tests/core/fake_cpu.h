/*
 * fake_cpu.h - a cycle counter at rest, and interrupts that are nobody's.
 */
#ifndef TESTS_CORE_FAKE_CPU_H
#define TESTS_CORE_FAKE_CPU_H

#include "tests/mm/fake.h"

static inline uint64_t rdtsc(void)
{
    return 0;
}

static inline void irq_disable(void)
{
}

static inline void irq_enable(void)
{
}

#endif
