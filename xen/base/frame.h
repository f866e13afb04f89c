/*
 * frame.h - the machine's page frames: the frame table and the allocator.
 *
 * Each frame of RAM has a struct page in a table mapped at FRAMES_START. A
 * frame is free, the hypervisor's own, or a domain's. The allocator is a buddy
 * allocator; zeroing is the caller's wish. Allocation happens at creation
 * time and in memory_op, never on an interrupt, scheduling or fault path.
 * Counts and types of a domain's frame: xen/core/pagetype.h.
 */
#ifndef XEN_BASE_FRAME_H
#define XEN_BASE_FRAME_H

#include <sys/queue.h>
#include "xen/arch/x86/layout.h"
#include "xen/lib/types.h"

struct domain;

struct page {
    uint64_t count; /* references and flags; pagetype.h; atomic */
    uint64_t type;  /* type, its count and flags; pagetype.h; atomic */
    struct domain *owner; /* NULL: free or the hypervisor's own */
    TAILQ_ENTRY(page) entry; /* in the owner's list, or a free list */
    uint64_t extra; /* free: order; page tables: progress of validation */
};

TAILQ_HEAD(page_list, page);

extern mfn_t frame_max; /* one past the highest frame of RAM */

static inline struct page *mfn_to_page(mfn_t mfn)
{
    return (struct page *)FRAMES_START + mfn;
}

static inline mfn_t page_to_mfn(const struct page *page)
{
    return (mfn_t)(page - (const struct page *)FRAMES_START);
}

/* Is mfn a frame of RAM that has a struct page? */
bool mfn_valid(mfn_t mfn);

static inline void *mfn_to_virt(mfn_t mfn)
{
    return (void *)(DIRECTMAP_START + (mfn << PAGE_SHIFT));
}

static inline void *paddr_to_virt(paddr_t paddr)
{
    return (void *)(DIRECTMAP_START + paddr);
}

/* Of a pointer into the direct map. */
static inline mfn_t virt_to_mfn(const void *virt)
{
    return ((uintptr_t)virt - DIRECTMAP_START) >> PAGE_SHIFT;
}

#define FRAME_ZERO  1u /* hand it out filled with zeros */
#define FRAME_BELOW_4G 2u

/* 2^order contiguous, so aligned frames, or NULL. Interrupts on or off. */
struct page *frame_alloc(unsigned order, unsigned flags);
void frame_free(struct page *page, unsigned order);
uint64_t frame_count_free(void); /* in frames */

/* Memory for the hypervisor's own structures, zeroed, or NULL. Any size; at
 * creation only. */
void *mem_alloc(size_t size);
void mem_free(void *p); /* NULL is fine */

#endif
