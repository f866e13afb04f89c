/*
 * cpupool.h - XEN_SYSCTL_cpupool_op, as libxc calls it. For dom0.
 */
#ifndef GUESTS_LIB_CPUPOOL_H
#define GUESTS_LIB_CPUPOOL_H

#include <stdint.h>
#include <xen/sysctl.h>

#define CPUPOOL_ANY XEN_SYSCTL_CPUPOOL_PAR_ANY

/* The answer to the last call, */
extern struct xen_sysctl_cpupool_op cpupool_last;
/* ... and its cpumap, up to CPU 63. */
extern uint64_t cpupool_cpus;

/* One operation; `other` is its scheduler, domain or CPU. -EAGAIN is tried
 * again. 0 or a negative Xen errno. */
long cpupool_op(uint32_t op, uint32_t id, uint32_t other);
/* The same once, with the CPUs to be written to `map`. */
long cpupool_op_to(uint32_t op, uint32_t id, uint32_t other, uint8_t *map);

#define CPUPOOL(op, id, other) cpupool_op(XEN_SYSCTL_CPUPOOL_OP_##op, id, other)

#endif
