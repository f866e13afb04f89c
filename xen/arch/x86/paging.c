/*
 * paging.c - the hypervisor's page tables: direct map, image, device windows
 * and stacks. See paging.h for what holds.
 *
 * Tables are reached through the direct map; during paging_init() that is the
 * boot loader tables' one, of the first 4 GiB, from which boot-time frames are
 * taken.
 *
 * Lock: paging_lock (rank PAGING) protects the tables, the bounds of the
 * device window, and the pool of stacks.
 */
#include "xen/arch/x86/paging.h"

#include <xen/errno.h>
#include "xen/arch/up.h"
#include "xen/arch/x86/boot_info.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/msr.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/lib/bug.h"

#define STACKS_MAX 16384u

uint64_t paging_cr3;

static struct paging {
    struct spinlock lock; /* rank PAGING */
    pte_t *l4;
    bool huge; /* the processor has 1-GiB pages */
    uintptr_t vmap_next;
    unsigned stacks;  /* ever made */
    void *free_stack; /* chained through their first word */
} paging;

static pte_t *table_of(pte_t e)
{
    return (pte_t *)(DIRECTMAP_START + (e & PTE_FRAME));
}

static pte_t table_entry(const void *table)
{
    return ((uintptr_t)table - DIRECTMAP_START) | PTE_P | PTE_W | PTE_A;
}

/* May one entry of `level` map what is left? */
static bool fits(unsigned level, uintptr_t va, paddr_t pa, size_t size)
{
    size_t span = pte_span(level);

    if (level == 3 && !paging.huge)
        return false;
    return level <= 3 && !((va | pa) & (span - 1)) && size >= span;
}

/* Map one page as large as fits; *done: how much that was. */
static int map_one(uintptr_t va, paddr_t pa, size_t size, pte_t flags,
                   size_t *done)
{
    pte_t *table = paging.l4;
    unsigned level = 4;
    pte_t *entry;

    for (;; level--) {
        entry = &table[pte_index(va, level)];
        if (fits(level, va, pa, size))
            break;
        if (!(*entry & PTE_P)) {
            void *next = up_page_alloc();

            if (!next)
                return -XEN_ENOMEM;
            *entry = table_entry(next);
        }
        /* A guest may read what some leaf lets it read. */
        *entry |= flags & PTE_U;
        table = table_of(*entry);
    }
    WRITE_ONCE(*entry,
               pa | flags | PTE_P | PTE_A | PTE_D | (level > 1 ? PTE_PS : 0));
    *done = pte_span(level);
    return 0;
}

int paging_map(uintptr_t va, paddr_t pa, size_t size, pte_t flags)
{
    size_t done = 0;

    ASSERT(!((va | pa | size) & (PAGE_SIZE - 1)));
    for (; size; va += done, pa += done, size -= done) {
        int rc = map_one(va, pa, size, flags, &done);

        if (rc)
            return rc;
    }
    return 0;
}

bool paging_lookup(uintptr_t va, mfn_t *mfn)
{
    pte_t e = paging.l4[pte_index(va, 4)];
    unsigned level;

    for (level = 4; level > 1 && (e & PTE_P); level--) {
        if (level < 4 && (e & PTE_PS))
            break;
        e = table_of(e)[pte_index(va, level - 1)];
    }
    *mfn = pte_mfn(e) + ((va & (pte_span(level) - 1)) >> PAGE_SHIFT);
    return e & PTE_P;
}

void paging_fill_hole(pte_t *l4)
{
    unsigned i;

    for (i = HOLE_FIRST_SLOT; i <= HOLE_LAST_SLOT; i++)
        l4[i] = paging.l4[i];
    l4[pte_index(PERDOMAIN_START, 4)] = 0;
}

void paging_cpu_init(void)
{
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    wrmsr(MSR_PAT, PAT_ABI);
    write_cr3(paging_cr3);
    /* The boot tables' translations may have been global. */
    write_cr4(read_cr4() & ~(uint64_t)CR4_PGE);
    write_cr4(read_cr4() | CR4_PGE);
}

static void must_map(uintptr_t va, paddr_t start, paddr_t end, pte_t flags)
{
    if (start < end && paging_map(va, start, end - start, flags | PTE_G))
        BUG();
}

/* [start, end) of RAM in the direct map, the image's text and constants
 * read-only. */
static void map_direct(paddr_t start, paddr_t end)
{
    paddr_t ro_start = image_to_paddr(image_start);
    paddr_t ro_end = image_to_paddr(data_start);
    paddr_t cut[4] = { start, ro_start, ro_end, end };
    unsigned i;

    for (i = 0; i < 3; i++) {
        paddr_t from = cut[i] > start ? cut[i] : start;
        paddr_t to = cut[i + 1] < end ? cut[i + 1] : end;

        must_map(DIRECTMAP_START + from, from, to,
                 PTE_NX | (i == 1 ? 0 : PTE_W));
    }
}

