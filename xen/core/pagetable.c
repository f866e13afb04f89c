/*
 * pagetable.c - entries of guests' page tables.
 *
 * The only writer of validated tables. An entry that is present holds
 * references: they are taken before it is written, and those of the entry that
 * it replaces are dropped after. Present entries leave by xchg: a full barrier
 * before the drop, as tlb_stamp() wants.
 */
#include "xen/core/pagetable.h"

#include <xen/errno.h>
#include "xen/core/domain.h"
#include "xen/lib/bug.h"

/* No large pages, no cache types, nothing reserved (APM 2, 5.3.3). */
#define UPPER_BAD (PTE_PS | PTE_G | PTE_PCD | PTE_PWT)

/* ---- level 1 ---- */

/* No RAM: the machine's devices, for whom they belong to. */
static bool may_map_device(const struct domain *d, mfn_t mfn)
{
    return d->hardware && !mmu_device_is_ours(mfn) &&
           mfn < (mfn_t)1 << (48 - PAGE_SHIFT);
}

static void mark_foreign(struct page *page)
{
    if (!(page_word(page) & PAGE_FOREIGN))
        __atomic_or_fetch(&page->word, PAGE_FOREIGN, __ATOMIC_SEQ_CST);
}

/* Take what the present entry e of a table of d's will hold. */
static inline bool l1_get(struct domain *d, const struct domain *from, pte_t e)
{
    mfn_t mfn = pte_mfn(e);
    struct page *page = mfn_to_page(mfn);
    bool got;

    if (unlikely(!mfn_valid(mfn)))
        return may_map_device(d, mfn);
    if (unlikely(e & PTE_CACHE) && !d->hardware)
        return false;
    got = e & PTE_W ? page_get_writable(page, from) : page_get(page, from);
    if (unlikely(!got) && e & PTE_W && from == d && mmu_revoke_ldt(d, mfn))
        got = page_get_writable(page, from);
    if (unlikely(from != d) && got) {
        mark_foreign(page);
        if (e & PTE_W)
            dirty_wrote(mfn);
    }
    return got;
}

static inline void l1_put(const struct domain *d, pte_t e)
{
    mfn_t mfn = pte_mfn(e);

    if (!mfn_valid(mfn))
        return;
    if (e & PTE_W) {
        dirty_unmapped(d, mfn);
        page_put_writable(mfn_to_page(mfn));
    } else {
        page_put(mfn_to_page(mfn));
    }
}

/* Same frame, same right to write, cache type no news: no count changes. */
static inline bool l1_same_holds(pte_t a, pte_t b)
{
    return !((a ^ b) & (PTE_FRAME | PTE_CACHE | PTE_W | PTE_P));
}

static inline pte_t l1_adjust(pte_t e)
{
    return (e | PTE_U) & ~PTE_G;
}

