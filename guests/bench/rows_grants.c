/* Grant operations on pages that this domain grants to itself. */
#include "guests/bench/bench.h"
#include "guests/lib/grant.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/start.h"

static struct {
    grant_ref_t ref;
    void *source, *window;
} grants;

static bool map_rows(unsigned self)
{
    ns_t map_times[49], unmap_times[49];

    for (unsigned i = 0; i < 49; i++) {
        struct gnttab_map_grant_ref map = {
            .host_addr = (unsigned long)grants.window,
            .flags = GNTMAP_host_map,
            .ref = grants.ref,
            .dom = (domid_t)self
        };
        struct gnttab_unmap_grant_ref unmap = { .host_addr = map.host_addr };
        uint64_t start = clock_tsc();

        (void)hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
        map_times[i] = clock_tsc_to_ns(clock_tsc() - start);
        if (map.status != GNTST_okay)
            return false;
        unmap.handle = map.handle;
        start = clock_tsc();
        (void)hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
        unmap_times[i] = clock_tsc_to_ns(clock_tsc() - start);
        if (unmap.status != GNTST_okay)
            return false;
    }
    row_value("grant_map", median(map_times, 49));
    row_value("grant_unmap", median(unmap_times, 49));
    return true;
}

static bool copy_row(unsigned self)
{
    ns_t times[49];

    for (unsigned i = 0; i < 49; i++) {
        struct gnttab_copy copy = {
            .source = { .u.ref = grants.ref, .domid = (domid_t)self },
            .dest = { .u.gmfn = virt_to_mfn(grants.window),
                      .domid = DOMID_SELF },
            .len = (uint16_t)PAGE_SIZE,
            .flags = GNTCOPY_source_gref,
        };
        uint64_t start = clock_tsc();

        (void)hypercall_grant_table_op(GNTTABOP_copy, &copy, 1);
        times[i] = clock_tsc_to_ns(clock_tsc() - start);
        if (copy.status != GNTST_okay)
            return false;
    }
    row_value("grant_copy", median(times, 49));
    return true;
}

void rows_grants(void)
{
    /* Our own number: dom0 is 0, and only dom0 runs the rows. */
    unsigned self = 0;

    grants.source = page_alloc();
    grants.window = page_alloc();
    if (!grant_init()) {
        row_absent("grant_map", "no grant table");
        return;
    }
    grants.ref = grant_access(self, grants.source, false);
    if (!copy_row(self))
        row_absent("grant_copy", "refused");
    if (!map_rows(self)) {
        row_absent("grant_map", "map or unmap refused");
        row_absent("grant_unmap", "map or unmap refused");
    }
    (void)page_unprotect(grants.window);
}
