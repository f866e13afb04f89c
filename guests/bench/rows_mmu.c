/*
 * Page-table updates: the entries of a window of 64 pages are set, from not
 * present to a frame of ours; what clears them again is not measured.
 */
#include "guests/bench/bench.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"

#define WINDOW 64

static char window[WINDOW][PAGE_SIZE]
    __attribute__((section(".bss.pages"), aligned(4096)));

static struct {
    uint64_t entry[WINDOW]; /* machine addresses of the PTEs */
    uint64_t value;
    struct mmu_update update[WINDOW];
    struct multicall_entry call[WINDOW];
} mmu;

static void clear_window(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        mmu.update[i].ptr = mmu.entry[i] | MMU_NORMAL_PT_UPDATE;
        mmu.update[i].val = 0;
    }
    (void)hypercall_mmu_update(mmu.update, count, NULL, DOMID_SELF);
    for (unsigned i = 0; i < count; i++) {
        mmu.update[i].val = mmu.value;
        mmu.call[i].op = __HYPERVISOR_update_va_mapping;
        mmu.call[i].args[0] = (unsigned long)window[i];
        mmu.call[i].args[1] = mmu.value;
        mmu.call[i].args[2] = UVMF_NONE;
    }
}

/* The time of setting so many entries, by one call or by a multicall. */
static ns_t time_sets(unsigned count, bool multicall)
{
    ns_t times[9];

    for (unsigned i = 0; i < 9; i++) {
        uint64_t start;

        clear_window(count);
        start = clock_tsc();
        if (multicall)
            (void)hypercall_multicall(mmu.call, count);
        else
            (void)hypercall_mmu_update(mmu.update, count, NULL, DOMID_SELF);
        times[i] = clock_tsc_to_ns(clock_tsc() - start);
    }
    return median(times, 9) / count;
}

static void flushes(unsigned count)
{
    struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

    while (count--)
        (void)hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* A plain store into a page table, which is mapped read-only. */
static ns_t time_stores(void)
{
    const uint64_t *entry = pte_find((unsigned long)window[0], 1);
    union {
        const uint64_t *constant;
        volatile uint64_t *writable;
    } pte = { entry };
    ns_t times[9];

    for (unsigned i = 0; i < 9; i++) {
        uint64_t start;

        clear_window(1);
        start = clock_tsc();
        *pte.writable = mmu.value;
        times[i] = clock_tsc_to_ns(clock_tsc() - start);
    }
    return median(times, 9);
}

void rows_mmu(void)
{
    for (unsigned i = 0; i < WINDOW; i++)
        mmu.entry[i] = virt_to_machine(pte_find((unsigned long)window[i], 1));
    mmu.value = virt_to_mfn(page_alloc()) << PAGE_SHIFT | PTE_DATA;
    if (pte_write(pte_find((unsigned long)window[0], 1), mmu.value)) {
        row_absent("pte_update", "mmu_update refused");
        return;
    }
    row_value("pte_update", time_sets(1, false));
    row_value("pte_update_batch", time_sets(WINDOW, false));
    row_value("va_mapping_multicall", time_sets(WINDOW, true));
    row_value("tlb_flush", measure(flushes, 500));
    row_value("emulated_pte_write", time_stores());
}
