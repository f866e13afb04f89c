/*
 * guest_access.h - reading and writing memory at addresses that a guest gave.
 *
 * The guest's page tables are in force, so its virtual addresses are used as
 * they are, after a check that they don't reach into the hypervisor's hole. A
 * fault in between ends the copy through the exception table. Context: the
 * vCPU itself, in a hypercall; no spin lock that the page-fault path takes.
 */
#ifndef XEN_ARCH_X86_GUEST_ACCESS_H
#define XEN_ARCH_X86_GUEST_ACCESS_H

#include "xen/arch/x86/layout.h"
#include "xen/lib/types.h"

/* May a guest name [address, address + size)? */
static inline bool guest_range_ok(uintptr_t address, size_t size)
{
    uintptr_t end = address + size;

    return end >= address && (end <= HOLE_START || address >= HOLE_END);
}

/* Copy size bytes, without a range check. Returns how many were NOT copied. */
size_t guest_copy_raw(void *to, const void *from, size_t size);

/* 0, or -EFAULT (then part may have been copied). */
MUST_CHECK int copy_from_guest(void *to, uintptr_t guest, size_t size);
MUST_CHECK int copy_to_guest(uintptr_t guest, const void *from, size_t size);

/* The value of a XEN_GUEST_HANDLE as an address. */
#define guest_handle(h) ((uintptr_t)(h).p)

#endif
