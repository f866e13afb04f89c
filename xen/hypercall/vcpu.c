/*
 * vcpu.c - vcpu_op: a domain's handling of its own vCPUs, by a table.
 */
#include <string.h>
#include <xen/errno.h>
#include <xen/vcpu.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/smp.h"
#include "xen/base/time.h"
#include "xen/core/domain.h"
#include "xen/core/timepage.h"
#include "xen/hypercall/hypercall.h"
#include "xen/hypercall/vcpu_context.h"

#define PERIOD_MIN MS(1)
#define PERIOD_MAX S(3600)

/* ---- life ---- */

static int do_initialise(struct vcpu *v, uintptr_t guest)
{
    struct vcpu_guest_context *c = mem_alloc(sizeof(*c));
    bool online = false;
    int rc;

    if (!c)
        return -XEN_ENOMEM;
    rc = copy_from_guest(c, guest, sizeof(*c));
    if (!rc) {
        online = c->flags & VGCF_online;
        rc = vcpu_context_begin(v, c);
    }
    mem_free(c);
    return !rc && online ? vcpu_up(v) : rc;
}

static int do_up(struct vcpu *v, uintptr_t guest)
{
    (void)guest;
    return vcpu_up(v);
}

static int do_down(struct vcpu *v, uintptr_t guest)
{
    (void)guest;
    vcpu_down(v);
    return 0;
}

static int do_is_up(struct vcpu *v, uintptr_t guest)
{
    (void)guest;
    return READ_ONCE(v->up);
}

static int do_send_nmi(struct vcpu *v, uintptr_t guest)
{
    int rc = vcpu_hold_still(v);

    (void)guest;
    if (rc)
        return rc;
    pv_send_nmi(&v->pv);
    vcpu_let_go(v);
    if (v != current_vcpu())
        run_notify(&v->run);
    return 0;
}

static int do_get_physid(struct vcpu *v, uintptr_t guest)
{
    struct vcpu_get_physid op;
    unsigned at = v->run.sv.cpu;

    if (!v->domain->hardware)
        return -XEN_EINVAL;
    op.phys_id = smp_apic_id(at) | (uint64_t)smp_acpi_id(at) << 32;
    return copy_to_guest(guest, &op, sizeof(op));
}

/* ---- records in the guest's memory ---- */

static int do_get_runstate_info(struct vcpu *v, uintptr_t guest)
{
    struct vcpu_runstate_info info;

    memset(&info, 0, sizeof(info));
    run_times(&v->run, &info);
    return copy_to_guest(guest, &info, sizeof(info));
}

static int do_register_runstate_memory_area(struct vcpu *v, uintptr_t guest)
{
    struct vcpu_register_runstate_memory_area op;
    int rc = copy_from_guest(&op, guest, sizeof(op));

    if (!rc)
        rc = area_register(v, &v->runstate_area, op.addr.p,
                           sizeof(struct vcpu_runstate_info));
    if (!rc && v == current_vcpu()) {
        irq_disable();
        timepage_publish_runstate(v);
        irq_enable();
    }
    return rc;
}

static int do_register_vcpu_time_memory_area(struct vcpu *v, uintptr_t guest)
{
    struct vcpu_register_time_memory_area op;
    int rc = copy_from_guest(&op, guest, sizeof(op));

    if (!rc)
        rc = area_register(v, &v->time_area, op.addr.p,
                           sizeof(struct vcpu_time_info));
    if (!rc && v == current_vcpu()) {
        irq_disable();
        timepage_refresh(v);
        irq_enable();
    }
    return rc;
}

static int do_register_vcpu_info(struct vcpu *v, uintptr_t guest)
{
    struct vcpu_register_vcpu_info op;
    int rc = copy_from_guest(&op, guest, sizeof(op));

    return rc ? rc : vcpu_move_info(v, op.mfn, op.offset);
}

/* ---- timers ---- */

static int do_set_periodic_timer(struct vcpu *v, uintptr_t guest)
{
    struct vcpu_set_periodic_timer op;
    int rc = copy_from_guest(&op, guest, sizeof(op));

    if (rc)
        return rc;
    if (op.period_ns < PERIOD_MIN || op.period_ns > PERIOD_MAX)
        return -XEN_EINVAL;
    vcpu_set_periodic(v, (ns_t)op.period_ns);
    return 0;
}

static int do_stop_periodic_timer(struct vcpu *v, uintptr_t guest)
{
    (void)guest;
    vcpu_set_periodic(v, 0);
    return 0;
}

static int do_set_singleshot_timer(struct vcpu *v, uintptr_t guest)
{
    struct vcpu_set_singleshot_timer op;
    int rc = v == current_vcpu() ? 0 : -XEN_EINVAL;

    if (!rc)
        rc = copy_from_guest(&op, guest, sizeof(op));
    if (rc)
        return rc;
    if (op.timeout_abs_ns > INT64_MAX)
        return -XEN_EINVAL;
    if ((op.flags & VCPU_SSHOTTMR_future) &&
        (ns_t)op.timeout_abs_ns < time_now())
        return -XEN_ETIME;
    vcpu_set_singleshot(v, (ns_t)op.timeout_abs_ns + !op.timeout_abs_ns);
    return 0;
}

static int do_stop_singleshot_timer(struct vcpu *v, uintptr_t guest)
{
    (void)guest;
    if (v != current_vcpu())
        return -XEN_EINVAL;
    vcpu_set_singleshot(v, 0);
    return 0;
}

/* ---- the table ---- */

#define ROW(name) [VCPUOP_##name] = do_##name

static int (*const vcpu_rows[])(struct vcpu *v, uintptr_t guest) = {
    ROW(initialise),
    ROW(up),
    ROW(down),
    ROW(is_up),
    ROW(get_runstate_info),
    ROW(register_runstate_memory_area),
    ROW(set_periodic_timer),
    ROW(stop_periodic_timer),
    ROW(set_singleshot_timer),
    ROW(stop_singleshot_timer),
    ROW(register_vcpu_info),
    ROW(send_nmi),
    ROW(get_physid),
    ROW(register_vcpu_time_memory_area),
};

int64_t hypercall_vcpu_op(uint64_t cmd, uint64_t id, uint64_t guest, uint64_t d,
                          uint64_t e, uint64_t f)
{
    struct vcpu *v = domain_vcpu(current_domain(), (uint32_t)id);

    (void)d, (void)e, (void)f;
    if ((uint32_t)cmd >= ARRAY_SIZE(vcpu_rows) || !vcpu_rows[(uint32_t)cmd])
        return hypercall_unknown_op(__HYPERVISOR_vcpu_op, (uint32_t)cmd);
    return v ? vcpu_rows[(uint32_t)cmd](v, guest) : -XEN_ENOENT;
}
