/* hello: the smallest guest. Says who it is and what it sees; powers off. */
#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/lib/vcpu.h"

static void other_vcpu(void *arg)
{
    (void)arg;
    print("hello: vcpu %u is up\n", vcpu_self()->id);
}

void guest_main(void)
{
    long version = hypercall_xen_version(0, NULL);
    unsigned vcpus = vcpu_count();

    print("hello: Xen ABI %ld.%ld, %lu pages, %u vcpus, tsc %lu Hz, flags %x, "
          "args '%s'\n",
          version >> 16, version & 0xffff, start_info()->nr_pages, vcpus,
          clock_tsc_hz(), start_info()->flags,
          (const char *)start_info()->cmd_line);
    for (unsigned i = 1; i < vcpus; i++) {
        int error = vcpu_start(i, other_vcpu, NULL);

        if (error)
            print("hello: vcpu %u: error %d\n", i, error);
    }
    clock_sleep_until(clock_now() + 10 * NS_PER_MS);
    print("hello: time %ld us, good bye\n", clock_now() / NS_PER_US);
}
