/*
 * xen_frames.c - see xen_frames.h.
 *
 * The table t_info (public trace.h) is read-only to the toolstack; each ring's
 * first page has the index that the reader moves, so rings are writable. The
 * trace takes nothing that it reads there on trust (docs/trace.md).
 */
#include "xen/core/xen_frames.h"

#include <xen/trace.h>
#include "trace/ring.h"
#include "xen/arch/x86/smp.h"
#include "xen/base/trace_host.h"

static struct domain xen_domain = {
    .id = DOMID_XEN,
    .name = "hypervisor",
    .refs = 1,
};

struct domain *xen_frames_owner(void)
{
    return &xen_domain;
}

static void share(mfn_t mfn, uint64_t nr, bool writable)
{
    mfn_t end = mfn + nr;

    for (; mfn < end; mfn++)
        mmu_share_page(mfn_to_page(mfn), &xen_domain, writable);
}

void xen_frames_share_trace(void)
{
    const struct t_info *info;
    const uint32_t *list;
    unsigned cpu, i;
    uint32_t size;
    mfn_t mfn;

    if (trace_host_info(&mfn, &size))
        return;
    share(mfn, (size + PAGE_SIZE - 1) / PAGE_SIZE, false);
    info = mfn_to_virt(mfn);
    for (cpu = 0; cpu < smp_nr_cpus; cpu++) {
        /* A ring that got less memory than the table says stays unseen. */
        if (!info->mfn_offset[cpu] || trace_host_ring(cpu)->size + PAGE_SIZE <=
                                          info->tbuf_size * PAGE_SIZE)
            continue;
        list = (const uint32_t *)(const void *)info + info->mfn_offset[cpu];
        for (i = 0; i < info->tbuf_size; i++)
            share(list[i], 1, true);
    }
}
