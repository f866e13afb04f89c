/*
 * XENMEM_exchange, as drivers want it by way of swiotlb: frames that lie below
 * an address of any width, and contiguous ones; the machine-to-phys table says
 * where they are in the domain; what can't be had leaves everything as it was.
 */
#include <stddef.h>
#include <stdint.h>
#include <xen/memory.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"

#define COUNT 4u /* frames of a contiguous extent */
#define ORDER 2u

static uint64_t pfn_of(const void *page)
{
    return ((unsigned long)page - VIRT_BASE) >> PAGE_SHIFT;
}

static uint64_t m2p(uint64_t mfn)
{
    return machine_to_phys_mapping[mfn];
}

/* The frames of these pages, which get unmapped, for one extent. out: where
 * they are in the domain, then the new frame. */
static long exchange(void **page, unsigned order, unsigned bits, xen_pfn_t *out)
{
    xen_pfn_t in[COUNT];
    struct xen_memory_exchange op = {
        .in = { .nr_extents = 1ul << order, .domid = DOMID_SELF },
        .out = { .nr_extents = 1,
                 .extent_order = order,
                 .mem_flags = XENMEMF_address_bits(bits),
                 .domid = DOMID_SELF },
    };
    unsigned i;
    long rc;

    for (i = 0; i < 1u << order; i++) {
        in[i] = virt_to_mfn(page[i]);
        check_equal(page_remap(page[i], 0), 0, "unmap a page");
    }
    *out = pfn_of(page[0]);
    set_xen_guest_handle(op.in.extent_start, in);
    set_xen_guest_handle(op.out.extent_start, out);
    rc = hypercall_memory_op(XENMEM_exchange, &op);
    check_equal((long)op.nr_exchanged, rc ? 0 : 1l << order, "exchanged");
    return rc;
}

static void use(void *page, uint64_t mfn)
{
    volatile uint64_t *word = page;

    check_equal(page_remap(page, mfn << PAGE_SHIFT | PTE_DATA), 0,
                "map the frame");
    *word = mfn;
    check_equal((long)*word, (long)mfn, "the frame's content");
}

static void test_width(unsigned bits)
{
    void *page = page_alloc();
    xen_pfn_t mfn;

    if (!check_equal(exchange(&page, 0, bits, &mfn), 0, "exchange"))
        report_end();
    check(mfn < 1ul << (bits - PAGE_SHIFT), "%u bits: frame %lx", bits, mfn);
    check_equal((long)m2p(mfn), (long)pfn_of(page), "the frame's number");
    use(page, mfn);
}

static void test_contiguous(void)
{
    void *page[COUNT];
    xen_pfn_t mfn;
    unsigned i;

    for (i = 0; i < COUNT; i++)
        page[i] = page_alloc();
    if (!check_equal(exchange(page, ORDER, 26, &mfn), 0, "exchange of four"))
        report_end();
    check(mfn + COUNT <= 1ul << (26 - PAGE_SHIFT), "26 bits: frame %lx", mfn);
    for (i = 0; i < COUNT; i++) {
        check_equal((long)m2p(mfn + i), (long)pfn_of(page[0]) + i,
                    "a frame's number");
        use(page[i], mfn + i);
    }
}

static void test_none(void)
{
    void *page = page_alloc();
    uint64_t own = virt_to_mfn(page);
    xen_pfn_t mfn;

    check_equal(exchange(&page, 0, 13, &mfn), -XEN_ENOMEM, "below 8 KiB");
    check_equal((long)m2p(own), (long)pfn_of(page), "the old frame's number");
    use(page, own);
}

void guest_main(void)
{
    static const unsigned widths[] = { 24, 26, 28, 30, 32, 40 };
    unsigned i;

    report_begin("exchange");
    for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
        test_width(widths[i]);
    test_contiguous();
    test_none();
    report_end();
}
