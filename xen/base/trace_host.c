/*
 * trace_host.c - rings of the hypervisor's CPUs; see trace/host.h.
 *
 * The rings stand in an array and not in per-CPU areas, for they are there
 * before other CPUs start. A CPU's ring is touched by that CPU alone, hence
 * the alignment.
 */
#include "xen/base/trace_host.h"

#include "trace/host.h"
#include "trace/setup.h"
#include "trace/trace.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/percpu.h"
#include "xen/base/console.h"
#include "xen/base/frame.h"

static struct {
    struct trace_ring ring;
} __attribute__((aligned(128))) rings[NR_CPUS];

struct trace_ring *trace_this_ring(void)
{
    struct trace_ring *ring = &rings[this_cpu_id()].ring;

    return ring->buf ? ring : NULL;
}

uint64_t trace_clock(void)
{
    return rdtsc();
}

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

void trace_host_init(unsigned nr_cpus, unsigned pages, uint32_t mask,
                     bool overwrite)
{
    struct trace_anchor *anchor;
    void *memory;

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
        if (memory)
            trace_anchor_add_ring(c, &rings[c].ring, memory, paddr_of(memory),
                                  got * (uint32_t)PAGE_SIZE);
    }
    trace_set_mask(mask);
    trace_anchor_publish();
}
