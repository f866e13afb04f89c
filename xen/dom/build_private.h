/*
 * build_private.h - a domain under construction; between build.c,
 * build_tables.c and build_start.c.
 */
#ifndef XEN_DOM_BUILD_PRIVATE_H
#define XEN_DOM_BUILD_PRIVATE_H

#include "xen/core/domain.h"
#include "xen/dom/build.h"

struct builder {
    const struct build_request *r;
    struct domain *d;
    struct plan plan;
    mfn_t *p2m; /* nr_pages entries; a copy goes to the guest */
};

/* A frame of the guest's, in the direct map. */
static inline void *build_frame(const struct builder *b, pfn_t pfn)
{
    return mfn_to_virt(b->p2m[pfn]);
}

/* Copy size bytes to the guest's frames from `virt` of the boot region on. */
void build_copy(struct builder *b, uint64_t virt, const void *from,
                size_t size);

/* The initial page tables (build_tables.c). */
void build_tables(struct builder *b);

/* start_info, in its frame, which is zero (build_start.c). */
void build_start_info(struct builder *b);
/* vCPU 0's registers and base pointer. 0, or a negative errno. */
int build_context(struct builder *b);
/* The rings of a boot-time domain's console. 0, or a negative errno. */
int build_rings(struct builder *b);

#endif
