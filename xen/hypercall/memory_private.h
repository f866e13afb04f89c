/*
 * memory_private.h - memory_op's operations that stand in files of their own.
 */
#ifndef XEN_HYPERCALL_MEMORY_PRIVATE_H
#define XEN_HYPERCALL_MEMORY_PRIVATE_H

#include "xen/core/domain.h"

/* XENMEMF_* as frame_alloc() wants them. */
unsigned memory_frame_flags(unsigned mem_flags);

/* d gives up its frame. False: it is not d's. */
bool memory_give_up(struct domain *d, mfn_t mfn);

int64_t memory_exchange(uintptr_t arg);
int64_t memory_get_map(uintptr_t arg);
int64_t memory_get_machine_map(uintptr_t arg);
int64_t memory_set_map(uintptr_t arg);
int64_t memory_acquire_resource(uintptr_t arg);

#endif
