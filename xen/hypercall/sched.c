/*
 * sched.c - sched_op, by a table, and its first form; set_timer_op.
 *
 * yield and block, the hot ones, are told apart before the table.
 */
#include <xen/errno.h>
#include <xen/sched.h>
#include "trace/trace.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/base/time.h"
#include "xen/core/domain.h"
#include "xen/hypercall/hypercall.h"

#define POLL_PORTS_MAX 128u

static int do_yield(uintptr_t guest)
{
    (void)guest;
    run_yield();
    return 0;
}

static int do_block(uintptr_t guest)
{
    (void)guest;
    vcpu_block(current_vcpu());
    return 0;
}

static int shut_down(unsigned reason)
{
    struct domain *d = current_domain();

    if (reason > SHUTDOWN_MAX)
        return -XEN_EINVAL;
    trace_3(TRC_SCHED_SHUTDOWN, d->id, current_vcpu()->id, reason);
    domain_shutdown(d, reason);
    return 0;
}

static int do_shutdown(uintptr_t guest)
{
    struct sched_shutdown op;
    int rc = copy_from_guest(&op, guest, sizeof(op));

    return rc ? rc : shut_down(op.reason);
}

/* What a later shutdown is to be taken for. */
static int do_shutdown_code(uintptr_t guest)
{
    struct sched_shutdown op;
    int rc = copy_from_guest(&op, guest, sizeof(op));

    if (rc)
        return rc;
    if (op.reason > SHUTDOWN_MAX)
        return -XEN_EINVAL;
    trace_3(TRC_SCHED_SHUTDOWN_CODE, current_domain()->id, current_vcpu()->id,
            op.reason);
    domain_announce_shutdown(current_domain(), op.reason);
    return 0;
}

static int do_remote_shutdown(uintptr_t guest)
{
    struct sched_remote_shutdown op;
    struct domain *d;
    int rc = copy_from_guest(&op, guest, sizeof(op));

    if (rc)
        return rc;
    if (!current_domain()->privileged)
        return -XEN_EPERM;
    if (op.reason > SHUTDOWN_MAX)
        return -XEN_EINVAL;
    d = domain_get(op.domain_id);
    if (!d)
        return -XEN_ESRCH;
    domain_shutdown(d, op.reason);
    domain_put(d);
    return 0;
}

/* Are any of the ports pending? 1, 0, or a negative errno. */
static int poll_ports(struct domain *d, uintptr_t ports, unsigned number)
{
    evtchn_port_t port;
    unsigned i;
    int rc;

    for (i = 0; i < number; i++) {
        rc = copy_from_guest(&port, ports + i * sizeof(port), sizeof(port));
        if (rc)
            return rc;
        if (port >= EVENT_PORTS_FIFO)
            return -XEN_EINVAL;
        if (event_port_pending(d, port))
            return 1;
    }
    return 0;
}

static int do_poll(uintptr_t guest)
{
    struct vcpu *v = current_vcpu();
    struct sched_poll op;
    evtchn_port_t port = 0; /* no port */
    int rc = copy_from_guest(&op, guest, sizeof(op));

    if (!rc && op.nr_ports == 1)
        rc = copy_from_guest(&port, guest_handle(op.ports), sizeof(port));
    if (rc)
        return rc;
    if (op.nr_ports > POLL_PORTS_MAX || op.timeout > INT64_MAX)
        return -XEN_EINVAL;
    v->event.poll_port = op.nr_ports > 1 ? EVENT_POLL_SEVERAL : port;
    /* Before the ports are looked at: what comes later ends the polling. */
    __atomic_store_n(&v->event.polling, true, __ATOMIC_SEQ_CST);
    rc = poll_ports(v->domain, guest_handle(op.ports), op.nr_ports);
    if (rc == 0)
        vcpu_poll(v, (ns_t)op.timeout);
    WRITE_ONCE(v->event.polling, false);
    return rc < 0 ? rc : 0;
}

static int do_watchdog(uintptr_t guest)
{
    struct sched_watchdog op;
    int rc = copy_from_guest(&op, guest, sizeof(op));

    return rc ? rc : domain_watchdog(current_domain(), op.id, op.timeout);
}

/* Pinning by the guest's own wish: the scheduler's business here. */
static int do_pin_override(uintptr_t guest)
{
    (void)guest;
    return current_domain()->hardware ? -XEN_ENOSYS : -XEN_EPERM;
}

#define ROW(name) [SCHEDOP_##name] = do_##name

static int (*const sched_rows[])(uintptr_t guest) = {
    ROW(yield),           ROW(block),         ROW(shutdown), ROW(poll),
    ROW(remote_shutdown), ROW(shutdown_code), ROW(watchdog), ROW(pin_override),
};

int64_t hypercall_sched_op(uint64_t cmd, uint64_t guest, uint64_t c, uint64_t d,
                           uint64_t e, uint64_t f)
{
    (void)c, (void)d, (void)e, (void)f;
    if ((uint32_t)cmd == SCHEDOP_yield) {
        run_yield();
        return 0;
    }
    if ((uint32_t)cmd == SCHEDOP_block) {
        vcpu_block(current_vcpu());
        return 0;
    }
    if ((uint32_t)cmd >= ARRAY_SIZE(sched_rows))
        return hypercall_unknown_op(__HYPERVISOR_sched_op, (uint32_t)cmd);
    return sched_rows[(uint32_t)cmd](guest);
}

/* The first form: the shutdown's reason stands in the argument itself. */
int64_t hypercall_sched_op_compat(uint64_t cmd, uint64_t arg, uint64_t c,
                                  uint64_t d, uint64_t e, uint64_t f)
{
    (void)c, (void)d, (void)e, (void)f;
    switch ((uint32_t)cmd) {
    case SCHEDOP_yield:
        return do_yield(0);
    case SCHEDOP_block:
        return do_block(0);
    case SCHEDOP_shutdown:
        return shut_down((uint32_t)arg);
    default:
        return hypercall_unknown_op(__HYPERVISOR_sched_op_compat,
                                    (uint32_t)cmd);
    }
}

/* set_timer_op(s_time_t timeout): VIRQ_TIMER at that system time; 0: never.
 * What is absurdly far away (as from a guest whose arithmetic overflowed) is
 * taken as "soon", so that the guest does not sleep for ever. */
int64_t hypercall_set_timer_op(uint64_t timeout, uint64_t b, uint64_t c,
                               uint64_t d, uint64_t e, uint64_t f)
{
    ns_t when = (ns_t)timeout;

    (void)b, (void)c, (void)d, (void)e, (void)f;
    if (unlikely(when < 0 || when > (ns_t)1 << 60))
        when = time_now() + MS(100);
    vcpu_set_singleshot(current_vcpu(), when);
    return 0;
}
