/*
 * pagetable.h - entries of guests' page tables: checking, writing, dropping.
 *
 * All under mmu.lock of the domain d that owns the table, reached through the
 * direct map. Entries of levels above 1 may drop the lock in between. Rules:
 * docs/pagetypes.md.
 */
#ifndef XEN_CORE_PAGETABLE_H
#define XEN_CORE_PAGETABLE_H

#include "xen/core/pagetype.h"

/* Write entry *p of a validated L1 table of d's; `from` is whose frames it may
 * map: d, or another when d may map that one's. keep_ad: A and D stay as they
 * are. 0, or -EINVAL and nothing has changed. */
int pagetable_set_l1(struct domain *d, struct domain *from, pte_t *p,
                     pte_t value, bool keep_ad);

/* The same if *p still is `expected`; else -EAGAIN. */
int pagetable_swap_l1(struct domain *d, struct domain *from, pte_t *p,
                      pte_t expected, pte_t value);

/* Put a present entry that maps `page` (the caller's references pass to it),
 * for a grant; and take one away whatever it is. */
void pagetable_put_entry(pte_t *p, pte_t value);

/* Write entry `index` of the validated table `page` of level 2..4. */
int pagetable_set_upper(struct domain *d, struct page *page, unsigned level,
                        unsigned index, pte_t value, bool keep_ad);

/* For pagetype.c: page is BUSY with type count 1. */
int pagetable_validate(struct domain *d, struct page *page, unsigned level);
void pagetable_invalidate(struct domain *d, struct page *page, unsigned level);

/* Check 512 descriptors, forcing ring 3. 0, or -EINVAL. */
int pagetable_check_descriptors(mfn_t mfn);
/* One of them: may a guest load it? Forces its privilege level to 3. */
bool pagetable_descriptor_ok(uint64_t *descriptor);

/* The L1 entry for a guest address under the tables at l4, and the frame it
 * stands in; NULL: an upper entry is not present. */
pte_t *pagetable_walk(mfn_t l4, uintptr_t address, mfn_t *l1);

#endif
