/*
 * Memory: frames, machine addresses, page-table entries.
 *
 * The domain builder mapped the image and the first part of our memory at
 * VIRT_BASE + (pfn << 12); all that the runtime hands out lies there.
 */
#ifndef GUEST_PAGES_H
#define GUEST_PAGES_H

#include <stdint.h>

#define PAGE_SIZE  4096UL
#define PAGE_SHIFT 12
#define VIRT_BASE  0xffffffff80000000UL

#define PTE_PRESENT  0x001UL
#define PTE_WRITE    0x002UL
#define PTE_USER     0x004UL
#define PTE_ACCESSED 0x020UL
#define PTE_DIRTY    0x040UL
#define PTE_NX       (1UL << 63)
#define PTE_FRAME    0x000ffffffffff000UL
/* A kernel's data page; a PV kernel is in ring 3, the hypervisor adds USER. */
#define PTE_DATA  (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY)
#define PTE_READ  (PTE_PRESENT | PTE_USER | PTE_ACCESSED)
#define PTE_TABLE PTE_DATA

/* A zeroed page of our own, from a static arena (1 MiB); fails the guest when
 * it is used up. page_free gives it back; it must be mapped writable again. */
void *page_alloc(void);
void page_free(void *page);

/* Machine frame of a virtual address in the image or boot-mapped region. */
uint64_t virt_to_mfn(const void *virt);
/* Machine address, to the byte. */
uint64_t virt_to_machine(const void *virt);
/* The boot mapping of a frame of ours. */
void *mfn_to_virt(uint64_t mfn);

/* The entry of a page table of the current address space that maps virt at
 * level 1 (PTE) .. 4; null when a level above is absent. Read-only memory. */
const uint64_t *pte_find(unsigned long virt, unsigned level);

/* Sets one entry (any level) by mmu_update. 0 or a negative errno. */
int pte_write(const uint64_t *entry, uint64_t value);

/* update_va_mapping with INVLPG. 0 or a negative errno. */
int page_remap(const void *virt, uint64_t pte);

/* Makes a page of ours read-only, or writable again. */
int page_protect(const void *page);
int page_unprotect(const void *page);

#endif
