/*
 * test_pagetype.c - page types on the host: the rules one by one, then guests
 * that do anything, alone (against a TLB that remembers) and several at once.
 */
#include "tests/mm/memory.h"

#include <stdlib.h>
#include <string.h>
#include <xen/errno.h>
#include "tests/mm/threads.h"
#include "xen/arch/up.h"

static int start(void **state)
{
    (void)state;
    preempting = false;
    memory_start();
    return 0;
}

static mfn_t new_frame(struct domain *d)
{
    struct page *page = mmu_alloc_page(d, 0, 0);

    assert_non_null(page);
    return page_to_mfn(page);
}

static pte_t *entry(mfn_t table, unsigned i)
{
    return (pte_t *)mfn_to_virt(table) + i;
}

static int set_l1(struct domain *d, mfn_t table, unsigned i, pte_t value)
{
    int rc;

    spin_lock(&d->mmu.lock);
    rc = pagetable_set_l1(d, d, entry(table, i), value, false);
    spin_unlock(&d->mmu.lock);
    return rc;
}

/* An L1 with one writable page, below L2, L3, L4; the L4 is returned. */
static mfn_t make_tables(struct domain *d, mfn_t *l1, mfn_t *data)
{
    mfn_t t[5];
    unsigned i;

    for (i = 0; i <= 4; i++)
        t[i] = new_frame(d);
    for (i = 1; i <= 4; i++)
        *entry(t[i], 0) = pte_make(t[i - 1], PTE_P | PTE_W);
    *l1 = t[1];
    *data = t[0];
    return t[4];
}

static void a_tree_is_validated_and_given_up(void **state)
{
    struct domain *d = &dom[1];
    mfn_t l1, data, l4 = make_tables(d, &l1, &data);

    (void)state;
    assert_int_equal(mmu_pin(d, l4, 4), 0);
    check_counts();
    assert_int_equal(page_table_level(page_word(mfn_to_page(l1))), 1);
    assert_int_equal(*entry(l4, 256), 0x5a5a5000); /* the hole is filled */
    assert_int_equal(mmu_pin(d, l4, 4), -XEN_EINVAL);
    assert_int_equal(mmu_set_base(&vcpu[1], l4, true), 0);
    assert_int_equal(mmu_unpin(d, l4), 0);
    assert_int_equal(mmu_unpin(d, l4), -XEN_EINVAL);
    check_counts();
    mmu_drop_bases(&vcpu[1]);
    check_counts();
    assert_int_equal(page_word(mfn_to_page(l1)) & TYPE_COUNT, 0);
    assert_int_equal(*entry(l4, 256), 0);
    assert_int_equal(mmu_domain_relinquish(d), 0);
    assert_int_equal(d->mmu.nr_pages, 0);
    assert_int_equal(d->refs, 1);
}

static mfn_t watched;
static unsigned flushed_whole; /* flushes while our slots stood in it */

static void watch(void)
{
    flushed_whole += *entry(watched, 256) != 0;
}

/* An idle CPU may stand on it until it is told to leave. */
static void an_l4_is_left_before_it_is_cleared(void **state)
{
    struct domain *d = &dom[1];
    mfn_t l1, data, l4 = make_tables(d, &l1, &data);

    (void)state;
    assert_int_equal(mmu_pin(d, l4, 4), 0);
    watched = l4;
    flushed_whole = 0;
    on_flush = watch;
    assert_int_equal(mmu_unpin(d, l4), 0);
    on_flush = NULL;
    assert_int_equal(flushed_whole, 1);
    assert_int_equal(*entry(l4, 256), 0);
}

static void a_table_is_never_writable(void **state)
{
    struct domain *d = &dom[1];
    mfn_t l1, data, l4 = make_tables(d, &l1, &data);

    (void)state;
    assert_int_equal(mmu_pin(d, l4, 4), 0);
    assert_int_equal(set_l1(d, l1, 1, pte_make(l1, PTE_P | PTE_W)),
                     -XEN_EINVAL);
    assert_int_equal(set_l1(d, l1, 1, pte_make(l1, PTE_P)), 0);
    assert_null(mmu_hold(d, l4));
    /* Nor is what is writable a table. */
    assert_int_equal(mmu_pin(d, data, 1), -XEN_EINVAL);
    assert_int_equal(set_l1(d, l1, 0, 0), 0);
    assert_int_equal(mmu_pin(d, data, 1), 0);
    assert_int_equal(mmu_pin(d, l1, 2), -XEN_EINVAL);
    check_counts();
}

