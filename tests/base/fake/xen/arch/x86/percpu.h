/* percpu.h - per-CPU data in a test: arrays of a few CPUs. */
#ifndef XEN_ARCH_X86_PERCPU_H
#define XEN_ARCH_X86_PERCPU_H

#include "xen/arch/x86/stack.h"

#define NR_CPUS 4u

#define DECLARE_PER_CPU(type, name)       extern __typeof__(type) percpu_##name[]
#define DEFINE_PER_CPU(type, name)        __typeof__(type) percpu_##name[NR_CPUS]
#define DEFINE_PER_CPU_SHARED(type, name) DEFINE_PER_CPU(type, name)
#define this_cpu(name)                    (percpu_##name[fake_cpu])
#define cpu(c, name)                      (percpu_##name[c])

#endif
