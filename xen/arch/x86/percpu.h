/*
 * percpu.h - variables of which each CPU has one.
 *
 * DEFINE_PER_CPU(int, x); this_cpu(x) = 1; cpu(c, x). The template stands in
 * the image's .percpu section and is CPU 0's own copy at boot (offset 0); the
 * other CPUs get copies when they start. What other CPUs may touch stands
 * apart from what they may not: DEFINE_PER_CPU_SHARED puts it on lines of its
 * own.
 */
#ifndef XEN_ARCH_X86_PERCPU_H
#define XEN_ARCH_X86_PERCPU_H

#include "trace/ring.h"
#include "xen/arch/x86/stack.h"
#include "xen/lib/compiler.h"

#define NR_CPUS 256u /* CPUs that the hypervisor can drive */

extern uintptr_t percpu_offset[NR_CPUS];

/* The trace rings are there before other CPUs have areas. A ring is touched by
 * its CPU alone, hence the alignment. */
extern struct percpu_ring {
    struct trace_ring ring;
} __attribute__((aligned(128))) percpu_rings[NR_CPUS];

#define DECLARE_PER_CPU(type, name) extern __typeof__(type) percpu_##name
#define DEFINE_PER_CPU(type, name)                                             \
    SECTION(".percpu") __typeof__(type) percpu_##name
#define DEFINE_PER_CPU_SHARED(type, name)                                      \
    SECTION(".percpu.shared") __typeof__(type) percpu_##name

#define PERCPU_AT(offset, name)                                                \
    ((__typeof__(&percpu_##name))((uintptr_t)&percpu_##name + (offset)))
#define this_cpu(name) (*PERCPU_AT(stack_top()->percpu_offset, name))
#define cpu(c, name)   (*PERCPU_AT(percpu_offset[(c)], name))

#endif
