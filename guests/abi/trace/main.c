/*
 * Trace: a guest writes records of its own, on the hypervisor's time line: one
 * as its first act after each wake-up, with the time that it woke for.
 */
#include <xen/errno.h>

#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "xen/include/metronome.h"

#define KIND  7u
#define WAKES 20u

static long record(uint32_t kind, uint64_t a, uint64_t b)
{
    return hypercall4(__HYPERVISOR_metronome, METRONOMEOP_trace, kind, a, b);
}

void guest_main(void)
{
    ns_t due;
    long error;

    report_begin("trace");
    error = record(KIND + 1, ~0ull, 1ull << 63);
    if (error == -XEN_ENOSYS)
        report_skip("this hypervisor has no such hypercall");
    check_equal(error, 0, "a record of a guest's");
    due = clock_now();
    for (unsigned i = 0; i < WAKES; i++) {
        due += 2 * NS_PER_MS;
        clock_sleep_until(due);
        check_equal(record(KIND, (uint64_t)due, i), 0, "a record at a wake-up");
    }
    report_end();
}