static inline pte_t exchange(pte_t *p, pte_t value, bool keep_ad)
{
    pte_t old = READ_ONCE(*p), next;

    if (!keep_ad) {
        old = __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);
        pagetable_wrote(p);
        return old;
    }
    do {
        next = (value & ~(PTE_A | PTE_D)) | (old & (PTE_A | PTE_D));
    } while (!__atomic_compare_exchange_n(p, &old, next, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    pagetable_wrote(p);
    return old;
}

int pagetable_set_l1(struct domain *d, struct domain *from, pte_t *p,
                     pte_t value, bool keep_ad)
{
    pte_t old = READ_ONCE(*p);

    if (value & PTE_P) {
        value = l1_adjust(value);
        if (l1_same_holds(old, value)) {
            (void)exchange(p, value, keep_ad);
            return 0;
        }
        if (!l1_get(d, from, value))
            return -XEN_EINVAL;
    }
    if (!(old & PTE_P)) {
        WRITE_ONCE(*p, value); /* the processor leaves absent ones alone */
        pagetable_wrote(p);
        return 0;
    }
    l1_put(d, exchange(p, value, keep_ad));
    return 0;
}

int pagetable_swap_l1(struct domain *d, struct domain *from, pte_t *p,
                      pte_t expected, pte_t value)
{
    bool held = false;

    if (value & PTE_P) {
        value = l1_adjust(value);
        held = !l1_same_holds(expected, value);
        if (held && !l1_get(d, from, value))
            return -XEN_EINVAL;
    }
    if (!__atomic_compare_exchange_n(p, &expected, value, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        if (held)
            l1_put(d, value);
        return -XEN_EAGAIN;
    }
    pagetable_wrote(p);
    if ((expected & PTE_P) && (held || !(value & PTE_P)))
        l1_put(d, expected);
    return 0;
}

void pagetable_put_entry(const struct domain *d, pte_t *p, pte_t value)
{
    pte_t old = exchange(p, value, false);

    if (old & PTE_P)
        l1_put(d, old);
}

static int validate_l1(struct domain *d, pte_t *table)
{
    unsigned i;

    for (i = 0; i < TABLE_ENTRIES; i++) {
        pte_t e = table[i];

        if (!(e & PTE_P))
            continue;
        if (!l1_get(d, d, e))
            break;
        table[i] = l1_adjust(e);
    }
    if (i == TABLE_ENTRIES)
        return 0;
    while (i-- > 0)
        if (table[i] & PTE_P)
            l1_put(d, table[i]);
    return -XEN_EINVAL;
}

static void invalidate_l1(struct domain *d, const pte_t *table)
{
    unsigned i;

    for (i = 0; i < TABLE_ENTRIES; i++) {
        pte_t e = table[i];

        if (e & PTE_P)
            l1_put(d, e);
        if (i % 32 == 31)
            page_relax(d);
    }
}

/* ---- levels 2 to 4 ---- */

static bool is_ours(unsigned level, unsigned index)
{
    return level == 4 && index >= HOLE_FIRST_SLOT && index <= HOLE_LAST_SLOT;
}

static int upper_get(struct domain *d, unsigned level, pte_t e)
{
    if (e & UPPER_BAD)
        return -XEN_EINVAL;
    return page_get_typed(d, pte_mfn(e), PT_TABLE(level - 1));
}

static void upper_put(struct domain *d, pte_t e)
{
    page_put_typed(d, mfn_to_page(pte_mfn(e)));
}

int pagetable_set_upper(struct domain *d, struct page *page, unsigned level,
                        unsigned index, pte_t value, bool keep_ad)
{
    pte_t *table = mfn_to_virt(page_to_mfn(page));
    pte_t old;
    int rc;

    if (is_ours(level, index))
        return -XEN_EINVAL;
    /* The lock may be dropped: hold the table itself. */
    rc = page_get_typed(d, page_to_mfn(page), PT_TABLE(level));
    if (rc)
        return rc;
    if (value & PTE_P) {
        value |= PTE_U;
        rc = upper_get(d, level, value);
    }
    if (!rc) {
        old = exchange(&table[index], value, keep_ad);
        if (old & PTE_P)
            upper_put(d, old);
    }
    page_put_typed(d, page);
    return rc;
}

/* Drop the entries below `end`. The page is BUSY; nobody writes to it. */
static void drop_upper(struct domain *d, const pte_t *table, unsigned level,
                       unsigned end)
{
    unsigned i;

    for (i = 0; i < end; i++) {
        pte_t e = table[i];

        if (!(e & PTE_P) || is_ours(level, i))
            continue;
        upper_put(d, e);
        page_relax(d);
    }
}

static int validate_upper(struct domain *d, pte_t *table, unsigned level)
{
    unsigned i;
    int rc = 0;

    for (i = 0; i < TABLE_ENTRIES && !rc; i++) {
        pte_t e = table[i];

        if (!(e & PTE_P) || is_ours(level, i))
            continue;
        rc = upper_get(d, level, e);
        if (rc)
            break;
        table[i] = e | PTE_U;
        page_relax(d);
    }
    if (rc)
        drop_upper(d, table, level, i);
    else if (level == 4)
        mmu_fill_hole(d, table);
    return rc;
}

int pagetable_validate(struct domain *d, struct page *page, unsigned level)
{
    pte_t *table = mfn_to_virt(page_to_mfn(page));

    return level == 1 ? validate_l1(d, table) : validate_upper(d, table, level);
}

void pagetable_invalidate(struct domain *d, struct page *page, unsigned level)
{
    pte_t *table = mfn_to_virt(page_to_mfn(page));
    unsigned i;

    if (level == 1) {
        invalidate_l1(d, table);
        return;
    }
    /* An idle CPU may still stand on an L4 that nobody refers to any more:
     * it leaves before our own entries go. */
    if (level == 4)
        tlb_flush_stale(&d->mmu.cpus, tlb_stamp());
    drop_upper(d, table, level, TABLE_ENTRIES);
    if (level == 4) /* where our tables stand is nobody's business */
        for (i = HOLE_FIRST_SLOT; i <= HOLE_LAST_SLOT; i++)
            table[i] = 0;
}

/* ---- descriptors (SDM 3A 3.4.5, 5.2) ---- */

#define DESC_PRESENT ((uint64_t)1 << 47)
#define DESC_DPL3    ((uint64_t)3 << 45)
#define DESC_S       ((uint64_t)1 << 44) /* code or data, not system */
#define DESC_TYPE    ((uint64_t)15 << 40)

bool pagetable_descriptor_ok(uint64_t *descriptor)
{
    uint64_t e = *descriptor;

    if (!(e & DESC_PRESENT))
        return true; /* always faults */
    /* System descriptors reach into the hypervisor; type 0 is no such, but
     * the upper half of one, and faults. */
    if (!(e & DESC_S) && (e & DESC_TYPE))
        return false;
    if ((e & DESC_DPL3) != DESC_DPL3)
        *descriptor = e | DESC_DPL3;
    return true;
}

int pagetable_check_descriptors(mfn_t mfn)
{
    uint64_t *table = mfn_to_virt(mfn);
    unsigned i;

    for (i = 0; i < TABLE_ENTRIES; i++)
        if (!pagetable_descriptor_ok(&table[i]))
            return -XEN_EINVAL;
    return 0;
}
