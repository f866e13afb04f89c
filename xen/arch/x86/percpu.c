/*
 * percpu.c - the offsets of per-CPU data, and the trace rings. CPU 0 uses the
 * template itself.
 */
#include "xen/arch/x86/percpu.h"

uintptr_t percpu_offset[NR_CPUS];
struct percpu_ring percpu_rings[NR_CPUS];
