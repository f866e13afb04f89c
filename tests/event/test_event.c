/*
 * test_event.c - event channels on the host: bindings, sending, closing, reset,
 * with the 2-level ABI. The FIFO one: test_event_fifo.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <xen/errno.h>
#include "tests/event/world.h"

static void test_ports_are_reused_lowest_first(void **state)
{
    int a = event_alloc_unbound(&dom[0], 1),
        b = event_alloc_unbound(&dom[0], 1);

    (void)state;
    assert_int_equal(a, 1);
    assert_int_equal(b, 2);
    assert_int_equal(event_close(&dom[0], 1), 0);
    assert_int_equal(event_close(&dom[0], 1), -XEN_EINVAL);
    assert_int_equal(event_alloc_unbound(&dom[0], 1), 1);
    assert_int_equal(event_alloc_unbound(&dom[0], 1), 3);
}

static void test_ports_run_out(void **state)
{
    int port = 0, n = 0;

    (void)state;
    while (port >= 0) {
        port = event_alloc_unbound(&dom[0], 1);
        n++;
    }
    assert_int_equal(port, -XEN_ENOSPC);
    assert_int_equal(n, EVENT_PORTS_2L); /* port 0 is nobody's */
}

static void test_only_the_named_domain_binds(void **state)
{
    int port = event_alloc_unbound(&dom[1], 1);

    (void)state;
    assert_int_equal(event_bind_interdomain(&dom[0], 1, (unsigned)port),
                     -XEN_EINVAL);
    assert_int_equal(event_bind_interdomain(&dom[0], 1, 4095), -XEN_EINVAL);
    assert_int_equal(event_bind_interdomain(&dom[0], 7, 1), -XEN_ESRCH);
}

static void test_interdomain_send_and_close(void **state)
{
    int remote = event_alloc_unbound(&dom[1], 0);
    int local = event_bind_interdomain(&dom[0], 1, (unsigned)remote);

    (void)state;
    assert_true(local > 0);
    assert_int_equal(event_send(&dom[0], (unsigned)local), 0);
    assert_int_equal(dom[1].shared->evtchn_pending[0], 1u << remote);
    assert_int_equal(info[1][0].evtchn_pending_sel, 1);
    assert_int_equal(info[1][0].evtchn_upcall_pending, 1);
    assert_int_equal(notified[1][0], 1);
    assert_int_equal(event_send(&dom[0], (unsigned)local), 0);
    assert_int_equal(notified[1][0], 1); /* still pending: told once */
    assert_int_equal(event_close(&dom[0], (unsigned)local), 0);
    /* The other end is unbound, for the same domain to bind again. */
    assert_int_equal(event_send(&dom[1], (unsigned)remote), 0);
    assert_true(event_bind_interdomain(&dom[0], 1, (unsigned)remote) > 0);
}

static void test_masked_is_pending_but_silent(void **state)
{
    int port = event_bind_ipi(&dom[0], 1);

    (void)state;
    dom[0].shared->evtchn_mask[0] = ~0ul;
    assert_int_equal(event_send(&dom[0], (unsigned)port), 0);
    assert_true(event_port_pending(&dom[0], (unsigned)port));
    assert_int_equal(notified[0][1], 0);
    assert_int_equal(event_unmask(&dom[0], (unsigned)port), 0);
    assert_int_equal(notified[0][1], 1);
    assert_int_equal(info[0][1].evtchn_upcall_pending, 1);
}

static void test_virq_rules(void **state)
{
    (void)state;
    assert_true(event_bind_virq(&dom[0], VIRQ_TIMER, 1) > 0);
    assert_int_equal(event_bind_virq(&dom[0], VIRQ_TIMER, 1), -XEN_EEXIST);
    assert_int_equal(event_bind_virq(&dom[0], VIRQ_CONSOLE, 1), -XEN_EINVAL);
    assert_int_equal(event_bind_virq(&dom[0], NR_VIRQS, 0), -XEN_EINVAL);
    assert_int_equal(event_bind_virq(&dom[0], VIRQ_TIMER, 9), -XEN_ENOENT);
    event_send_virq(&vcpu[0][1], VIRQ_TIMER);
    assert_int_equal(notified[0][1], 1);
    event_send_virq(&vcpu[0][0], VIRQ_TIMER); /* not bound: nothing */
    assert_int_equal(info[0][0].evtchn_upcall_pending, 0);
}

