/* Multicalls: results in place, errors do not stop the rest, no nesting. */
#include <xen/sched.h>
#include <xen/version.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"

static struct multicall_entry list[1000];

void guest_main(void)
{
    struct multicall_entry *nowhere = (void *)0x1000;
    unsigned wrong = 0;

    report_begin("multicall");
    for (unsigned i = 0; i < 1000; i++) {
        list[i].op = __HYPERVISOR_xen_version;
        list[i].args[0] = i % 2 ? XENVER_version : 9999;
    }
    list[500].op = __HYPERVISOR_multicall;
    list[500].args[0] = (unsigned long)list;
    list[500].args[1] = 1;
    list[501].op = 4000;
    list[502].op = __HYPERVISOR_sched_op;
    list[502].args[0] = SCHEDOP_yield;
    check_equal(hypercall_multicall(list, 1000), 0, "a multicall of 1,000");
    for (unsigned i = 0; i < 1000; i++) {
        long expected = i % 2 ? 4 << 16 | 17 : -XEN_ENOSYS;

        if (i < 500 || i > 502)
            wrong += (long)list[i].result != expected;
    }
    check_equal(wrong, 0, "wrong results");
    check((long)list[500].result < 0, "a nested multicall: %ld",
          (long)list[500].result);
    check_equal((long)list[501].result, -XEN_ENOSYS, "an unknown hypercall");
    check_equal((long)list[502].result, 0, "a yield within");
    check_equal(hypercall_multicall(nowhere, 1), -XEN_EFAULT,
                "a list that is not mapped");
    check_equal(hypercall_multicall(list, 0), 0, "an empty list");
    report_end();
}
