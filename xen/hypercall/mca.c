/*
 * mca.c - machine checks, for the domain that owns the machine.
 *
 * It may ask which processors there are, and for errors that have been
 * recorded: there are none, since a machine check ends the run.
 */
#include <xen/errno.h>
#include <xen/xen.h>
#include <xen/arch-x86/xen-mca.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/smp.h"
#include "xen/core/domain.h"
#include "xen/hypercall/hypercall.h"

static xen_mc_logical_cpu_t describe_cpu(unsigned cpu)
{
    return (xen_mc_logical_cpu_t){
        .mc_cpunr = cpu,
        .mc_apicid = smp_apic_id(cpu),
        .mc_clusterid = ~0u,
        .mc_ncores = 1,
        .mc_ncores_active = 1,
        .mc_nthreads = 1,
        .mc_chipid = cpu,
    };
}

/* How many there are; and what they are, if there is room for them. */
static int do_physcpuinfo(struct xen_mc *op)
{
    struct xen_mc_physcpuinfo *info = &op->u.mc_physcpuinfo;
    uintptr_t out = guest_handle(info->info);
    unsigned i;

    for (i = 0; out && i < smp_nr_cpus && i < info->ncpus; i++) {
        xen_mc_logical_cpu_t c = describe_cpu(i);

        if (copy_to_guest(out + i * sizeof(c), &c, sizeof(c)))
            return -XEN_EFAULT;
    }
    info->ncpus = smp_nr_cpus;
    return 0;
}

static int do_fetch(struct xen_mc *op)
{
    op->u.mc_fetch.flags = XEN_MC_NODATA;
    op->u.mc_fetch.fetch_id = 0;
    return 0;
}

#define ROW(name) [XEN_MC_##name] = do_##name

static int (*const mca_rows[])(struct xen_mc *op) = {
    ROW(fetch),
    ROW(physcpuinfo),
};

int64_t hypercall_mca(uint64_t guest, uint64_t b, uint64_t c, uint64_t d,
                      uint64_t e, uint64_t f)
{
    struct xen_mc op;
    int rc;

    (void)b, (void)c, (void)d, (void)e, (void)f;
    if (!current_domain()->hardware)
        return -XEN_EPERM;
    rc = copy_from_guest(&op, guest, sizeof(op));
    if (rc)
        return rc;
    if (op.interface_version != XEN_MCA_INTERFACE_VERSION)
        return -XEN_EACCES;
    if (op.cmd >= ARRAY_SIZE(mca_rows) || !mca_rows[op.cmd])
        return hypercall_unknown_op(__HYPERVISOR_mca, op.cmd);
    rc = mca_rows[op.cmd](&op);
    return rc ? rc : copy_to_guest(guest, &op, sizeof(op));
}
