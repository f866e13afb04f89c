/* console_io, xen_version, and hypercalls with pointers that lead nowhere. */
#include <stddef.h>
#include <xen/features.h>
#include <xen/sched.h>
#include <xen/version.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"

static void *const bad_pointers[] = {
    (void *)0x1000,             /* not mapped */
    (void *)0x8000000000000000, /* not canonical */
    (void *)0xffff800000000000, /* readable, not writable */
    (void *)0xffff82d040200000, /* the hypervisor */
    (void *)0xffff830000000000,
    (void *)0xfffffffffffffff8, /* wraps */
};

static void test_console(void)
{
    static const char line[] = "ABI console: this line is written\n";
    char in[16];

    if (start_is_dom0())
        check_equal(
            hypercall_console_io(CONSOLEIO_write, sizeof(line) - 1, line), 0,
            "write");
    check(hypercall_console_io(CONSOLEIO_read, sizeof(in), in) <= 0,
          "read gave something");
    check_equal(hypercall_console_io(CONSOLEIO_write, 0, line), 0,
                "write of nothing");
    check_equal(hypercall_console_io(99, 0, line), -XEN_ENOSYS,
                "an unknown operation");
    for (size_t i = 0; i < 2; i++)
        check_equal(hypercall_console_io(CONSOLEIO_write, 8, bad_pointers[i]),
                    -XEN_EFAULT, "write from nowhere");
}

static void test_version(void)
{
    xen_extraversion_t extra;
    struct xen_feature_info features = { .submap_idx = 0 };
    long version = hypercall_xen_version(XENVER_version, NULL);

    check_equal(version, 4 << 16 | 17, "version 4.17");
    check_equal(hypercall_xen_version(XENVER_extraversion, extra), 0,
                "extraversion");
    check_equal(hypercall_xen_version(XENVER_get_features, &features), 0,
                "features");
    check(!(features.submap & 1U << XENFEAT_auto_translated_physmap),
          "we are not auto-translated");
    check_equal(hypercall_xen_version(99, NULL), -XEN_ENOSYS,
                "an unknown version operation");
    for (size_t i = 0; i < sizeof(bad_pointers) / sizeof(*bad_pointers); i++) {
        long error = hypercall_xen_version(XENVER_extraversion,
                                           bad_pointers[i]);

        check(error == -XEN_EFAULT, "extraversion to %p: %ld", bad_pointers[i],
              error);
    }
}

static void test_unknown(void)
{
    check_equal(hypercall2(47, 0, 0), -XEN_ENOSYS, "hypercall 47");
    check_equal(hypercall2(1000, 0, 0), -XEN_ENOSYS, "hypercall 1000");
    check_equal(hypercall2(~0UL, 0, 0), -XEN_ENOSYS, "hypercall 2^64-1");
}

void guest_main(void)
{
    report_begin("console");
    test_console();
    test_version();
    test_unknown();
    report_end();
}
