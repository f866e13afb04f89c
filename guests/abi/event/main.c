/* Event channels, 2-level: delivery, masking, closing, and what is refused. */
#include <stddef.h>

#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"

static volatile unsigned events;

static void count_event(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
    events++;
}

static void test_ipi(void)
{
    uint32_t port = event_bind_ipi(0, count_event, NULL);

    if (!port)
        report_error("cannot bind an IPI");
    event_unmask();
    check_equal(event_send(port), 0, "send");
    check_equal(events, 1, "events after a send");
    (void)event_mask();
    check_equal(event_send(port), 0, "send, upcalls masked");
    check_equal(events, 1, "events while upcalls are masked");
    check(event_pending(port), "not pending while upcalls are masked");
    event_unmask();
    check_equal(events, 2, "events after upcalls are unmasked");
    event_mask_port(port);
    check_equal(event_send(port), 0, "send to a masked port");
    check_equal(events, 2, "events while the port is masked");
    event_unmask_port(port);
    check_equal(events, 3, "events after the port is unmasked");
    check_equal(event_close(port), 0, "close");
    check_equal(event_send(port), -XEN_EINVAL, "send to a closed port");
    check_equal(event_close(port), -XEN_EINVAL, "close a closed port");
}

static void test_virq(void)
{
    struct evtchn_bind_virq again = { .virq = VIRQ_TIMER, .vcpu = 0 };
    struct evtchn_bind_virq unknown = { .virq = NR_VIRQS, .vcpu = 0 };
    struct evtchn_bind_virq nobody = { .virq = VIRQ_DEBUG, .vcpu = 4000 };

    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &again),
                -XEN_EEXIST, "bind VIRQ_TIMER again");
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &unknown),
                -XEN_EINVAL, "bind an unknown VIRQ");
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &nobody),
                -XEN_ENOENT, "bind a VIRQ of no vcpu");
}

/* One of the domain's, taken to another vCPU (where there is one), is free
 * again once it is closed there. */
static void test_moved_virq(void)
{
    struct evtchn_bind_virq bind = { .virq = VIRQ_CON_RING };
    struct evtchn_bind_vcpu move = { .vcpu = 1 };
    unsigned i;
    long error;

    for (i = 0; i < 2; i++) {
        check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &bind), 0,
                    "bind VIRQ_CON_RING");
        move.port = bind.port;
        error = hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &move);
        check(!error || error == -XEN_ENOENT, "bind_vcpu of it: %ld", error);
        check_equal(event_close(bind.port), 0, "close it");
    }
}

/* A channel whose both ends are ours. */
static void test_loopback(void)
{
    struct evtchn_status status = { .dom = DOMID_SELF };
    struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };
    uint32_t first = event_alloc_unbound(DOMID_SELF, count_event, NULL);

    status.port = first;
    check_equal(hypercall_event_channel_op(EVTCHNOP_status, &status), 0,
                "status");
    check_equal(status.status, EVTCHNSTAT_unbound, "status of an unbound port");
    check_equal(event_send(first), 0, "send to an unbound port");
    bind.remote_port = first;
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind), 0,
                "bind to our own port");
    event_set_handler(bind.local_port, count_event, NULL);
    event_clear(bind.local_port);
    event_unmask_port(bind.local_port);
    events = 0;
    check_equal(event_send(first), 0, "send to the other end");
    check_equal(events, 1, "events at the other end");
    check_equal(hypercall_event_channel_op(EVTCHNOP_status, &status), 0,
                "status");
    check_equal(status.status, EVTCHNSTAT_interdomain, "status when bound");
    check_equal(status.u.interdomain.port, bind.local_port, "the other end");
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind),
                -XEN_EINVAL, "bind a port that is bound");
    (void)event_close(first);
    check_equal(hypercall_event_channel_op(EVTCHNOP_status, &status), 0,
                "status");
    check_equal(status.status, EVTCHNSTAT_closed, "status when closed");
    (void)event_close(bind.local_port);
}

static void test_refusals(void)
{
    struct evtchn_alloc_unbound nobody = { .dom = DOMID_SELF,
                                           .remote_dom = 0x7000 };
    struct evtchn_bind_vcpu nothing = { .port = 3000, .vcpu = 0 };

    check(event_send(0) < 0, "send to port 0");
    check(event_send(~0U) < 0, "send to port 2^32-1");
    check(event_send(1 << 20) < 0, "send to port 2^20");
    check(hypercall_event_channel_op(99, &nobody) == -XEN_ENOSYS,
          "an unknown operation");
    check(hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &nothing) < 0,
          "bind_vcpu of a port that is not there");
    check_equal(hypercall_event_channel_op(EVTCHNOP_alloc_unbound, NULL),
                -XEN_EFAULT, "a null argument");
}

void guest_main(void)
{
    report_begin("event");
    test_ipi();
    test_virq();
    test_moved_virq();
    test_loopback();
    test_refusals();
    report_end();
}
