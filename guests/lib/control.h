/*
 * control.h - the toolstack's two hypercalls, for a guest that is dom0.
 */
#ifndef GUEST_CONTROL_H
#define GUEST_CONTROL_H

#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "guests/lib/hypercall.h"

/* XEN_SYSCTL_`cmd` with *op, whose command and version are filled in here. */
static inline long hypercall_sysctl(uint32_t cmd, struct xen_sysctl *op)
{
    op->cmd = cmd;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hypercall2(__HYPERVISOR_sysctl, (unsigned long)op, 0);
}

/* Pages of the machine that nobody has; 0 if it won't say. */
static inline uint64_t free_pages(void)
{
    struct xen_sysctl op = { 0 };

    return hypercall_sysctl(XEN_SYSCTL_physinfo, &op)
               ? 0
               : op.u.physinfo.free_pages;
}

/* XEN_DOMCTL_`cmd` on domain `id`; likewise. */
static inline long hypercall_domctl(uint32_t cmd, domid_t id,
                                    struct xen_domctl *op)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = id;
    return hypercall2(__HYPERVISOR_domctl, (unsigned long)op, 0);
}

/* A domctl that says no more than its name. */
static inline long hypercall_domctl_plain(uint32_t cmd, domid_t id)
{
    struct xen_domctl op = { 0 };

    return hypercall_domctl(cmd, id, &op);
}

#endif
