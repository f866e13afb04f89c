/*
 * pagetable.h - entries of guests' page tables: checking, writing, dropping.
 *
 * All under mmu.lock of the domain d that owns the table, reached through the
 * direct map. Entries of levels above 1 may drop the lock in between. Rules:
 * docs/pagetypes.md.
 */
#ifndef XEN_CORE_PAGETABLE_H
#define XEN_CORE_PAGETABLE_H

#include "xen/core/dirty.h"
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
void pagetable_put_entry(const struct domain *d, pte_t *p, pte_t value);

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

/* The entry at p, of a table of the caller's, has been written. */
static inline void pagetable_wrote(const pte_t *p)
{
    dirty_wrote(virt_to_mfn(p));
}

/* Does a walk for `address` go through one of our slots? By the bits that a
 * walk looks at: a non-canonical address would name them as well. */
static inline bool pagetable_walks_ours(uintptr_t address)
{
    return (address >> 43 & 31) == HOLE_FIRST_SLOT / 16;
}

/* The L1 entry for a guest address (that does not walk through our slots:
 * pagetable_walks_ours()) under the tables whose L4
 * stands at l4, in bytes; NULL: an upper entry is not present. */
static inline pte_t *pagetable_walk(paddr_t l4, uintptr_t address)
{
    const char *table = paddr_to_virt(l4);
    unsigned shift;

#pragma GCC unroll 3
    for (shift = 36; shift > 9; shift -= 9) {
        pte_t e = READ_ONCE(
            *(const pte_t *)(const void *)(table + (address >> shift & 0xff8)));

        if (unlikely(!(e & PTE_P)))
            return NULL;
        table = paddr_to_virt(e & PTE_FRAME);
    }
    return (pte_t *)paddr_to_virt((paddr_t)(table - DIRECTMAP_START) +
                                  (address >> 9 & 0xff8));
}

/* The plain case of pagetable_set_l1(): *p is not present, and gets a page of
 * d's own that is of the right type already. False: nothing has changed, and
 * it may be any other case. */
static inline bool pagetable_add_l1(const struct domain *d, pte_t *p,
                                    pte_t value)
{
    struct page *page = mfn_to_page(pte_mfn(value));
    uint64_t word, add = REF_ONE;

    if ((*p & PTE_P) || (value & (PTE_P | PTE_CACHE)) != PTE_P ||
        unlikely(pte_mfn(value) >= frame_max))
        return false;
    word = page_word(page);
    if (value & PTE_W) {
        add = REF_ONE + TYPE_ONE;
        if ((word & (PT_MASK | PAGE_BUSY)) != PT_WRITABLE)
            return false;
    }
    if (!(word & REF_COUNT) || (word & COUNTS_FULL) ||
        !page_swap(page, &word, word + add))
        return false;
    if (unlikely(page->owner != d)) {
        if (value & PTE_W)
            page_put_writable(page);
        else
            page_put(page);
        return false;
    }
    WRITE_ONCE(*p, (value | PTE_U) & ~PTE_G);
    pagetable_wrote(p);
    return true;
}

#endif
