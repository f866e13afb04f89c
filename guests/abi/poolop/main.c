/*
 * XEN_SYSCTL_cpupool_op: each error that it can give, as Xen 4.17 gives it
 * (the code, where its comment in <xen/sysctl.h> says otherwise), and that
 * nothing has changed after all of them.
 *
 * Not seen here: ENOMEM, ENOSPC, EBUSY of a pool with a domain in it (see
 * guests/abi/pools), and what depends on another operation under way.
 */
#include <xen/errno.h>

#include "guests/lib/control.h"
#include "guests/lib/cpupool.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"

#define CREDIT  5                   /* XEN_SCHEDULER_CREDIT */
#define NOWHERE ((uint8_t *)0x1000) /* nothing is mapped there */

static long to_nowhere(uint32_t op)
{
    return cpupool_op_to(op, 0, 0, NOWHERE);
}

static void test_operations(void)
{
    check_equal(cpupool_op(0, 0, 0), -XEN_ENOSYS, "no operation 0");
    check_equal(cpupool_op(99, 0, 0), -XEN_ENOSYS, "no operation 99");
    check_equal(to_nowhere(XEN_SYSCTL_CPUPOOL_OP_INFO), -XEN_EFAULT,
                "info, CPUs to nowhere");
    check_equal(to_nowhere(XEN_SYSCTL_CPUPOOL_OP_FREEINFO), -XEN_EFAULT,
                "free CPUs to nowhere");
}

static void test_pools(void)
{
    check_equal(CPUPOOL(CREATE, CPUPOOL_ANY, 77), -XEN_ENOENT,
                "create: no scheduler 77");
    check_equal(CPUPOOL(CREATE, CPUPOOL_ANY, 0), -XEN_ENOENT,
                "create: no scheduler 0");
    check_equal(CPUPOOL(CREATE, 0, CREDIT), -XEN_EEXIST, "create Pool-0");
    check_equal(CPUPOOL(CREATE, 0, 77), -XEN_EEXIST,
                "create Pool-0, no scheduler 77");
    check_equal(CPUPOOL(DESTROY, 7, 0), -XEN_ENOENT, "destroy: no pool 7");
    check_equal(CPUPOOL(DESTROY, 0, 0), -XEN_EBUSY, "destroy Pool-0");
    check_equal(CPUPOOL(DESTROY, CPUPOOL_ANY, 0), -XEN_ENOENT, "destroy any");
    check_equal(CPUPOOL(INFO, 7, 0), -XEN_ENOENT, "info: none from 7 on");
}

static void test_cpus(void)
{
    check_equal(CPUPOOL(ADDCPU, 7, 0), -XEN_ENOENT, "add: no pool 7");
    check_equal(CPUPOOL(ADDCPU, 7, 1024), -XEN_ENOENT, "add: no pool 7, CPU");
    check_equal(CPUPOOL(ADDCPU, 0, 1024), -XEN_EINVAL, "add: no CPU 1024");
    check_equal(CPUPOOL(ADDCPU, 0, 0), -XEN_ENODEV, "add: CPU 0 is not free");
    check_equal(CPUPOOL(ADDCPU, 0, CPUPOOL_ANY), -XEN_ENODEV,
                "add: no CPU is free");
    check_equal(CPUPOOL(RMCPU, 7, 0), -XEN_ENOENT, "remove: no pool 7");
    check_equal(CPUPOOL(RMCPU, 0, 1024), -XEN_EINVAL, "remove: no CPU 1024");
}

static void test_domains(void)
{
    check_equal(CPUPOOL(MOVEDOMAIN, 0, 77), -XEN_ESRCH, "move: no domain 77");
    check_equal(CPUPOOL(MOVEDOMAIN, 7, 77), -XEN_ESRCH,
                "move: no domain, pool");
    check_equal(CPUPOOL(MOVEDOMAIN, 0, DOMID_XEN), -XEN_ESRCH,
                "move DOMID_XEN");
}

/* What a pool of no CPU says. */
static void test_empty(void)
{
    check_equal(CPUPOOL(CREATE, 5, CREDIT), 0, "create pool 5");
    check_equal(cpupool_last.cpupool_id, 5, "its number");
    check_equal(CPUPOOL(CREATE, 5, CREDIT), -XEN_EEXIST, "create it again");
    check_equal(CPUPOOL(RMCPU, 5, CPUPOOL_ANY), -XEN_EINVAL,
                "remove any CPU where there is none");
    check_equal(CPUPOOL(RMCPU, 5, 0), -XEN_EADDRNOTAVAIL,
                "remove CPU 0, which is Pool-0's");
    check_equal(CPUPOOL(DESTROY, 5, 0), 0, "destroy it");
    check_equal(CPUPOOL(DESTROY, 5, 0), -XEN_ENOENT, "destroy it again");
}

/* A domain of no vCPU begins in a pool. */
static long create(uint32_t pool, domid_t *id)
{
    struct xen_domctl op = { .u.createdomain = { .max_vcpus = 1,
                                                 .max_evtchn_port = 1023,
                                                 .max_grant_frames = 4,
                                                 .max_maptrack_frames = 4,
                                                 .grant_opts = 1,
                                                 .cpupool_id = pool } };
    long rc = hypercall_domctl(XEN_DOMCTL_createdomain, 0, &op);

    *id = op.domain;
    return rc;
}

static void destroy(domid_t id)
{
    long rc;

    do
        rc = hypercall_domctl_plain(XEN_DOMCTL_destroydomain, id);
    while (rc == -XEN_EAGAIN);
    check_equal(rc, 0, "destroydomain");
}

