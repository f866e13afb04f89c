/*
 * heap.c - mem_alloc(): memory for the hypervisor's own structures.
 *
 * Small sizes, powers of two from 16 to 2048, are cut from single frames: a
 * slab. The slab's struct page holds what there is to know: `extra2` is the
 * first free object (each points to the next), `extra3` how many are in use,
 * `extra` SLAB + class. Slabs with a free object stand in their class's list.
 * Larger sizes take whole frames; `extra` of the first holds LARGE + order.
 *
 * Lock: heap.lock (rank HEAP, above FRAME) protects slabs and lists.
 */
#include <string.h>
#include "xen/arch/x86/pte.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/frame.h"
#include "xen/lib/bug.h"

#define CLASS_MIN 4u /* 16 bytes */
#define CLASSES   8u /* ... to 2048 */
#define SLAB      0x100u
#define LARGE     0x200u

static struct heap {
    struct spinlock lock;
    bool ready;
    struct page_list partial[CLASSES];
} heap;

static size_t class_size(unsigned class)
{
    return (size_t)1 << (CLASS_MIN + class);
}

static unsigned log2_up(size_t n)
{
    return n <= 1 ? 0 : 64u - (unsigned)__builtin_clzl(n - 1);
}

static void heap_init(void)
{
    unsigned i;

    for (i = 0; i < CLASSES; i++)
        TAILQ_INIT(&heap.partial[i]);
    heap.ready = true;
}

/* A new slab, all its objects chained. */
static struct page *slab_make(unsigned class)
{
    struct page *page = frame_alloc(0, FRAME_ZERO);
    uintptr_t at, base, next = 0;

    if (!page)
        return NULL;
    base = (uintptr_t)mfn_to_virt(page_to_mfn(page));
    for (at = base + PAGE_SIZE; at > base; next = at) {
        at -= class_size(class);
        *(uintptr_t *)at = next;
    }
    page->extra2 = base;
    page->extra3 = 0;
    page->extra = SLAB + class;
    return page;
}

static void *slab_alloc(unsigned class)
{
    struct page *page = TAILQ_FIRST(&heap.partial[class]);
    void *object;

    if (!page)
        return NULL;
    object = (void *)page->extra2;
    page->extra2 = *(uintptr_t *)object;
    page->extra3++;
    if (!page->extra2)
        TAILQ_REMOVE(&heap.partial[class], page, entry);
    return object;
}

static void slab_free(struct page *page, void *object)
{
    unsigned class = (unsigned)page->extra - SLAB;

    /* Scrubbed here, so that a slab given back holds no secret. */
    memset(object, 0, class_size(class));
    if (!page->extra2)
        TAILQ_INSERT_HEAD(&heap.partial[class], page, entry);
    *(uintptr_t *)object = page->extra2;
    page->extra2 = (uintptr_t)object;
    if (--page->extra3)
        return;
    TAILQ_REMOVE(&heap.partial[class], page, entry);
    page_clear(mfn_to_virt(page_to_mfn(page)));
    frame_free(page, 0);
}

static void *large_alloc(size_t size)
{
    size_t frames = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
    struct page *page = frame_alloc(log2_up(frames), FRAME_ZERO);

    if (!page)
        return NULL;
    page->extra = LARGE + log2_up(frames);
    return mfn_to_virt(page_to_mfn(page));
}

void *mem_alloc(size_t size)
{
    unsigned log = log2_up(size);
    unsigned class = log < CLASS_MIN ? 0 : log - CLASS_MIN;
    struct page *slab;
    uint64_t irq;
    void *p;

    if (class >= CLASSES)
        return large_alloc(size);
    irq = spin_lock_irqsave(&heap.lock);
    if (!heap.ready)
        heap_init();
    p = slab_alloc(class);
    spin_unlock_irqrestore(&heap.lock, irq);
    if (!p) {
        /* Without the lock: a new frame may need a flush of other CPUs. */
        slab = slab_make(class);
        if (!slab)
            return NULL;
        irq = spin_lock_irqsave(&heap.lock);
        TAILQ_INSERT_HEAD(&heap.partial[class], slab, entry);
        p = slab_alloc(class);
        spin_unlock_irqrestore(&heap.lock, irq);
    }
    memset(p, 0, class_size(class));
    return p;
}

void mem_free(void *p)
{
    struct page *page;
    unsigned order;
    uint64_t irq;
    size_t i;

    if (!p)
        return;
    page = mfn_to_page(virt_to_mfn(p));
    if (page->extra >= LARGE) {
        order = (unsigned)page->extra - LARGE;
        for (i = 0; i < (size_t)1 << order; i++)
            page_clear((char *)p + (i << PAGE_SHIFT));
        frame_free(page, order);
        return;
    }
    ASSERT(page->extra >= SLAB);
    irq = spin_lock_irqsave(&heap.lock);
    slab_free(page, p);
    spin_unlock_irqrestore(&heap.lock, irq);
}

void *mem_alloc_pages(unsigned order)
{
    struct page *page = frame_alloc(order, FRAME_ZERO);

    return page ? mfn_to_virt(page_to_mfn(page)) : NULL;
}

void mem_free_pages(void *p, unsigned order)
{
    size_t i;

    if (!p)
        return;
    for (i = 0; i < (size_t)1 << order; i++) /* a vCPU's registers, say */
        page_clear((char *)p + (i << PAGE_SHIFT));
    frame_free(mfn_to_page(virt_to_mfn(p)), order);
}
