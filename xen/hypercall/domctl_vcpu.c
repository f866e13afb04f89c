/*
 * domctl_vcpu.c - domctl: the contexts of a domain's vCPUs, where they may run,
 * and the parameters of their scheduler.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/smp.h"
#include "xen/hypercall/control.h"
#include "xen/hypercall/domctl_private.h"
#include "xen/hypercall/vcpu_context.h"

/* ---- contexts ---- */

static int give_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
    int rc;

    if (READ_ONCE(v->initialised))
        rc = vcpu_context_change(v, c);
    else
        rc = vcpu_context_begin(v, c);
    if (!rc && (c->flags & VGCF_online))
        rc = vcpu_up(v);
    return rc;
}

/* The domain is paused meanwhile. Another's only: one's own vCPUs cannot be
 * waited for. */
int domctl_setvcpucontext(struct domain *d, struct xen_domctl *op)
{
    uintptr_t from = guest_handle(op->u.vcpucontext.ctxt);
    struct vcpu *v = domain_vcpu(d, op->u.vcpucontext.vcpu);
    struct vcpu_guest_context *c;
    int rc;

    if (!v || d == current_domain() || !from)
        return -XEN_EINVAL;
    c = mem_alloc(sizeof(*c));
    if (!c)
        return -XEN_ENOMEM;
    rc = copy_from_guest(c, from, sizeof(*c));
    if (!rc) {
        domain_pause(d);
        rc = give_context(v, c);
        (void)domain_unpause(d);
    }
    mem_free(c);
    return rc;
}

int domctl_getvcpucontext(struct domain *d, struct xen_domctl *op)
{
    struct vcpu *v = domain_vcpu(d, op->u.vcpucontext.vcpu);
    struct vcpu_guest_context *c;
    int rc = -XEN_ENODATA;

    if (!v)
        return -XEN_ESRCH;
    if (d == current_domain())
        return -XEN_EINVAL;
    c = mem_alloc(sizeof(*c));
    if (!c)
        return -XEN_ENOMEM;
    domain_pause(d);
    if (READ_ONCE(v->initialised)) {
        vcpu_context_get(v, c);
        rc = 0;
    }
    (void)domain_unpause(d);
    if (!rc)
        rc = copy_to_guest(guest_handle(op->u.vcpucontext.ctxt), c, sizeof(*c));
    mem_free(c);
    return rc;
}

/* An NMI; the other triggers are for machines with ACPI. */
int domctl_sendtrigger(struct domain *d, struct xen_domctl *op)
{
    struct vcpu *v = domain_vcpu(d, op->u.sendtrigger.vcpu);

    if (op->u.sendtrigger.trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
        return -XEN_ENOSYS;
    if (!v)
        return -XEN_ESRCH;
    if (d == current_domain())
        return -XEN_EINVAL;
    domain_pause(d);
    pv_send_nmi(&v->pv);
    (void)domain_unpause(d);
    run_notify(&v->run);
    return 0;
}

/* ---- where they run ---- */

int domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_vcpuaffinity *affinity = &op->u.vcpuaffinity;
    struct vcpu *v = domain_vcpu(d, affinity->vcpu);
    struct cpuset hard, soft;
    int error = 0;

    if (!v)
        return -XEN_ESRCH;
    if (affinity->flags & ~(XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))
        return -XEN_EINVAL;
    hard = v->run.sv.cold.hard;
    soft = v->run.sv.soft_affinity;
    if (affinity->flags & XEN_VCPUAFFINITY_HARD)
        error = control_get_cpus(&affinity->cpumap_hard, &hard);
    if (!error && (affinity->flags & XEN_VCPUAFFINITY_SOFT))
        error = control_get_cpus(&affinity->cpumap_soft, &soft);
    if (!error)
        error = run_set_affinity(&v->run, &hard, &soft);
    if (!error && (affinity->flags & XEN_VCPUAFFINITY_HARD))
        error = control_put_cpus(&v->run.sv.affinity, &affinity->cpumap_hard);
    return error;
}

int domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_vcpuaffinity *affinity = &op->u.vcpuaffinity;
    struct vcpu *v = domain_vcpu(d, affinity->vcpu);
    struct cpuset soft;
    int error = 0;

    if (!v)
        return -XEN_ESRCH;
    if (affinity->flags & XEN_VCPUAFFINITY_HARD)
        error = control_put_cpus(&v->run.sv.cold.hard, &affinity->cpumap_hard);
    soft = v->run.sv.soft_affinity;
    if (cpuset_empty(&soft))
        soft = smp_online; /* no wish: any will do */
    if (!error && (affinity->flags & XEN_VCPUAFFINITY_SOFT))
        error = control_put_cpus(&soft, &affinity->cpumap_soft);
    return error;
}

/* There is one node, 0, and every domain's memory is there. */
int domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op)
{
    struct cpuset nodes;
    int rc = control_get_cpus(&op->u.nodeaffinity.nodemap, &nodes);

    (void)d;
    if (rc)
        return rc;
    return cpuset_has(&nodes, 0) ? 0 : -XEN_EINVAL;
}

int domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op)
{
    struct cpuset nodes = { .word = { 1 } };

    (void)d;
    return control_put_cpus(&nodes, &op->u.nodeaffinity.nodemap);
}

/* ---- their scheduler ---- */

int domctl_scheduler_op(struct domain *d, struct xen_domctl *op)
{
    return control_sched_domain(d, &op->u.scheduler_op);
}
