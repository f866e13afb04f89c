/*
 * sysctl.c - XEN_SYSCTL_*: the toolstack's handling of the machine, by a table.
 *
 * Only dom0 may call. The argument always goes back to the guest.
 */
#include <xen/errno.h>
#include <xen/physdev.h>
#include "trace/trace.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/pci.h"
#include "xen/arch/x86/smp.h"
#include "xen/base/console.h"
#include "xen/base/console_private.h"
#include "xen/base/time.h"
#include "xen/base/trace_host.h"
#include "xen/hypercall/control.h"
#include "xen/hypercall/hypercall.h"

static int do_readconsole(struct xen_sysctl *op)
{
    struct xen_sysctl_readconsole *read = &op->u.readconsole;
    uint64_t from = read->incremental ? console_ring_position(read->index) : 0;
    uintptr_t to = guest_handle(read->buffer);
    uint32_t done = 0;
    char piece[256];

    while (done < read->count) {
        uint32_t room = read->count - done;
        size_t got = console_ring_read(
            &from, piece, room < sizeof(piece) ? room : sizeof(piece));

        if (!got)
            break;
        if (copy_to_guest(to + done, piece, got))
            return -XEN_EFAULT;
        done += (uint32_t)got;
    }
    if (read->clear)
        console_ring_clear(from);
    read->count = done;
    read->index = (uint32_t)from;
    return 0;
}

static int do_tbuf_op(struct xen_sysctl *op)
{
    struct xen_sysctl_tbuf_op *tbuf = &op->u.tbuf_op;
    static uint32_t mask_when_on = TRC_ALL;

    switch (tbuf->cmd) {
    case XEN_SYSCTL_TBUFOP_get_info:
        tbuf->evt_mask = trace_get_mask();
        return trace_host_info(&tbuf->buffer_mfn, &tbuf->size);
    case XEN_SYSCTL_TBUFOP_set_evt_mask:
        mask_when_on = tbuf->evt_mask;
        trace_set_mask(mask_when_on);
        return 0;
    case XEN_SYSCTL_TBUFOP_enable:
        trace_set_mask(mask_when_on);
        return 0;
    case XEN_SYSCTL_TBUFOP_disable:
        trace_set_mask(0);
        return 0;
    case XEN_SYSCTL_TBUFOP_set_cpu_mask:
        return 0; /* every CPU's ring is always there */
    default:
        return -XEN_EINVAL; /* the size is the command line's: tbuf_size= */
    }
}

static int do_physinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_physinfo *info = &op->u.physinfo;
    unsigned i;

    *info = (struct xen_sysctl_physinfo){
        .threads_per_core = 1,
        .cores_per_socket = smp_nr_cpus,
        .nr_cpus = smp_nr_cpus,
        .max_cpu_id = smp_nr_cpus - 1,
        .nr_nodes = 1,
        .cpu_khz = (uint32_t)time_scale()->tsc_khz,
        .capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1,
        .total_pages = frame_count_total(),
        .free_pages = frame_count_free(),
        .max_mfn = frame_max - 1,
    };
    for (i = 0; i < ARRAY_SIZE(info->hw_cap); i++)
        info->hw_cap[i] = pv_feature_word(i, false);
    return 0;
}

static int do_sched_id(struct xen_sysctl *op)
{
    op->u.sched_id.sched_id = run_sched_id(NULL);
    return 0;
}

static int do_cpupool_op(struct xen_sysctl *op)
{
    return control_cpupool(&op->u.cpupool_op);
}

static int do_scheduler_op(struct xen_sysctl *op)
{
    return control_sched_pool(&op->u.scheduler_op);
}

static int do_getdomaininfolist(struct xen_sysctl *op)
{
    struct xen_sysctl_getdomaininfolist *list = &op->u.getdomaininfolist;
    uintptr_t to = guest_handle(list->buffer);
    struct xen_domctl_getdomaininfo info;
    struct domain *d;
    unsigned id;

    list->num_domains = 0;
    for (id = list->first_domain;
         id < DOMID_FIRST_RESERVED && list->num_domains < list->max_domains;
         id++) {
        d = domain_get((uint16_t)id);
        if (!d)
            continue;
        control_domain_info(d, &info);
        domain_put(d);
        if (copy_to_guest(to + list->num_domains * sizeof(info), &info,
                          sizeof(info)))
            return -XEN_EFAULT;
        list->num_domains++;
    }
    return 0;
}

static int do_getcpuinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_getcpuinfo *get = &op->u.getcpuinfo;
    uintptr_t to = guest_handle(get->info);
    struct xen_sysctl_cpuinfo info;
    unsigned cpu;

    for (cpu = 0; cpu < smp_nr_cpus && cpu < get->max_cpus; cpu++) {
        info.idletime = (uint64_t)run_idle_time(cpu);
        if (copy_to_guest(to + cpu * sizeof(info), &info, sizeof(info)))
            return -XEN_EFAULT;
    }
    get->nr_cpus = cpu;
    return 0;
}

static int do_availheap(struct xen_sysctl *op)
{
    op->u.availheap.avail_bytes = frame_count_free() << PAGE_SHIFT;
    return 0;
}

