/*
 * dom0 handles CPU pools as libxc does (every error: guests/abi/poolop), then
 * domains 1 and 2 (which never block for long) and dom0 itself move
 * between pools, CPUs too, and schedulers are exchanged, at random, while all
 * run. Where there is a domain 3, that goes on until it has shut down.
 *
 * After each step our own runstates sum up to our age, to the nanosecond, and
 * after every 64 the others have had CPU time. Skipped where there are
 * no boot-time domains 1 and 2, or one CPU (tests/guest/test_pools.py).
 */
#include <xen/domctl.h>
#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/sysctl.h>

#include "guests/lib/clock.h"
#include "guests/lib/cpupool.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/options.h"
#include "guests/lib/print.h"
#include "guests/lib/random.h"
#include "guests/lib/report.h"
#include "guests/lib/runstate.h"
#include "guests/lib/start.h"
#include "xen/include/metronome.h"

#define ROUNDS 400u

static long set_scheduler(uint32_t id, const char *name)
{
    struct metronome_pool_scheduler op = { .pool = id };
    unsigned i;

    for (i = 0; name[i]; i++)
        op.scheduler[i] = name[i];
    return hypercall2(__HYPERVISOR_metronome, METRONOMEOP_pool_scheduler,
                      address_of(&op));
}

static bool info(domid_t id, struct xen_domctl_getdomaininfo *out)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_getdomaininfo,
        .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
        .domain = id,
    };

    if (hypercall2(__HYPERVISOR_domctl, address_of(&op), 0) || op.domain != id)
        return false;
    *out = op.u.getdomaininfo;
    return true;
}

static struct xen_domctl_getdomaininfo domain(domid_t id)
{
    struct xen_domctl_getdomaininfo i = { 0 };

    check(info(id, &i), "getdomaininfo of domain %u", id);
    return i;
}

static void wait(long ns)
{
    ns_t end = clock_now() + ns;

    while (clock_now() < end)
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
}

/* When this vCPU was made, by its runstates. */
static uint64_t birth(void)
{
    struct vcpu_runstate_info i = runstate_read();

    return i.state_entry_time - i.time[0] - i.time[1] - i.time[2] - i.time[3];
}

/* ---- what the interface says ---- */

static void test_errors(void)
{
    check_equal(CPUPOOL(MOVEDOMAIN, 7, 1), -XEN_ENOENT, "move to no pool");
    check_equal(CPUPOOL(MOVEDOMAIN, 0, 0x10001), -XEN_ESRCH, "move 65537");
    check_equal(set_scheduler(0, "nonsense"), -XEN_EINVAL, "no scheduler");
    check_equal(set_scheduler(7, "rr"), -XEN_ENOENT, "scheduler of no pool");
}

/* Parameters go to the scheduler of the pool that is named. */
static uint32_t tslice(uint32_t id, uint32_t put_ms)
{
    struct xen_sysctl sys = {
        .cmd = XEN_SYSCTL_scheduler_op,
        .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
        .u.scheduler_op = { .cpupool_id = id,
                            .sched_id = XEN_SCHEDULER_CREDIT,
                            .cmd = XEN_SYSCTL_SCHEDOP_getinfo },
    };
    struct xen_sysctl_credit_schedule *c = &sys.u.scheduler_op.u.sched_credit;

    check_equal(hypercall2(__HYPERVISOR_sysctl, address_of(&sys), 0), 0,
                "scheduler_op get");
    if (put_ms) {
        sys.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
        c->tslice_ms = put_ms;
        check_equal(hypercall2(__HYPERVISOR_sysctl, address_of(&sys), 0), 0,
                    "scheduler_op put");
    }
    return c->tslice_ms;
}