#define LDT_PAGE (LDT_WINDOW_OFFSET / PAGE_SIZE)

/* The frame that a vCPU's LDT stands in becomes writable: not before a flush,
 * and it is out of the window then. A GDT's does not. */
static void an_ldt_gives_way_to_its_writer(void **state)
{
    struct domain *d = &dom[1];
    struct vcpu *v = &vcpu[1];
    mfn_t l1, data, l4 = make_tables(d, &l1, &data);
    unsigned before;
    uint64_t frame;

    (void)state;
    assert_int_equal(mmu_pin(d, l4, 4), 0);
    assert_int_equal(mmu_set_base(v, l4, true), 0);
    assert_int_equal(mmu_window(d, 0, &v->pv.window, &v->pv.window_ptes), 0);
    assert_int_equal(set_l1(d, l1, 0, pte_make(data, PTE_P)), 0);
    frame = data;
    assert_int_equal(mmu_set_gdt(v, &frame, 10), 0);
    assert_int_equal(set_l1(d, l1, 0, pte_make(data, PTE_P | PTE_W)),
                     -XEN_EINVAL);
    assert_int_equal(mmu_set_gdt(v, NULL, 0), 0);

    assert_int_equal(mmu_set_ldt(v, 0, 10), 0);
    assert_int_equal(pte_mfn(v->pv.window_ptes[LDT_PAGE]), data);
    before = flushes;
    assert_int_equal(set_l1(d, l1, 0, pte_make(data, PTE_P | PTE_W)), 0);
    assert_int_not_equal(pte_mfn(v->pv.window_ptes[LDT_PAGE]), data);
    assert_int_equal(flushes, before + 1);
    check_counts();
    assert_int_equal(mmu_set_ldt(v, 0, 0), 0); /* nothing is dropped twice */
    check_counts();
}

static void a_bad_entry_is_refused(void **state)
{
    struct domain *d = &dom[1];
    mfn_t l1, data, l4 = make_tables(d, &l1, &data), other = new_frame(&dom[2]);
    mfn_t hv = virt_to_mfn(up_page_alloc());
    const pte_t bad[] = {
        pte_make(other, PTE_P),
        pte_make(hv, PTE_P),
        pte_make(FRAMES, PTE_P),
        pte_make((mfn_t)0xfffffffff, PTE_P | PTE_W),
        pte_make(data, PTE_P | PTE_PCD),
        pte_make(data, PTE_P | PTE_PAT),
        pte_make(d->mmu.perdomain_mfn, PTE_P),
    };
    unsigned i;

    (void)state;
    assert_int_equal(mmu_pin(d, l4, 4), 0);
    for (i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(set_l1(d, l1, 2, bad[i]), -XEN_EINVAL);
    check_counts();
    assert_int_equal(mmu_unpin(d, l4), 0);
    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        *entry(l1, 2) = bad[i];
        assert_int_equal(mmu_pin(d, l4, 4), -XEN_EINVAL);
        check_counts();
    }
}

static void large_pages_and_our_slots_are_refused(void **state)
{
    struct domain *d = &dom[1];
    mfn_t l1, data, l4 = make_tables(d, &l1, &data);
    mfn_t l3 = pte_mfn(*entry(l4, 0)), l2 = pte_mfn(*entry(l3, 0));

    (void)state;
    assert_int_equal(mmu_pin(d, l4, 4), 0);
    spin_lock(&d->mmu.lock);
    assert_int_equal(pagetable_set_upper(d, mfn_to_page(l2), 2, 1,
                                         pte_make(0, PTE_P | PTE_PS), false),
                     -XEN_EINVAL);
    assert_int_equal(pagetable_set_upper(d, mfn_to_page(l4), 4, 260, 0, false),
                     -XEN_EINVAL);
    assert_int_equal(pagetable_set_upper(d, mfn_to_page(l4), 4, 3,
                                         pte_make(l4, PTE_P), false),
                     -XEN_EINVAL);
    assert_int_equal(pagetable_set_upper(d, mfn_to_page(l4), 4, 3,
                                         pte_make(l3, PTE_P), false),
                     0);
    spin_unlock(&d->mmu.lock);
    check_counts();
}

