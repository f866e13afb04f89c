/*
 * What the toolstack asks of the machine: memory, processors, features and
 * policies, the console's ring; and that a domain's policy takes features away
 * and gives none.
 */
#include <xen/domctl.h>
#include <xen/errno.h>
#include <xen/physdev.h>
#include <xen/sysctl.h>

#include "guests/lib/control.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"

#define WORDS      64u
#define LEAVES     400u
#define OSXSAVE    (1u << 27)
#define HYPERVISOR (1u << 31)
#define PCLMUL     (1u << 1)
#define VMX        (1u << 5)

static uint32_t host[WORDS], pv[WORDS];
static xen_cpuid_leaf_t leaves[LEAVES];

/* ---- the machine ---- */

static void test_versions(void)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo,
                             .interface_version = 1 };

    check_equal(hypercall2(__HYPERVISOR_sysctl, (unsigned long)&op, 0),
                -XEN_EACCES, "another interface version");
    check_equal(hypercall2(__HYPERVISOR_sysctl, 0x10, 0), -XEN_EFAULT,
                "an argument that is nowhere");
    check_equal(hypercall_sysctl(999, &op), -XEN_ENOSYS,
                "an operation that is none");
}

/* Nothing is counted for them: said in the words of a Xen without them. */
static void test_not_built_in(void)
{
    struct xen_sysctl op = { 0 };

    check_equal(hypercall_sysctl(XEN_SYSCTL_perfc_op, &op), -XEN_ENOSYS,
                "performance counters");
    check_equal(hypercall_sysctl(XEN_SYSCTL_lockprof_op, &op), -XEN_ENOSYS,
                "the locks' profile");
    check_equal(hypercall_sysctl(XEN_SYSCTL_coverage_op, &op), -XEN_EOPNOTSUPP,
                "coverage");
}

static void test_physinfo(void)
{
    struct xen_sysctl op = { 0 };
    const struct xen_sysctl_physinfo *info = &op.u.physinfo;
    unsigned i;

    check_equal(hypercall_sysctl(XEN_SYSCTL_physinfo, &op), 0, "physinfo");
    check(info->nr_cpus >= 1 && info->max_cpu_id < info->nr_cpus,
          "%u CPUs, the last %u", info->nr_cpus, info->max_cpu_id);
    check(info->free_pages < info->total_pages, "%lu free pages of %lu",
          info->free_pages, info->total_pages);
    check(info->capabilities & XEN_SYSCTL_PHYSCAP_pv, "no PV guests");
    check(info->cpu_khz > 1000, "%u kHz", info->cpu_khz);
    for (i = 0; i < 8 && i < WORDS; i++)
        host[i] = info->hw_cap[i];
    check(host[0] & 1, "a processor without FPU");
}

static void test_numbers(void)
{
    struct xen_sysctl op = { 0 };
    uint64_t total;

    check_equal(hypercall_sysctl(XEN_SYSCTL_physinfo, &op), 0, "physinfo");
    total = op.u.physinfo.total_pages;
    op.u.availheap.min_bitwidth = op.u.availheap.max_bitwidth = 0;
    op.u.availheap.node = -1;
    check_equal(hypercall_sysctl(XEN_SYSCTL_availheap, &op), 0, "availheap");
    check(op.u.availheap.avail_bytes >> 12 <= total, "%lu bytes of %lu pages",
          op.u.availheap.avail_bytes, total);
    check_equal(
        hypercall_sysctl(XEN_SYSCTL_numainfo, memset(&op, 0, sizeof(op))), 0,
        "numainfo");
    check_equal(op.u.numainfo.num_nodes, 1, "nodes");
    check_equal(
        hypercall_sysctl(XEN_SYSCTL_cputopoinfo, memset(&op, 0, sizeof(op))), 0,
        "cputopoinfo");
    check(op.u.cputopoinfo.num_cpus >= 1, "no CPUs");
}

/* The host bridge is there and told of, a device that nobody can have is not.
 */
