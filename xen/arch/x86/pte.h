/*
 * pte.h - entries of page tables, and whole pages of memory.
 *
 * The same format at all four levels: SDM 3A 4.5; bits 62..52 are for
 * software. Nothing here knows whose a table is.
 */
#ifndef XEN_ARCH_X86_PTE_H
#define XEN_ARCH_X86_PTE_H

#include "xen/lib/types.h"

typedef uint64_t pte_t;

#define PTE_P     ((pte_t)1 << 0) /* present */
#define PTE_W     ((pte_t)1 << 1) /* writable */
#define PTE_U     ((pte_t)1 << 2) /* ring 3 may use it */
#define PTE_PWT   ((pte_t)1 << 3)
#define PTE_PCD   ((pte_t)1 << 4)
#define PTE_A     ((pte_t)1 << 5) /* accessed */
#define PTE_D     ((pte_t)1 << 6) /* dirty */
#define PTE_PS    ((pte_t)1 << 7) /* L2, L3: maps a large page */
#define PTE_PAT   ((pte_t)1 << 7) /* L1 */
#define PTE_G     ((pte_t)1 << 8) /* survives a load of CR3 */
#define PTE_NX    ((pte_t)1 << 63)
#define PTE_FRAME ((pte_t)0x000ffffffffff000) /* the frame's address */

#define PTE_CACHE (PTE_PAT | PTE_PCD | PTE_PWT)

#define TABLE_ENTRIES 512u

static inline mfn_t pte_mfn(pte_t e)
{
    return (e & PTE_FRAME) >> PAGE_SHIFT;
}

static inline pte_t pte_make(mfn_t mfn, pte_t flags)
{
    return (mfn << PAGE_SHIFT) | flags;
}

/* Index into the table of `level` (1..4) for an address. */
static inline unsigned pte_index(uintptr_t address, unsigned level)
{
    return (address >> (PAGE_SHIFT + 9 * (level - 1))) & (TABLE_ENTRIES - 1);
}

/* Bytes that one entry of `level` maps. */
static inline size_t pte_span(unsigned level)
{
    return (size_t)1 << (PAGE_SHIFT + 9 * (level - 1));
}

static inline void page_clear(void *page)
{
    size_t words = PAGE_SIZE / 8;

    __asm__ volatile("rep stosq"
                     : "+D"(page), "+c"(words)
                     : "a"(0ul)
                     : "memory");
}

static inline void page_copy(void *to, const void *from)
{
    size_t words = PAGE_SIZE / 8;

    __asm__ volatile("rep movsq"
                     : "+D"(to), "+S"(from), "+c"(words)
                     :
                     : "memory");
}

#endif
