/*
 * XEN_DOMCTL_scheduler_op: the parameters of dom0 itself, as the toolstack's
 * sched-credit, sched-credit2 and sched-rtds commands get and put them.
 */
#include <xen/domctl.h>
#include <xen/errno.h>
#include <xen/sysctl.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/vcpu.h"

static uint32_t sched_id;

static long scheduler_op(uint32_t cmd, struct xen_domctl_scheduler_op *op)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_scheduler_op,
        .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
        .domain = 0,
    };
    long error;

    op->cmd = cmd;
    op->sched_id = sched_id;
    domctl.u.scheduler_op = *op;
    error = hypercall2(__HYPERVISOR_domctl, (unsigned long)&domctl, 0);
    *op = domctl.u.scheduler_op;
    return error;
}

/* ---- credit and credit2: the same fields ---- */

static void shares(uint16_t weight, uint16_t cap)
{
    struct xen_domctl_scheduler_op op = { 0 };

    check_equal(scheduler_op(XEN_DOMCTL_SCHEDOP_getinfo, &op), 0, "getinfo");
    check_equal(op.u.credit.weight, weight, "weight");
    check_equal(op.u.credit.cap, cap, "cap");
}

static void put_shares(uint16_t weight, uint16_t cap, long expected)
{
    struct xen_domctl_scheduler_op op = { 0 };

    op.u.credit.weight = weight;
    op.u.credit.cap = cap;
    check_equal(scheduler_op(XEN_DOMCTL_SCHEDOP_putinfo, &op), expected,
                "putinfo");
}

static void test_shares(void)
{
    struct xen_domctl_scheduler_op op = { 0 };

    shares(256, 0);
    put_shares(512, 250, 0);
    shares(512, 250);
    put_shares(0, 40, 0); /* a weight of 0: as it is */
    shares(512, 40);
    put_shares(256, 40, 0);
    shares(256, 40);
    if (sched_id == XEN_SCHEDULER_CREDIT2) {
        put_shares(0, 401, -XEN_EINVAL); /* it has four vCPUs */
        put_shares(0, 0xffff, -XEN_EINVAL);
    } else {
        put_shares(0, 0xffff, 0); /* as it is */
    }
    shares(256, 40);
    put_shares(256, 0, 0);
    shares(256, 0);
    check_equal(scheduler_op(XEN_DOMCTL_SCHEDOP_getvcpuinfo, &op), -XEN_EINVAL,
                "getvcpuinfo");
}

/* ---- rtds: each vCPU's own ---- */

static struct xen_domctl_schedparam_vcpu list[VCPU_MAX + 1];

static long vcpus(uint32_t cmd, uint32_t nr, uint32_t *served)
{
    struct xen_domctl_scheduler_op op = { 0 };
    long error;

    set_xen_guest_handle(op.u.v.vcpus, list);
    op.u.v.nr_vcpus = nr;
    error = scheduler_op(cmd, &op);
    *served = op.u.v.nr_vcpus;
    return error;
}

static void expect(unsigned id, uint32_t period, uint32_t budget,
                   uint32_t flags)
{
    uint32_t served;

    list[0] = (struct xen_domctl_schedparam_vcpu){ .vcpuid = id };
    check_equal(vcpus(XEN_DOMCTL_SCHEDOP_getvcpuinfo, 1, &served), 0,
                "getvcpuinfo");
    check_equal(served, 1, "one served");
    check(list[0].u.rtds.period == period && list[0].u.rtds.budget == budget &&
              list[0].u.rtds.flags == flags,
          "vCPU %u: %u %u %u", id, list[0].u.rtds.period, list[0].u.rtds.budget,
          list[0].u.rtds.flags);
}

static void test_rtds_domain(void)
{
    struct xen_domctl_scheduler_op op = { 0 };

    check_equal(scheduler_op(XEN_DOMCTL_SCHEDOP_getinfo, &op), 0, "getinfo");
    check_equal(op.u.rtds.period, 10000, "default period");
    check_equal(op.u.rtds.budget, 4000, "default budget");
    expect(0, 10000, 4000, XEN_DOMCTL_SCHEDRT_extra);
    op.u.rtds.period = 20000;
    op.u.rtds.budget = 9000;
    op.u.rtds.flags = 0; /* says nothing: extra time is each vCPU's */
    check_equal(scheduler_op(XEN_DOMCTL_SCHEDOP_putinfo, &op), 0, "putinfo");
    expect(0, 20000, 9000, XEN_DOMCTL_SCHEDRT_extra);
    expect(1, 20000, 9000, XEN_DOMCTL_SCHEDRT_extra);
    op.u.rtds.period = 0;
    check_equal(scheduler_op(XEN_DOMCTL_SCHEDOP_putinfo, &op), -XEN_EINVAL,
                "a period of 0");
}

static void test_rtds_vcpus(void)
{
    uint32_t served;

    list[0] = (struct xen_domctl_schedparam_vcpu){
        .vcpuid = 1, .u.rtds = { .period = 5000, .budget = 2000 }
    };
    list[1] = (struct xen_domctl_schedparam_vcpu){
        .vcpuid = 0, .u.rtds = { .period = 5000, .budget = 6000 }
    };
    check_equal(vcpus(XEN_DOMCTL_SCHEDOP_putvcpuinfo, 2, &served), -XEN_EINVAL,
                "a budget beyond the period");
    expect(1, 5000, 2000, 0);
    expect(0, 20000, 9000, XEN_DOMCTL_SCHEDRT_extra);
    list[0].vcpuid = 4096;
    check_equal(vcpus(XEN_DOMCTL_SCHEDOP_getvcpuinfo, 1, &served), -XEN_EINVAL,
                "no such vCPU");
    check_equal(vcpus(XEN_DOMCTL_SCHEDOP_getvcpuinfo, 0, &served), 0, "none");
}

static void test_errors(void)
{
    struct xen_domctl_scheduler_op op = { 0 };

    check_equal(scheduler_op(9, &op), -XEN_EINVAL, "no such operation");
    sched_id += 100;
    check_equal(scheduler_op(XEN_DOMCTL_SCHEDOP_getinfo, &op), -XEN_EINVAL,
                "another scheduler");
    sched_id -= 100;
}

void guest_main(void)
{
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_sched_id,
        .interface_version = XEN_SYSCTL_INTERFACE_VERSION
    };

    report_begin("schedop");
    check_equal(hypercall2(__HYPERVISOR_sysctl, (unsigned long)&op, 0), 0,
                "sched_id");
    sched_id = op.u.sched_id.sched_id;
    if (sched_id == XEN_SCHEDULER_CREDIT || sched_id == XEN_SCHEDULER_CREDIT2) {
        test_shares();
    } else if (sched_id == XEN_SCHEDULER_RTDS) {
        test_rtds_domain();
        test_rtds_vcpus();
    } else {
        report_skip("scheduler %u has no parameters in the ABI", sched_id);
    }
    test_errors();
    report_end();
}