static void test_pcitopoinfo(void)
{
    static struct physdev_pci_device dev[65] = { { .devfn = 0 },
                                                 { .seg = 0xfffe } };
    static uint32_t node[65];
    struct physdev_pci_device_add add = { .devfn = 0 };
    struct xen_sysctl op = { 0 };

    check_equal(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_pci_device_add,
                           (unsigned long)&add),
                0, "pci_device_add");
    op.u.pcitopoinfo.num_devs = 1;
    check_equal(hypercall_sysctl(XEN_SYSCTL_pcitopoinfo, &op), -XEN_EINVAL,
                "pcitopoinfo of no list");
    op.u.pcitopoinfo.num_devs = 65;
    set_xen_guest_handle(op.u.pcitopoinfo.devs, dev);
    set_xen_guest_handle(op.u.pcitopoinfo.nodes, node);
    check_equal(hypercall_sysctl(XEN_SYSCTL_pcitopoinfo, &op), 0,
                "pcitopoinfo");
    check(op.u.pcitopoinfo.num_devs >= 2 && op.u.pcitopoinfo.num_devs <= 65,
          "%u devices", op.u.pcitopoinfo.num_devs);
    check_equal(node[0], XEN_INVALID_NODE_ID, "a device's node");
    check_equal(node[1], XEN_INVALID_DEV, "no device's node");
    op.u.pcitopoinfo.num_devs = 2;
    set_xen_guest_handle(op.u.pcitopoinfo.devs,
                         (struct physdev_pci_device *)16);
    check_equal(hypercall_sysctl(XEN_SYSCTL_pcitopoinfo, &op), -XEN_EFAULT,
                "pcitopoinfo of a bad list");
}

static void test_console(void)
{
    static char text[4096];
    struct xen_sysctl op = { .u.readconsole.count = sizeof(text) };
    unsigned i;

    set_xen_guest_handle(op.u.readconsole.buffer, text);
    check_equal(hypercall_sysctl(XEN_SYSCTL_readconsole, &op), 0,
                "readconsole");
    check(op.u.readconsole.count > 0 && op.u.readconsole.count <= sizeof(text),
          "%u characters", op.u.readconsole.count);
    check(text[0] != 0, "the ring is empty");
    op.u.readconsole.clear = 1; /* what is read is gone */
    for (i = 0; i < 1000 && op.u.readconsole.count; i++) {
        op.u.readconsole.count = sizeof(text);
        check_equal(hypercall_sysctl(XEN_SYSCTL_readconsole, &op), 0,
                    "clearing");
    }
    op.u.readconsole = (struct xen_sysctl_readconsole){ .count = sizeof(text),
                                                        .incremental = 1 };
    set_xen_guest_handle(op.u.readconsole.buffer, text);
    check_equal(hypercall_sysctl(XEN_SYSCTL_readconsole, &op), 0,
                "reading after it");
    check_equal(op.u.readconsole.count, 0, "what is left after clearing");
}

static void test_keys(void)
{
    struct xen_sysctl op = { .u.debug_keys.nr_keys = 1 };

    set_xen_guest_handle(op.u.debug_keys.keys, "h");
    check_equal(hypercall_sysctl(XEN_SYSCTL_debug_keys, &op), 0, "debug_keys");
}

/* ---- features ---- */

static long features(uint32_t index, uint32_t *words, uint32_t *nr)
{
    struct xen_sysctl op = { .u.cpu_featureset = { .index = index,
                                                   .nr_features = *nr } };
    long rc;

    if (words)
        set_xen_guest_handle(op.u.cpu_featureset.features, words);
    rc = hypercall_sysctl(XEN_SYSCTL_get_cpu_featureset, &op);
    *nr = op.u.cpu_featureset.nr_features;
    return rc;
}

static void test_features(void)
{
    uint32_t nr = 0, all, i;

    check_equal(features(XEN_SYSCTL_cpu_featureset_host, NULL, &nr), 0,
                "how many words there are");
    check(nr >= 11 && nr <= WORDS, "%u words", nr);
    all = nr;
    check_equal(features(XEN_SYSCTL_cpu_featureset_raw, host, &nr), 0, "raw");
    check_equal(features(XEN_SYSCTL_cpu_featureset_pv, pv, &nr), 0, "pv");
    check(pv[0] & host[0] & 1, "no FPU");
    for (i = 0; i < all; i++)
        check(i == 1 || i == 9 || i == 11 || !(pv[i] & ~host[i]),
              "word %u: %x, and the processor has %x", i, pv[i], host[i]);
    check(!(pv[1] & VMX), "PV guests may have VMX");
    nr = 2;
    check_equal(features(XEN_SYSCTL_cpu_featureset_pv, pv, &nr), -XEN_ENOBUFS,
                "room for two words");
    check_equal(features(99, pv, &nr), -XEN_EINVAL, "a set that is none");
}

static xen_cpuid_leaf_t *find(uint32_t leaf, uint32_t nr)
{
    uint32_t i;

    for (i = 0; i < nr; i++)
        if (leaves[i].leaf == leaf)
            return &leaves[i];
    report_error("leaf %x is not in the policy", leaf);
}

