/*
 * event.c - EVTCHNOP_*: the event-channel hypercalls, by a table.
 *
 * Each row: who serves it, how large the argument is, whether it goes back to
 * the guest. The argument is copied in whole before it is looked at.
 */
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/core/event_private.h"
#include "xen/hypercall/hypercall.h"

union event_arg {
    struct evtchn_alloc_unbound alloc_unbound;
    struct evtchn_bind_interdomain bind_interdomain;
    struct evtchn_bind_virq bind_virq;
    struct evtchn_bind_ipi bind_ipi;
    struct evtchn_bind_pirq bind_pirq;
    struct evtchn_close close;
    struct evtchn_status status;
    struct evtchn_bind_vcpu bind_vcpu;
    struct evtchn_unmask unmask;
    struct evtchn_reset reset;
    struct evtchn_init_control init_control;
    struct evtchn_expand_array expand_array;
    struct evtchn_set_priority set_priority;
};

/* The domain that an operation names: the caller's own, or, for dom0, any.
 * *out holds a reference. 0, -EPERM or -ESRCH. */
static int event_target(domid_t id, struct domain **out)
{
    struct domain *self = current_domain();

    if (id != DOMID_SELF && id != self->id && !self->privileged)
        return -XEN_EPERM;
    *out = domain_get(id);
    return *out ? 0 : -XEN_ESRCH;
}

/* A port, or an error, into the argument. */
static int event_give_port(int port, evtchn_port_t *out)
{
    if (port < 0)
        return port;
    *out = (evtchn_port_t)port;
    return 0;
}

static int do_alloc_unbound(union event_arg *arg)
{
    struct evtchn_alloc_unbound *op = &arg->alloc_unbound;
    struct domain *d;
    domid_t remote = op->remote_dom;
    int error = event_target(op->dom, &d);

    if (error)
        return error;
    if (remote == DOMID_SELF)
        remote = current_domain()->id;
    error = event_give_port(event_alloc_unbound(d, remote), &op->port);
    domain_put(d);
    return error;
}

static int do_bind_interdomain(union event_arg *arg)
{
    struct evtchn_bind_interdomain *op = &arg->bind_interdomain;
    int port = event_bind_interdomain(current_domain(), op->remote_dom,
                                      op->remote_port);

    return event_give_port(port, &op->local_port);
}

static int do_bind_virq(union event_arg *arg)
{
    struct evtchn_bind_virq *op = &arg->bind_virq;
    int port = event_bind_virq(current_domain(), op->virq, op->vcpu);

    return event_give_port(port, &op->port);
}

static int do_bind_ipi(union event_arg *arg)
{
    struct evtchn_bind_ipi *op = &arg->bind_ipi;

    return event_give_port(event_bind_ipi(current_domain(), op->vcpu),
                           &op->port);
}

static int do_bind_pirq(union event_arg *arg)
{
    struct evtchn_bind_pirq *op = &arg->bind_pirq;

    if (!current_domain()->hardware)
        return -XEN_EPERM;
    return event_give_port(event_bind_pirq(current_domain(), op->pirq),
                           &op->port);
}

static int do_close(union event_arg *arg)
{
    return event_close(current_domain(), arg->close.port);
}

static int do_status(union event_arg *arg)
{
    struct domain *d;
    int error = event_target(arg->status.dom, &d);

    if (error)
        return error;
    error = event_status(d, &arg->status);
    domain_put(d);
    return error;
}

static int do_bind_vcpu(union event_arg *arg)
{
    return event_bind_vcpu(current_domain(), arg->bind_vcpu.port,
                           arg->bind_vcpu.vcpu);
}

static int do_unmask(union event_arg *arg)
{
    return event_unmask(current_domain(), arg->unmask.port);
}

static int do_reset(union event_arg *arg)
{
    struct domain *d;
    int error = event_target(arg->reset.dom, &d);

    if (error)
        return error;
    error = event_reset(d);
    domain_put(d);
    return error;
}

static int do_init_control(union event_arg *arg)
{
    return event_fifo_init_control(current_domain(), &arg->init_control);
}

static int do_expand_array(union event_arg *arg)
{
    return event_fifo_expand(current_domain(), arg->expand_array.array_gfn);
}

static int do_set_priority(union event_arg *arg)
{
    return event_fifo_set_priority(current_domain(), arg->set_priority.port,
                                   arg->set_priority.priority);
}

struct event_row {
    int (*serve)(union event_arg *arg);
    uint8_t size; /* of the argument, in bytes */
    bool back;    /* the argument is written back */
};

#define ROW(name, give_back)                                                   \
    [EVTCHNOP_##                                                               \
        name] = { do_##name, sizeof(((union event_arg *)0)->name), give_back }

static const struct event_row event_rows[] = {
    ROW(alloc_unbound, true), ROW(bind_interdomain, true),
    ROW(bind_virq, true),     ROW(bind_ipi, true),
    ROW(bind_pirq, true),     ROW(close, false),
    ROW(status, true),        ROW(bind_vcpu, false),
    ROW(unmask, false),       ROW(reset, false),
    ROW(init_control, true),  ROW(expand_array, false),
    ROW(set_priority, false),
};

/* The hot one, apart: no table, no copy but of the port. */
static int64_t event_op_send(uintptr_t guest)
{
    struct evtchn_send op;
    int error = copy_from_guest(&op, guest, sizeof(op));

    return error ? error : event_send(current_domain(), op.port);
}

static NOINLINE int64_t event_op_by_table(uint32_t cmd, uintptr_t guest)
{
    const struct event_row *row;
    union event_arg arg;
    int error;

    if (cmd >= ARRAY_SIZE(event_rows))
        return hypercall_unknown_op(__HYPERVISOR_event_channel_op, cmd);
    row = &event_rows[cmd];
    if (!row->serve)
        return hypercall_unknown_op(__HYPERVISOR_event_channel_op, cmd);
    error = copy_from_guest(&arg, guest, row->size);
    if (!error)
        error = row->serve(&arg);
    if (!error && row->back)
        error = copy_to_guest(guest, &arg, row->size);
    return error;
}

int64_t hypercall_event_channel_op(uint64_t cmd, uint64_t guest, uint64_t c,
                                   uint64_t d, uint64_t e, uint64_t f)
{
    (void)c, (void)d, (void)e, (void)f;
    if (likely((uint32_t)cmd == EVTCHNOP_send))
        return event_op_send(guest);
    return event_op_by_table((uint32_t)cmd, guest);
}

/* The first form of the call: the number and the argument in one struct. */
int64_t hypercall_event_channel_op_compat(uint64_t guest, uint64_t b,
                                          uint64_t c, uint64_t d, uint64_t e,
                                          uint64_t f)
{
    uint32_t cmd;
    int error = copy_from_guest(&cmd, guest, sizeof(cmd));

    (void)b;
    if (error)
        return error;
    if (cmd > EVTCHNOP_unmask)
        return hypercall_unknown_op(__HYPERVISOR_event_channel_op_compat, cmd);
    return hypercall_event_channel_op(
        cmd, guest + offsetof(struct evtchn_op, u), c, d, e, f);
}
