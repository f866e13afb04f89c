/*
 * mmuext.c - mmuext_op: pins, base pointers, flushes, LDT, whole pages.
 *
 * One table, indexed by the operation's number.
 */
#include <xen/errno.h>
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/core/pagetable.h"
#include "xen/hypercall/again.h"
#include "xen/hypercall/hypercall.h"
#include "xen/hypercall/mmu_private.h"

/* An operation as it is carried out; d: whose frames it names. */
typedef int mmuext_fn(struct domain *d, const struct mmuext_op *op);

static int pin(struct domain *d, const struct mmuext_op *op)
{
    return mmu_pin(d, op->arg1.mfn, op->cmd - MMUEXT_PIN_L1_TABLE + 1);
}

static int unpin(struct domain *d, const struct mmuext_op *op)
{
    return mmu_unpin(d, op->arg1.mfn);
}

static int new_base(struct domain *d, const struct mmuext_op *op)
{
    if (d != current_domain())
        return -XEN_EPERM;
    return mmu_set_base(current_vcpu(), op->arg1.mfn, true);
}

static int new_user_base(struct domain *d, const struct mmuext_op *op)
{
    if (d != current_domain())
        return -XEN_EPERM;
    return mmu_set_base(current_vcpu(), op->arg1.mfn, false);
}

/* ---- flushes ---- */

int mmu_vcpu_cpus(struct domain *d, uintptr_t bitmap, struct cpuset *cpus)
{
    uint8_t bytes[MAX_VCPUS / 8] = { 0 };
    unsigned i;

    *cpus = (struct cpuset){ .word = { 0 } };
    if (copy_from_guest(bytes, bitmap, (d->max_vcpus + 7) / 8))
        return -XEN_EFAULT;
    for (i = 0; i < d->max_vcpus; i++) {
        unsigned cpu;

        if (!(bytes[i / 8] & 1u << i % 8) || !d->vcpu[i])
            continue;
        cpu = READ_ONCE(d->vcpu[i]->mmu_cpu);
        if (cpu < smp_nr_cpus && cpuset_has(&d->mmu.cpus, cpu))
            cpuset_add(cpus, cpu);
    }
    return 0;
}

static int flush_multi(struct domain *d, const struct mmuext_op *op,
                       uintptr_t what)
{
    struct cpuset cpus;
    int rc = mmu_vcpu_cpus(d, guest_handle(op->arg2.vcpumask), &cpus);

    if (!rc && !cpuset_empty(&cpus))
        smp_flush_tlb(&cpus, what);
    return rc;
}

static int tlb_local(struct domain *d, const struct mmuext_op *op)
{
    (void)d, (void)op;
    tlb_flush_local();
    return 0;
}

static int tlb_multi(struct domain *d, const struct mmuext_op *op)
{
    return flush_multi(d, op, TLB_ALL);
}

static int tlb_all(struct domain *d, const struct mmuext_op *op)
{
    (void)op;
    tlb_flush_cpus(&d->mmu.cpus, TLB_ALL);
    return 0;
}

/* An address of the hypervisor's needs no flush, whoever asks. */
static bool guests_own(uintptr_t address)
{
    return address < HOLE_START || address >= HOLE_END;
}

static int invlpg_local(struct domain *d, const struct mmuext_op *op)
{
    (void)d;
    if (guests_own(op->arg1.linear_addr))
        tlb_flush_here(op->arg1.linear_addr & PAGE_MASK);
    return 0;
}

static int invlpg_multi(struct domain *d, const struct mmuext_op *op)
{
    if (!guests_own(op->arg1.linear_addr))
        return 0;
    return flush_multi(d, op, op->arg1.linear_addr & PAGE_MASK);
}

static int invlpg_all(struct domain *d, const struct mmuext_op *op)
{
    if (guests_own(op->arg1.linear_addr))
        tlb_flush_cpus(&d->mmu.cpus, op->arg1.linear_addr & PAGE_MASK);
    return 0;
}

static int flush_cache(struct domain *d, const struct mmuext_op *op)
{
    (void)op;
    if (!d->hardware)
        return -XEN_EACCES;
    wbinvd();
    return 0;
}

static void do_wbinvd(void *arg)
{
    (void)arg;
    wbinvd();
}

static int flush_cache_all(struct domain *d, const struct mmuext_op *op)
{
    (void)op;
    if (!d->hardware)
        return -XEN_EACCES;
    smp_call(&smp_online, do_wbinvd, NULL);
    return 0;
}

/* ---- LDT, whole pages ---- */

static int set_ldt(struct domain *d, const struct mmuext_op *op)
{
    struct vcpu *v = current_vcpu();
    uint64_t base = op->arg1.linear_addr;
    int rc;

    if (d != v->domain || op->arg2.nr_ents > 8192 ||
        !guest_range_ok(base, op->arg2.nr_ents * 8ul))
        return -XEN_EINVAL;
    if (v->pv.ldt_base == base && v->pv.ldt_entries == op->arg2.nr_ents &&
        !op->arg2.nr_ents)
        return 0;
    rc = mmu_set_ldt(v, base, op->arg2.nr_ents);
    if (!rc)
        pv_load_ldt(&v->pv);
    return rc;
}

