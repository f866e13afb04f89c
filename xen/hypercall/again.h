/*
 * again.h - hypercalls that end before they are done, and are made again.
 *
 * A call whose length the guest chooses must not hold up whoever pauses or
 * destroys its domain: a vCPU stops only at the guest's boundary (run.h). So a
 * long one asks preempt_point_ends() between two of its parts, and then ends
 * by hypercall_again() with arguments that say what is left. The guest's
 * registers are set so that it makes that call when it next runs: it notices
 * nothing but that its argument registers have changed, as the ABI allows.
 *
 * Within a multicall the arguments go into the entry, and the multicall is made
 * again from there (multicall.c).
 */
#ifndef XEN_HYPERCALL_AGAIN_H
#define XEN_HYPERCALL_AGAIN_H

#include "xen/lib/types.h"

/* What hypercall_again() returns within a multicall. ERESTART, which the ABI
 * keeps to the hypervisor. */
#define HYPERCALL_AGAIN (-85)

/* The current hypercall is to be made again with these first arguments; its
 * other ones stay. The result is for the caller to return. */
int64_t hypercall_again(uint64_t a, uint64_t b, uint64_t c);

/* In the count of mmu_update and mmuext_op: what was done before stands where
 * the guest wants it told. It stays between the guest and us. */
#define AGAIN_PART_DONE (1u << 31)

#endif
