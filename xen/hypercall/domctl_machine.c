/*
 * domctl_machine.c - domctl: the clock and the processor as a domain sees them,
 * and which of the machine's devices it may use.
 *
 * Devices are dom0's alone: no permission can be given, and there is none to
 * take.
 */
#include <xen/errno.h>
#include "xen/base/time.h"
#include "xen/core/timepage.h"
#include "xen/hypercall/control.h"
#include "xen/hypercall/domctl_private.h"

#define PORTS 0x10000ul

/* ---- time ---- */

int domctl_settimeoffset(struct domain *d, struct xen_domctl *op)
{
    d->time_offset_s = op->u.settimeoffset.time_offset_seconds;
    timepage_set_wall(d);
    return 0;
}

/* The counter is the processor's own, and each guest reads it itself: "by
 * itself" (0) and "never emulated" (2) are the same. */
int domctl_settscinfo(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_tsc_info *info = &op->u.tsc_info;

    if (info->tsc_mode != 0 && info->tsc_mode != 2)
        return -XEN_EOPNOTSUPP;
    d->tsc_mode = info->tsc_mode;
    d->tsc_incarnation = info->incarnation;
    return 0;
}

int domctl_gettscinfo(struct domain *d, struct xen_domctl *op)
{
    op->u.tsc_info = (struct xen_domctl_tsc_info){
        .tsc_mode = d->tsc_mode,
        .gtsc_khz = (uint32_t)time_scale()->tsc_khz,
        .incarnation = d->tsc_incarnation,
        .elapsed_nsec = (uint64_t)time_now(),
    };
    return 0;
}

/* ---- devices ---- */

static int permit(const struct domain *d, bool allow)
{
    if (d->hardware)
        return allow ? 0 : -XEN_EOPNOTSUPP;
    return allow ? -XEN_EOPNOTSUPP : 0;
}

int domctl_irq_permission(struct domain *d, struct xen_domctl *op)
{
    return permit(d, op->u.irq_permission.allow_access);
}

int domctl_iomem_permission(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_iomem_permission *p = &op->u.iomem_permission;
    uint64_t end = (uint64_t)1 << (52 - PAGE_SHIFT);

    if (!p->nr_mfns || p->first_mfn >= end || p->nr_mfns > end - p->first_mfn)
        return -XEN_EINVAL;
    return permit(d, p->allow_access);
}

int domctl_ioport_permission(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_ioport_permission *p = &op->u.ioport_permission;

    if (p->first_port >= PORTS || p->nr_ports > PORTS - p->first_port)
        return -XEN_EINVAL;
    return permit(d, p->allow_access);
}
