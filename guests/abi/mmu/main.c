/*
 * Page tables: what a guest may do, and what must be refused. The rule behind
 * all refusals: no frame is a page table and writable at the same time, and
 * the hypervisor's part of the address space is its own.
 */
#include <stddef.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"

#define PTE_LARGE     0x80UL
#define PTE_FREE_BITS (1UL << 51 | 1UL << 50)

static long mmuext(unsigned cmd, uint64_t mfn)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static uint64_t pte_of(const void *page, uint64_t flags)
{
    return virt_to_mfn(page) << PAGE_SHIFT | flags;
}

static void test_normal(void)
{
    unsigned long *page = page_alloc(), *other = page_alloc();
    const uint64_t *entry = pte_find((unsigned long)page, 1);

    other[0] = 42;
    check_equal(page_remap(page, pte_of(other, PTE_DATA)), 0, "remap");
    check_equal((long)page[0], 42, "what the remapped page holds");
    check_equal(page_remap(page, pte_of(other, PTE_READ)), 0, "read-only");
    check_equal(pte_write(entry, pte_of(page, PTE_DATA)), 0, "back again");
    (void)page_remap(page, pte_of(page, PTE_DATA));
    check_equal((long)page[0], 0, "what the page holds at last");
}

static void test_store(void)
{
    unsigned long *page = page_alloc();
    const uint64_t *entry = pte_find((unsigned long)page, 1);
    union {
        const uint64_t *constant;
        volatile uint64_t *writable;
    } pte = { entry };
    uint64_t old = *entry, next = pte_of(page, PTE_READ);

    *pte.writable = next;
    check((*entry & (PTE_FRAME | PTE_WRITE | PTE_PRESENT)) ==
              (next & (PTE_FRAME | PTE_WRITE | PTE_PRESENT)),
          "a store gave %lx, not %lx", *entry, next);
    next = *entry; /* the hypervisor may add its own flags */
    (void)__atomic_compare_exchange_n(pte.writable, &next, old, false,
                                      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    check(*entry & PTE_WRITE, "compare-exchange gave %lx", *entry);
    (void)page_remap(page, pte_of(page, PTE_DATA));
    page[0] = 1;
}

static void refuse(const uint64_t *entry, uint64_t value, const char *what)
{
    uint64_t old = *entry;
    long error = pte_write(entry, value);

    check(error < 0, "%s was allowed", what);
    if (!error)
        (void)pte_write(entry, old);
    check((*entry & ~(PTE_ACCESSED | PTE_DIRTY)) ==
              (old & ~(PTE_ACCESSED | PTE_DIRTY)),
          "%s was refused, but the entry is %lx, not %lx", what, *entry, old);
}

static void test_refused_entries(void)
{
    void *page = page_alloc(), *data = page_alloc();
    unsigned long va = (unsigned long)page;
    const uint64_t *l1 = pte_find(va, 1), *l2 = pte_find(va, 2);
    const uint64_t *l3 = pte_find(va, 3), *l4 = pte_find(va, 4);
    const uint64_t *root = (const uint64_t *)start_info()->pt_base;

    refuse(l1, pte_of(l1, PTE_DATA), "an L1 mapped writable");
    refuse(l1, pte_of(l2, PTE_DATA), "an L2 mapped writable");
    refuse(l1, pte_of(root, PTE_DATA), "the L4 mapped writable");
    refuse(l1, PTE_DATA | PTE_FREE_BITS, "a frame that does not exist");
    refuse(l2 + 100, pte_of(data, PTE_TABLE), "a data page as an L1");
    refuse(l2 + 100, pte_of(l3, PTE_TABLE), "an L3 as an L1");
    refuse(l2 + 100, pte_of(data, PTE_TABLE | PTE_LARGE), "a large page");
    refuse(l3 - 100, pte_of(data, PTE_TABLE), "a data page as an L2");
    refuse(l4 - 10, pte_of(data, PTE_TABLE), "a data page as an L3");
    refuse(root + 256, 0, "the hypervisor's first slot cleared");
    refuse(root + 261, pte_of(l3, PTE_TABLE), "its image's slot replaced");
    refuse(root + 271, pte_of(l3, PTE_TABLE), "its last slot replaced");
    check_equal(page_remap(page, pte_of(l1, PTE_READ)), 0,
                "a table mapped for reading");
    (void)page_remap(page, pte_of(page, PTE_DATA));
}

static void test_pin(void)
{
    void *page = page_alloc();
    uint64_t mfn = virt_to_mfn(page);

    check(mmuext(MMUEXT_PIN_L1_TABLE, mfn) < 0, "pinned while writable");
    check_equal(page_protect(page), 0, "protect");
    check_equal(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0, "pin an empty L1");
    check(page_unprotect(page) < 0, "writable while pinned");
    check(mmuext(MMUEXT_PIN_L2_TABLE, mfn) < 0, "pinned at a second level");
    check(mmuext(MMUEXT_PIN_L1_TABLE, mfn) < 0, "pinned twice");
    check_equal(pte_write(page, pte_of(page, PTE_READ)), 0,
                "an entry in the pinned L1");
    check(pte_write(page, pte_of(page, PTE_DATA)) < 0,
          "a pinned L1 that maps itself writable");
    check_equal(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0, "unpin");
    check(mmuext(MMUEXT_UNPIN_TABLE, mfn) < 0, "unpinned twice");
    check_equal(page_unprotect(page), 0, "writable again");
    check(mmuext(MMUEXT_NEW_BASEPTR, mfn) < 0, "a data page as page table");
    check(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn) < 0,
          "a data page as user page table");
    check(mmuext(MMUEXT_PIN_L4_TABLE, ~0UL >> 12) < 0, "pinned nothing");
}

