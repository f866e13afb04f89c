/*
 * test_grant.c - grants on the host: who may use an entry, what a mapping
 * holds, in what order things are let go, and any order of them at random.
 */
#include "tests/mm/memory.h"

#include <stdlib.h>
#include <string.h>
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/core/grant.h"
#include "xen/hypercall/again.h"
#include "xen/hypercall/grant_private.h"

#define VA 0x1000000000ul /* of the mapper: entries 0 .. of its one L1 */

size_t guest_copy_raw(void *to, const void *from, size_t size)
{
    memcpy(to, from, size);
    return 0;
}

int guest_copy_out(uintptr_t guest, const void *from, size_t size)
{
    memcpy((void *)guest, from, size);
    return 0;
}

int guest_copy_in(void *to, uintptr_t guest, size_t size)
{
    memcpy(to, (const void *)guest, size);
    return 0;
}

/* Nobody stops here. */
int64_t hypercall_again(uint64_t a, uint64_t b, uint64_t c)
{
    (void)a, (void)b, (void)c;
    abort();
}

static mfn_t new_frame(struct domain *d)
{
    struct page *page = mmu_alloc_page(d, 0, 0);

    assert_non_null(page);
    return page_to_mfn(page);
}

static struct domain *const granter = &dom[1], *const mapper = &dom[2];
static mfn_t l1;

static pte_t *mapped(unsigned i)
{
    return (pte_t *)mfn_to_virt(l1) + i;
}

static struct grant_entry_v1 *entry(unsigned ref)
{
    return (struct grant_entry_v1 *)mfn_to_virt(
               page_to_mfn(granter->grant->frame[0])) +
           ref;
}

static void grant(unsigned ref, mfn_t mfn, uint16_t flags)
{
    *entry(ref) = (struct grant_entry_v1){ .flags = flags,
                                           .domid = mapper->id,
                                           .frame = (uint32_t)mfn };
}

static int start(void **state)
{
    mfn_t l4, l3, l2;
    unsigned i;

    (void)state;
    preempting = false;
    memory_start();
    for (i = 0; i < DOMAINS; i++)
        assert_int_equal(grant_domain_create(&dom[i], 0, 0), 0);
    assert_int_equal(grant_grow(granter, 1), 0);
    l1 = new_frame(mapper);
    l2 = new_frame(mapper);
    l3 = new_frame(mapper);
    l4 = new_frame(mapper);
    ((pte_t *)mfn_to_virt(l2))[0] = pte_make(l1, PTE_P | PTE_W);
    ((pte_t *)mfn_to_virt(l3))[VA >> 30 & 511] = pte_make(l2, PTE_P | PTE_W);
    ((pte_t *)mfn_to_virt(l4))[0] = pte_make(l3, PTE_P | PTE_W);
    assert_int_equal(mmu_set_base(&vcpu[2], l4, true), 0);
    running = &vcpu[2];
    held_refs[page_to_mfn(granter->grant->frame[0])] = 1; /* ours */
    held_types[page_to_mfn(granter->grant->frame[0])] = 1;
    return 0;
}

static int stop(void **state)
{
    unsigned i;

    (void)state;
    running = NULL;
    for (i = 0; i < DOMAINS; i++)
        grant_domain_destroy(&dom[i]);
    return 0;
}

static struct gnttab_map_grant_ref map(unsigned ref, unsigned i, uint32_t flags)
{
    struct gnttab_map_grant_ref op = { .host_addr = VA + i * PAGE_SIZE,
                                       .flags = GNTMAP_host_map | flags,
                                       .ref = ref,
                                       .dom = granter->id };

    assert_int_equal(grant_op_map((uintptr_t)&op, 1), 0);
    return op;
}

static int unmap(uint32_t handle, unsigned i)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = VA + i * PAGE_SIZE,
                                         .handle = handle };

    assert_int_equal(grant_op_unmap((uintptr_t)&op, 1), 0);
    return op.status;
}

