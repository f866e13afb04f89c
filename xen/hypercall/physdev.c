/*
 * physdev.c - physdev_op: interrupts and PCI devices, for the domain that owns
 * the machine; refused, as Xen does, to others, but for what concerns the
 * caller's own privilege level.
 *
 * Served by a table. What is not here is -ENOSYS, which Linux as dom0 takes to
 * mean that the device or feature is not there.
 */
#include <xen/errno.h>
#include <xen/physdev.h>
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/ioapic.h"
#include "xen/core/domain.h"
#include "xen/core/pirq.h"
#include "xen/hypercall/hypercall.h"

union physdev_arg {
    struct physdev_set_iopl set_iopl;
    struct physdev_set_iobitmap set_iobitmap;
    struct physdev_irq_status_query irq_status_query;
    struct physdev_apic apic_read, apic_write;
    struct physdev_irq alloc_irq_vector, free_irq_vector;
    struct physdev_eoi eoi;
    struct physdev_map_pirq map_pirq;
    struct physdev_unmap_pirq unmap_pirq;
    struct physdev_manage_pci manage_pci_add, manage_pci_remove, restore_msi;
    struct physdev_manage_pci_ext manage_pci_add_ext;
    struct physdev_pirq_eoi_gmfn pirq_eoi_gmfn_v1, pirq_eoi_gmfn_v2;
    struct physdev_setup_gsi setup_gsi;
    struct physdev_get_free_pirq get_free_pirq;
    struct physdev_pci_mmcfg_reserved pci_mmcfg_reserved;
    struct physdev_pci_device_add pci_device_add;
    struct physdev_pci_device pci_device_remove, restore_msi_ext, prepare_msix,
        release_msix;
    struct physdev_dbgp_op dbgp_op;
};

/* ---- privilege level ---- */

/* The level at which the guest's kernel may use I/O ports: what it may really
 * use is decided by up_may_use_ports(). */
static int do_set_iopl(union physdev_arg *arg)
{
    if (arg->set_iopl.iopl > 3)
        return -XEN_EINVAL;
    current_vcpu()->pv.iopl = arg->set_iopl.iopl << 12;
    return 0;
}

/* What its programs may use. The bitmap is read at each use (pv/port.c). */
static int do_set_iobitmap(union physdev_arg *arg)
{
    struct pv_vcpu *p = &current_vcpu()->pv;
    unsigned ports = arg->set_iobitmap.nr_ports;

    if (ports > 65536 ||
        !guest_range_ok(guest_handle(arg->set_iobitmap.bitmap), ports / 8 + 1))
        return -XEN_EINVAL;
    p->io_bitmap = guest_handle(arg->set_iobitmap.bitmap);
    p->io_ports = ports;
    return 0;
}

/* ---- the IO-APICs ---- */

static int do_apic_read(union physdev_arg *arg)
{
    struct physdev_apic *op = &arg->apic_read;
    unsigned i;

    for (i = 0; i < acpi.nr_ioapics; i++)
        if (acpi.ioapic[i].address == op->apic_physbase)
            return ioapic_read(i, op->reg, &op->value) ? 0 : -XEN_EINVAL;
    return -XEN_EINVAL;
}

/* Interrupt lines are set up by setup_gsi and bind_pirq. */
static int refuse(union physdev_arg *arg)
{
    (void)arg;
    return -XEN_EPERM;
}

static int do_setup_gsi(union physdev_arg *arg)
{
    const struct physdev_setup_gsi *op = &arg->setup_gsi;

    return op->gsi < 0 ? -XEN_EINVAL
                       : pirq_setup_gsi(current_domain(), (unsigned)op->gsi,
                                        op->triggering, op->polarity);
}

/* Vectors are our business; to old kernels they are a number that is not 0. */
static int do_alloc_irq_vector(union physdev_arg *arg)
{
    struct physdev_irq *op = &arg->alloc_irq_vector;
    int rc = pirq_map_gsi(current_domain(), op->irq);

    op->vector = op->irq + 1;
    return rc;
}

/* ---- PIRQs ---- */

static int do_irq_status_query(union physdev_arg *arg)
{
    int rc = pirq_needs_eoi(arg->irq_status_query.irq);

    if (rc < 0)
        return rc;
    arg->irq_status_query.flags = rc ? XENIRQSTAT_needs_eoi : 0;
    return 0;
}