static void test_calls(void)
{
    void *page = page_alloc();
    struct mmu_update two[2] = {
        { virt_to_machine(pte_find((unsigned long)page, 1)),
          pte_of(page, PTE_DATA) },
        { ~7UL, 0 },
    };
    unsigned done = 0;

    check(hypercall_update_va_mapping(HYPERVISOR_VIRT_START, 0, 0) < 0,
          "update_va_mapping of the hypervisor's address");
    check(hypercall_mmu_update(two, 2, &done, DOMID_SELF) < 0,
          "an update of nowhere");
    check_equal(done, 1, "updates done before the one refused");
    check(hypercall_mmu_update(two, 1, NULL, 0x7000) < 0,
          "an update for no domain");
    check(hypercall_mmu_update((void *)0x1000, 1, NULL, DOMID_SELF) ==
              -XEN_EFAULT,
          "a list that is not mapped");
    check(mmuext(999, 0) < 0, "an unknown operation");
    check_equal(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0), 0, "a flush");
    check_equal(mmuext(MMUEXT_TLB_FLUSH_ALL, 0), 0, "a flush everywhere");
}

/* A walk looks at bits 47 to 12 only. Addresses that are none, but whose bits
 * name a slot of the hypervisor's: the descriptor tables, the direct map. */
static void test_not_canonical(void)
{
    static const unsigned long slots[] = { 256, 260, 261, 262, 271 };
    struct mmuext_op ldt = { .cmd = MMUEXT_SET_LDT, .arg2.nr_ents = 512 };

    for (unsigned i = 0; i < sizeof(slots) / sizeof(*slots); i++) {
        unsigned long va = slots[i] << 39;

        check(hypercall_update_va_mapping(va, 0, UVMF_INVLPG) < 0,
              "an entry of slot %lu is cleared, by %lx", slots[i], va);
        check(hypercall_update_va_mapping(va | 0xffffUL << 48, 0, 0) < 0,
              "an entry of slot %lu is cleared", slots[i]);
        ldt.arg1.linear_addr = va;
        check(hypercall_mmuext_op(&ldt, 1, NULL, DOMID_SELF) < 0,
              "an LDT in slot %lu, by %lx", slots[i], va);
    }
}

void guest_main(void)
{
    report_begin("mmu");
    test_normal();
    test_store();
    test_refused_entries();
    test_pin();
    test_calls();
    test_not_canonical();
    report_end();
}