static void a_mapping_comes_and_goes(void **state)
{
    mfn_t f = new_frame(granter);
    struct gnttab_map_grant_ref a, b;

    (void)state;
    grant(3, f, GTF_permit_access);
    a = map(3, 0, 0);
    assert_int_equal(a.status, GNTST_okay);
    assert_int_equal(a.dev_bus_addr, f << PAGE_SHIFT);
    assert_int_equal(pte_mfn(*mapped(0)), f);
    assert_true(*mapped(0) & PTE_W);
    assert_true(*mapped(0) & PTE_NX);
    assert_int_equal(entry(3)->flags & 0x18, GTF_reading | GTF_writing);
    b = map(3, 1, GNTMAP_readonly);
    assert_int_equal(b.status, GNTST_okay);
    assert_false(*mapped(1) & PTE_W);
    check_counts();
    assert_int_equal(granter->refs, 4); /* two maps, its frames, the table */
    assert_int_equal(unmap(a.handle, 0), GNTST_okay);
    assert_int_equal(entry(3)->flags & 0x18, GTF_reading);
    assert_int_equal(unmap(a.handle, 0), GNTST_bad_handle);
    assert_int_equal(unmap(b.handle, 0), GNTST_bad_virt_addr);
    assert_int_equal(unmap(b.handle, 1), GNTST_okay);
    assert_int_equal(entry(3)->flags & 0x18, 0);
    assert_int_equal(granter->refs, 2);
    check_counts();
}

static void what_is_not_granted_is_refused(void **state)
{
    mfn_t f = new_frame(granter), table = new_frame(granter);

    (void)state;
    grant(0, f, GTF_invalid);
    assert_int_equal(map(0, 0, 0).status, GNTST_bad_gntref);
    grant(0, f, GTF_permit_access | GTF_sub_page);
    assert_int_equal(map(0, 0, 0).status, GNTST_bad_gntref);
    grant(0, f, GTF_permit_access | GTF_readonly);
    assert_int_equal(map(0, 0, 0).status, GNTST_permission_denied);
    grant(0, f, GTF_permit_access);
    entry(0)->domid = 7;
    assert_int_equal(map(0, 0, 0).status, GNTST_permission_denied);
    assert_int_equal(map(512, 0, 0).status, GNTST_bad_gntref);
    assert_int_equal(map(~0u, 0, 0).status, GNTST_bad_gntref);
    grant(0, l1, GTF_permit_access); /* not the granter's */
    assert_int_equal(map(0, 0, GNTMAP_readonly).status, GNTST_bad_page);
    grant(0, FRAMES + 5, GTF_permit_access);
    assert_int_equal(map(0, 0, 0).status, GNTST_bad_page);
    assert_int_equal(mmu_pin(granter, table, 1), 0);
    grant(0, table, GTF_permit_access);
    assert_int_equal(map(0, 0, 0).status, GNTST_bad_page);
    assert_int_equal(entry(0)->flags & 0x18, 0); /* unpinned again */
    check_counts();
}

static void an_entry_that_was_lost_otherwise(void **state)
{
    mfn_t f = new_frame(granter);
    struct gnttab_map_grant_ref a;

    (void)state;
    grant(1, f, GTF_permit_access);
    a = map(1, 0, 0);
    spin_lock(&mapper->mmu.lock);
    assert_int_equal(pagetable_set_l1(mapper, mapper, mapped(0), 0, false), 0);
    /* Nor does the mapper get it back by itself. */
    assert_int_equal(
        pagetable_set_l1(mapper, mapper, mapped(0), pte_make(f, PTE_P), false),
        -XEN_EINVAL);
    spin_unlock(&mapper->mmu.lock);
    check_counts();
    assert_int_equal(unmap(a.handle, 0), GNTST_bad_virt_addr);
    grant_domain_release(mapper);
    assert_int_equal(entry(1)->flags & 0x18, 0);
    assert_int_equal(granter->refs, 2);
}

