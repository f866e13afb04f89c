/*
 * dom0 handles other domains: pauses, unpauses, shuts down and destroys them,
 * running or not, and their memory comes back. It is skipped where there are
 * no boot-time domains 1 and 2 to handle (tests/guest/test_destroy.py).
 */
#include <xen/domctl.h>
#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/sysctl.h>

#include "guests/lib/clock.h"
#include "guests/lib/control.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"

/* What is known of a domain; false: there is none of this id. */
static bool info(domid_t id, struct xen_domctl_getdomaininfo *out)
{
    struct xen_domctl op = { 0 };

    if (hypercall_domctl(XEN_DOMCTL_getdomaininfo, id, &op) || op.domain != id)
        return false;
    *out = op.u.getdomaininfo;
    return true;
}

static void wait_ms(unsigned ms)
{
    ns_t end = clock_now() + ms * NS_PER_MS;

    while (clock_now() < end)
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
}

static uint64_t run_time(domid_t id)
{
    struct xen_domctl_getdomaininfo i = { 0 };

    check(info(id, &i), "getdomaininfo of domain %u", id);
    return i.cpu_time;
}

static void test_pause(domid_t id)
{
    uint64_t before;

    check_equal(hypercall_domctl_plain(XEN_DOMCTL_pausedomain, id), 0,
                "pausedomain");
    before = run_time(id);
    wait_ms(100);
    check(run_time(id) == before, "it ran while it was paused");
    check_equal(hypercall_domctl_plain(XEN_DOMCTL_unpausedomain, id), 0,
                "unpausedomain");
    wait_ms(200);
    check(run_time(id) > before, "it does not run after unpausedomain");
}

static void test_shutdown(domid_t id)
{
    struct sched_remote_shutdown op = { .domain_id = id,
                                        .reason = SHUTDOWN_watchdog };
    struct xen_domctl_getdomaininfo i = { 0 };

    check_equal(hypercall_sched_op(SCHEDOP_remote_shutdown, &op), 0,
                "remote_shutdown");
    wait_ms(20);
    check(info(id, &i), "a domain that has shut down is still there");
    check(i.flags & XEN_DOMINF_shutdown, "it is not marked as shut down");
    check_equal((i.flags >> XEN_DOMINF_shutdownshift) & 255, SHUTDOWN_watchdog,
                "the reason");
}

static void destroy(domid_t id)
{
    long rc;

    do
        rc = hypercall_domctl_plain(XEN_DOMCTL_destroydomain, id);
    while (rc == -85 || rc == -XEN_EAGAIN); /* again: it is preemptible */
    check_equal(rc, 0, "destroydomain");
}

static void test_destroy(domid_t id)
{
    struct xen_domctl_getdomaininfo i = { 0 };
    uint64_t before, held, after;

    check(info(id, &i), "getdomaininfo before");
    held = i.tot_pages;
    before = free_pages();
    destroy(id);
    wait_ms(50);
    after = free_pages();
    check(after >= before + held, "%lu pages free, %lu before it gave %lu",
          after, before, held);
    check(!info(id, &i) || (i.flags & XEN_DOMINF_dying),
          "a destroyed domain lives on");
    check(hypercall_domctl_plain(XEN_DOMCTL_pausedomain, id) < 0,
          "a destroyed domain can be paused");
}

void guest_main(void)
{
    struct xen_domctl_getdomaininfo i = { 0 };

    report_begin("destroy");
    if (!info(1, &i) || !info(2, &i))
        report_skip("there are no domains to destroy");
    test_pause(1);
    test_destroy(1); /* while it runs */
    test_shutdown(2);
    test_destroy(2);
    report_end();
}
