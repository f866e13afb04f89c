/*
 * grant_private.h - grant_table_op's operations in files of their own. Each
 * takes the guest's array of `count` elements.
 */
#ifndef XEN_HYPERCALL_GRANT_PRIVATE_H
#define XEN_HYPERCALL_GRANT_PRIVATE_H

#include "xen/lib/types.h"

int64_t grant_op_map(uintptr_t arg, unsigned count);
int64_t grant_op_unmap(uintptr_t arg, unsigned count);
int64_t grant_op_unmap_and_replace(uintptr_t arg, unsigned count);
int64_t grant_op_copy(uintptr_t arg, unsigned count);

#endif
