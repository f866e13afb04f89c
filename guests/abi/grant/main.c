/* Grants of a domain to itself: map, write through, copy, versions, the cache,
 * what is refused. */
#include <xen/errno.h>

#include "guests/lib/grant.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"

static unsigned own_domain; /* 0, unless we are told otherwise */

static void test_map(void)
{
    char *page = page_alloc(), *window = page_alloc();
    grant_ref_t ref = grant_access(own_domain, page, false);
    grant_handle_t handle;

    memcpy(page, "before", 7);
    check_equal(grant_map(own_domain, ref, window, &handle), GNTST_okay, "map");
    check(!memcmp(window, "before", 7), "the mapping shows something else");
    memcpy(window, "after!", 7);
    check(!memcmp(page, "after!", 7), "a write through it is not seen");
    check(!grant_end(ref), "a mapped grant could be taken back");
    check_equal(grant_unmap(window, handle), GNTST_okay, "unmap");
    check(grant_entry(ref)->flags == GTF_permit_access, "flags after unmap: %x",
          grant_entry(ref)->flags);
    check(grant_end(ref), "an unmapped grant could not be taken back");
    check(grant_unmap(window, handle) != GNTST_okay, "unmapped twice");
    check(grant_map(own_domain, ref, window, &handle) != GNTST_okay,
          "mapped after it was taken back");
    (void)page_unprotect(window);
}

static void test_readonly(void)
{
    char *page = page_alloc(), *window = page_alloc();
    grant_ref_t ref = grant_access(own_domain, page, true);
    grant_handle_t handle;
    struct gnttab_map_grant_ref map = { .host_addr = (unsigned long)window,
                                        .flags = GNTMAP_host_map |
                                                 GNTMAP_readonly,
                                        .ref = ref,
                                        .dom = (domid_t)own_domain };

    check(grant_map(own_domain, ref, window, &handle) != GNTST_okay,
          "a read-only grant was mapped writable");
    (void)page_remap(window, 0);
    (void)hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
    check_equal(map.status, GNTST_okay, "map read-only");
    check_equal(window[0], 0, "its first byte");
    check_equal(grant_unmap(window, map.handle), GNTST_okay, "unmap");
    (void)grant_end(ref);
}

static int copy(grant_ref_t from, const void *to, unsigned offset,
                unsigned length)
{
    struct gnttab_copy op = {
        .source = { .u.ref = from,
                    .domid = (domid_t)own_domain,
                    .offset = (uint16_t)offset },
        .dest = { .u.gmfn = virt_to_mfn(to), .domid = DOMID_SELF },
        .len = (uint16_t)length,
        .flags = GNTCOPY_source_gref,
    };

    if (hypercall_grant_table_op(GNTTABOP_copy, &op, 1))
        return GNTST_general_error;
    return op.status;
}

static void test_copy(void)
{
    char *page = page_alloc(), *other = page_alloc();
    grant_ref_t ref = grant_access(own_domain, page, false);

    for (unsigned i = 0; i < PAGE_SIZE; i++)
        page[i] = (char)(i * 7);
    check_equal(copy(ref, other, 0, PAGE_SIZE), GNTST_okay, "copy a page");
    check(!memcmp(page, other, PAGE_SIZE), "the copy differs");
    check_equal(copy(ref, other, 100, 50), GNTST_okay, "copy a part");
    check(!memcmp(page + 100, other, 50), "the part differs");
    check(copy(ref, other, 4000, 100) != GNTST_okay, "over the page's end");
    check(copy(500, other, 0, 8) != GNTST_okay, "from an empty entry");
    check(copy(1U << 30, other, 0, 8) != GNTST_okay, "from beyond the table");
    (void)grant_end(ref);
}

/* Copies in a row keep what they hold; a call that cannot tell how one went
 * ends there, and lets go. */
