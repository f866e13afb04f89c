/*
 * frame.c - the frame table and the buddy allocator.
 *
 * A free block of 2^order frames is aligned to its size; its first struct page
 * carries PAGE_FREE, the order in `extra`, and stands in the list of its zone
 * and order. A block's buddy differs in one bit of the frame number; the two
 * are joined when both are free and of one order. A zone for each number of
 * significant bits of a frame number serves any width of addresses exactly, and
 * the highest first keeps the low frames for those who need them. A block lies
 * in one zone: it is aligned to its size, and frame 0 is never free.
 *
 * Until the frame table stands, early_alloc() cuts frames off the top of the
 * loader's free ranges.
 *
 * Lock: frame_pool.lock (rank FRAME, interrupts off) protects lists, counts of
 * free frames, and PAGE_FREE and `extra` of free blocks.
 */
#include "xen/base/frame.h"

#include <string.h>
#include "xen/arch/up.h"
#include "xen/arch/x86/boot_info.h"
#include "xen/arch/x86/paging.h"
#include "xen/arch/x86/smp.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/arch/x86/tlb.h"
#include "xen/lib/bug.h"

#define ZONES     41u /* 52 bits of address, and none */
#define EARLY_MAX (BOOT_RANGES + BOOT_MODULES + 64u)
#define SIZE_2M   ((size_t)1 << 21)
#define LOW_END   ((paddr_t)0x100000)

mfn_t frame_max;

static struct frame_pool {
    struct spinlock lock;
    struct page_list free[ZONES][FRAME_ORDER_MAX + 1];
    uint32_t orders[ZONES]; /* bit n: free[][n] is not empty */
    uint64_t nr_free, nr_total;
    bool ready; /* the frame table stands */
} frame_pool;

/* ---- the buddy allocator ---- */

static unsigned zone_of(const struct page *page)
{
    return 64 - (unsigned)__builtin_clzl(page_to_mfn(page));
}

static void block_insert(struct page *page, unsigned order)
{
    unsigned zone = zone_of(page);

    page->word = PAGE_RAM | PAGE_FREE;
    page->owner = NULL;
    page->extra = order;
    TAILQ_INSERT_HEAD(&frame_pool.free[zone][order], page, entry);
    frame_pool.orders[zone] |= 1u << order;
}

static void block_remove(struct page *page, unsigned order)
{
    unsigned zone = zone_of(page);

    ASSERT((page->word & PAGE_FREE) && page->extra == order);
    TAILQ_REMOVE(&frame_pool.free[zone][order], page, entry);
    if (TAILQ_EMPTY(&frame_pool.free[zone][order]))
        frame_pool.orders[zone] &= ~(1u << order);
    page->word = PAGE_RAM;
}

static bool block_is_free(mfn_t mfn, unsigned order)
{
    const struct page *page = mfn_to_page(mfn);

    return mfn + ((mfn_t)1 << order) <= frame_max && (page->word & PAGE_FREE) &&
           page->extra == order;
}

/* Under the lock. */
static void block_free(struct page *page, unsigned order)
{
    mfn_t mfn = page_to_mfn(page);

    frame_pool.nr_free += (uint64_t)1 << order;
    while (order < FRAME_ORDER_MAX &&
           block_is_free(mfn ^ ((mfn_t)1 << order), order)) {
        block_remove(mfn_to_page(mfn ^ ((mfn_t)1 << order)), order);
        mfn &= ~((mfn_t)1 << order);
        order++;
    }
    block_insert(mfn_to_page(mfn), order);
}

/* The highest zone for addresses of this width in bits; 0: any. */
static unsigned zone_below(unsigned bits)
{
    unsigned top = 64 - (unsigned)__builtin_clzl(frame_max);

    if (!bits || bits > PAGE_SHIFT + top)
        return top;
    return bits > PAGE_SHIFT ? bits - PAGE_SHIFT : 0; /* where nothing is */
}

/* A block of `order` from `zone` or below, larger ones split. Under the
 * lock. */
static struct page *block_take(unsigned zone, unsigned order)
{
    struct page *page;
    unsigned have;

    while (!(frame_pool.orders[zone] >> order))
        if (zone-- == 0)
            return NULL;
    have = order + (unsigned)__builtin_ctz(frame_pool.orders[zone] >> order);
    page = TAILQ_FIRST(&frame_pool.free[zone][have]);
    block_remove(page, have);
    while (have > order) {
        have--;
        block_insert(page + ((size_t)1 << have), have);
    }
    frame_pool.nr_free -= (uint64_t)1 << order;
    return page;
}

/* A frame in use starts with clean fields, whatever its last user left. The
 * latest TLB epoch in which one of them was given up. */
