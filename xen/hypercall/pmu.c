/*
 * pmu.c - xenpmu_op: performance counters are no guest's. The answer is that of
 * a Xen that was started without vpmu=: kernels then do without.
 */
#include <xen/errno.h>
#include "xen/hypercall/hypercall.h"

int64_t hypercall_xenpmu_op(uint64_t op, uint64_t arg, uint64_t c, uint64_t d,
                            uint64_t e, uint64_t f)
{
    (void)op, (void)arg, (void)c, (void)d, (void)e, (void)f;
    return -XEN_EOPNOTSUPP;
}