static void test_copies(void)
{
    char *page = page_alloc(), *other = page_alloc(), *last = page_alloc();
    grant_ref_t ref = grant_access(own_domain, page, false);
    struct gnttab_copy *ops = page_alloc();

    memcpy(page, "abcdefgh", 8);
    for (unsigned i = 0; i < 2; i++)
        ops[i] = (struct gnttab_copy){
            .source = { .u.ref = ref,
                        .domid = (domid_t)own_domain,
                        .offset = (uint16_t)(4 * i) },
            .dest = { .u.gmfn = virt_to_mfn(i ? last : other),
                      .domid = DOMID_SELF },
            .len = 4,
            .flags = GNTCOPY_source_gref,
            .status = 99,
        };
    check_equal(hypercall_grant_table_op(GNTTABOP_copy, ops, 2), 0, "copies");
    check(ops[0].status == GNTST_okay && ops[1].status == GNTST_okay,
          "status %d, %d", ops[0].status, ops[1].status);
    check(!memcmp(other, "abcd", 4) && !memcmp(last, "efgh", 4),
          "the copies differ");
    memcpy(page, "ABCDEFGH", 8);
    check_equal(page_protect(ops), 0, "protect");
    check_equal(hypercall_grant_table_op(GNTTABOP_copy, ops, 2), -XEN_EFAULT,
                "where no status can be written");
    check(!memcmp(last, "efgh", 4), "it went on");
    check(grant_entry(ref)->flags == GTF_permit_access, "flags %x",
          grant_entry(ref)->flags);
    check_equal(page_unprotect(ops), 0, "unprotect");
    check(grant_end(ref), "it could not be taken back");
}

static void test_refusals(void)
{
    void *window = page_alloc();
    grant_ref_t ref = grant_access(own_domain, page_alloc(), false);
    grant_handle_t handle;
    struct gnttab_query_size size = { .dom = DOMID_SELF };

    check_equal(hypercall_grant_table_op(GNTTABOP_query_size, &size, 1), 0,
                "query_size");
    check(size.status == GNTST_okay && size.nr_frames >= 1, "%u frames",
          size.nr_frames);
    check(grant_map(0x7000, 8, window, &handle) != GNTST_okay,
          "a grant of no domain");
    check(grant_map(own_domain, 1U << 30, window, &handle) != GNTST_okay,
          "a grant beyond the table");
    /* No canonical address, but a walk's bits of it name the hypervisor's
     * descriptor tables. */
    check(grant_map(own_domain, ref, (void *)(260UL << 39), &handle) !=
              GNTST_okay,
          "a grant mapped into the hypervisor's slot");
    (void)grant_end(ref);
    check(grant_unmap(window, 12345) != GNTST_okay, "an unknown handle");
    check(hypercall_grant_table_op(999, &size, 1) < 0, "unknown operation");
    (void)page_unprotect(window);
}

static int swap(grant_ref_t a, grant_ref_t b)
{
    struct gnttab_swap_grant_ref op = { .ref_a = a, .ref_b = b };

    if (hypercall_grant_table_op(GNTTABOP_swap_grant_ref, &op, 1))
        return GNTST_general_error;
    return op.status;
}

/* Two entries are exchanged, unless one of them is mapped. */
static void test_swap(void)
{
    char *page = page_alloc(), *other = page_alloc(), *window = page_alloc();
    grant_ref_t a = grant_access(own_domain, page, false);
    grant_ref_t b = grant_access(own_domain, other, true);
    grant_handle_t handle;

    check_equal(swap(a, b), GNTST_okay, "swap");
    check(grant_entry(a)->frame == virt_to_mfn(other) &&
              grant_entry(a)->flags == (GTF_permit_access | GTF_readonly) &&
              grant_entry(b)->frame == virt_to_mfn(page) &&
              grant_entry(b)->flags == GTF_permit_access,
          "the entries have not been exchanged");
    check_equal(grant_map(own_domain, b, window, &handle), GNTST_okay, "map");
    check_equal(swap(a, b), GNTST_eagain, "swap of what is mapped");
    check_equal(swap(b, a), GNTST_eagain, "swap with what is mapped");
    check(grant_entry(b)->frame == virt_to_mfn(page), "it was exchanged");
    check_equal(grant_unmap(window, handle), GNTST_okay, "unmap");
    check_equal(swap(a, a), GNTST_okay, "swap with itself");
    check_equal(swap(a, 1u << 20), GNTST_bad_gntref, "no such entry");
    check_equal(swap(~0u, a), GNTST_bad_gntref, "no such entry either");
    check_equal(swap(a, b), GNTST_okay, "swap back");
    check(grant_end(a) && grant_end(b), "they could not be taken back");
    (void)page_unprotect(window);
}

