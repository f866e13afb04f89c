/*
 * cpupool.c - see cpupool.h.
 */
#include "guests/lib/cpupool.h"
#include <xen/errno.h>

#include "guests/lib/hypercall.h"

struct xen_sysctl_cpupool_op cpupool_last;
uint64_t cpupool_cpus;

long cpupool_op_to(uint32_t op, uint32_t id, uint32_t other, uint8_t *map)
{
    struct xen_sysctl sys = {
        .cmd = XEN_SYSCTL_cpupool_op,
        .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
        .u.cpupool_op = { .op = op,
                          .cpupool_id = id,
                          .sched_id = other,
                          .domid = other,
                          .cpu = other },
    };
    long rc;

    sys.u.cpupool_op.cpumap.nr_bits = 64;
    set_xen_guest_handle(sys.u.cpupool_op.cpumap.bitmap, map);
    rc = hypercall2(__HYPERVISOR_sysctl, address_of(&sys), 0);
    cpupool_last = sys.u.cpupool_op;
    return rc;
}

long cpupool_op(uint32_t op, uint32_t id, uint32_t other)
{
    long rc;

    do {
        cpupool_cpus = 0;
        rc = cpupool_op_to(op, id, other, (uint8_t *)&cpupool_cpus);
    } while (rc == -XEN_EAGAIN);
    return rc;
}
