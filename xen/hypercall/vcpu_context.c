/*
 * vcpu_context.c - see vcpu_context.h.
 *
 * Of a context, page tables and descriptor tables pass the checks that the
 * guest's own hypercalls make (core/mmu.h); the rest is pv_set_context()'s.
 */
#include "xen/hypercall/vcpu_context.h"

#include <string.h>
#include <xen/errno.h>

/* Base pointers and descriptor tables. What fails leaves none of them. */
static int take_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
    int rc;

    if (c->ldt_ents > 8192 || c->gdt_ents > FIRST_RESERVED_GDT_ENTRY)
        return -XEN_EINVAL;
    rc = mmu_set_gdt(v, c->gdt_frames, (unsigned)c->gdt_ents);
    if (!rc)
        rc = mmu_set_base(v, xen_cr3_to_pfn(c->ctrlreg[3]), true);
    if (!rc && c->ctrlreg[1])
        rc = mmu_set_base(v, xen_cr3_to_pfn(c->ctrlreg[1]), false);
    if (!rc && c->ldt_ents)
        rc = mmu_set_ldt(v, c->ldt_base, (unsigned)c->ldt_ents);
    if (rc)
        mmu_drop_bases(v);
    else
        pv_load_ldt(&v->pv);
    return rc;
}

int vcpu_context_begin(struct vcpu *v, const struct vcpu_guest_context *c)
{
    int rc = vcpu_claim(v);

    if (rc)
        return rc;
    rc = take_tables(v, c);
    if (!rc) {
        rc = pv_set_context(&v->pv, c);
        if (rc)
            mmu_drop_bases(v);
    }
    vcpu_claimed(v, rc == 0);
    return rc;
}

static bool same_tables(const struct vcpu *v,
                        const struct vcpu_guest_context *c)
{
    unsigned i;

    if (c->gdt_ents != v->pv.gdt_entries || c->ldt_ents != v->pv.ldt_entries ||
        (c->ldt_ents && c->ldt_base != v->pv.ldt_base) ||
        xen_cr3_to_pfn(c->ctrlreg[3]) != paddr_to_mfn(v->pv.l4_kernel) ||
        xen_cr3_to_pfn(c->ctrlreg[1]) != paddr_to_mfn(v->pv.l4_user))
        return false;
    for (i = 0; i < (c->gdt_ents + 511) / 512; i++)
        if (c->gdt_frames[i] != v->pv.gdt_frames[i])
            return false;
    return true;
}

int vcpu_context_change(struct vcpu *v, const struct vcpu_guest_context *c)
{
    if (!same_tables(v, c))
        return -XEN_EOPNOTSUPP;
    return pv_set_context(&v->pv, c);
}

void vcpu_context_get(const struct vcpu *v, struct vcpu_guest_context *c)
{
    pv_get_context(&v->pv, c);
    c->ctrlreg[3] = xen_pfn_to_cr3(paddr_to_mfn(v->pv.l4_kernel));
    c->ctrlreg[1] = v->pv.l4_user ? xen_pfn_to_cr3(paddr_to_mfn(v->pv.l4_user))
                                  : 0;
    if (READ_ONCE(v->up))
        c->flags |= VGCF_online;
    c->vm_assist = v->domain->vm_assist;
}
