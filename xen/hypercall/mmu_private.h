/*
 * mmu_private.h - what the memory hypercalls share.
 */
#ifndef XEN_HYPERCALL_MMU_PRIVATE_H
#define XEN_HYPERCALL_MMU_PRIVATE_H

#include "xen/arch/x86/smp.h"
#include "xen/core/domain.h"
#include "xen/lib/cpuset.h"

/* The domain of an id that the caller may act upon. 0, -EPERM, -ESRCH; give it
 * back by mmu_subject_put(). */
int mmu_subject(uint16_t id, struct domain **out);
void mmu_subject_put(struct domain *d);

/* The count of mmu_update or mmuext_op: how many are to be done, and how many
 * were before (AGAIN_PART_DONE). 0, or -EFAULT. */
int mmu_part_done(uint64_t count, uintptr_t pdone, unsigned *n,
                  unsigned *before);

/* *cpus := CPUs that may hold translations of the vCPUs named in the guest's
 * bitmap at `bitmap`. 0, or -EFAULT. */
int mmu_vcpu_cpus(struct domain *d, uintptr_t bitmap, struct cpuset *cpus);

#endif