static void map_image(const char *start, const char *end, pte_t flags)
{
    must_map((uintptr_t)start, image_to_paddr(start), image_to_paddr(end),
             flags);
}

/* The first MiB is mapped whole: firmware tables, screen, where processors
 * start. Its cache types are the MTRRs' business. */
#define LOW_END ((paddr_t)0x100000)

static void map_ranges(const struct boot_info *info)
{
    paddr_t top = (paddr_t)(HOLE_END - DIRECTMAP_START);
    unsigned i;

    map_direct(0, LOW_END);
    for (i = 0; i < info->nr_ranges; i++) {
        const struct boot_range *r = &info->range[i];
        paddr_t start = r->start & PAGE_MASK;
        paddr_t end = (r->end + PAGE_SIZE - 1) & PAGE_MASK;

        if (r->type == BOOT_MEMORY_RAM) {
            start = (r->start + PAGE_SIZE - 1) & PAGE_MASK;
            end = r->end & PAGE_MASK;
        } else if (r->type != BOOT_MEMORY_ACPI && r->type != BOOT_MEMORY_NVS) {
            continue;
        }
        if (start < LOW_END)
            start = LOW_END;
        if (end > top)
            end = top;
        if (start < end)
            map_direct(start, end);
    }
}

/* Give each of our PML4 slots its L3 now, for they are copied. */
static void fill_slots(void)
{
    unsigned i;

    for (i = HOLE_FIRST_SLOT; i <= HOLE_LAST_SLOT; i++) {
        void *l3;

        if (paging.l4[i] || (i > HOLE_FIRST_SLOT && i < 261))
            continue;
        l3 = up_page_alloc();
        BUG_ON(!l3);
        paging.l4[i] = table_entry(l3) | (i == HOLE_FIRST_SLOT ? PTE_U : 0);
    }
}

void paging_init(const struct boot_info *info)
{
    paging.huge = cpuid(0x80000000).eax >= 0x80000001 &&
                  (cpuid(0x80000001).edx & (1u << 26));
    paging.vmap_next = VMAP_START;
    paging.l4 = up_page_alloc();
    BUG_ON(!paging.l4);
    map_ranges(info);
    map_image(image_start, text_start, PTE_NX);
    map_image(text_start, text_end, 0);
    map_image(text_end, data_start, PTE_NX);
    map_image(data_start, image_end, PTE_NX | PTE_W);
    fill_slots();
    paging_cr3 = (uintptr_t)paging.l4 - DIRECTMAP_START;
    paging_cpu_init();
}

static void *map_window(paddr_t paddr, size_t size, pte_t flags)
{
    paddr_t start = paddr & PAGE_MASK;
    size_t span = (size + (paddr - start) + PAGE_SIZE - 1) & PAGE_MASK;
    uintptr_t va = 0;

    spin_lock(&paging.lock);
    if (span <= VMAP_END - paging.vmap_next) {
        va = paging.vmap_next;
        if (paging_map(va, start, span, flags | PTE_W | PTE_NX | PTE_G))
            va = 0;
        else
            paging.vmap_next += span + PAGE_SIZE; /* a gap catches overruns */
    }
    spin_unlock(&paging.lock);
    return va ? (void *)(va + (paddr - start)) : NULL;
}

void *map_device(paddr_t paddr, size_t size)
{
    return map_window(paddr, size, PTE_PCD | PTE_PWT);
}

void *map_firmware(paddr_t paddr, size_t size)
{
    return map_window(paddr, size, 0);
}

/* A new stack at the end of the area. Under paging_lock. */
static void *stack_make(void)
{
    uintptr_t va = STACKS_START + STACK_SIZE * (2ul * paging.stacks + 1);
    size_t offset;

    if (paging.stacks == STACKS_MAX)
        return NULL;
    for (offset = 0; offset < STACK_SIZE; offset += PAGE_SIZE) {
        void *frame;
        mfn_t mfn;

        if (paging_lookup(va + offset, &mfn))
            continue; /* of an attempt that ran out of memory */
        frame = up_page_alloc();
        if (!frame ||
            paging_map(va + offset, (uintptr_t)frame - DIRECTMAP_START,
                       PAGE_SIZE, PTE_W | PTE_NX | PTE_G))
            return NULL; /* at worst a frame is lost */
    }
    paging.stacks++;
    return (void *)va;
}

void *stack_alloc(void)
{
    void *stack;

    spin_lock(&paging.lock);
    stack = paging.free_stack;
    if (stack)
        paging.free_stack = *(void **)stack;
    else
        stack = stack_make();
    spin_unlock(&paging.lock);
    return stack;
}

void stack_free(void *stack)
{
    spin_lock(&paging.lock);
    *(void **)stack = paging.free_stack;
    paging.free_stack = stack;
    spin_unlock(&paging.lock);
}
