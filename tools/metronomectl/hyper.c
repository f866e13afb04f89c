/*
 * hyper.c - hypercalls from dom0's user space, by Debian's libxencall.
 *
 * What the hypervisor reads and writes has to stay in memory: it goes through
 * buffers of the library.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <xencall.h>

#include "tools/metronomectl/ctl.h"

#define PRIVCMD "/dev/xen/privcmd"

static xencall_handle *hyper(void)
{
    static xencall_handle *handle;

    if (!handle && !access(PRIVCMD, R_OK | W_OK)) /* the library is not terse */
        handle = xencall_open(NULL, 0);
    if (!handle)
        ctl_fail(CTL_NOWHERE, PRIVCMD ": %s: metronomectl is for root in dom0",
                 strerror(errno));
    return handle;
}

static void *buffer(size_t size)
{
    void *memory = xencall_alloc_buffer(hyper(), size);

    if (!memory)
        ctl_fail(CTL_REFUSED, "no memory for a hypercall");
    return memory;
}

int hyper_call(unsigned op, void *arg, size_t size)
{
    void *memory = buffer(size);
    int rc;

    memcpy(memory, arg, size);
    rc = xencall2(hyper(), __HYPERVISOR_metronome, op, (uintptr_t)memory);
    rc = rc < 0 ? -errno : 0;
    memcpy(arg, memory, size);
    xencall_free_buffer(hyper(), memory);
    if (rc == -ENOSYS)
        ctl_fail(CTL_NOWHERE, "this hypervisor is not a Metronome that knows "
                              "this tool: `xl info` says what it is");
    return rc;
}

static struct xen_sysctl *sysctl_buffer(uint32_t cmd)
{
    struct xen_sysctl *op = buffer(sizeof(*op));

    memset(op, 0, sizeof(*op));
    op->cmd = cmd;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return op;
}

bool hyper_domain(uint32_t from, struct xen_domctl_getdomaininfo *out)
{
    struct xen_domctl_getdomaininfo *info = buffer(sizeof(*info));
    struct xen_sysctl *op = sysctl_buffer(XEN_SYSCTL_getdomaininfolist);
    bool found;

    op->u.getdomaininfolist.first_domain = (domid_t)from;
    op->u.getdomaininfolist.max_domains = 1;
    set_xen_guest_handle(op->u.getdomaininfolist.buffer, info);
    if (xencall1(hyper(), __HYPERVISOR_sysctl, (uintptr_t)op) < 0)
        ctl_fail(CTL_REFUSED, "the list of domains: %s", strerror(errno));
    found = from < DOMID_FIRST_RESERVED &&
            op->u.getdomaininfolist.num_domains == 1;
    if (found)
        *out = *info;
    xencall_free_buffer(hyper(), op);
    xencall_free_buffer(hyper(), info);
    return found;
}

bool hyper_pool(uint32_t from, struct metronome_pool *out)
{
    memset(out, 0, sizeof(*out));
    out->pool = from;
    return HYPER(pool, out) == 0;
}

int hyper_trace(struct xen_sysctl_tbuf_op *tbuf)
{
    struct xen_sysctl *op = sysctl_buffer(XEN_SYSCTL_tbuf_op);
    int rc;

    op->u.tbuf_op = *tbuf;
    rc = xencall1(hyper(), __HYPERVISOR_sysctl, (uintptr_t)op) < 0 ? -errno : 0;
    *tbuf = op->u.tbuf_op;
    xencall_free_buffer(hyper(), op);
    return rc;
}
