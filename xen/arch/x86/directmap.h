/*
 * directmap.h - all RAM, mapped one to one at DIRECTMAP_START.
 */
#ifndef XEN_ARCH_X86_DIRECTMAP_H
#define XEN_ARCH_X86_DIRECTMAP_H

#include "xen/arch/x86/layout.h"
#include "xen/lib/types.h"

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

#endif