static void what_others_map_outlives_its_owner(void **state)
{
    struct domain *a = &dom[1], *b = &dom[0];
    mfn_t l1, data, l4 = make_tables(b, &l1, &data), f = new_frame(a);
    int rc;

    (void)state;
    assert_int_equal(mmu_pin(b, l4, 4), 0);
    spin_lock(&b->mmu.lock);
    rc = pagetable_set_l1(b, a, entry(l1, 1), pte_make(f, PTE_P | PTE_W),
                          false);
    spin_unlock(&b->mmu.lock);
    assert_int_equal(rc, 0);
    assert_true(page_word(mfn_to_page(f)) & PAGE_FOREIGN);
    assert_int_equal(mmu_domain_relinquish(a), 0);
    assert_int_equal(a->mmu.nr_pages, 1);
    assert_int_equal(a->refs, 2);
    assert_false(page_get(mfn_to_page(f), b));
    assert_int_equal(set_l1(b, l1, 1, 0), 0);
    assert_int_equal(a->mmu.nr_pages, 0);
    assert_int_equal(a->refs, 1);
    assert_true(page_word(mfn_to_page(f)) & PAGE_FREE);
}

static void counts_do_not_wrap(void **state)
{
    struct domain *d = &dom[1];
    struct page *page = mfn_to_page(new_frame(d));
    uint64_t word = page->word;

    (void)state;
    page->word = word | (uint64_t)1 << 26;
    assert_false(page_get(page, d));
    assert_false(page_get_writable(page, d));
    page->word = word | (uint64_t)1 << 53;
    assert_false(page_get_writable(page, d));
    assert_int_equal(page_get_typed(d, page_to_mfn(page), PT_TABLE(1)),
                     -XEN_EINVAL);
    page->word = word;
}

static void shared_pages_are_ours(void **state)
{
    struct domain *d = &dom[1];
    struct page *ro = frame_alloc(0, 0), *rw = frame_alloc(0, 0);

    (void)state;
    mmu_share_page(ro, d, false);
    mmu_share_page(rw, d, true);
    assert_false(page_get_writable(ro, d));
    assert_true(page_get(ro, d));
    assert_true(page_get_writable(rw, d));
    assert_false(mmu_free_page(d, rw));
    assert_int_equal(mmu_pin(d, page_to_mfn(rw), 1), -XEN_EINVAL);
    mmu_unshare_page(rw);
    mmu_unshare_page(ro);
    assert_false(rw->word & PAGE_FREE);
    page_put_writable(rw);
    page_put(ro);
    assert_true(rw->word & PAGE_FREE);
    assert_true(ro->word & PAGE_FREE);
}

static void descriptors_are_tamed(void **state)
{
    uint64_t code = 0x00af9a000000ffff, gate = 0x0000ec0000e03300;
    uint64_t absent = 0x0000050000000000, tss = 0x0000890000000067;

    (void)state;
    assert_true(pagetable_descriptor_ok(&code));
    assert_int_equal(code >> 45 & 3, 3);
    assert_false(pagetable_descriptor_ok(&gate));
    assert_true(pagetable_descriptor_ok(&absent));
    assert_false(pagetable_descriptor_ok(&tss));
}

/* ---- guests that do anything ---- */

static pte_t any_entry(void)
{
    pte_t e = pte_make(rnd(16) ? rnd(FRAMES) : rnd(FRAMES * 2), 0);

    if (rnd(4))
        e |= PTE_P;
    if (rnd(2))
        e |= PTE_W;
    if (!rnd(12))
        e |= (pte_t)rnd(512);
    return e;
}