/* How many domains are in a pool. */
static long domains_in(uint32_t pool)
{
    check_equal(CPUPOOL(INFO, pool, 0), 0, "info of a pool");
    return cpupool_last.n_dom;
}

/* A domain of ours that begins in a pool, or goes there. */
static void test_child(void)
{
    long before = domains_in(0);
    domid_t child, none;

    check_equal(create(77, &none), -XEN_ESRCH, "begin in no pool");
    check_equal(create(CPUPOOL_ANY, &none), -XEN_ESRCH, "begin in any pool");
    check_equal(CPUPOOL(CREATE, 5, CREDIT), 0, "create pool 5");
    check_equal(create(5, &none), -XEN_ENODEV, "begin where no CPU is");
    check_equal(domains_in(5), 0, "domains where none could begin");
    check_equal(create(0, &child), 0, "begin in Pool-0");
    check_equal(domains_in(0), before + 1, "domains of Pool-0");
    check_equal(CPUPOOL(MOVEDOMAIN, 7, child), -XEN_ENOENT, "to no pool");
    check_equal(CPUPOOL(MOVEDOMAIN, CPUPOOL_ANY, child), -XEN_ENOENT,
                "to any pool");
    check_equal(CPUPOOL(MOVEDOMAIN, 5, child), -XEN_ENOENT,
                "to where no CPU is");
    check_equal(CPUPOOL(MOVEDOMAIN, 0, child), 0, "to where it is");
    destroy(child);
    check_equal(CPUPOOL(MOVEDOMAIN, 0, child), -XEN_ESRCH, "who is no more");
    check_equal(CPUPOOL(DESTROY, 5, 0), 0, "destroy pool 5");
}

/* A pool that has CPU 1 and a domain. */
static void test_lived_in(void)
{
    domid_t child, other;

    check_equal(CPUPOOL(CREATE, 5, CREDIT), 0, "create pool 5");
    check_equal(CPUPOOL(RMCPU, 0, 1), 0, "remove CPU 1");
    check_equal(CPUPOOL(ADDCPU, 5, 1), 0, "give it to pool 5");
    check_equal(create(0, &child), 0, "begin in Pool-0");
    check_equal(CPUPOOL(MOVEDOMAIN, 5, child), 0, "to pool 5");
    check_equal(CPUPOOL(MOVEDOMAIN, 5, child), 0, "to where it is");
    check_equal(CPUPOOL(RMCPU, 5, 1), -XEN_EBUSY, "its last CPU");
    check_equal(CPUPOOL(RMCPU, 5, CPUPOOL_ANY), -XEN_EBUSY, "any CPU of it");
    check_equal(CPUPOOL(DESTROY, 5, 0), -XEN_EBUSY, "destroy it");
    check_equal(create(5, &other), 0, "begin there");
    check_equal(domains_in(5), 2, "domains of pool 5");
    destroy(other);
    check_equal(CPUPOOL(MOVEDOMAIN, 7, child), -XEN_ENOENT, "to no pool");
    check_equal(domains_in(5), 1, "domains of pool 5, one less");
    check_equal(CPUPOOL(MOVEDOMAIN, 0, child), 0, "back to Pool-0");
    destroy(child);
    check_equal(CPUPOOL(DESTROY, 5, 0), -XEN_EBUSY, "destroy with a CPU");
    check_equal(CPUPOOL(RMCPU, 5, 1), 0, "take the CPU");
    check_equal(CPUPOOL(RMCPU, 5, 1), -XEN_EADDRNOTAVAIL, "take it again");
    check_equal(CPUPOOL(ADDCPU, 0, CPUPOOL_ANY), 0, "any free CPU to Pool-0");
    check_equal(CPUPOOL(DESTROY, 5, 0), 0, "destroy pool 5");
}

/* CPU 1 goes and comes. */
static void test_free(void)
{
    check_equal(CPUPOOL(RMCPU, 0, 1), 0, "remove CPU 1");
    check_equal(CPUPOOL(RMCPU, 0, 1), -XEN_EADDRNOTAVAIL, "remove it again");
    check_equal(CPUPOOL(INFO, 0, 0), 0, "info of what is left");
    if (cpupool_cpus == 1)
        check_equal(CPUPOOL(RMCPU, 0, 0), -XEN_EINVAL, "CPU 0, the last one");
    check_equal(CPUPOOL(FREEINFO, 0, 0), 0, "freeinfo");
    check(cpupool_cpus & 2, "CPU 1 is free");
    check_equal(CPUPOOL(ADDCPU, 0, 1), 0, "add CPU 1");
    check_equal(CPUPOOL(ADDCPU, 0, 1), -XEN_ENODEV, "add it again");
}

void guest_main(void)
{
    uint64_t before;

    report_begin("poolop");
    check_equal(CPUPOOL(INFO, 0, 0), 0, "info of Pool-0");
    before = cpupool_cpus;
    test_operations();
    test_pools();
    test_cpus();
    test_domains();
    test_empty();
    test_child();
    if (before & 2) {
        test_free();
        test_lived_in();
    }
    check_equal(CPUPOOL(INFO, 0, 0), 0, "info of Pool-0 afterwards");
    check_equal((long)cpupool_cpus, (long)before, "its CPUs");
    check_equal(CPUPOOL(INFO, 1, 0), -XEN_ENOENT, "there is no other pool");
    report_end();
}
