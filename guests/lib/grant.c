/* One frame of grant_entry_v1; an entry's flags are written last. */
#include "guests/lib/grant.h"

#include "guests/lib/hypercall.h"
#include "guests/lib/lock.h"
#include "guests/lib/pages.h"
#include "guests/lib/start.h"

#define ENTRIES (PAGE_SIZE / sizeof(struct grant_entry_v1))

static struct {
    volatile struct grant_entry_v1 *table;
} grants;

bool grant_init(void)
{
    unsigned long frame = 0;
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    void *page = page_alloc();

    set_xen_guest_handle(setup.frame_list, &frame);
    if (hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1) ||
        setup.status != GNTST_okay)
        return false;
    if (page_remap(page, frame << PAGE_SHIFT | PTE_DATA))
        return false;
    grants.table = page;
    return true;
}

volatile struct grant_entry_v1 *grant_entry(grant_ref_t ref)
{
    return &grants.table[ref];
}

grant_ref_t grant_access(unsigned domain, const void *page, bool readonly)
{
    for (grant_ref_t ref = GNTTAB_NR_RESERVED_ENTRIES; ref < ENTRIES; ref++) {
        volatile struct grant_entry_v1 *entry = &grants.table[ref];

        if (entry->flags & GTF_type_mask)
            continue;
        entry->domid = (domid_t)domain;
        entry->frame = (uint32_t)virt_to_mfn(page);
        barrier();
        entry->flags = (uint16_t)(GTF_permit_access |
                                  (readonly ? GTF_readonly : 0));
        return ref;
    }
    guest_fail("guest: out of grant entries");
}

bool grant_end(grant_ref_t ref)
{
    volatile struct grant_entry_v1 *entry = &grants.table[ref];
    uint16_t flags = entry->flags;

    do {
        if (flags & (GTF_reading | GTF_writing))
            return false;
    } while (!__atomic_compare_exchange_n(&entry->flags, &flags, 0, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    return true;
}

int grant_map(unsigned domain, grant_ref_t ref, void *page,
              grant_handle_t *handle)
{
    struct gnttab_map_grant_ref map = { .host_addr = (unsigned long)page,
                                        .flags = GNTMAP_host_map,
                                        .ref = ref,
                                        .dom = (domid_t)domain };

    /* The call does not flush a translation that was there before. */
    if (page_remap(page, 0) ||
        hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map, 1))
        return GNTST_general_error;
    *handle = map.handle;
    return map.status;
}

int grant_unmap(void *page, grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref unmap = { .host_addr = (unsigned long)page,
                                            .handle = handle };
    int error;

    if (hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1))
        return GNTST_general_error;
    error = page_unprotect(page);
    return error ? GNTST_general_error : unmap.status;
}