static uint64_t page_reset(struct page *page, unsigned order)
{
    uint64_t stamp = 0;
    struct page *p;

    for (p = page; p < page + ((size_t)1 << order); p++) {
        if (p->stamp > stamp)
            stamp = p->stamp;
        p->word = PAGE_RAM;
        p->owner = NULL;
        p->extra = 0;
    }
    return stamp;
}

void frame_scrub(struct page *page)
{
    page_clear(mfn_to_virt(page_to_mfn(page)));
    page->extra3 = 0;
}

struct page *frame_alloc(unsigned order, unsigned flags)
{
    struct page *page;
    uint64_t irq;
    size_t i;

    if (order > FRAME_ORDER_MAX)
        return NULL;
    irq = spin_lock_irqsave(&frame_pool.lock);
    page = block_take(zone_below(flags >> FRAME_BITS), order);
    spin_unlock_irqrestore(&frame_pool.lock, irq);
    if (!page)
        return NULL;
    tlb_flush_stale(&smp_online, page_reset(page, order));
    if (flags & FRAME_ZERO)
        for (i = 0; i < (size_t)1 << order; i++)
            frame_scrub(page + i);
    return page;
}

void frame_free(struct page *page, unsigned order)
{
    uint64_t irq = spin_lock_irqsave(&frame_pool.lock);

    BUG_ON((page->word & PAGE_FREE) || !(page->word & PAGE_RAM));
    (void)page_reset(page, order);
    block_free(page, order);
    spin_unlock_irqrestore(&frame_pool.lock, irq);
}

void frame_trim(struct page *page, unsigned order, unsigned long keep)
{
    unsigned long at = keep, end = 1ul << order;

    while (at < end) {
        unsigned o = (unsigned)__builtin_ctzl(at | end);

        frame_free(page + at, o);
        at += 1ul << o;
    }
}

/* Free [start, end) in the largest aligned blocks. */
static void range_free(mfn_t start, mfn_t end)
{
    while (start < end) {
        unsigned order = start ? (unsigned)__builtin_ctzl(start) : 63;

        if (order > FRAME_ORDER_MAX)
            order = FRAME_ORDER_MAX;
        while (start + ((mfn_t)1 << order) > end)
            order--;
        frame_free(mfn_to_page(start), order);
        start += (mfn_t)1 << order;
    }
}

void frames_release(paddr_t start, paddr_t end)
{
    if (start < LOW_END)
        start = LOW_END; /* below, it counts as devices */
    if (start >= end)
        return;
    range_free(paddr_to_mfn(start + PAGE_SIZE - 1), paddr_to_mfn(end));
    frame_pool.nr_total += paddr_to_mfn(end) - paddr_to_mfn(start);
}

uint64_t frame_count_free(void)
{
    return READ_ONCE(frame_pool.nr_free);
}

uint64_t frame_count_total(void)
{
    return frame_pool.nr_total;
}

/* ---- before the frame table stands ---- */

static struct early_range {
    paddr_t start, end;
} early[EARLY_MAX];
static unsigned nr_early;
static paddr_t early_limit = (paddr_t)1 << 32; /* what the boot tables map */

static void early_add(paddr_t start, paddr_t end)
{
    if (start >= end)
        return;
    BUG_ON(nr_early == EARLY_MAX);
    early[nr_early++] = (struct early_range){ start, end };
}

static void early_reserve(paddr_t start, paddr_t end)
{
    unsigned i, n = nr_early;

    start &= PAGE_MASK;
    end = (end + PAGE_SIZE - 1) & PAGE_MASK;
    for (i = 0; i < n; i++) {
        struct early_range r = early[i];

        if (start >= r.end || end <= r.start)
            continue;
        early[i].end = start > r.start ? start : r.start;
        early_add(end > r.start ? end : r.start, r.end);
    }
}

/* size bytes, aligned to size (a power of two), zeroed; from the highest
 * range that the present tables map. 0: there is none. */
static paddr_t early_alloc(size_t size)
{
    paddr_t best = 0;
    unsigned i, which = 0;

    for (i = 0; i < nr_early; i++) {
        paddr_t top = early[i].end < early_limit ? early[i].end : early_limit;
        paddr_t at = top >= size ? (top - size) & ~(paddr_t)(size - 1) : 0;

        if (at >= early[i].start && at > best) {
            best = at;
            which = i;
        }
    }
    if (!best)
        return 0;
    early_add(best + size, early[which].end);
    early[which].end = best;
    for (i = 0; i < size / PAGE_SIZE; i++)
        page_clear(paddr_to_virt(best + i * PAGE_SIZE));
    return best;
}

void *up_page_alloc(void)
{
    struct page *page;
    paddr_t paddr;

    if (frame_pool.ready) {
        page = frame_alloc(0, FRAME_ZERO);
        return page ? mfn_to_virt(page_to_mfn(page)) : NULL;
    }
    paddr = early_alloc(PAGE_SIZE);
    return paddr ? paddr_to_virt(paddr) : NULL;
}

