/*
 * plan.c - laying out a new guest.
 *
 * The number of page tables depends on the region's size, which depends on
 * their number: it is found by trying, from one upwards; the region grows in
 * steps of 4 MiB, so a try or three do.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/arch/x86/layout.h"
#include "xen/dom/plan.h"

#define REGION_ALIGN   (4ul << 20)
#define REGION_PADDING (512ul << 10)
#define REGION_LIMIT   (1ul << 39) /* one L4 entry's worth */

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

static bool canonical(uint64_t virt)
{
    return virt + (1ull << 47) < (1ull << 48);
}

/* Do start and the byte before end lie on one side of the hole? end 0 means
 * the top of the address space. */
static bool range_ok(uint64_t start, uint64_t end)
{
    uint64_t last = end - 1;

    return last >= start && canonical(start) && canonical(last) &&
           (last < HOLE_START || start >= HOLE_END) &&
           (start >= HOLE_END) == (last >= HOLE_END);
}

/* How many L1, L2 and L3 tables map [start, end), which is not empty. */
static unsigned count_tables(uint64_t start, uint64_t end)
{
    uint64_t last = end - 1;
    unsigned count = 0, shift;

    for (shift = 21; shift <= 39; shift += 9)
        count += (unsigned)((last >> shift) - (start >> shift) + 1);
    return count;
}

/* What stands after the kernel, from `at` on, with nr_tables tables. */
static void place(struct plan *p, uint64_t at)
{
    if (!p->nr_p2m_tables) {
        p->p2m = at;
        p->p2m_pfn = plan_pfn(p, at);
        at += p->p2m_pages << PAGE_SHIFT;
    }
    p->start_info = at;
    p->store = at + PAGE_SIZE;
    p->console = at + 2 * PAGE_SIZE;
    p->tables = at + 3 * PAGE_SIZE;
    p->stack_top = p->tables + ((uint64_t)p->nr_tables << PAGE_SHIFT) +
                   PAGE_SIZE;
    p->virt_end = round_up(p->stack_top + REGION_PADDING, REGION_ALIGN);
}

/* What stands in frames after the region. */
static void place_outside(struct plan *p, bool ramdisk_outside,
                          uint64_t ramdisk_pages)
{
    p->end_pfn = plan_pfn(p, p->virt_end);
    if (ramdisk_outside) {
        p->ramdisk_pfn = p->end_pfn;
        p->end_pfn += ramdisk_pages;
    }
    if (p->nr_p2m_tables) {
        p->p2m_pfn = p->end_pfn;
        p->p2m_tables_pfn = p->p2m_pfn + p->p2m_pages;
        p->end_pfn = p->p2m_tables_pfn + p->nr_p2m_tables;
    }
}

static int check_kernel(const struct elf_kernel *k, uint64_t p2m_bytes,
                        const char **why)
{
    if (!range_ok(k->virt_base, k->end)) {
        *why = "its addresses reach into the hypervisor's";
        return -XEN_EINVAL;
    }
    if (k->has_p2m && !range_ok(k->p2m, k->p2m + p2m_bytes)) {
        *why = "its INIT_P2M address is impossible";
        return -XEN_EINVAL;
    }
    return 0;
}

/* The region is whole now: is it at a possible place? */
static int check_region(const struct plan *p, const struct elf_kernel *k,
                        const char **why)
{
    uint64_t p2m_last = k->p2m + (p->p2m_pages << PAGE_SHIFT) - 1;

    if (!range_ok(p->virt_base, p->virt_end) ||
        p->virt_end - p->virt_base > REGION_LIMIT) {
        *why = "there is no room for its start-of-day data behind it";
        return -XEN_EINVAL;
    }
    if (k->has_p2m && k->p2m >> 39 <= (p->virt_end - 1) >> 39 &&
        p2m_last >> 39 >= p->virt_base >> 39) {
        *why = "its INIT_P2M address is too near to its own";
        return -XEN_EINVAL;
    }
    return 0;
}

int plan_make(struct plan *p, const struct elf_kernel *k, uint64_t nr_pages,
              size_t ramdisk_size, const char **why)
{
    uint64_t ramdisk_pages = round_up(ramdisk_size, PAGE_SIZE) >> PAGE_SHIFT;
    bool mapped = ramdisk_size && !k->unmapped_module;
    uint64_t at = round_up(k->end, PAGE_SIZE), p2m_bytes;
    int rc;

    memset(p, 0, sizeof(*p));
    p->virt_base = k->virt_base;
    p->p2m_pages = round_up(nr_pages * 8, PAGE_SIZE) >> PAGE_SHIFT;
    p2m_bytes = p->p2m_pages << PAGE_SHIFT;
    rc = check_kernel(k, p2m_bytes, why);
    if (rc)
        return rc;
    if (k->has_p2m) {
        p->p2m = k->p2m;
        p->nr_p2m_tables = count_tables(k->p2m, k->p2m + p2m_bytes);
    }
    if (mapped) {
        p->ramdisk = at;
        p->ramdisk_pfn = plan_pfn(p, at);
        at += ramdisk_pages << PAGE_SHIFT;
    }
    do {
        place(p, at);
        if (p->nr_tables > REGION_LIMIT >> 21)
            break; /* no end of it: the check below refuses it */
        p->nr_tables++;
    } while (p->nr_tables <= 1 + count_tables(p->virt_base, p->virt_end));
    p->nr_tables--;
    rc = check_region(p, k, why);
    if (rc)
        return rc;
    place_outside(p, ramdisk_size && !mapped, ramdisk_pages);
    return p->end_pfn <= nr_pages ? 0 : -XEN_ENOMEM;
}
