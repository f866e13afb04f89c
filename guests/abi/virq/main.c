/*
 * What dom0 is told by virtual interrupts, and the console's ring that one of
 * them is about.
 *
 * to_ring=1  the hypervisor was started with console_to_ring
 * debug=1    wait for VIRQ_DEBUG, as a debug key sends it
 * other=1    domain 1 shuts down, and is destroyed: VIRQ_DOM_EXC both times
 */
#include <stddef.h>
#include <xen/domctl.h>
#include <xen/sched.h>
#include <xen/sysctl.h>

#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/control.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/options.h"
#include "guests/lib/print.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"

#define TRACE_ALL 0x0ffff000u
#define PATIENCE  (10 * NS_PER_S)

static long to_ring, debug, other;
static volatile unsigned count[24]; /* for each VIRQ, how often it came */

static void note(uint32_t port, void *arg)
{
    (void)port;
    count[(unsigned long)arg]++;
}

static void bind(unsigned virq)
{
    check(event_bind_virq(virq, 0, note, (void *)(unsigned long)virq) != 0,
          "bind VIRQ %u", virq);
}

/* Until it has come more than `before` times. */
static bool wait_for(unsigned virq, unsigned before)
{
    ns_t end = clock_now() + PATIENCE;

    event_unmask();
    while (count[virq] == before && clock_now() < end)
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
    return count[virq] != before;
}

/* ---- the console's ring ---- */

static char text[65536];

static struct xen_sysctl_readconsole read_ring(bool clear, bool incremental,
                                               uint32_t index, uint32_t size)
{
    struct xen_sysctl op = { 0 };

    op.u.readconsole.clear = clear;
    op.u.readconsole.incremental = incremental;
    op.u.readconsole.index = index;
    op.u.readconsole.count = size;
    set_xen_guest_handle(op.u.readconsole.buffer, text);
    memset(text, 0, 256);
    check_equal(hypercall_sysctl(XEN_SYSCTL_readconsole, &op), 0,
                "readconsole");
    return op.u.readconsole;
}

/* Does the line stand in what was read last? */
static bool holds(uint32_t bytes, const char *line)
{
    size_t length = strlen(line);

    for (size_t i = 0; i + length <= bytes; i++)
        if (memcmp(text + i, line, length) == 0)
            return true;
    return false;
}

static void say(const char *line)
{
    (void)hypercall_console_io(CONSOLEIO_write, (unsigned)strlen(line), line);
}

static void test_kept(void)
{
    struct xen_sysctl_readconsole first, next;
    unsigned before = count[VIRQ_CON_RING];

    first = read_ring(false, false, 0, sizeof(text));
    check(first.count > 200 && holds(first.count, "(XEN)"),
          "the ring begins with the hypervisor's boot: %u bytes", first.count);
    say("a line for the ring\n");
    if (!to_ring) {
        next = read_ring(false, false, 0, sizeof(text));
        check(!holds(next.count, "a line for the ring"), "dom0's is kept");
        return;
    }
    check(wait_for(VIRQ_CON_RING, before), "VIRQ_CON_RING did not come");
    next = read_ring(false, true, first.index, sizeof(text));
    check(memcmp(text, "a line for the ring\n", 20) == 0,
          "what is new, from the index on: %u bytes", next.count);
    check_equal(next.index, first.index + next.count, "the new index");
}

static void test_flags(void)
{
    struct xen_sysctl_readconsole all, part, rest;

    all = read_ring(false, false, 0, sizeof(text));
    part = read_ring(false, false, 0, 100);
    check_equal(part.count, 100, "a part");
    rest = read_ring(false, true, part.index, sizeof(text));
    check_equal(rest.count + 100, all.count, "and the rest");
    rest = read_ring(false, true, all.index + 12345, sizeof(text));
    check_equal(rest.count, all.count, "from an index that never was");
    part = read_ring(true, false, 0, 100);
    check_equal(part.count, 100, "a part, to be cleared");
    rest = read_ring(false, false, 0, sizeof(text));
    check_equal(rest.count + 100, all.count, "what was not cleared");
    (void)read_ring(true, false, 0, sizeof(text));
    rest = read_ring(false, false, 0, sizeof(text));
    check_equal(rest.count, 0, "after all was cleared");
    rest = read_ring(false, true, part.index, sizeof(text));
    check_equal(rest.count, 0, "from an index that was cleared");
}

/* ---- the others ---- */

static long trace_op(uint32_t cmd, uint32_t mask)
{
    struct xen_sysctl op = { 0 };

    op.u.tbuf_op.cmd = cmd;
    op.u.tbuf_op.evt_mask = mask;
    return hypercall_sysctl(XEN_SYSCTL_tbuf_op, &op);
}

/* A small ring fills quickly when everything is recorded. */
static void test_trace(void)
{
    check_equal(trace_op(XEN_SYSCTL_TBUFOP_set_evt_mask, TRACE_ALL), 0,
                "set_evt_mask");
    check_equal(trace_op(XEN_SYSCTL_TBUFOP_enable, 0), 0, "enable");
    check(wait_for(VIRQ_TBUF, 0), "VIRQ_TBUF did not come");
    check_equal(trace_op(XEN_SYSCTL_TBUFOP_disable, 0), 0, "disable");
}

static void test_debug(void)
{
    print("virq: waiting for a key\n");
    check(wait_for(VIRQ_DEBUG, 0), "VIRQ_DEBUG did not come");
}

static void test_other(void)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_destroydomain,
                             .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                             .domain = 1 };
    unsigned before;

    check(wait_for(VIRQ_DOM_EXC, 0), "VIRQ_DOM_EXC at its end");
    before = count[VIRQ_DOM_EXC];
    while (hypercall2(__HYPERVISOR_domctl, address_of(&op), 0) == -XEN_EAGAIN)
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
    check(wait_for(VIRQ_DOM_EXC, before), "VIRQ_DOM_EXC when it is gone");
}

void guest_main(void)
{
    static const struct option options[] = {
        { "to_ring", &to_ring, NULL, "console_to_ring was given" },
        { "debug", &debug, NULL, "wait for a debug key" },
        { "other", &other, NULL, "watch domain 1" },
    };

    report_begin("virq");
    options_parse("virq", options, 3);
    bind(VIRQ_CON_RING);
    bind(VIRQ_TBUF);
    bind(VIRQ_DEBUG);
    bind(VIRQ_DOM_EXC);
    test_kept();
    test_flags();
    test_trace();
    if (debug)
        test_debug();
    if (other)
        test_other();
    report_end();
}