static int do_cputopoinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_cputopoinfo *topo = &op->u.cputopoinfo;
    uintptr_t to = guest_handle(topo->cputopo);
    struct xen_sysctl_cputopo one = { 0 };
    unsigned cpu;

    for (cpu = 0; to && cpu < smp_nr_cpus && cpu < topo->num_cpus; cpu++) {
        one.core = cpu;
        if (copy_to_guest(to + cpu * sizeof(one), &one, sizeof(one)))
            return -XEN_EFAULT;
    }
    topo->num_cpus = smp_nr_cpus;
    return 0;
}

static int do_numainfo(struct xen_sysctl *op)
{
    struct xen_sysctl_numainfo *numa = &op->u.numainfo;
    struct xen_sysctl_meminfo memory = {
        .memsize = frame_count_total() << PAGE_SHIFT,
        .memfree = frame_count_free() << PAGE_SHIFT,
    };
    uint32_t distance = 10; /* to itself, as ACPI's SLIT counts */

    if (guest_handle(numa->meminfo) && numa->num_nodes &&
        copy_to_guest(guest_handle(numa->meminfo), &memory, sizeof(memory)))
        return -XEN_EFAULT;
    if (guest_handle(numa->distance) && numa->num_nodes &&
        copy_to_guest(guest_handle(numa->distance), &distance,
                      sizeof(distance)))
        return -XEN_EFAULT;
    numa->num_nodes = 1;
    return 0;
}

#define DEVICES_AT_ONCE 64u

/* Of no device is it known where it stands. The caller asks for the rest. */
static int do_pcitopoinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_pcitopoinfo *topo = &op->u.pcitopoinfo;
    uintptr_t from = guest_handle(topo->devs);
    uintptr_t to = guest_handle(topo->nodes);
    struct physdev_pci_device dev;
    uint32_t node, i;

    if (!from || !to)
        return -XEN_EINVAL;
    for (i = 0; i < topo->num_devs && i < DEVICES_AT_ONCE; i++) {
        if (copy_from_guest(&dev, from + i * sizeof(dev), sizeof(dev)))
            return -XEN_EFAULT;
        node = pci_present((struct pci_device){ dev.seg, dev.bus, dev.devfn })
                   ? XEN_INVALID_NODE_ID
                   : XEN_INVALID_DEV;
        if (copy_to_guest(to + i * sizeof(node), &node, sizeof(node)))
            return -XEN_EFAULT;
    }
    topo->num_devs = i;
    return 0;
}

static int do_get_cpu_policy(struct xen_sysctl *op)
{
    return control_cpu_policy(&op->u.cpu_policy);
}

static int do_get_cpu_featureset(struct xen_sysctl *op)
{
    return control_cpu_featureset(&op->u.cpu_featureset);
}

#define KEYS_AT_ONCE 64u

/* Served here, one after the other; those that would stop the machine too. */
static int do_debug_keys(struct xen_sysctl *op)
{
    const struct xen_sysctl_debug_keys *keys = &op->u.debug_keys;
    char list[KEYS_AT_ONCE];
    uint32_t i;

    if (keys->nr_keys > sizeof(list))
        return -XEN_E2BIG;
    if (copy_from_guest(list, guest_handle(keys->keys), keys->nr_keys))
        return -XEN_EFAULT;
    for (i = 0; i < keys->nr_keys; i++) {
        console_serve_key(list[i]);
        preempt_point();
    }
    return 0;
}

/* Coverage is of a build of its own, of which there is none. */
static int not_supported(struct xen_sysctl *op)
{
    (void)op;
    return -XEN_EOPNOTSUPP;
}

#define ROW(name) [XEN_SYSCTL_##name] = do_##name

static int (*const sysctl_rows[])(struct xen_sysctl *op) = {
    ROW(readconsole),        ROW(tbuf_op),
    ROW(physinfo),           ROW(sched_id),
    ROW(getdomaininfolist),  ROW(getcpuinfo),
    ROW(availheap),          ROW(cputopoinfo),
    ROW(numainfo),           ROW(pcitopoinfo),
    ROW(cpupool_op),         ROW(scheduler_op),
    ROW(debug_keys),         ROW(get_cpu_policy),
    ROW(get_cpu_featureset), [XEN_SYSCTL_coverage_op] = not_supported,
};

int64_t hypercall_sysctl(uint64_t guest, uint64_t b, uint64_t c, uint64_t d,
                         uint64_t e, uint64_t f)
{
    struct xen_sysctl op;
    int error;

    (void)b, (void)c, (void)d, (void)e, (void)f;
    if (!current_domain()->privileged)
        return -XEN_EPERM;
    if (copy_from_guest(&op, guest, sizeof(op)))
        return -XEN_EFAULT;
    if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
        return -XEN_EACCES;
    if (op.cmd >= ARRAY_SIZE(sysctl_rows) || !sysctl_rows[op.cmd])
        return hypercall_unknown_op(__HYPERVISOR_sysctl, op.cmd);
    error = sysctl_rows[op.cmd](&op);
    if (!error)
        error = copy_to_guest(guest, &op, sizeof(op));
    return error;
}
