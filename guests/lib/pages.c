/* Frames from a static arena; translation by the P2M and M2P tables. */
#include "guests/lib/pages.h"

#include <stddef.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"

#define ARENA_PAGES 256

static char arena[ARENA_PAGES][PAGE_SIZE]
    __attribute__((section(".bss.pages"), aligned(4096)));

static struct {
    unsigned used;
    void *free; /* a list through the first word of each page */
} pages;

void *page_alloc(void)
{
    void *page = pages.free;

    if (page) {
        memcpy(&pages.free, page, sizeof(void *));
    } else {
        if (pages.used == ARENA_PAGES)
            guest_fail("guest: out of pages");
        page = arena[pages.used++];
    }
    memset(page, 0, PAGE_SIZE);
    return page;
}

void page_free(void *page)
{
    memcpy(page, &pages.free, sizeof(void *));
    pages.free = page;
}

uint64_t virt_to_mfn(const void *virt)
{
    const unsigned long *p2m = (const unsigned long *)start_info()->mfn_list;

    return p2m[((unsigned long)virt - VIRT_BASE) >> PAGE_SHIFT];
}

uint64_t virt_to_machine(const void *virt)
{
    return virt_to_mfn(virt) << PAGE_SHIFT |
           ((unsigned long)virt & (PAGE_SIZE - 1));
}

void *mfn_to_virt(uint64_t mfn)
{
    return (void *)(VIRT_BASE + (machine_to_phys_mapping[mfn] << PAGE_SHIFT));
}

const uint64_t *pte_find(unsigned long virt, unsigned level)
{
    const uint64_t *table = (const uint64_t *)start_info()->pt_base;

    for (unsigned at = 4;; at--) {
        const uint64_t *entry =
            &table[(virt >> (PAGE_SHIFT + 9 * (at - 1))) & 511];

        if (at == level)
            return entry;
        if (!(*entry & PTE_PRESENT))
            return NULL;
        table = mfn_to_virt((*entry & PTE_FRAME) >> PAGE_SHIFT);
    }
}

int pte_write(const uint64_t *entry, uint64_t value)
{
    struct mmu_update update = {
        .ptr = virt_to_machine(entry) | MMU_NORMAL_PT_UPDATE, .val = value
    };

    return (int)hypercall_mmu_update(&update, 1, NULL, DOMID_SELF);
}

int page_remap(const void *virt, uint64_t pte)
{
    return (int)hypercall_update_va_mapping((unsigned long)virt, pte,
                                            UVMF_INVLPG | UVMF_ALL);
}

int page_protect(const void *page)
{
    return page_remap(page, virt_to_mfn(page) << PAGE_SHIFT | PTE_READ);
}

int page_unprotect(const void *page)
{
    return page_remap(page, virt_to_mfn(page) << PAGE_SHIFT | PTE_DATA);
}