static void test_life(void)
{
    uint32_t id, before, domains;

    check_equal(CPUPOOL(INFO, 0, 0), 0, "info of Pool-0");
    domains = cpupool_last.n_dom;
    check(cpupool_cpus & 2, "CPU 1 is not in Pool-0");
    check_equal(CPUPOOL(CREATE, CPUPOOL_ANY, XEN_SCHEDULER_CREDIT), 0,
                "create");
    id = cpupool_last.cpupool_id;
    check_equal(id, 1, "the lowest free id");
    check_equal(CPUPOOL(CREATE, 5, XEN_SCHEDULER_CREDIT), 0, "create pool 5");
    check_equal(CPUPOOL(INFO, 2, 0), 0, "info from 2 on");
    check_equal(cpupool_last.cpupool_id, 5, "the next pool");
    check_equal(CPUPOOL(DESTROY, 5, 0), 0, "destroy pool 5");
    check_equal(CPUPOOL(MOVEDOMAIN, id, 1), -XEN_ENOENT,
                "into a pool of no CPU");
    check_equal(CPUPOOL(RMCPU, 0, 1), 0, "remove CPU 1 from Pool-0");
    check_equal(CPUPOOL(FREEINFO, 0, 0), 0, "freeinfo");
    check_equal((long)cpupool_cpus, 2, "CPU 1 is free");
    check_equal(CPUPOOL(RMCPU, 0, 1), -XEN_EADDRNOTAVAIL, "remove it again");
    check_equal(CPUPOOL(ADDCPU, id, CPUPOOL_ANY), 0, "add any free CPU");
    check_equal(CPUPOOL(MOVEDOMAIN, id, 1), 0, "move domain 1");
    check_equal(domain(1).cpupool, id, "cpupool of getdomaininfo");
    check_equal(CPUPOOL(INFO, id, 0), 0, "info");
    check(cpupool_last.n_dom == 1 && cpupool_cpus == 2 &&
              cpupool_last.sched_id == XEN_SCHEDULER_CREDIT,
          "info: %u domains, CPUs %lx, scheduler %u", cpupool_last.n_dom,
          cpupool_cpus, cpupool_last.sched_id);
    check_equal(CPUPOOL(INFO, 0, 0), 0, "info of Pool-0");
    check_equal(cpupool_last.n_dom, domains - 1, "domains in Pool-0");
    check_equal(CPUPOOL(DESTROY, id, 0), -XEN_EBUSY, "destroy with a domain");
    check_equal(CPUPOOL(RMCPU, id, 1), -XEN_EBUSY, "the last CPU, a domain");
    check_equal(set_scheduler(0, "credit"), 0, "Pool-0 under credit");
    before = tslice(0, 0);
    check_equal(tslice(id, 7), 7, "tslice put");
    check_equal(tslice(id, 0), 7, "tslice of the pool");
    check_equal(tslice(0, 0), before, "tslice of Pool-0");
    check_equal(CPUPOOL(MOVEDOMAIN, 0, 1), 0, "move it back");
    check_equal(CPUPOOL(DESTROY, id, 0), -XEN_EBUSY, "destroy with a CPU");
    check_equal(CPUPOOL(RMCPU, id, CPUPOOL_ANY), 0, "remove any CPU");
    check_equal(CPUPOOL(DESTROY, id, 0), 0, "destroy");
    check_equal(CPUPOOL(ADDCPU, 0, 1), 0, "CPU 1 back to Pool-0");
}

/* libxl makes no domain in a pool whose scheduler it does not know, and none
 * under SEDF, which Xen had once: it sees null, which takes no parameters. */
static void test_numbers(void)
{
    static const struct {
        const char *name;
        uint32_t id;
    } rows[] = {
        { "credit2", XEN_SCHEDULER_CREDIT2 }, { "rtds", XEN_SCHEDULER_RTDS },
        { "null", XEN_SCHEDULER_NULL },       { "bvt", XEN_SCHEDULER_NULL },
        { "sedf", XEN_SCHEDULER_NULL },       { "rr", XEN_SCHEDULER_NULL },
        { "credit", XEN_SCHEDULER_CREDIT },
    };
    unsigned i;

    check_equal(CPUPOOL(CREATE, 1, XEN_SCHEDULER_CREDIT), 0, "create pool 1");
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_equal(set_scheduler(1, rows[i].name), 0, "set the scheduler");
        check_equal(CPUPOOL(INFO, 1, 0), 0, "info");
        check_equal(cpupool_last.sched_id, rows[i].id, rows[i].name);
    }
    check_equal(CPUPOOL(DESTROY, 1, 0), 0, "destroy pool 1");
}

/* ---- everything moves ---- */

static struct {
    struct random random;
    long burst, pause; /* so many steps, then a time without */
    unsigned done[4], refused;
    uint64_t time[4];
} world = { .burst = 8, .pause = 20 * NS_PER_MS };

