/*
 * dom0 watches what a domain writes, as `xl migrate` does: shadow_op. The
 * domain of two vCPUs does what it is told (child.S): it writes in each of the
 * ways there are, and the bitmap names those frames, and no others. It changes
 * its page tables meanwhile: no right to write outlives what took it away.
 */
#include <xen/domctl.h>
#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "guests/abi/logdirty/logdirty.h"
#include "guests/lib/control.h"
#include "guests/lib/grant.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"
#include "xen/include/metronome.h"

#define BIT(f) (1ul << (f))

static uint64_t map[16];
static struct xen_domctl_shadow_op last;

/* ---- shadow_op ---- */

static long shadow(uint32_t what, void *buffer, uint64_t pages)
{
    struct xen_domctl op = { .u.shadow_op = { .op = what, .pages = pages } };
    long rc;

    set_xen_guest_handle(op.u.shadow_op.dirty_bitmap, buffer);
    rc = hypercall_domctl(XEN_DOMCTL_shadow_op, child_id(), &op);
    last = op.u.shadow_op;
    return rc;
}

static void turn(uint32_t what, long result, const char *how)
{
    check_equal(shadow(what, NULL, 0), result, how);
}

static unsigned count(uint64_t bits)
{
    unsigned n = 0;

    for (; bits; bits &= bits - 1)
        n++;
    return n;
}

/* What has been written since the last look. */
static uint64_t clean(void)
{
    map[0] = 0;
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, map, NR_FRAMES), 0, "clean");
    check_equal((long)last.pages, NR_FRAMES, "pages of the bitmap");
    check_equal(last.stats.dirty_count, count(map[0]), "how many it says");
    return map[0];
}

/* Just these, and the mailbox of the vCPU that did it: its answer is there. */
static void wrote(uint64_t frames, const char *what)
{
    uint64_t got = clean();

    check(got == (frames | BIT(MAIL)), "%s: dirty are %lx, not %lx", what, got,
          frames | BIT(MAIL));
}

/* ---- refusals ---- */

static void test_refused(void)
{
    struct xen_domctl op = {
        .u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY
    };

    check_equal(hypercall_domctl(XEN_DOMCTL_shadow_op, 0, &op), -XEN_EINVAL,
                "oneself");
    turn(XEN_DOMCTL_SHADOW_OP_OFF, 0, "off, when it is off");
    turn(XEN_DOMCTL_SHADOW_OP_CLEAN, -XEN_EINVAL, "clean, when it is off");
    turn(XEN_DOMCTL_SHADOW_OP_PEEK, -XEN_EINVAL, "peek, when it is off");
    turn(XEN_DOMCTL_SHADOW_OP_ENABLE, -XEN_EINVAL, "another mode");
    turn(XEN_DOMCTL_SHADOW_OP_ENABLE_TEST, -XEN_EINVAL, "the test mode");
    turn(99, -XEN_EINVAL, "an operation that is none");
}

static void test_allocation(void)
{
    struct xen_domctl op = {
        .u.shadow_op = { .op = XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, .mb = 3 }
    };

    check_equal(hypercall_domctl(XEN_DOMCTL_shadow_op, child_id(), &op), 0,
                "an allocation");
    turn(XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, 0, "get it");
    check_equal(last.mb, 3, "its megabytes");
    op.u.shadow_op.mb = 1u << 20;
    check_equal(hypercall_domctl(XEN_DOMCTL_shadow_op, child_id(), &op),
                -XEN_EINVAL, "a terabyte");
    op.u.shadow_op.mb = 0;
    check_equal(hypercall_domctl(XEN_DOMCTL_shadow_op, child_id(), &op), 0,
                "the default");
    turn(XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, 0, "get it");
    check_equal(last.mb, 1, "its megabytes");
}

static void test_on(void)
{
    turn(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, -XEN_EINVAL, "on, twice");
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, (void *)0x1000, 64),
                -XEN_EFAULT, "a bitmap that is not there");
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, NULL, NR_FRAMES), 0,
                "no bitmap");
}

/* ---- each way to write ---- */

static void test_stores(void)
{
    unsigned i;

    (void)child_load(DATA + 1);
    wrote(0, "a load");
    for (i = 0; i < 3; i++) {
        child_store(DATA, i);
        child_store(DATA + 1, i);
        wrote(BIT(DATA) | BIT(DATA + 1), "two stores");
    }
    (void)child_load(DATA);
    wrote(0, "a load of what it has written");
    child_store_as_user(DATA + 2, 7);
    wrote(BIT(DATA + 2) | BIT(STACK), "a user's store");
    child_store_as_user(DATA + 2, 8);
    wrote(BIT(DATA + 2) | BIT(STACK), "a user's store, again");
    check_equal((long)child_load(DATA + 2), 8, "what it wrote");
    (void)clean();
}