/* Entries change places, but not while one of them is in use. */
static void entries_change_places(void **state)
{
    mfn_t one = new_frame(granter), two = new_frame(granter);
    struct gnttab_map_grant_ref op;

    (void)state;
    grant(1, one, GTF_permit_access);
    grant(2, two, GTF_permit_access | GTF_readonly);
    assert_int_equal(grant_swap(granter, 1, 2), GNTST_okay);
    assert_int_equal(entry(1)->frame, two);
    assert_int_equal(entry(1)->flags, GTF_permit_access | GTF_readonly);
    assert_int_equal(entry(2)->frame, one);
    assert_int_equal(grant_swap(granter, 1, GRANT_PER_FRAME), GNTST_bad_gntref);
    assert_int_equal(grant_swap(granter, ~0u, 1), GNTST_bad_gntref);
    op = map(2, 0, 0);
    assert_int_equal(op.status, GNTST_okay);
    assert_int_equal(grant_swap(granter, 1, 2), GNTST_eagain);
    assert_int_equal(grant_swap(granter, 2, 1), GNTST_eagain);
    assert_int_equal(entry(2)->frame, one);
    assert_int_equal(unmap(op.handle, 0), GNTST_okay);
    assert_int_equal(grant_swap(granter, 2, 1), GNTST_okay);
    assert_int_equal(entry(2)->frame, two);
}

static void the_granter_dies_first(void **state)
{
    mfn_t f = new_frame(granter);
    struct gnttab_map_grant_ref a;

    (void)state;
    grant(1, f, GTF_permit_access);
    a = map(1, 0, 0);
    granter->dying = true;
    assert_int_equal(mmu_domain_relinquish(granter), 0);
    assert_false(page_word(mfn_to_page(f)) & PAGE_FREE);
    assert_int_equal(granter->mmu.nr_pages, 1);
    assert_int_equal(unmap(a.handle, 0), GNTST_okay);
    assert_true(page_word(mfn_to_page(f)) & PAGE_FREE);
    assert_int_equal(granter->mmu.nr_pages, 0);
    check_counts();
}

static void replacing_moves_an_entry(void **state)
{
    mfn_t f = new_frame(granter), mine = new_frame(mapper);
    struct gnttab_unmap_and_replace op;
    struct gnttab_map_grant_ref a;

    (void)state;
    grant(1, f, GTF_permit_access);
    a = map(1, 0, 0);
    spin_lock(&mapper->mmu.lock);
    assert_int_equal(pagetable_set_l1(mapper, mapper, mapped(1),
                                      pte_make(mine, PTE_P | PTE_W), false),
                     0);
    spin_unlock(&mapper->mmu.lock);
    op = (struct gnttab_unmap_and_replace){ .host_addr = VA,
                                            .new_addr = VA + PAGE_SIZE,
                                            .handle = a.handle };
    assert_int_equal(grant_op_unmap_and_replace((uintptr_t)&op, 1), 0);
    assert_int_equal(op.status, GNTST_okay);
    assert_int_equal(pte_mfn(*mapped(0)), mine);
    assert_int_equal(*mapped(1), 0);
    check_counts();
}

static int copy_to_mine(unsigned ref, mfn_t mine, unsigned offset, unsigned len)
{
    struct gnttab_copy op = {
        .source = { .u.ref = ref, .domid = granter->id },
        .dest = { .u.gmfn = mine,
                  .domid = DOMID_SELF,
                  .offset = (uint16_t)offset },
        .len = (uint16_t)len,
        .flags = GNTCOPY_source_gref,
    };

    assert_int_equal(grant_op_copy((uintptr_t)&op, 1), 0);
    return op.status;
}

