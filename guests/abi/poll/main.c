/* SCHEDOP_poll, block and yield. */
#include <stddef.h>
#include <xen/sched.h>

#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"

static void ignore(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
}

static long poll(evtchn_port_t *ports, unsigned count, ns_t timeout)
{
    struct sched_poll arg = { .nr_ports = count, .timeout = (uint64_t)timeout };

    set_xen_guest_handle(arg.ports, ports);
    return hypercall_sched_op(SCHEDOP_poll, &arg);
}

static void test_poll(void)
{
    evtchn_port_t port = event_bind_ipi(0, ignore, NULL);
    evtchn_port_t none = 4090, many[200] = { 0 };
    ns_t start, deadline;

    event_mask_port(port);
    start = clock_now();
    deadline = start + 5 * NS_PER_MS;
    check_equal(poll(&port, 1, deadline), 0, "poll with a timeout");
    check(clock_now() >= deadline, "poll returned %ld ns early",
          deadline - clock_now());
    check(clock_now() < deadline + 20 * NS_PER_MS, "poll returned late");
    (void)event_send(port);
    start = clock_now();
    check_equal(poll(&port, 1, start + NS_PER_S), 0, "poll of a pending port");
    check(clock_now() < start + 20 * NS_PER_MS, "it waited all the same");
    check_equal(poll(&port, 0, clock_now() + NS_PER_MS), 0, "poll of nothing");
    check(poll(&none, 1, clock_now() + NS_PER_MS) <= 0, "poll of no port");
    check(poll(many, 200, clock_now() + NS_PER_MS) < 0, "poll of 200 ports");
    (void)event_close(port);
}

static void test_block(void)
{
    ns_t deadline = clock_now() + 3 * NS_PER_MS;

    (void)event_mask();
    clock_set_timer(deadline);
    event_block();
    check(clock_now() >= deadline, "block ended before the timer");
    check(!event_mask(), "block left upcalls masked");
    check_equal(hypercall_sched_op(SCHEDOP_yield, NULL), 0, "yield");
    check_equal(hypercall_sched_op(99, NULL), -XEN_ENOSYS,
                "an unknown operation");
}

static void test_watchdog(void)
{
    struct sched_watchdog dog = { .id = 0, .timeout = 1000 };
    long id = hypercall_sched_op(SCHEDOP_watchdog, &dog);

    if (!check(id > 0, "watchdog refused: %ld", id))
        return;
    dog.id = (uint32_t)id;
    check_equal(hypercall_sched_op(SCHEDOP_watchdog, &dog), 0, "poke it");
    dog.timeout = 0;
    check_equal(hypercall_sched_op(SCHEDOP_watchdog, &dog), 0, "stop it");
    dog.id = 77;
    check_equal(hypercall_sched_op(SCHEDOP_watchdog, &dog), -XEN_EINVAL,
                "an unknown watchdog");
}

void guest_main(void)
{
    report_begin("poll");
    event_unmask();
    test_poll();
    test_block();
    test_watchdog();
    report_end();
}