static void move_cpu(void)
{
    uint32_t from = (uint32_t)random_below(&world.random, 2);
    long rc = CPUPOOL(RMCPU, from, CPUPOOL_ANY);

    if (rc == -XEN_EBUSY || rc == -XEN_EINVAL)
        return;
    if (check_equal(rc, 0, "remove a CPU"))
        check_equal(CPUPOOL(ADDCPU, !from, CPUPOOL_ANY), 0, "add a CPU");
    world.done[0]++;
}

static void move_domain(unsigned domains)
{
    uint32_t to = (uint32_t)random_below(&world.random, 2);
    uint32_t id = (uint32_t)random_below(&world.random, domains);
    long rc = CPUPOOL(MOVEDOMAIN, to, id);

    if (rc == -XEN_ENOENT || rc == -XEN_ENOSPC) { /* no CPU; not admitted */
        world.refused++;
        return;
    }
    check_equal(rc, 0, "move a domain");
    check_equal(domain((domid_t)id).cpupool, to, "its pool");
    world.done[1]++;
}

static void change_scheduler(void)
{
    /* not null, under which the surplus waits for ever */
    static const char *const names[] = { "rr",   "bvt",  "sedf",   "credit",
                                         "rtds", "fbvt", "credit2" };

    check_equal(set_scheduler((uint32_t)random_below(&world.random, 2),
                              names[random_below(&world.random, 7)]),
                0, "another scheduler");
    world.done[2]++;
}

static void step(unsigned domains)
{
    switch (random_below(&world.random, 3)) {
    case 0:
        move_cpu();
        break;
    case 1:
        move_domain(domains);
        break;
    default:
        change_scheduler();
        break;
    }
}

/* (Not more often: a reading from outside may be ahead of the end of a turn by
 * the time that the switch takes.) */
static void check_progress(void)
{
    unsigned id;

    for (id = 1; id < 3; id++) {
        uint64_t now = domain((domid_t)id).cpu_time;

        check(now > world.time[id], "domain %u does not run", id);
        world.time[id] = now;
    }
}

static bool over(domid_t id)
{
    struct xen_domctl_getdomaininfo i = { 0 };

    return !info(id, &i) || (i.flags & XEN_DOMINF_shutdown);
}

static void test_storm(void)
{
    struct xen_domctl_getdomaininfo i;
    unsigned domains = info(3, &i) ? 4 : 3, n;
    uint64_t born = birth();

    check_equal(CPUPOOL(CREATE, 1, XEN_SCHEDULER_CREDIT), 0, "create pool 1");
    random_seed(&world.random, 1);
    for (n = 0; domains == 4 ? !over(3) : n < ROUNDS; n++) {
        step(domains);
        if ((n + 1) % (unsigned)world.burst == 0)
            wait(world.pause);
        if (!check(birth() == born, "runstates: %lu ns amiss", birth() - born))
            break;
        if (n % 64 == 63) {
            wait(1500 * NS_PER_MS); /* enough for the longest turns of all */
            check_progress();
        }
    }
    if (domains == 4)
        check_equal((long)(domain(3).flags >> XEN_DOMINF_shutdownshift & 255),
                    SHUTDOWN_poweroff, "domain 3 ended by power-off");
    print("pools: %u steps: %u CPUs and %u domains moved, %u schedulers "
          "exchanged, %u refused\n",
          n, world.done[0], world.done[1], world.done[2], world.refused);
    check(world.done[0] && world.done[1] && world.done[2],
          "each has been done");
}

void guest_main(void)
{
    static const struct option table[] = {
        { "burst", &world.burst, NULL, "steps at a stretch" },
        { "pause", &world.pause, NULL, "after each burst" },
    };
    struct xen_domctl_getdomaininfo i = { 0 };

    options_parse("pools", table, 2);
    if (world.burst < 1)
        guest_fail("pools: burst= must be above 0");
    report_begin("pools");
    if (!info(1, &i) || !info(2, &i))
        report_skip("there are no domains to move");
    if (CPUPOOL(INFO, 0, 0) || !(cpupool_cpus & 2))
        report_skip("there is no CPU to move");
    if (!runstate_register())
        report_error("no runstate area");
    test_errors();
    test_life();
    test_numbers();
    test_storm();
    report_end();
}
