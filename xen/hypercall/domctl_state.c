/*
 * domctl_state.c - domctl: what of a vCPU's state is not in its context: the
 * extended registers, registers of its model. `xl save` gets them, `xl restore`
 * puts them.
 *
 * The domain is paused meanwhile. Another's only: one's own vCPUs cannot be
 * waited for. What is put is checked as if the guest itself had said it: a
 * saved image is a stranger's word too.
 */
#include <xen/errno.h>
#include "xen/arch/x86/fpu.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/pv/pv.h"
#include "xen/hypercall/domctl_private.h"
#include "xen/lib/mem.h"

static int check_vcpu(struct domain *d, uint32_t id, struct vcpu **v)
{
    *v = domain_vcpu(d, id);
    if (!*v)
        return -XEN_ESRCH;
    return d == current_domain() ? -XEN_EINVAL : 0;
}

/* ---- callbacks that a context has no field for: there are none ---- */

int domctl_get_ext_vcpucontext(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
    struct vcpu *v;
    int rc = check_vcpu(d, e->vcpu, &v);

    if (!rc)
        *e = (struct xen_domctl_ext_vcpucontext){ .vcpu = e->vcpu,
                                                  .size = sizeof(*e) };
    return rc;
}

/* An image of another hypervisor may want those of 32-bit system calls. */
int domctl_set_ext_vcpucontext(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
    struct vcpu *v;
    int rc = check_vcpu(d, e->vcpu, &v);

    if (rc)
        return rc;
    if (e->size < offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap))
        return -XEN_EINVAL;
    return e->syscall32_callback_eip || e->sysenter_callback_eip
               ? -XEN_EOPNOTSUPP
               : 0;
}

/* ---- extended registers ---- */

/* As in Xen's images: XCR0, all that was ever in it, then an XSAVE area. */
struct extended {
    uint64_t xcr0, accum;
    uint8_t area[];
};

static int copy_extended(struct vcpu *v, struct xen_domctl_vcpuextstate *x,
                         uint32_t area)
{
    struct extended *e = mem_alloc(sizeof(*e) + area);
    int rc;

    if (!e)
        return -XEN_ENOMEM;
    e->xcr0 = v->pv.xcr0;
    e->accum = v->pv.xcr0_accum;
    fpu_get_area(&v->pv, e->area, area);
    rc = copy_to_guest(guest_handle(x->buffer), e, sizeof(*e) + area);
    mem_free(e);
    return rc;
}

/* With a size of 0: how much it is. */
int domctl_getvcpuextstate(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_vcpuextstate *x = &op->u.vcpuextstate;
    struct vcpu *v;
    uint32_t area;
    int rc = check_vcpu(d, x->vcpu, &v);

    if (rc)
        return rc;
    domain_pause(d);
    area = fpu_area_size(v->pv.xcr0_accum);
    if (!x->size) {
        x->size = area ? sizeof(struct extended) + area : 0;
        x->xfeature_mask = fpu_host.xcr0;
    } else if (!area || x->size != sizeof(struct extended) + area) {
        rc = -XEN_EINVAL;
    } else {
        rc = copy_extended(v, x, area);
    }
    (void)domain_unpause(d);
    return rc;
}

int domctl_setvcpuextstate(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_vcpuextstate *x = &op->u.vcpuextstate;
    struct extended *e;
    struct vcpu *v;
    int rc = check_vcpu(d, x->vcpu, &v);

    if (rc)
        return rc;
    if (x->size < sizeof(*e) || x->size > sizeof(*e) + fpu_host.size)
        return -XEN_EINVAL;
    e = mem_alloc(x->size);
    if (!e)
        return -XEN_ENOMEM;
    rc = copy_from_guest(e, guest_handle(x->buffer), x->size);
    if (!rc) {
        domain_pause(d);
        if (!fpu_set_area(&v->pv, e->xcr0, e->accum, e->area,
                          (uint32_t)(x->size - sizeof(*e))))
            rc = -XEN_EINVAL;
        (void)domain_unpause(d);
    }
    mem_free(e);
    return rc;
}

/* ---- registers of the model: one, TSC_AUX ---- */

int domctl_get_vcpu_msrs(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_vcpu_msrs *m = &op->u.vcpu_msrs;
    struct xen_domctl_vcpu_msr msr = { .index = MSR_TSC_AUX };
    uint32_t room = m->msr_count;
    struct vcpu *v;
    int rc = check_vcpu(d, m->vcpu, &v);

    if (rc)
        return rc;
    m->msr_count = fpu_host.rdtscp;
    if (!guest_handle(m->msrs))
        return 0;
    domain_pause(d);
    msr.value = v->pv.tsc_aux;
    (void)domain_unpause(d);
    if (!msr.value)
        m->msr_count = 0;
    else if (!room)
        rc = -XEN_ENOBUFS;
    else
        rc = copy_to_guest(guest_handle(m->msrs), &msr, sizeof(msr));
    return rc;
}

int domctl_set_vcpu_msrs(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_vcpu_msrs *m = &op->u.vcpu_msrs;
    struct xen_domctl_vcpu_msr msr;
    struct vcpu *v;
    uint32_t i, nr = m->msr_count;
    int rc = check_vcpu(d, m->vcpu, &v);

    if (rc)
        return rc;
    for (i = 0; i < nr; i++) {
        m->msr_count = i;
        if (copy_from_guest(&msr, guest_handle(m->msrs) + i * sizeof(msr),
                            sizeof(msr)))
            return -XEN_EFAULT;
        if (msr.index != MSR_TSC_AUX || msr.reserved || !fpu_host.rdtscp ||
            msr.value != (uint32_t)msr.value)
            return -XEN_EINVAL; /* so a list has no second one */
        domain_pause(d);
        v->pv.tsc_aux = (uint32_t)msr.value;
        (void)domain_unpause(d);
        preempt_point();
    }
    m->msr_count = nr;
    return 0;
}