/* Plain writes to a page that the guest may write to. */
static void scribble(struct domain *d)
{
    mfn_t mfn = rnd(FRAMES);
    struct page *page = mmu_hold(d, mfn);
    unsigned i;

    if (!page)
        return;
    for (i = 0; i < ENTRIES; i++)
        *entry(mfn, i) = rnd(3) ? 0 : any_entry();
    mmu_unhold(page);
}

static void update(struct domain *d)
{
    mfn_t mfn = rnd(FRAMES);
    struct page *page = mfn_to_page(mfn);
    unsigned i = rnd(ENTRIES), level;
    struct domain *from = d == &dom[0] ? &dom[rnd(DOMAINS)] : d;

    spin_lock(&d->mmu.lock);
    level = page->owner == d ? page_table_level(page_word(page)) : 0;
    if (level == 1 && rnd(2))
        (void)pagetable_set_l1(d, from, entry(mfn, i), any_entry(), rnd(2));
    else if (level == 1)
        (void)pagetable_swap_l1(d, d, entry(mfn, i), *entry(mfn, i),
                                any_entry());
    else if (level)
        (void)pagetable_set_upper(d, page, level, i, any_entry(), rnd(2));
    spin_unlock(&d->mmu.lock);
}

static void change_base(struct vcpu *v)
{
    mfn_t l4 = rnd(FRAMES);

    (void)mmu_set_base(v, rnd(3) ? l4 : 0, rnd(2));
}

static void give_up(struct domain *d)
{
    mfn_t mfn = rnd(FRAMES);
    struct page *page = mfn_to_page(mfn);

    if (!page_get(page, d))
        return;
    (void)mmu_free_page(d, page);
    page_put(page);
}

static void step(unsigned who)
{
    struct domain *d = &dom[who];

    switch (rnd(10)) {
    case 0:
        (void)mmu_alloc_page(d, 0, 0);
        break;
    case 1:
        if (!rnd(4))
            give_up(d);
        break;
    case 2:
        (void)mmu_unpin(d, rnd(FRAMES));
        break;
    case 3:
    case 4:
        (void)mmu_pin(d, rnd(FRAMES), 1 + rnd(4));
        break;
    case 5:
    case 6:
        scribble(d);
        break;
    case 7:
        change_base(&vcpu[who]);
        break;
    default:
        update(d);
    }
}

static void bury_all(void)
{
    unsigned i;

    for (i = 0; i < DOMAINS; i++)
        assert_int_equal(mmu_domain_relinquish(&dom[i]), 0);
    check_counts();
    for (i = 0; i < DOMAINS; i++) {
        assert_int_equal(dom[i].mmu.nr_pages, 0);
        assert_int_equal(dom[i].refs, 1);
    }
}

static void alone_against_the_tlb(void **state)
{
    unsigned n;

    (void)state;
    for (n = 0; n < 200000; n++) {
        step(rnd(DOMAINS));
        check_tlb();
        check_dirty();
        if (n % 16 == 0)
            check_counts();
    }
    check_counts();
    bury_all();
}

static void guest(unsigned who)
{
    unsigned n;

    rnd_start(who + 1);
    for (n = 0; n < 200000; n++)
        step(who % DOMAINS);
}

/* Two vCPUs of dom0, that maps others' frames, and two more domains. */
static void many_at_once(void **state)
{
    (void)state;
    preempting = true;
    host_run_threads(guest, 4);
    check_counts();
    bury_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_tree_is_validated_and_given_up, start),
        cmocka_unit_test_setup(an_l4_is_left_before_it_is_cleared, start),
        cmocka_unit_test_setup(a_table_is_never_writable, start),
        cmocka_unit_test_setup(an_ldt_gives_way_to_its_writer, start),
        cmocka_unit_test_setup(a_bad_entry_is_refused, start),
        cmocka_unit_test_setup(large_pages_and_our_slots_are_refused, start),
        cmocka_unit_test_setup(what_others_map_outlives_its_owner, start),
        cmocka_unit_test_setup(counts_do_not_wrap, start),
        cmocka_unit_test_setup(shared_pages_are_ours, start),
        cmocka_unit_test_setup(descriptors_are_tamed, start),
        cmocka_unit_test_setup(alone_against_the_tlb, start),
        cmocka_unit_test_setup(many_at_once, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