/* ---- versions: Linux asks for the first one, and is content with it ---- */

static int64_t set_version(uint32_t wanted)
{
    struct gnttab_set_version op = { .version = wanted };

    return hypercall_grant_table_op(GNTTABOP_set_version, &op, 1);
}

static void test_version(void)
{
    struct gnttab_get_version now = { .dom = DOMID_SELF };
    struct gnttab_get_version nobody = { .dom = 0x7000 };
    struct gnttab_get_status_frames status = { .nr_frames = 1,
                                               .dom = DOMID_SELF };

    check_equal(set_version(1), 0, "version 1");
    check_equal(set_version(3), -XEN_EINVAL, "version 3");
    check_equal(hypercall_grant_table_op(GNTTABOP_get_version, &now, 1), 0,
                "get_version");
    check_equal(now.version, 1, "the version");
    check_equal(hypercall_grant_table_op(GNTTABOP_get_version, &nobody, 1),
                -XEN_ESRCH, "the version of no domain");
    check_equal(
        hypercall_grant_table_op(GNTTABOP_get_status_frames, &status, 1), 0,
        "get_status_frames");
    check_equal(status.status, GNTST_general_error,
                "status frames of version 1");
}

/* ---- the cache ---- */

static int64_t flush(const void *page, unsigned offset, unsigned length,
                     uint32_t how)
{
    struct gnttab_cache_flush op = {
        .a.dev_bus_addr = virt_to_mfn(page) << 12,
        .offset = (uint16_t)offset,
        .length = (uint16_t)length,
        .op = how,
    };

    return hypercall_grant_table_op(GNTTABOP_cache_flush, &op, 1);
}

static void test_cache_flush(void)
{
    char *page = page_alloc();
    uint32_t both = GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL;
    struct gnttab_cache_flush nowhere = { .a.dev_bus_addr = ~0ul << 13,
                                          .length = 8,
                                          .op = GNTTAB_CACHE_CLEAN };

    memset(page, 7, PAGE_SIZE);
    check_equal(flush(page, 0, PAGE_SIZE, GNTTAB_CACHE_CLEAN), 0, "clean");
    check_equal(flush(page, 100, 50, both), 0, "clean and forget a part");
    check(page[0] == 7 && page[120] == 7 && page[PAGE_SIZE - 1] == 7,
          "what was written is lost");
    check_equal(flush(page, 0, 64, GNTTAB_CACHE_INVAL), -XEN_EOPNOTSUPP,
                "forget only");
    check_equal(flush(page, 0, 0, both), 0, "nothing");
    check_equal(flush(page, 0, 64, 0), 0, "in no way");
    check_equal(flush(page, PAGE_SIZE, 1, both), -XEN_EINVAL, "beyond a page");
    check_equal(flush(page, 4000, 100, both), -XEN_EINVAL, "over its end");
    check_equal(flush(page, 0, 64, 8), -XEN_EINVAL, "in an unknown way");
    check_equal(hypercall_grant_table_op(GNTTABOP_cache_flush, &nowhere, 1),
                -XEN_EINVAL, "of no frame");
}

void guest_main(void)
{
    report_begin("grant");
    if (!start_is_dom0())
        report_skip("knows its own number only as dom0");
    if (!grant_init())
        report_error("no grant table");
    test_map();
    test_readonly();
    test_copy();
    test_copies();
    test_swap();
    test_refusals();
    test_version();
    test_cache_flush();
    report_end();
}
