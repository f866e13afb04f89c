/*
 * frame.h - the machine's page frames: the frame table and the allocator.
 *
 * Each frame of RAM has a struct page in a table mapped at FRAMES_START. A
 * frame is free, the hypervisor's own, or a domain's. The allocator is a buddy
 * allocator, O(log). Whoever frees a frame scrubs it first if it held anything
 * of a guest's or of ours; so a free frame holds no secret, but at boot it is
 * not zero: FRAME_ZERO is the caller's wish. Allocation happens at creation
 * time and in memory_op, never on an interrupt, scheduling or fault path.
 * Counts and types of a domain's frame: xen/core/pagetype.h.
 */
#ifndef XEN_BASE_FRAME_H
#define XEN_BASE_FRAME_H

#include <sys/queue.h>
#include "xen/arch/x86/directmap.h"
#include "xen/arch/x86/layout.h"
#include "xen/lib/mem.h"
#include "xen/lib/types.h"

struct domain;

struct page {
    uint64_t word;           /* type, counts, flags: pagetype.h; atomic */
    struct domain *owner;    /* NULL: free or the hypervisor's own */
    TAILQ_ENTRY(page) entry; /* in the owner's list, or a free list */
    uint64_t stamp;          /* TLB epoch when it was last given up: tlb.h */
    uint64_t extra;          /* free: order; ours: what its user wants */
    uint64_t extra2;
    uint64_t extra3; /* free: FRAME_LEFTOVER or 0 */
};

_Static_assert(sizeof(struct page) == 64, "mfn_to_page() is a shift");

/* Flags in word that belong to this file; the rest is pagetype.h's. */
#define PAGE_RAM  ((uint64_t)1 << 56) /* there is a frame of RAM */
#define PAGE_FREE ((uint64_t)1 << 55) /* first of a free block */

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

/* Is mfn a frame of RAM that has a struct page? Below frame_max every struct
 * page can be read: where there is no RAM the table shows zeros. */
static inline bool mfn_valid(mfn_t mfn)
{
    return mfn < frame_max && (READ_ONCE(mfn_to_page(mfn)->word) & PAGE_RAM);
}

/* From the loader's memory map: the final page tables (paging.h), the frame
 * table, the M2P, and the allocator filled with all RAM but the first MiB, the
 * image and the modules. Once, on the boot CPU, with interrupts off. */
struct boot_info;
void frames_init(const struct boot_info *info);

/* A module's frames [start, end), page-aligned, that nobody needs any more.
 * (The first MiB, where UEFI's GRUB puts small ones, stays unused.) */
void frames_release(paddr_t start, paddr_t end);

#define FRAME_ORDER_MAX  18u /* 1 GiB */
#define FRAME_LEFTOVER   1u  /* it may hold what the boot loader left in it */
#define FRAME_ZERO       1u  /* hand it out filled with zeros */
#define FRAME_UNSCRUBBED 4u  /* mmu_alloc_page(): leftovers do no harm */
#define FRAME_BITS       8u  /* shift: width of addresses in bits; 0: any */

/* 2^order contiguous, so aligned frames, or NULL. Interrupts on or off. */
struct page *frame_alloc(unsigned order, unsigned flags);
void frame_free(struct page *page, unsigned order);
/* Fill it with zeros. */
void frame_scrub(struct page *page);
/* Give back the tail of a block: the frames from `keep` on. */
void frame_trim(struct page *page, unsigned order, unsigned long keep);
uint64_t frame_count_free(void);  /* in frames */
uint64_t frame_count_total(void); /* given to the allocator at boot */

#endif