static void test_peek(void)
{
    child_store(DATA, 1);
    map[0] = 0;
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_PEEK, map, NR_FRAMES), 0, "peek");
    check(map[0] == (BIT(DATA) | BIT(MAIL)), "peeked %lx", map[0]);
    map[1] = 0;
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_PEEK, map, 128), 0, "peek far");
    check(map[1] == ~0ul, "beyond its memory: %lx", map[1]);
    wrote(BIT(DATA), "what was only peeked at");
}

static void test_calls(void)
{
    check(child_call(__HYPERVISOR_xen_version, XENVER_extraversion,
                     child_virt(DATA + 3), 0, 0) == 0,
          "xen_version");
    wrote(BIT(DATA + 3), "an answer of a hypercall");
    check(child_call(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0) > 0,
          "xen_version");
    wrote(0, "a hypercall that writes nothing");
    check_equal(child_update(child_frame(DATA + 3) << PAGE_SHIFT, 5), 0,
                "mmu_update of data");
    wrote(BIT(DATA + 3), "mmu_update of data");
    check_equal((long)child_load(DATA + 3), 5, "what it wrote");
    check_equal(child_extended(MMUEXT_CLEAR_PAGE, child_frame(DATA + 3)), 0,
                "clear_page");
    wrote(BIT(DATA + 3), "clear_page");
}

static void test_tables(void)
{
    uint64_t entry = child_entry(DATA + 4);

    check_equal(child_update(child_entry_at(DATA + 4), entry & ~PTE_WRITE), 0,
                "an entry");
    wrote(BIT(L1), "mmu_update of an entry");
    check_equal(child_extended(MMUEXT_TLB_FLUSH_LOCAL, 0), 0, "flush");
    child_store(DATA + 4, 1);
    check_equal(child_faults(), 1, "a store to what is read-only");
    check_equal((long)child_error_code(), 3, "its error code");
    wrote(BIT(STACK), "the fault");
    child_store_at(child_virt(L1) + 8 * (DATA + 4),
                   entry & ~(PTE_ACCESSED | PTE_DIRTY));
    wrote(BIT(L1), "a store to a page table");
    (void)child_load(DATA + 4);
    wrote(BIT(L1), "the first load");
    check_equal((long)(child_entry(DATA + 4) & (PTE_ACCESSED | PTE_DIRTY)),
                PTE_ACCESSED, "accessed");
    child_store(DATA + 4, 1);
    wrote(BIT(L1) | BIT(DATA + 4), "the first store");
    check(child_entry(DATA + 4) == entry, "its entry is %lx, was %lx",
          child_entry(DATA + 4), entry);
    check_equal(child_faults(), 0, "faults");
}

/* What was mapped writable goes elsewhere. */
static void test_remap(void)
{
    uint64_t entry = child_entry(DATA + 5), other = child_entry(DATA + 6);

    child_store(DATA + 5, 50);
    child_store(DATA + 6, 60);
    wrote(BIT(DATA + 5) | BIT(DATA + 6), "stores");
    child_store(DATA + 5, 51);
    check_equal(child_update(child_entry_at(DATA + 5), other), 0, "an entry");
    check_equal(child_extended(MMUEXT_INVLPG_LOCAL, child_virt(DATA + 5)), 0,
                "invlpg");
    wrote(BIT(DATA + 5) | BIT(L1), "until then");
    child_store(DATA + 5, 61);
    wrote(BIT(DATA + 6), "the store to the other");
    check_equal((long)child_load(DATA + 6), 61, "what it wrote");
    check_equal(child_update(child_entry_at(DATA + 5), entry), 0, "back");
    check_equal(child_extended(MMUEXT_TLB_FLUSH_ALL, 0), 0, "flush");
    check_equal((long)child_load(DATA + 5), 51, "what was there");
    (void)clean();
}

/* Its last mapping goes, without a flush of its own, and it becomes a table:
 * that is ours to flush. And back. */
