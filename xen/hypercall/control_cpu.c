/*
 * control_cpu.c - what the toolstack may ask of processors' features, and tell
 * a domain's processor to hide.
 *
 * Policies are lists of CPUID leaves, and of the two machine-specific registers
 * that the ABI's have, both 0: nothing of them is offered. There is one policy
 * for PV guests, the highest and the default, and none for hardware-assisted
 * ones.
 */
#include <xen/errno.h>
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/hypercall/control.h"
#include "xen/hypercall/domctl_private.h"

/* Where an index of the ABI's gets its bits: the processor itself, or what
 * guests are offered. */
static int source_of(uint32_t index, uint32_t host, uint32_t first_pv,
                     uint32_t second_pv, bool *offered)
{
    *offered = index == first_pv || index == second_pv;
    return *offered || index <= host ? 0 : -XEN_EOPNOTSUPP;
}

/* All leaves to a list of the guest's with room for *nr of them; NULL: how
 * many there are. */
static int put_leaves(const struct pv_features *f, bool offered, uintptr_t to,
                      uint32_t *nr)
{
    xen_cpuid_leaf_t one;
    struct cpuid_regs r;
    unsigned i;

    for (i = 0; pv_policy_leaf(f, offered, i, &one.leaf, &one.subleaf, &r);
         i++) {
        if (!to)
            continue;
        if (i >= *nr)
            return -XEN_ENOBUFS;
        one.a = r.eax;
        one.b = r.ebx;
        one.c = r.ecx;
        one.d = r.edx;
        if (copy_to_guest(to + i * sizeof(one), &one, sizeof(one)))
            return -XEN_EFAULT;
    }
    *nr = i;
    return 0;
}

/* libxc writes down both, whatever they are: Intel's platform information
 * (CPUID faulting) and architectural capabilities. */
static const uint32_t policy_msrs[] = { 0xce, 0x10a };

static int put_msrs(uintptr_t to, uint32_t *nr)
{
    xen_msr_entry_t one = { 0 };
    uint32_t i;

    if (to && *nr < ARRAY_SIZE(policy_msrs))
        return -XEN_ENOBUFS;
    for (i = 0; to && i < ARRAY_SIZE(policy_msrs); i++) {
        one.idx = policy_msrs[i];
        if (copy_to_guest(to + i * sizeof(one), &one, sizeof(one)))
            return -XEN_EFAULT;
    }
    *nr = ARRAY_SIZE(policy_msrs);
    return 0;
}

int control_cpu_policy(struct xen_sysctl_cpu_policy *op)
{
    bool offered;
    int rc;

    if (op->_rsvd || op->index > XEN_SYSCTL_cpu_policy_hvm_default)
        return -XEN_EINVAL;
    rc = source_of(op->index, XEN_SYSCTL_cpu_policy_host,
                   XEN_SYSCTL_cpu_policy_pv_max,
                   XEN_SYSCTL_cpu_policy_pv_default, &offered);
    if (!rc)
        rc = put_leaves(NULL, offered, guest_handle(op->leaves),
                        &op->nr_leaves);
    return rc ? rc : put_msrs(guest_handle(op->msrs), &op->nr_msrs);
}

int control_cpu_featureset(struct xen_sysctl_cpu_featureset *op)
{
    uintptr_t to = guest_handle(op->features);
    uint32_t room = op->nr_features, word;
    bool offered;
    unsigned i;
    int rc;

    if (op->index > XEN_SYSCTL_cpu_featureset_hvm_max)
        return -XEN_EINVAL;
    rc = source_of(op->index, XEN_SYSCTL_cpu_featureset_host,
                   XEN_SYSCTL_cpu_featureset_pv,
                   XEN_SYSCTL_cpu_featureset_pv_max, &offered);
    if (rc)
        return rc;
    for (i = 0; to && i < PV_FEATURE_WORDS && i < room; i++) {
        word = pv_feature_word(i, offered);
        if (copy_to_guest(to + i * sizeof(word), &word, sizeof(word)))
            return -XEN_EFAULT;
    }
    op->nr_features = to ? i : PV_FEATURE_WORDS;
    return to && room < PV_FEATURE_WORDS ? -XEN_ENOBUFS : 0;
}

int domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *policy = &op->u.cpu_policy;

    int rc = put_leaves(&d->features, true, guest_handle(policy->leaves),
                        &policy->nr_leaves);

    return rc ? rc : put_msrs(guest_handle(policy->msrs), &policy->nr_msrs);
}

/* ---- a policy for a domain ---- */

#define LEAVES_MAX 1024u

static bool any_has_run(const struct domain *d)
{
    unsigned i;

    for (i = 0; i < d->max_vcpus; i++) {
        const struct vcpu *v = domain_vcpu(d, i);

        if (v && READ_ONCE(v->initialised))
            return true;
    }
    return false;
}

static NOINLINE int take_leaf(struct pv_features *f, uintptr_t from)
{
    xen_cpuid_leaf_t one;
    struct cpuid_regs r;

    if (copy_from_guest(&one, from, sizeof(one)))
        return -XEN_EFAULT;
    r = (struct cpuid_regs){ one.a, one.b, one.c, one.d };
    pv_features_take(f, one.leaf, one.subleaf, &r);
    return 0;
}

static int take_leaves(struct pv_features *f, uintptr_t from, uint32_t nr)
{
    uint32_t i;
    int rc = 0;

    for (i = 0; i < nr && !rc; i++) {
        rc = take_leaf(f, from + i * sizeof(xen_cpuid_leaf_t));
        preempt_point();
    }
    return rc;
}

/* None but those two, and as they are. */
static int check_msrs(uintptr_t from, uint32_t nr, uint32_t *bad)
{
    xen_msr_entry_t one;
    uint32_t i;

    if (nr > ARRAY_SIZE(policy_msrs))
        return -XEN_E2BIG;
    for (i = 0; i < nr; i++) {
        if (copy_from_guest(&one, from + i * sizeof(one), sizeof(one)))
            return -XEN_EFAULT;
        *bad = one.idx;
        if (one.flags || one.val ||
            (one.idx != policy_msrs[0] && one.idx != policy_msrs[1]))
            return -XEN_EINVAL;
    }
    *bad = ~0u;
    return 0;
}

/* Before any of its vCPUs runs. Features that are not offered stay off. */
int domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *policy = &op->u.cpu_policy;
    struct pv_features f = d->features;
    int rc;

    policy->err_leaf = policy->err_subleaf = policy->err_msr = ~0u;
    if (any_has_run(d))
        return -XEN_EEXIST;
    if (policy->nr_leaves > LEAVES_MAX)
        return -XEN_E2BIG;
    rc = check_msrs(guest_handle(policy->msrs), policy->nr_msrs,
                    &policy->err_msr);
    if (!rc)
        rc = take_leaves(&f, guest_handle(policy->leaves), policy->nr_leaves);
    if (!rc)
        d->features = f;
    return rc;
}