static int clear_page(struct domain *d, const struct mmuext_op *op)
{
    struct page *page = mmu_hold(d, op->arg1.mfn);

    if (!page)
        return -XEN_EINVAL;
    page_clear(mfn_to_virt(op->arg1.mfn));
    mmu_unhold(page);
    return 0;
}

static int copy_page(struct domain *d, const struct mmuext_op *op)
{
    mfn_t from = op->arg2.src_mfn;
    struct page *to;

    if (!mfn_valid(from) || !page_get(mfn_to_page(from), d))
        return -XEN_EINVAL;
    to = mmu_hold(d, op->arg1.mfn);
    if (to) {
        page_copy(mfn_to_virt(op->arg1.mfn), mfn_to_virt(from));
        mmu_unhold(to);
    }
    page_put(mfn_to_page(from));
    return to ? 0 : -XEN_EINVAL;
}

/* Large pages are not offered to paravirtual guests. */
static int refuse(struct domain *d, const struct mmuext_op *op)
{
    (void)d, (void)op;
    return -XEN_EOPNOTSUPP;
}

static mmuext_fn *const mmuext_table[] = {
    [MMUEXT_PIN_L1_TABLE] = pin,
    [MMUEXT_PIN_L2_TABLE] = pin,
    [MMUEXT_PIN_L3_TABLE] = pin,
    [MMUEXT_PIN_L4_TABLE] = pin,
    [MMUEXT_UNPIN_TABLE] = unpin,
    [MMUEXT_NEW_BASEPTR] = new_base,
    [MMUEXT_TLB_FLUSH_LOCAL] = tlb_local,
    [MMUEXT_INVLPG_LOCAL] = invlpg_local,
    [MMUEXT_TLB_FLUSH_MULTI] = tlb_multi,
    [MMUEXT_INVLPG_MULTI] = invlpg_multi,
    [MMUEXT_TLB_FLUSH_ALL] = tlb_all,
    [MMUEXT_INVLPG_ALL] = invlpg_all,
    [MMUEXT_FLUSH_CACHE] = flush_cache,
    [MMUEXT_SET_LDT] = set_ldt,
    [MMUEXT_NEW_USER_BASEPTR] = new_user_base,
    [MMUEXT_CLEAR_PAGE] = clear_page,
    [MMUEXT_COPY_PAGE] = copy_page,
    [MMUEXT_FLUSH_CACHE_GLOBAL] = flush_cache_all,
    [MMUEXT_MARK_SUPER] = refuse,
    [MMUEXT_UNMARK_SUPER] = refuse,
};

union words {
    struct mmuext_op op;
    uint64_t word[3];
};

_Static_assert(sizeof(struct mmuext_op) == 24, "public ABI");

static inline int one(struct domain *d, uintptr_t guest)
{
    union words u;

    if (unlikely(guest_get3(u.word, guest)))
        return -XEN_EFAULT;
    if (unlikely(u.op.cmd >= ARRAY_SIZE(mmuext_table) ||
                 !mmuext_table[u.op.cmd]))
        return (int)hypercall_unknown_op(__HYPERVISOR_mmuext_op, u.op.cmd);
    return mmuext_table[u.op.cmd](d, &u.op);
}

static NOINLINE int64_t many(uint64_t ops, uint64_t count, uint64_t pdone,
                             uint16_t domid)
{
    unsigned i, n, before;
    struct domain *d;
    bool again = false;
    int rc;

    if (mmu_part_done(count, pdone, &n, &before))
        return -XEN_EFAULT;
    rc = mmu_subject(domid, &d);
    if (unlikely(rc))
        return rc;
    for (i = 0; i < n && !again; i++) {
        rc = one(d, ops + i * sizeof(struct mmuext_op));
        if (unlikely(rc))
            break;
        again = i + 1 < n && preempt_point_ends();
    }
    mmu_subject_put(d);
    before += i;
    if (unlikely(pdone) && copy_to_guest(pdone, &before, sizeof(before)))
        return -XEN_EFAULT;
    if (unlikely(again))
        return hypercall_again(ops + i * sizeof(struct mmuext_op),
                               (n - i) | AGAIN_PART_DONE, pdone);
    return rc;
}

int64_t hypercall_mmuext_op(uint64_t ops, uint64_t count, uint64_t pdone,
                            uint64_t foreigndom, uint64_t e, uint64_t f)
{
    (void)e, (void)f;
    if (likely((uint16_t)foreigndom == DOMID_SELF && (unsigned)count == 1 &&
               !pdone))
        return one(current_domain(), ops);
    return many(ops, count, pdone, (uint16_t)foreigndom);
}
