/*
 * plan.h - where everything stands in a new guest's memory: the ABI's
 * "start-of-day memory layout" (public xen.h). Pure.
 *
 * The boot region [virt_base, end) is mapped one to one to pfn 0 onwards:
 *
 *     kernel | initrd, if mapped | frame list | start_info | xenstore page
 *     | console page | page tables | stack | padding of 512 KiB or more
 *
 * and ends on a multiple of 4 MiB. A kernel may ask for its frame list at an
 * address of its own (INIT_P2M), then the list and the page tables that map it
 * stand in frames after the region; and may take its initrd unmapped
 * (MOD_START_PFN): then that stands after the region, too.
 */
#ifndef XEN_DOM_PLAN_H
#define XEN_DOM_PLAN_H

#include "xen/dom/elf.h"

struct plan {
    uint64_t virt_base, virt_end;                   /* the boot region */
    uint64_t start_info, store, console, stack_top; /* virtual addresses */
    uint64_t tables; /* the L4's; nr_tables pages follow each other */
    unsigned nr_tables;
    uint64_t p2m; /* the frame list */
    uint64_t p2m_pages;
    pfn_t p2m_pfn;
    pfn_t p2m_tables_pfn;   /* of the tables that map it elsewhere */
    unsigned nr_p2m_tables; /* 0: it stands in the boot region */
    uint64_t ramdisk;       /* virtual address; 0: not mapped, or none */
    pfn_t ramdisk_pfn;
    pfn_t end_pfn; /* the first one that is free */
};

/* Lay out a guest of nr_pages. 0; -EINVAL: the kernel's addresses make no
 * sense, *why a phrase; -ENOMEM: it does not fit; then p->end_pfn pages would
 * be needed at least. */
int plan_make(struct plan *p, const struct elf_kernel *k, uint64_t nr_pages,
              size_t ramdisk_size, const char **why);

static inline pfn_t plan_pfn(const struct plan *p, uint64_t virt)
{
    return (virt - p->virt_base) >> PAGE_SHIFT;
}

#endif