static void copies(void **state)
{
    mfn_t f = new_frame(granter), mine = new_frame(mapper);
    struct gnttab_copy op;

    (void)state;
    memset(mfn_to_virt(f), 7, PAGE_SIZE);
    grant(1, f, GTF_permit_access | GTF_readonly);
    assert_int_equal(copy_to_mine(1, mine, 96, 4000), GNTST_okay);
    assert_int_equal(((uint8_t *)mfn_to_virt(mine))[95], 0);
    assert_int_equal(((uint8_t *)mfn_to_virt(mine))[4095], 7);
    assert_int_equal(copy_to_mine(1, mine, 97, 4000), GNTST_bad_copy_arg);
    assert_int_equal(copy_to_mine(1, l1, 0, 8), GNTST_bad_page);
    assert_int_equal(copy_to_mine(1, f, 0, 8), GNTST_bad_page);
    op = (struct gnttab_copy){
        .source = { .u.gmfn = mine, .domid = DOMID_SELF },
        .dest = { .u.ref = 1, .domid = granter->id },
        .len = 8,
        .flags = GNTCOPY_dest_gref,
    };
    assert_int_equal(grant_op_copy((uintptr_t)&op, 1), 0);
    assert_int_equal(op.status, GNTST_permission_denied);
    op.source.domid = granter->id; /* another's frame without a grant */
    op.source.u.gmfn = f;
    assert_int_equal(grant_op_copy((uintptr_t)&op, 1), 0);
    assert_int_equal(op.status, GNTST_permission_denied);
    assert_int_equal(entry(1)->flags & 0x18, 0);
    check_counts();
    assert_int_equal(granter->refs, 2);
}

/* One of a call's copies, of 8 bytes: from an entry or a frame of the mapper's
 * to a frame of the mapper's, or to an entry. */
static struct gnttab_copy piece(uint64_t from, uint64_t to, uint16_t flags)
{
    return (struct gnttab_copy){
        .source = { .u.gmfn = from,
                    .domid = flags & GNTCOPY_source_gref ? granter->id
                                                         : DOMID_SELF },
        .dest = { .u.gmfn = to,
                  .domid = flags & GNTCOPY_dest_gref ? granter->id
                                                     : DOMID_SELF },
        .len = 8,
        .flags = flags,
        .status = 99,
    };
}

static void make_copies(struct gnttab_copy *ops, unsigned n)
{
    assert_int_equal(grant_op_copy((uintptr_t)ops, n), 0);
    check_counts();
    assert_int_equal(grant_count_pinned(granter), 0);
    assert_int_equal(granter->refs, 2);
}

/* What one copy held is not what another may use, which names it otherwise. */
static void copies_of_one_call_are_apart(void **state)
{
    mfn_t a = new_frame(granter), b = new_frame(granter);
    mfn_t mine = new_frame(mapper), other = new_frame(mapper);
    struct gnttab_copy ops[] = {
        piece(1, mine, GNTCOPY_source_gref),
        piece(1, other, GNTCOPY_source_gref), /* the source again */
        piece(2, other, GNTCOPY_source_gref), /* the destination again */
        piece(1, other, 0),                   /* a frame, and no entry */
        piece(1, mine, GNTCOPY_source_gref),
        piece(1, mine, GNTCOPY_source_gref), /* of somebody else's */
        piece(mine, 1, GNTCOPY_dest_gref),   /* may only be read */
        piece(mine, 2, GNTCOPY_dest_gref),
        piece(mine, 2, 0),                   /* a frame, and no entry */
        piece(3, mine, GNTCOPY_source_gref), /* of what is not the granter's */
    };
    static const int16_t status[] = { 0,
                                      0,
                                      0,
                                      GNTST_bad_page,
                                      0,
                                      GNTST_bad_domain,
                                      GNTST_permission_denied,
                                      0,
                                      GNTST_bad_page,
                                      GNTST_bad_page };
    unsigned i;

    (void)state;
    memset(mfn_to_virt(a), 1, PAGE_SIZE);
    memset(mfn_to_virt(b), 2, PAGE_SIZE);
    grant(1, a, GTF_permit_access | GTF_readonly);
    grant(2, b, GTF_permit_access);
    grant(3, other, GTF_permit_access);
    ops[5].source.domid = 77;
    make_copies(ops, ARRAY_SIZE(ops));
    for (i = 0; i < ARRAY_SIZE(ops); i++)
        assert_int_equal(ops[i].status, status[i]);
    assert_int_equal(*(uint8_t *)mfn_to_virt(mine), 1);
    assert_int_equal(*(uint8_t *)mfn_to_virt(other), 2);
    assert_int_equal(*(uint8_t *)mfn_to_virt(a), 1);
    assert_int_equal(*(uint8_t *)mfn_to_virt(b), 1);
    assert_int_equal(entry(1)->flags & 0x18, 0);
    assert_int_equal(entry(2)->flags & 0x18, 0);
}