static xen_msr_entry_t msrs[64];
static uint32_t nr_msrs;

static long policy(uint32_t index, xen_cpuid_leaf_t *list, uint32_t *nr)
{
    struct xen_sysctl op = {
        .u.cpu_policy = { .index = index, .nr_leaves = *nr, .nr_msrs = 64 }
    };
    long rc;

    if (list) {
        set_xen_guest_handle(op.u.cpu_policy.leaves, list);
        set_xen_guest_handle(op.u.cpu_policy.msrs, msrs);
    }
    rc = hypercall_sysctl(XEN_SYSCTL_get_cpu_policy, &op);
    *nr = op.u.cpu_policy.nr_leaves;
    nr_msrs = op.u.cpu_policy.nr_msrs;
    return rc;
}

static void test_policy(void)
{
    uint32_t nr = 0;

    check_equal(policy(XEN_SYSCTL_cpu_policy_pv_default, NULL, &nr), 0,
                "how many leaves there are");
    check(nr > 10 && nr <= LEAVES, "%u leaves", nr);
    check_equal(policy(XEN_SYSCTL_cpu_policy_pv_default, leaves, &nr), 0,
                "the default policy");
    check(nr_msrs >= 1 && msrs[0].idx == 0xce,
          "%u registers: libxc writes some down", nr_msrs);
    check(find(1, nr)->d & 1, "no FPU");
    check(find(0x80000001, nr)->d & 1u << 29, "no long mode");
    nr = 3;
    check_equal(policy(XEN_SYSCTL_cpu_policy_pv_default, leaves, &nr),
                -XEN_ENOBUFS, "room for three leaves");
    nr = LEAVES;
    check_equal(policy(99, leaves, &nr), -XEN_EINVAL, "a policy that is none");
}

/* ---- a domain's policy ---- */

static long domain_policy(uint32_t cmd, domid_t id, uint32_t *nr)
{
    struct xen_domctl op = { .u.cpu_policy = { .nr_leaves = *nr } };
    long rc;

    set_xen_guest_handle(op.u.cpu_policy.leaves, leaves);
    if (cmd == XEN_DOMCTL_get_cpu_policy) {
        op.u.cpu_policy.nr_msrs = 64;
        set_xen_guest_handle(op.u.cpu_policy.msrs, msrs);
    }
    rc = hypercall_domctl(cmd, id, &op);
    *nr = op.u.cpu_policy.nr_leaves;
    return rc;
}

static void test_domain_policy(void)
{
    struct xen_domctl op = { .u.createdomain = { .max_vcpus = 1,
                                                 .max_evtchn_port = 1023,
                                                 .max_grant_frames = 1,
                                                 .max_maptrack_frames = 1,
                                                 .grant_opts = 1 } };
    uint32_t nr = LEAVES, offered;
    domid_t id;

    check_equal(hypercall_domctl(XEN_DOMCTL_createdomain, 0, &op), 0,
                "createdomain");
    id = op.domain;
    check_equal(domain_policy(XEN_DOMCTL_get_cpu_policy, id, &nr), 0,
                "get_cpu_policy");
    offered = find(1, nr)->c;
    check(offered & PCLMUL, "no PCLMULQDQ to take away");
    check(!(offered & VMX), "a PV guest with VMX");
    find(1, nr)->c = (offered & ~PCLMUL) | VMX;
    check_equal(domain_policy(XEN_DOMCTL_set_cpu_policy, id, &nr), 0,
                "set_cpu_policy");
    nr = LEAVES;
    check_equal(domain_policy(XEN_DOMCTL_get_cpu_policy, id, &nr), 0,
                "get_cpu_policy");
    check(!(find(1, nr)->c & PCLMUL), "what was taken away is there");
    check(!(find(1, nr)->c & VMX), "what was never offered is there");
    check_equal((find(1, nr)->c ^ offered) & ~(PCLMUL | OSXSAVE | HYPERVISOR),
                0, "the rest of the word");
    check_equal(hypercall_domctl(XEN_DOMCTL_destroydomain, id, &op), 0,
                "destroydomain");
}

void guest_main(void)
{
    report_begin("control");
    test_versions();
    test_not_built_in();
    test_physinfo();
    test_pcitopoinfo();
    test_numbers();
    test_console();
    test_keys();
    test_features();
    test_policy();
    test_domain_policy();
    report_end();
}
