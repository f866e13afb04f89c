/*
 * trace_host.c - rings of the hypervisor's CPUs; see trace/put.def.
 */
#include "xen/base/trace_host.h"

#include <xen/errno.h>
#include "trace/recent.h"
#include "trace/setup.h"
#include "trace/trace.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/percpu.h"
#include "xen/base/console.h"
#include "xen/base/frame.h"
#include "xen/base/softirq.h"
#include "xen/base/trace_here.h"

#define KEPT_PAGES                                                             \
    ((TRACE_KEPT * sizeof(struct trace_kept) + PAGE_SIZE - 1) / PAGE_SIZE)

/* Written once, at boot. */
static struct {
    struct t_info *info;
    uint32_t bytes;
} toolstack;

#include "trace/put.def"

/* Contiguous frames for `pages` pages, rounded up to a power of two. */
static void *alloc_pages(unsigned pages)
{
    unsigned order = 0;
    struct page *page;

    while (1u << order < pages)
        order++;
    page = frame_alloc(order, FRAME_ZERO);
    return page ? mfn_to_virt(page_to_mfn(page)) : NULL;
}

static paddr_t paddr_of(const void *virt)
{
    return mfn_to_paddr(virt_to_mfn(virt));
}

/* Xen's table of the rings' frames, for the toolstack. */
static void make_info(unsigned nr_cpus, unsigned pages)
{
    size_t bytes = sizeof(struct t_info) + nr_cpus * sizeof(uint16_t) +
                   sizeof(uint32_t) * (nr_cpus * (pages + 1ul) + 1);
    unsigned frames = (unsigned)((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
    struct t_info *info = alloc_pages(frames);

    if (!info || trace_fill_info(info, frames * (uint32_t)PAGE_SIZE))
        return;
    toolstack.info = info;
    toolstack.bytes = frames * (uint32_t)PAGE_SIZE;
}

void trace_host_init(unsigned nr_cpus, unsigned pages, uint32_t mask,
                     bool overwrite)
{
    struct trace_anchor *anchor;
    void *memory, *kept;

    if (!pages)
        return;
    anchor = alloc_pages(TRACE_ANCHOR_PAGES);
    if (!anchor) {
        console_print("trace: no memory for the anchor: no trace\n");
        return;
    }
    trace_anchor_begin(anchor, paddr_of(anchor),
                       overwrite ? TRACE_ANCHOR_OVERWRITE : 0);
    for (unsigned c = 0; c < nr_cpus && c < NR_CPUS; c++) {
        unsigned got = pages;

        while (!(memory = alloc_pages(got)) && got > 1)
            got /= 2;
        if (!memory || got < pages)
            console_print(
                "trace: CPU %u: %u pages wished, %u free in one piece; "
                "lower tbuf_size=\n",
                c, pages, memory ? got : 0);
        kept = alloc_pages(KEPT_PAGES);
        if (memory)
            trace_anchor_add_ring(c, &percpu_rings[c].ring, memory,
                                  paddr_of(memory), got * (uint32_t)PAGE_SIZE);
        if (kept) /* it is only for dumps: do without, else */
            trace_ring_keep(&percpu_rings[c].ring, kept);
    }
    make_info(nr_cpus, pages);
    trace_set_mask(mask);
    trace_anchor_publish();
}

static void half_full(void)
{
    softirq_raise(SOFTIRQ_TBUF);
}

void trace_host_tell(void)
{
    for (unsigned c = 0; c < NR_CPUS; c++)
        percpu_rings[c].ring.half_full = half_full;
}

const struct trace_ring *trace_host_ring(unsigned cpu)
{
    return &percpu_rings[cpu].ring;
}

int trace_host_info(mfn_t *mfn, uint32_t *size)
{
    if (!toolstack.info)
        return -XEN_EINVAL;
    *mfn = virt_to_mfn(toolstack.info);
    *size = toolstack.bytes;
    return 0;
}