static void test_retype(void)
{
    uint64_t entry = child_entry(DATA + 7), other = child_entry(DATA + 6);

    child_store(DATA + 7, 0);
    (void)clean();
    check_equal(child_update(child_entry_at(DATA + 7), 0), 0, "unmapping");
    check_equal(child_extended(MMUEXT_PIN_L1_TABLE, child_frame(DATA + 7)), 0,
                "a pin");
    wrote(BIT(L1) | BIT(DATA + 7), "a frame that became a table");
    child_store(DATA + 7, PTE_DATA);
    check_equal(child_faults(), 1, "a store to a table");
    check_equal((long)child_error_code(), 2, "its error code");
    wrote(BIT(STACK), "the fault");
    check_equal(child_update((child_frame(DATA + 7) << PAGE_SHIFT) + 8, other),
                0, "an entry in it");
    wrote(BIT(DATA + 7), "an entry");
    check(child_update(child_entry_at(DATA + 7), entry) < 0, "it is writable");
    check_equal(child_update((child_frame(DATA + 7) << PAGE_SHIFT) + 8, 0), 0,
                "no entry in it");
    check_equal(child_extended(MMUEXT_UNPIN_TABLE, child_frame(DATA + 7)), 0,
                "unpin");
    wrote(BIT(DATA + 7), "a table that became a frame");
    check_equal(child_update(child_alias_at(1),
                             child_frame(DATA + 7) << PAGE_SHIFT | PTE_TABLE),
                0, "a table by its use");
    wrote(BIT(L2) | BIT(DATA + 7), "a frame that is used as a table");
    check_equal(child_update(child_alias_at(1), 0), 0, "and no more");
    wrote(BIT(L2) | BIT(DATA + 7), "a table that is used no more");
    check_equal(child_update(child_entry_at(DATA + 7), entry), 0, "mapping");
    child_store(DATA + 7, 9);
    wrote(BIT(L1) | BIT(DATA + 7), "a store again");
}

/* More tables than there are frames for shadows. */
static void test_many(void)
{
    unsigned round;

    check_equal(child_update_aliases(child_frame(L1) << PAGE_SHIFT | PTE_TABLE),
                0, "more ways to the same table");
    (void)clean();
    for (round = 0; round < 3; round++) {
        child_stores(child_virt(DATA + round) + TABLE_SPAN, round, TABLE_SPAN,
                     NR_ALIASES - 1);
        check_equal(child_faults(), 0, "faults");
        wrote(BIT(DATA + round), "by all of them");
    }
    check_equal(child_update_aliases(0), 0, "taken away");
    (void)clean();
}

/* ---- what others write ---- */

static void test_grants(void)
{
    uint64_t *page = page_alloc();
    struct gnttab_copy copy = { .dest.u.ref = GRANT_REF,
                                .dest.domid = child_id(),
                                .flags = GNTCOPY_dest_gref,
                                .source.domid = DOMID_SELF,
                                .source.u.gmfn = virt_to_mfn(page),
                                .len = 8 };
    grant_handle_t handle;

    if (!check(child_grant(DATA + 8), "its grant table"))
        return;
    (void)clean();
    check_equal(hypercall_grant_table_op(GNTTABOP_copy, &copy, 1), 0, "copy");
    check_equal(copy.status, GNTST_okay, "copy");
    check(clean() == BIT(DATA + 8), "a grant copy: %lx", map[0]);
    check_equal(grant_map(child_id(), GRANT_REF, page, &handle), GNTST_okay,
                "a grant mapped");
    check(clean() == BIT(DATA + 8), "mapped by another: %lx", map[0]);
    page[0]++;
    check(clean() == BIT(DATA + 8), "mapped still: %lx", map[0]);
    page[0]++;
    check_equal(grant_unmap(page, handle), GNTST_okay, "unmapped");
    check(clean() == BIT(DATA + 8), "until it was unmapped: %lx", map[0]);
    check(clean() == 0, "and no more: %lx", map[0]);
}

static void test_areas(void)
{
    struct vcpu_register_runstate_memory_area area = { .addr.p = child_virt(
                                                           DATA + 9) };
    struct vcpu_register_vcpu_info info = { .mfn = child_frame(DATA + 10) };

    check_equal(child_call_with(__HYPERVISOR_vcpu_op,
                                VCPUOP_register_runstate_memory_area, 0, &area,
                                sizeof(area)),
                0, "a runstate area");
    (void)clean();
    check(clean() & BIT(DATA + 9), "an area that we write: %lx", map[0]);
    area.addr.p = 0;
    check_equal(child_call_with(__HYPERVISOR_vcpu_op,
                                VCPUOP_register_runstate_memory_area, 0, &area,
                                sizeof(area)),
                0, "no runstate area");
    check(clean() & BIT(DATA + 9), "until it is given up: %lx", map[0]);
    check(!(clean() & BIT(DATA + 9)), "and no more: %lx", map[0]);
    check_equal(child_call_with(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info,
                                1, &info, sizeof(info)),
                -XEN_EINVAL, "vcpu_info of a vCPU that is up");
    check_equal(child_call_with(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info,
                                0, &info, sizeof(info)),
                0, "vcpu_info");
    check(clean() & BIT(DATA + 10), "its vcpu_info: %lx", map[0]);
    check(clean() & BIT(DATA + 10), "its vcpu_info, always: %lx", map[0]);
}

/* ---- two vCPUs ---- */

