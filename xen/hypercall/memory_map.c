/*
 * memory_map.c - memory maps: the machine's, for dom0, and a domain's own.
 */
#include <xen/errno.h>
#include <xen/memory.h>
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/boot_info.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/hypercall/memory_private.h"
#include "xen/hypercall/mmu_private.h"

#define MAP_MAX 128u

/* Hand out n entries, as many as the guest has room for. */
static int64_t put_map(uintptr_t arg, unsigned n,
                       struct e820_entry (*get)(const struct domain *d,
                                                unsigned i))
{
    struct xen_memory_map m;
    struct e820_entry e;
    unsigned i;

    if (copy_from_guest(&m, arg, sizeof(m)))
        return -XEN_EFAULT;
    for (i = 0; i < n && i < m.nr_entries; i++) {
        e = get(current_domain(), i);
        if (copy_to_guest(guest_handle(m.buffer) + i * sizeof(e), &e,
                          sizeof(e)))
            return -XEN_EFAULT;
    }
    m.nr_entries = i;
    return copy_to_guest(arg, &m, sizeof(m));
}

/* What the loader said (GRUB has types of its own for the memory of the
 * firmware), then the interrupt controllers: nothing of dom0's is
 * to be placed over them. */
static struct e820_entry machine_entry(const struct domain *d, unsigned i)
{
    const struct boot_range *r = &boot_info.range[i];
    unsigned extra = i - boot_info.nr_ranges;

    (void)d;
    if (i < boot_info.nr_ranges)
        return (struct e820_entry){ r->start, r->end - r->start,
                                    r->type <= BOOT_MEMORY_BAD
                                        ? r->type
                                        : BOOT_MEMORY_RESERVED };
    return (struct e820_entry){ extra ? acpi.ioapic[extra - 1].address
                                      : acpi.local_apic,
                                PAGE_SIZE, BOOT_MEMORY_RESERVED };
}

static struct e820_entry own_entry(const struct domain *d, unsigned i)
{
    return d->mmu.map[i];
}

int64_t memory_get_machine_map(uintptr_t arg)
{
    if (!current_domain()->hardware)
        return -XEN_EPERM;
    return put_map(arg, boot_info.nr_ranges + 1 + acpi.nr_ioapics,
                   machine_entry);
}

int64_t memory_get_map(uintptr_t arg)
{
    struct domain *d = current_domain();
    int64_t rc;

    spin_lock(&d->mmu.map_lock);
    rc = d->mmu.map ? put_map(arg, d->mmu.nr_map, own_entry) : -XEN_ENOSYS;
    spin_unlock(&d->mmu.map_lock);
    return rc;
}

int64_t memory_set_map(uintptr_t arg)
{
    struct xen_foreign_memory_map f;
    struct e820_entry *map, *old;
    struct domain *d;
    int rc;

    if (copy_from_guest(&f, arg, sizeof(f)))
        return -XEN_EFAULT;
    if (f.map.nr_entries > MAP_MAX)
        return -XEN_EINVAL;
    rc = mmu_subject(f.domid, &d);
    if (rc)
        return rc;
    map = mem_alloc((f.map.nr_entries + 1) * sizeof(*map));
    if (!map) {
        rc = -XEN_ENOMEM;
    } else if (copy_from_guest(map, guest_handle(f.map.buffer),
                               f.map.nr_entries * sizeof(*map))) {
        mem_free(map);
        rc = -XEN_EFAULT;
    } else {
        spin_lock(&d->mmu.map_lock);
        old = d->mmu.map;
        d->mmu.map = map;
        d->mmu.nr_map = f.map.nr_entries;
        spin_unlock(&d->mmu.map_lock);
        mem_free(old);
    }
    mmu_subject_put(d);
    return rc;
}
