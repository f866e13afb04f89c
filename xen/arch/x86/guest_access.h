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

/* One store or load of 8 bytes at a checked address; on a fault it jumps to
 * the label. Only a macro can name a label of its user. */
#define GUEST_PUT64(address, value, fault)                                     \
    __asm__ volatile goto("1: movq %0, (%1)\n\t"                               \
                          ".pushsection .ex_table, \"a\"\n\t"                  \
                          ".quad 1b, %l2\n\t"                                  \
                          ".popsection"                                        \
                          :                                                    \
                          : "r"((uint64_t)(value)), "r"(address)               \
                          : "memory"                                           \
                          : fault)
#define GUEST_GET64(value, address, fault)                                     \
    __asm__ volatile goto("1: movq (%1), %0\n\t"                               \
                          ".pushsection .ex_table, \"a\"\n\t"                  \
                          ".quad 1b, %l2\n\t"                                  \
                          ".popsection"                                        \
                          : "=r"(value)                                        \
                          : "r"(address)                                       \
                          : "memory"                                           \
                          : fault)

/* The value of a XEN_GUEST_HANDLE as an address. */
#define guest_handle(h) ((uintptr_t)(h).p)

#endif
