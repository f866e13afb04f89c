/*
 * machine.c - platform_op and mca: the machine's firmware and processors, for
 * the domain that owns them; refused, as Xen does, to others.
 *
 * Served by tables. What is not here is -ENOSYS, which Linux as dom0 takes to
 * mean that the device or feature is not there.
 */
#include <string.h>
#include <xen/errno.h>
#include <xen/platform.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/smp.h"
#include "xen/base/time.h"
#include "xen/core/domain.h"
#include "xen/core/timepage.h"
#include "xen/hypercall/hypercall.h"

/* ---- platform_op ---- */

static void set_wall(struct domain *d, void *arg)
{
    (void)arg;
    timepage_set_wall(d);
}

static int do_settime64(struct xen_platform_op *op)
{
    const struct xenpf_settime64 *t = &op->u.settime64;

    if (t->mbz || t->nsecs >= 1000000000 || t->secs > UINT64_MAX / 2000000000)
        return -XEN_EINVAL;
    time_set_wall_base(t->secs * 1000000000 + t->nsecs - t->system_time);
    domain_visit(set_wall, NULL);
    return 0;
}

static int do_get_cpuinfo(struct xen_platform_op *op)
{
    struct xenpf_pcpuinfo *info = &op->u.pcpu_info;

    info->max_present = smp_nr_cpus - 1;
    info->flags = 0;
    if (info->xen_cpuid >= smp_nr_cpus)
        return 0;
    info->flags = XEN_PCPU_FLAGS_ONLINE;
    info->apic_id = smp_apic_id(info->xen_cpuid);
    info->acpi_id = smp_acpi_id(info->xen_cpuid);
    return 0;
}

#define ROW(name) [XENPF_##name] = do_##name

static int (*const platform_rows[])(struct xen_platform_op *op) = {
    ROW(settime64),
    ROW(get_cpuinfo),
};

int64_t hypercall_platform_op(uint64_t guest, uint64_t b, uint64_t c,
                              uint64_t d, uint64_t e, uint64_t f)
{
    struct xen_platform_op op;
    int rc;

    (void)b, (void)c, (void)d, (void)e, (void)f;
    if (!current_domain()->hardware)
        return -XEN_EPERM;
    rc = copy_from_guest(&op, guest, sizeof(op));
    if (rc)
        return rc;
    if (op.interface_version != XENPF_INTERFACE_VERSION)
        return -XEN_EACCES;
    if (op.cmd >= ARRAY_SIZE(platform_rows) || !platform_rows[op.cmd])
        return hypercall_unknown_op(__HYPERVISOR_platform_op, op.cmd);
    rc = platform_rows[op.cmd](&op);
    return rc ? rc : copy_to_guest(guest, &op, sizeof(op));
}

/* Machine checks: none is passed on. */
int64_t hypercall_mca(uint64_t guest, uint64_t b, uint64_t c, uint64_t d,
                      uint64_t e, uint64_t f)
{
    (void)guest, (void)b, (void)c, (void)d, (void)e, (void)f;
    return current_domain()->hardware ? hypercall_unknown(guest, b, c, d, e, f)
                                      : -XEN_EPERM;
}