static int do_eoi(union physdev_arg *arg)
{
    return pirq_eoi(current_domain(), arg->eoi.irq);
}

static int do_pirq_eoi_gmfn_v1(union physdev_arg *arg)
{
    return pirq_set_eoi_map(current_domain(), arg->pirq_eoi_gmfn_v1.gmfn, true);
}

static int do_pirq_eoi_gmfn_v2(union physdev_arg *arg)
{
    return pirq_set_eoi_map(current_domain(), arg->pirq_eoi_gmfn_v2.gmfn,
                            false);
}

/* Interrupts of the machine are its owner's, for the time being. */
static int check_domain(domid_t id)
{
    return id == DOMID_SELF || id == current_domain()->id ? 0 : -XEN_EPERM;
}

static int map_gsi(struct physdev_map_pirq *op)
{
    if (op->index < 0 || (op->pirq >= 0 && op->pirq != op->index))
        return -XEN_EINVAL;
    op->pirq = op->index;
    return pirq_map_gsi(current_domain(), (unsigned)op->index);
}

static int map_msi(struct physdev_map_pirq *op)
{
    bool several = op->type == MAP_PIRQ_TYPE_MULTI_MSI;
    bool has_segment = several || op->type == MAP_PIRQ_TYPE_MSI_SEG;
    struct pirq_message m = {
        .device = { has_segment ? (uint16_t)((uint32_t)op->bus >> 16) : 0,
                    (uint8_t)op->bus, (uint8_t)op->devfn },
        .msix = op->table_base != 0,
        .index = op->table_base ? (unsigned)op->entry_nr : 0,
        .count = several ? (unsigned)op->entry_nr : 1,
    };

    return pirq_map_msi(current_domain(), &m, &op->pirq);
}

static int do_map_pirq(union physdev_arg *arg)
{
    struct physdev_map_pirq *op = &arg->map_pirq;
    int rc = check_domain(op->domid);

    if (rc)
        return rc;
    switch (op->type) {
    case MAP_PIRQ_TYPE_GSI:
        return map_gsi(op);
    case MAP_PIRQ_TYPE_MSI:
    case MAP_PIRQ_TYPE_MSI_SEG:
    case MAP_PIRQ_TYPE_MULTI_MSI:
        return map_msi(op);
    default:
        return -XEN_EINVAL;
    }
}

static int do_unmap_pirq(union physdev_arg *arg)
{
    int rc = check_domain(arg->unmap_pirq.domid);

    return rc ? rc
              : pirq_unmap(current_domain(), (unsigned)arg->unmap_pirq.pirq);
}

static int do_get_free_pirq(union physdev_arg *arg)
{
    int pirq;

    if (arg->get_free_pirq.type != MAP_PIRQ_TYPE_MSI)
        return -XEN_EINVAL; /* those of lines are the lines' numbers */
    pirq = pirq_reserve(current_domain());
    if (pirq < 0)
        return pirq;
    arg->get_free_pirq.pirq = (uint32_t)pirq;
    return 0;
}

/* ---- PCI devices: nothing is kept of them but their messages ---- */

static int present(uint16_t segment, uint8_t bus, uint8_t devfn)
{
    return pci_present((struct pci_device){ segment, bus, devfn })
               ? 0
               : -XEN_ENODEV;
}

static int do_manage_pci_add(union physdev_arg *arg)
{
    return present(0, arg->manage_pci_add.bus, arg->manage_pci_add.devfn);
}

static int do_manage_pci_add_ext(union physdev_arg *arg)
{
    return present(0, arg->manage_pci_add_ext.bus,
                   arg->manage_pci_add_ext.devfn);
}

static int do_pci_device_add(union physdev_arg *arg)
{
    const struct physdev_pci_device_add *op = &arg->pci_device_add;

    return present(op->seg, op->bus, op->devfn);
}

static int do_prepare_msix(union physdev_arg *arg)
{
    const struct physdev_pci_device *op = &arg->prepare_msix;
    struct pci_device d = { op->seg, op->bus, op->devfn };

    return pci_find_capability(d, PCI_CAP_MSIX) ? 0 : -XEN_ENODEV;
}

