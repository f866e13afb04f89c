/*
 * mmu.h - a domain's memory: its frames, and the page tables it writes
 * through us. The rules are in docs/pagetypes.md; counts in pagetype.h.
 */
#ifndef XEN_CORE_MMU_H
#define XEN_CORE_MMU_H

#include "xen/arch/x86/spinlock.h"
#include "xen/base/frame.h"
#include "xen/lib/cpuset.h"
#include "xen/lib/types.h"

struct dirty_log;
struct domain;
struct vcpu;

#define MMU_CPU_NONE (~0u) /* vcpu.mmu_cpu: its tables are loaded nowhere */

/* As the BIOS call gives them, and XENMEM_memory_map. */
struct PACKED e820_entry {
    uint64_t start, size;
    uint32_t type;
};

struct mmu_domain {
    struct spinlock lock;         /* rank MMU: its page-table updates */
    struct spinlock page_lock;    /* rank PAGES: list and counts below */
    struct page_list pages;       /* its frames */
    struct page_list released;    /* given up, but still referred to */
    uint64_t nr_pages, max_pages; /* of both lists; the limit */
    struct cpuset cpus; /* that may have its tables loaded; tlb.h; atomic */
    struct spinlock map_lock; /* rank MAP; no other is taken under it: */
    struct e820_entry *map;   /* its memory map, if the toolstack gave one */
    unsigned nr_map;
    uint64_t *perdomain_l3; /* page tables of slot 260 */
    mfn_t perdomain_mfn;
    uint64_t max_pfn;            /* as the guest says in shared info */
    struct dirty_log *dirty;     /* dirty.h; NULL: none; atomic */
    unsigned long shadow_frames; /* that it takes */
    unsigned long shadow_wish;   /* as the toolstack set it; 0: by default */
};

int mmu_domain_create(struct domain *d);
void mmu_domain_destroy(struct domain *d);
/* Give back every frame; preemptible: 0 done, -ERESTART (85) call again. */
int mmu_domain_relinquish(struct domain *d);

/* The virtual address of vCPU `id`'s GDT/LDT window and its 32 PTEs, with the
 * page tables for it made. 0, or -ENOMEM. */
int mmu_window(struct domain *d, unsigned id, uintptr_t *window,
               uint64_t **ptes);

/* Fill the hypervisor's 16 slots of a new L4 of d. */
void mmu_fill_hole(struct domain *d, uint64_t *l4);

/* Allocate a frame for d (owner set, on its list, one reference). NULL when
 * it is at its limit or there is none. */
struct page *mmu_alloc_page(struct domain *d, unsigned order, unsigned flags);

/* Give 2^order frames from frame_alloc() to d. False: it is at its limit, or
 * dying; they are the caller's still. */
bool mmu_assign_page(struct domain *d, struct page *page, unsigned order);

/* d gives up its frame, its pin too: it is freed when nobody refers to it any
 * more. False:
 * d had not got it (any more). With a reference of the caller's. */
bool mmu_free_page(struct domain *d, struct page *page);
/* For pagetype.c: the last reference on page has gone. */
void mmu_page_gone(struct page *page);

/* Share a whole frame of the hypervisor's with d: d may map it (writable or
 * not). It is the hypervisor's until mmu_unshare_page(), which frees it when
 * nobody maps it any more: in place of mem_free() or frame_free(). */
void mmu_share_page(struct page *page, struct domain *d, bool writable);
void mmu_unshare_page(struct page *page);

/* Hold frame `mfn` of d as writable data for as long as the hypervisor itself
 * writes to it through the direct map (vcpu_info, FIFO control blocks ...): one
 * reference and one writable type. NULL: not d's, or of another type. */
struct page *mmu_hold(struct domain *d, mfn_t mfn);
void mmu_unhold(struct page *page);

/* v's top tables, or its shadow, have changed: what the processor is to load
 * for them. Under mmu.lock; the caller loads it, or v does not run. */
void mmu_use_bases(struct vcpu *v);

/* Load v's CR3 for its mode, as the switch does. */
void mmu_load_cr3(struct vcpu *v);

/* Take cr3 (machine address from a guest) as v's base pointer: takes the
 * references and types, drops the old ones. kernel: which of the two. */
int mmu_set_base(struct vcpu *v, mfn_t l4, bool kernel);
/* Drop v's base pointers, GDT and LDT (teardown). */
void mmu_drop_bases(struct vcpu *v);

/* Check the tables below l4, level by level, and pin it for d, as a guest does
 * by MMUEXT_PIN_L4_TABLE; for the builder's tables. 0, or a negative errno. */
int mmu_pin(struct domain *d, mfn_t mfn, unsigned level);
int mmu_unpin(struct domain *d, mfn_t mfn);
static inline int mmu_adopt_l4(struct domain *d, mfn_t l4)
{
    return mmu_pin(d, l4, 4);
}

/* The guest's GDT frames: type them as descriptor pages and map them in v's
 * window. entries <= 7168. 0, or a negative errno. */
int mmu_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned entries);

/* The guest's LDT at guest address base of the current vCPU: its frames are
 * typed and mapped in its window. entries <= 8192; 0: none. */
int mmu_set_ldt(struct vcpu *v, uintptr_t base, unsigned entries);

/* A frame of d's is to become writable: LDTs that it stands in lose it, and
 * have descriptors of zeros there. A kernel may free an LDT that a vCPU has
 * left, by a hypercall that still waits in its batch: Linux does; to Xen, which
 * maps an LDT when it is first used, that LDT is none yet. Under mmu.lock.
 * False: it is in none. */
bool mmu_revoke_ldt(struct domain *d, mfn_t mfn);

/* The machine frame of a guest address under v's kernel tables; INVALID_MFN. */
mfn_t mmu_guest_frame(struct vcpu *v, uintptr_t address);

/* Registers of interrupt controllers, which are the hypervisor's alone. */
static inline bool mmu_device_is_ours(mfn_t mfn)
{
    return (mfn & ~(mfn_t)0xf) == 0xfec00 || mfn == 0xfee00;
}

/* machine-to-phys of a frame of d's. */
static inline void m2p_set(mfn_t mfn, pfn_t pfn)
{
    ((pfn_t *)M2P_RW_START)[mfn] = pfn;
}

static inline pfn_t m2p_get(mfn_t mfn)
{
    return ((const pfn_t *)M2P_RW_START)[mfn];
}

#endif
