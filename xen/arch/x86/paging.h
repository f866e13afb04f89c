/*
 * paging.h - the hypervisor's own half of every address space.
 *
 * paging_init() replaces the boot page tables. From then on the tables below
 * the hypervisor's PML4 slots only grow, and the slots themselves are constant
 * but for the per-domain one, so that an L4 of a guest takes a copy of them
 * once (paging_fill_hole()). Nothing is ever unmapped, so no CPU can hold a
 * stale translation of ours. No mapping is both writable and executable, the
 * direct map's view of the image included.
 */
#ifndef XEN_ARCH_X86_PAGING_H
#define XEN_ARCH_X86_PAGING_H

#include "xen/arch/x86/pte.h"
#include "xen/lib/types.h"

struct boot_info;

/* The direct map and the image's own mapping; loads the new tables. Frames
 * come from up_page_alloc(). Once, on the boot CPU. */
void paging_init(const struct boot_info *info);

/* Set this CPU to the hypervisor's tables, NX and the ABI's cache types (PAT).
 * paging_init() does it for the boot CPU; others when they start. */
void paging_cpu_init(void);

/* CR3 of the hypervisor's own tables, without any guest (idle loops). */
extern uint64_t paging_cr3;

#define PAT_ABI ((uint64_t)0x050100070406) /* WB WT UC- UC WC WP UC UC */

/* Map [va, va + size) of the hypervisor's half to [pa, ...), in pages as large
 * as alignment allows; flags: PTE_*, present implied. 0, or -ENOMEM. Boot. */
int paging_map(uintptr_t va, paddr_t pa, size_t size, pte_t flags);

/* The hypervisor's 16 slots of an L4, the per-domain one empty. */
void paging_fill_hole(pte_t *l4);

/* Of an address in the hypervisor's half: its frame; false: not mapped. */
bool paging_lookup(uintptr_t va, mfn_t *mfn);

/* Device registers at paddr: uncached, for good. NULL: no memory or space. */
void *map_device(paddr_t paddr, size_t size);

/* The same with the ordinary cache type: tables of the firmware. */
void *map_firmware(paddr_t paddr, size_t size);

/* A stack of STACK_SIZE, so aligned, over an unmapped guard of that size; its
 * lowest address, or NULL. A freed one keeps its frames for the next. */
void *stack_alloc(void);
void stack_free(void *stack);

#endif