static int do_restore_msi(union physdev_arg *arg)
{
    return pirq_restore(
        current_domain(),
        (struct pci_device){ 0, arg->restore_msi.bus, arg->restore_msi.devfn });
}

static int do_restore_msi_ext(union physdev_arg *arg)
{
    const struct physdev_pci_device *op = &arg->restore_msi_ext;

    return pirq_restore(current_domain(),
                        (struct pci_device){ op->seg, op->bus, op->devfn });
}

/* What needs nothing of us: a vector stays its line's; the device goes; its
 * region for configuration is mapped by its owner like any device; no debug
 * port is in use. */
static int do_nothing(union physdev_arg *arg)
{
    (void)arg;
    return 0;
}

/* ---- all ---- */

enum {
    BACK = 1, /* the argument is written back */
    ALL = 2,  /* not only for the domain that owns the machine */
};

struct physdev_row {
    int (*serve)(union physdev_arg *arg);
    uint8_t size; /* of the argument, in bytes */
    uint8_t flags;
};

#define SIZE(name)       sizeof(((union physdev_arg *)0)->name)
#define ROW(name, flags) [PHYSDEVOP_##name] = { do_##name, SIZE(name), flags }

static const struct physdev_row physdev_rows[] = {
    ROW(irq_status_query, BACK),
    ROW(set_iopl, ALL),
    ROW(set_iobitmap, ALL),
    ROW(apic_read, BACK),
    [PHYSDEVOP_apic_write] = { refuse, SIZE(apic_write), 0 },
    ROW(alloc_irq_vector, BACK),
    [PHYSDEVOP_free_irq_vector] = { do_nothing, SIZE(free_irq_vector), 0 },
    ROW(eoi, 0),
    ROW(map_pirq, BACK),
    ROW(unmap_pirq, 0),
    ROW(manage_pci_add, 0),
    [PHYSDEVOP_manage_pci_remove] = { do_nothing, SIZE(manage_pci_remove), 0 },
    ROW(pirq_eoi_gmfn_v1, 0),
    ROW(restore_msi, 0),
    ROW(manage_pci_add_ext, 0),
    ROW(setup_gsi, 0),
    ROW(get_free_pirq, BACK),
    [PHYSDEVOP_pci_mmcfg_reserved] = { do_nothing, SIZE(pci_mmcfg_reserved),
                                       0 },
    ROW(pci_device_add, 0),
    [PHYSDEVOP_pci_device_remove] = { do_nothing, SIZE(pci_device_remove), 0 },
    ROW(restore_msi_ext, 0),
    ROW(pirq_eoi_gmfn_v2, 0),
    [PHYSDEVOP_dbgp_op] = { do_nothing, SIZE(dbgp_op), 0 },
    ROW(prepare_msix, 0),
    [PHYSDEVOP_release_msix] = { do_nothing, SIZE(release_msix), 0 },
};

int64_t hypercall_physdev_op(uint64_t cmd, uint64_t guest, uint64_t c,
                             uint64_t d, uint64_t e, uint64_t f)
{
    static const struct physdev_row nothing;
    const struct physdev_row *row = &nothing;
    union physdev_arg arg;
    int rc;

    (void)c, (void)d, (void)e, (void)f;
    if ((uint32_t)cmd < ARRAY_SIZE(physdev_rows))
        row = &physdev_rows[(uint32_t)cmd];
    if (!(row->flags & ALL) && !current_domain()->hardware)
        return -XEN_EPERM;
    if (!row->serve)
        return hypercall_unknown_op(__HYPERVISOR_physdev_op, (uint32_t)cmd);
    rc = copy_from_guest(&arg, guest, row->size);
    if (!rc)
        rc = row->serve(&arg);
    if (!rc && (row->flags & BACK))
        rc = copy_to_guest(guest, &arg, row->size);
    return rc;
}

/* The first form: number and argument in one struct. */
int64_t hypercall_physdev_op_compat(uint64_t guest, uint64_t b, uint64_t c,
                                    uint64_t d, uint64_t e, uint64_t f)
{
    uint32_t cmd;
    int rc = copy_from_guest(&cmd, guest, sizeof(cmd));

    (void)b;
    if (rc)
        return rc;
    return hypercall_physdev_op(cmd, guest + offsetof(struct physdev_op, u), c,
                                d, e, f);
}