static unsigned pauses;

/* Others run between two copies: the entries are the granter's again, who takes
 * one back. */
static void take_back(void)
{
    assert_int_equal(grant_count_pinned(granter), 0);
    assert_int_equal(granter->refs, 2);
    entry(1)->flags = GTF_invalid;
    pauses++;
}

static void nothing_is_held_while_others_run(void **state)
{
    const uint16_t both = GNTCOPY_source_gref | GNTCOPY_dest_gref;
    struct gnttab_copy ops[] = { piece(1, 2, both), piece(1, 2, both) };

    (void)state;
    grant(1, new_frame(granter), GTF_permit_access);
    grant(2, new_frame(granter), GTF_permit_access);
    on_preempt = take_back;
    percpu_softirq.any = 1;
    make_copies(ops, ARRAY_SIZE(ops));
    on_preempt = NULL;
    assert_int_equal(pauses, 1);
    assert_int_equal(ops[0].status, GNTST_okay);
    assert_int_equal(ops[1].status, GNTST_bad_gntref);
}

#define REFS 8u

static void at_random(void **state)
{
    mfn_t frame[REFS];
    uint32_t handle[REFS];
    bool live[REFS] = { false };
    unsigned ref_of[REFS], i, n;

    (void)state;
    for (i = 0; i < REFS; i++) {
        frame[i] = new_frame(granter);
        grant(i, frame[i], GTF_permit_access);
    }
    for (n = 0; n < 50000; n++) {
        i = rnd(REFS);
        if (live[i]) {
            assert_int_equal(unmap(handle[i], i), GNTST_okay);
            live[i] = false;
        } else {
            struct gnttab_map_grant_ref op;

            ref_of[i] = rnd(REFS);
            op = map(ref_of[i], i, rnd(2) ? GNTMAP_readonly : 0);
            assert_int_equal(op.status, GNTST_okay);
            handle[i] = op.handle;
            live[i] = true;
        }
        if (n % 64 == 0)
            check_counts();
    }
    assert_int_equal(mmu_domain_relinquish(mapper), 0);
    grant_domain_release(mapper);
    for (i = 0; i < REFS; i++)
        assert_int_equal(entry(i)->flags & 0x18, 0);
    assert_int_equal(granter->refs, 2);
    check_counts();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mapping_comes_and_goes, start, stop),
        cmocka_unit_test_setup_teardown(what_is_not_granted_is_refused, start,
                                        stop),
        cmocka_unit_test_setup_teardown(an_entry_that_was_lost_otherwise, start,
                                        stop),
        cmocka_unit_test_setup_teardown(entries_change_places, start, stop),
        cmocka_unit_test_setup_teardown(the_granter_dies_first, start, stop),
        cmocka_unit_test_setup_teardown(replacing_moves_an_entry, start, stop),
        cmocka_unit_test_setup_teardown(copies, start, stop),
        cmocka_unit_test_setup_teardown(copies_of_one_call_are_apart, start,
                                        stop),
        cmocka_unit_test_setup_teardown(nothing_is_held_while_others_run, start,
                                        stop),
        cmocka_unit_test_setup_teardown(at_random, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
