/*
 * shadow.h - tables of our own that a vCPU runs on, in place of its guest's.
 *
 * They are a TLB in memory. Of what the guest's tables say they hold what has
 * been used, filled by page faults (xen/core/shadow.c); whatever flushes the
 * processor's translations of a guest empties them, whole or for one address.
 * So they are never staler than a TLB may be, and what makes stale entries of
 * a TLB harmless (docs/pagetypes.md, "Stale translations") serves for them too:
 *
 * - A vCPU has its own. They are touched by the CPU that runs it, with
 *   interrupts off, or while it does not run: no lock.
 * - They are emptied before each load of CR3 that counts as a flush, whatever
 *   asks for it: tlb.c.
 * - A vCPU that comes to a CPU begins with empty ones, unless that CPU has had
 *   them loaded since, and so would have been told to flush.
 */
#ifndef XEN_ARCH_X86_SHADOW_H
#define XEN_ARCH_X86_SHADOW_H

#include "xen/arch/x86/pte.h"

/* Beside the roots: more than any instruction. */
#define SHADOW_FRAMES_MIN 64u

struct shadow {
    pte_t *root[2];  /* L4 of its user, of its kernel: [kernel_mode] */
    unsigned max;    /* room in frame[] */
    unsigned nr;     /* frames for tables below the roots */
    unsigned used;   /* the first so many of these */
    uint32_t faults; /* that filled an entry, since they were last counted */
    pte_t *frame[];
};

/* Roots, whose slots of the hypervisor's are the caller's to fill, and room for
 * `max` frames, which are added one by one. NULL: no memory. */
struct shadow *shadow_create(unsigned max);
bool shadow_add_frame(struct shadow *s); /* false: no memory, or no room */
/* The last one is freed; nobody uses s. False: there was none. */
bool shadow_drop_frame(struct shadow *s);
void shadow_destroy(struct shadow *s); /* its frames have been dropped */

/* Empty all. The caller loads CR3 before another entry is made. */
void shadow_empty(struct shadow *s);
/* Only what is below the root [kernel], which is not loaded. */
void shadow_empty_root(struct shadow *s, bool kernel);
/* Only what maps one address, in both. */
void shadow_empty_page(struct shadow *s, uintptr_t address);

/* The L1 table for `address` below root [kernel], its upper entries made with
 * the rights of upper[level - 2]: PTE_W and PTE_NX. It may empty all first. */
pte_t *shadow_table(struct shadow *s, bool kernel, uintptr_t address,
                    const pte_t upper[3]);

#endif