/* ---- start ---- */

static void early_init(const struct boot_info *info)
{
    paddr_t top = HOLE_END - DIRECTMAP_START;
    unsigned i;

    for (i = 0; i < info->nr_ranges; i++) {
        const struct boot_range *r = &info->range[i];
        paddr_t end = (r->end < top ? r->end : top) & PAGE_MASK;
        paddr_t start = (r->start + PAGE_SIZE - 1) & PAGE_MASK;

        if (r->type != BOOT_MEMORY_RAM || start >= end)
            continue;
        early_add(start, end);
        if (paddr_to_mfn(end) > frame_max)
            frame_max = paddr_to_mfn(end);
    }
    early_reserve(0, LOW_END);
    early_reserve(image_to_paddr(image_start), image_to_paddr(image_end));
    for (i = 0; i < info->nr_modules; i++)
        early_reserve(info->module[i].start, info->module[i].end);
}

static bool range_has_ram(const struct boot_info *info, paddr_t start,
                          paddr_t end)
{
    unsigned i;

    for (i = 0; i < info->nr_ranges; i++)
        if (info->range[i].type == BOOT_MEMORY_RAM &&
            info->range[i].start < end && info->range[i].end > start)
            return true;
    return false;
}

/* A table with one entry a frame, in pages of 2 MiB. */
struct frame_table {
    size_t entry_size;
    uintptr_t va;
    pte_t flags;
    uintptr_t alias; /* where it is mapped writable as well, or 0 */
    int fill;        /* what each byte starts as */
    paddr_t hole;    /* the read-only stand-in where there is no RAM */
};

static paddr_t chunk_alloc(const struct frame_table *t)
{
    paddr_t chunk = early_alloc(SIZE_2M);

    BUG_ON(!chunk);
    if (t->fill)
        memset(paddr_to_virt(chunk), t->fill, SIZE_2M);
    return chunk;
}

static void table_map(const struct boot_info *info, struct frame_table *t)
{
    paddr_t per_chunk = SIZE_2M / t->entry_size * PAGE_SIZE;
    paddr_t at, end = mfn_to_paddr(frame_max);
    uintptr_t offset = 0;

    for (at = 0; at < end; at += per_chunk, offset += SIZE_2M) {
        bool ram = range_has_ram(info, at, at + per_chunk);
        pte_t flags = t->flags | PTE_NX | PTE_G;
        paddr_t chunk;

        if (!ram && !t->hole)
            t->hole = chunk_alloc(t);
        chunk = ram ? chunk_alloc(t) : t->hole;
        if (paging_map(t->va + offset, chunk, SIZE_2M,
                       ram ? flags : flags & ~PTE_W))
            BUG();
        if (ram && t->alias &&
            paging_map(t->alias + offset, chunk, SIZE_2M,
                       PTE_W | PTE_NX | PTE_G))
            BUG();
    }
}

/* Frames of RAM get PAGE_RAM; free ones go to the allocator. */
static void pool_fill(const struct boot_info *info)
{
    unsigned i, zone, order;

    for (zone = 0; zone < ZONES; zone++)
        for (order = 0; order <= FRAME_ORDER_MAX; order++)
            TAILQ_INIT(&frame_pool.free[zone][order]);
    for (i = 0; i < info->nr_ranges; i++) {
        const struct boot_range *r = &info->range[i];
        mfn_t mfn = paddr_to_mfn(r->start + PAGE_SIZE - 1);

        if (mfn < paddr_to_mfn(LOW_END))
            mfn = paddr_to_mfn(LOW_END); /* below, it counts as devices */
        if (r->type == BOOT_MEMORY_RAM)
            for (; mfn < paddr_to_mfn(r->end) && mfn < frame_max; mfn++) {
                mfn_to_page(mfn)->word = PAGE_RAM;
                mfn_to_page(mfn)->extra3 = FRAME_LEFTOVER;
            }
    }
    frame_pool.ready = true;
    for (i = 0; i < nr_early; i++)
        if (early[i].start < early[i].end)
            frames_release(early[i].start, early[i].end);
}

void frames_init(const struct boot_info *info)
{
    struct frame_table frames = {
        .entry_size = sizeof(struct page),
        .va = FRAMES_START,
        .flags = PTE_W,
    };
    struct frame_table m2p = {
        .entry_size = sizeof(pfn_t),
        .va = M2P_START,
        .flags = PTE_U,
        .alias = M2P_RW_START,
        .fill = 0xff, /* INVALID_PFN */
    };

    early_init(info);
    paging_init(info);
    early_limit = HOLE_END - DIRECTMAP_START; /* all RAM is mapped now */
    table_map(info, &frames);
    table_map(info, &m2p);
    pool_fill(info);
}