/* The second counts, and no number of its is missed. */
static void test_counting(void)
{
    uint64_t seen, now = child_peek(DATA + 11);
    unsigned rounds;

    child_count(DATA + 11);
    for (rounds = 0; rounds < 10; rounds++) {
        seen = now;
        child_wait_change(DATA + 11, seen);
        child_pause();
        now = child_peek(DATA + 11);
        check(now > seen && (clean() & BIT(DATA + 11)),
              "it counted from %lu to %lu unseen: %lx", seen, now, map[0]);
        child_unpause();
    }
}

static void test_taken_from_running(void)
{
    uint64_t entry = child_entry(DATA + 11), now;

    check_equal(child_update(child_entry_at(DATA + 11), entry & ~PTE_WRITE), 0,
                "read-only");
    check_equal(child_extended(MMUEXT_TLB_FLUSH_ALL, 0), 0, "flush");
    now = child_peek(DATA + 11);
    child_wait(1);
    check(child_peek(DATA + 11) == now, "it went on counting");
    check_equal(child_faults_of(1), 1, "a fault of the one that counts");
    (void)clean();
    check_equal(child_update(child_entry_at(DATA + 11), entry), 0, "writable");
    child_count(DATA + 11);
    child_wait_change(DATA + 11, now);
    check_equal(child_update(child_entry_at(DATA + 11), 0), 0, "unmapped");
    check_equal(child_extended(MMUEXT_UNPIN_TABLE, child_frame(DATA + 11)),
                -XEN_EINVAL, "it is no table");
    /* Its content is no table's, whatever it has counted up to: odd numbers
     * are entries that nobody may have. So it is cleared first. */
    check_equal(child_extended(MMUEXT_CLEAR_PAGE, child_frame(DATA + 11)), 0,
                "clear_page");
    check_equal(child_extended(MMUEXT_INVLPG_ALL, child_virt(DATA + 11)), 0,
                "invlpg");
    child_wait(1);
    check_equal(child_faults_of(1), 2, "a fault of the one that counts");
    check_equal(child_update(child_entry_at(DATA + 11), entry), 0, "mapped");
}

/* Without a flush of the guest's: the change of type must do it. */
static void test_retype_running(void)
{
    uint64_t entry = child_entry(DATA + 12);
    unsigned before = child_faults_of(1);

    child_store(DATA + 12, 1);
    child_touch(DATA + 12); /* makes it 0 */
    child_wait_change(DATA + 12, 1);
    check_equal(child_update(child_entry_at(DATA + 12), 0), 0, "unmapped");
    check_equal(child_extended(MMUEXT_PIN_L1_TABLE, child_frame(DATA + 12)), 0,
                "a pin");
    child_wait(1);
    check_equal(child_faults_of(1) - before, 1, "a fault");
    check(child_peek(DATA + 12) == 0, "it wrote to a table: %lx",
          child_peek(DATA + 12));
    check_equal(child_extended(MMUEXT_UNPIN_TABLE, child_frame(DATA + 12)), 0,
                "unpin");
    check_equal(child_update(child_entry_at(DATA + 12), entry), 0, "mapped");
}

/* ---- */

static bool on_metronome(void)
{
    return hypercall2(__HYPERVISOR_metronome, METRONOMEOP_scheduler_page, 0) >
           0;
}

static void test_log(void)
{
    turn(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0, "on");
    test_on();
    test_stores();
    test_peek();
    test_calls();
    test_tables();
    test_remap();
    test_retype();
    test_many();
    test_grants();
    test_counting();
    test_taken_from_running();
    test_retype_running();
    test_areas();
}

static void test_off(void)
{
    turn(XEN_DOMCTL_SHADOW_OP_OFF, 0, "off");
    turn(XEN_DOMCTL_SHADOW_OP_CLEAN, -XEN_EINVAL, "clean, when it is off");
    child_store(DATA, 77);
    check_equal((long)child_load(DATA), 77, "it goes on");
    turn(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0, "on again");
    child_store(DATA, 78);
    check(clean() & BIT(DATA), "and again: %lx", map[0]);
}

/* Made, watched, and taken away while it is. */
static void test_no_leak(void)
{
    uint64_t before = 0, i;

    for (i = 0; i < 6; i++) {
        child_make();
        turn(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0, "on");
        child_store(DATA, i);
        check(clean() & BIT(DATA), "a store: %lx", map[0]);
        if (i % 2)
            turn(XEN_DOMCTL_SHADOW_OP_OFF, 0, "off");
        child_end();
        if (i == 1)
            before = free_pages();
    }
    check_equal((long)free_pages(), (long)before, "free pages at the end");
}

void guest_main(void)
{
    report_begin("logdirty");
    if (!start_is_dom0())
        report_skip("only dom0 may");
    if (!on_metronome())
        report_skip("Debian's Xen has no shadows of page tables");
    child_make();
    test_refused();
    test_allocation();
    test_log();
    test_off();
    child_end();
    test_no_leak();
    report_end();
}
