/*
 * domctl.c - XEN_DOMCTL_*: the toolstack's handling of one domain, by a table.
 *
 * Only dom0 may call. A row says what the operation does (domctl_private.h),
 * whether its argument goes back to the guest, and whether it changes the
 * domain: then it runs alone on it. Where another one is under way, the call is
 * made again, and lets others run meanwhile.
 */
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/hypercall/again.h"
#include "xen/hypercall/domctl_private.h"
#include "xen/hypercall/hypercall.h"

#define BACK  1u /* the argument is written back */
#define ALONE 2u /* one at a time on a domain */
#define DYING 4u /* a dying domain too */
#define TELLS 8u /* the argument is written back after an error too */

struct domctl_row {
    domctl_fn *serve;
    unsigned how;
};

#define ROW(name, how) [XEN_DOMCTL_##name] = { domctl_##name, how }

static const struct domctl_row domctl_rows[] = {
    ROW(createdomain, BACK),
    ROW(destroydomain, ALONE | DYING),
    ROW(pausedomain, 0),
    ROW(unpausedomain, 0),
    ROW(resumedomain, ALONE),
    ROW(getdomaininfo, BACK),
    ROW(setvcpuaffinity, BACK),
    ROW(getvcpuaffinity, 0),
    ROW(setnodeaffinity, 0),
    ROW(getnodeaffinity, 0),
    ROW(max_mem, 0),
    ROW(setvcpucontext, ALONE),
    ROW(getvcpucontext, ALONE),
    ROW(getvcpuinfo, BACK),
    ROW(max_vcpus, ALONE),
    ROW(scheduler_op, BACK),
    ROW(setdomainhandle, 0),
    ROW(irq_permission, 0),
    ROW(iomem_permission, 0),
    ROW(ioport_permission, 0),
    ROW(hypercall_init, 0),
    ROW(settimeoffset, 0),
    ROW(sendtrigger, ALONE),
    ROW(set_address_size, 0),
    ROW(get_address_size, BACK),
    ROW(gettscinfo, BACK),
    ROW(settscinfo, 0),
    ROW(getpageframeinfo3, 0),
    ROW(get_ext_vcpucontext, BACK),
    ROW(set_ext_vcpucontext, ALONE),
    ROW(getvcpuextstate, BACK | ALONE),
    ROW(setvcpuextstate, ALONE),
    ROW(get_vcpu_msrs, BACK | ALONE | TELLS),
    ROW(set_vcpu_msrs, BACK | ALONE | TELLS),
    ROW(shadow_op, BACK | ALONE),
    ROW(get_cpu_policy, BACK),
    ROW(set_cpu_policy, BACK | ALONE | TELLS),
};

/* getdomaininfo alone takes an id that need not exist: it gives the next. */
static struct domain *domctl_target(const struct xen_domctl *op)
{
    struct domain *d = NULL;
    unsigned id;

    if (op->cmd != XEN_DOMCTL_getdomaininfo)
        return domain_get(op->domain);
    for (id = op->domain; id < DOMID_FIRST_RESERVED && !d; id++)
        d = domain_get((uint16_t)id);
    return d;
}

/* A row that wants the domain for itself. */
static int serve_alone(const struct domctl_row *row, struct domain *d,
                       struct xen_domctl *op)
{
    int rc = -XEN_EINVAL;

    if (!domain_control_begin(d)) {
        run_yield();
        return DOMCTL_AGAIN;
    }
    if ((row->how & DYING) || !READ_ONCE(d->dying))
        rc = row->serve(d, op);
    domain_control_end(d);
    return rc;
}

static int serve(const struct domctl_row *row, struct xen_domctl *op)
{
    struct domain *d;
    int rc;

    if (op->cmd == XEN_DOMCTL_createdomain)
        return row->serve(NULL, op);
    d = domctl_target(op);
    if (!d)
        return -XEN_ESRCH;
    rc = row->how & ALONE ? serve_alone(row, d, op) : row->serve(d, op);
    domain_put(d);
    return rc;
}

int64_t hypercall_domctl(uint64_t guest, uint64_t b, uint64_t c, uint64_t d,
                         uint64_t e, uint64_t f)
{
    const struct domctl_row *row;
    struct xen_domctl op;
    int rc;

    (void)d, (void)e, (void)f;
    if (!current_domain()->privileged)
        return -XEN_EPERM;
    if (copy_from_guest(&op, guest, sizeof(op)))
        return -XEN_EFAULT;
    if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
        return -XEN_EACCES;
    if (op.cmd >= ARRAY_SIZE(domctl_rows) || !domctl_rows[op.cmd].serve)
        return hypercall_unknown_op(__HYPERVISOR_domctl, op.cmd);
    row = &domctl_rows[op.cmd];
    rc = serve(row, &op);
    if (rc == DOMCTL_AGAIN)
        return hypercall_again(guest, b, c);
    if ((!rc && (row->how & BACK)) || (row->how & TELLS))
        rc = copy_to_guest(guest, &op, sizeof(op)) ? -XEN_EFAULT : rc;
    return rc;
}