static void test_poller_is_woken_by_masked_event(void **state)
{
    int port = event_bind_ipi(&dom[0], 1);

    (void)state;
    dom[0].shared->evtchn_mask[0] = ~0ul;
    vcpu[0][1].event.poll_port = (uint32_t)port;
    vcpu[0][1].event.polling = true;
    assert_int_equal(event_send(&dom[0], (unsigned)port), 0);
    assert_int_equal(notified[0][1], 1);
}
/* A sibling vCPU, while a reset has let go of the lock. */
static unsigned remote_port;
static int bound, unbound, reset_again;

static void sibling_binds(void)
{
    meanwhile = NULL;
    bound = event_bind_interdomain(&dom[0], 1, remote_port);
    unbound = event_alloc_unbound(&dom[0], 1);
    reset_again = event_reset(&dom[0]);
}

static void test_no_port_is_bound_during_a_reset(void **state)
{
    unsigned i;

    (void)state;
    fifo_start();
    for (i = 0; i < 2 * EVENT_PER_PAGE; i++)
        assert_true(event_bind_ipi(&dom[0], 0) > 0);
    remote_port = (unsigned)event_alloc_unbound(&dom[1], 0);
    fifo_of_dom0 = dom[0].event.fifo;
    percpu_softirq.any = 1;
    meanwhile = sibling_binds;
    assert_int_equal(event_reset(&dom[0]), 0);
    assert_null(fifo_of_dom0); /* gone, and looked at by mem_free() */
    assert_int_equal(bound, -XEN_EBUSY);
    assert_int_equal(unbound, -XEN_EBUSY);
    assert_int_equal(reset_again, -XEN_EBUSY);
    meanwhile = NULL;
    assert_true(event_bind_interdomain(&dom[0], 1, remote_port) > 0);
}

static void test_a_dying_domain_gets_no_port(void **state)
{
    (void)state;
    dom[0].dying = true;
    event_domain_destroy(&dom[0]);
    assert_int_equal(event_alloc_unbound(&dom[0], 1), -XEN_EBUSY);
    event_notify(&dom[0], 1); /* its console, say: too late */
    dom[0].dying = false;
    assert_int_equal(event_domain_create(&dom[0]), 0);
}

static void test_pirq_is_bound_once_and_stopped_on_close(void **state)
{
    struct evtchn_status s = { 0 };
    int port = event_bind_pirq(&dom[0], 7);

    (void)state;
    assert_int_equal(port, pirq_port);
    assert_int_equal(event_bind_pirq(&dom[0], 7), -XEN_EBUSY);
    assert_int_equal(event_bind_pirq(&dom[0], 8), -XEN_EINVAL);
    s.port = pirq_port;
    assert_int_equal(event_status(&dom[0], &s), 0);
    assert_int_equal(s.status, EVTCHNSTAT_pirq);
    assert_int_equal(s.u.pirq, 7);
    assert_int_equal(event_send(&dom[0], pirq_port), -XEN_EINVAL);
    assert_int_equal(event_bind_vcpu(&dom[0], pirq_port, 1), 0);
    assert_int_equal(event_close(&dom[0], (unsigned)port), 0);
    assert_int_equal(pirq_port, 0);
    /* A refused binding has kept no port. */
    assert_int_equal(event_bind_ipi(&dom[0], 0), port);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_ports_are_reused_lowest_first),
        T(test_ports_run_out),
        T(test_only_the_named_domain_binds),
        T(test_interdomain_send_and_close),
        T(test_masked_is_pending_but_silent),
        T(test_virq_rules),
        T(test_poller_is_woken_by_masked_event),
        T(test_no_port_is_bound_during_a_reset),
        T(test_a_dying_domain_gets_no_port),
        T(test_pirq_is_bound_once_and_stopped_on_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
