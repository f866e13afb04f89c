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
#include "xen/arch/x86/paging.h"
#include "xen/arch/x86/smp.h"
#include "xen/base/trace_host.h"

#define M2P_CHUNK ((size_t)1 << 21) /* mapped by pages of this size */

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

/* Every domain reads it, in the hypervisor's part of its address space; the
 * toolstack wants it in user space too, to write down a domain's page tables
 * without the machine's numbers. Where there is no RAM it is one and the same
 * chunk. */
void xen_frames_share_m2p(void)
{
    size_t at, size = frame_max * sizeof(pfn_t);
    mfn_t mfn;

    for (at = 0; at < size; at += M2P_CHUNK)
        if (paging_lookup(M2P_START + at, &mfn))
            share(mfn, M2P_CHUNK / PAGE_SIZE, false);
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
