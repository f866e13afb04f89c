/*
 * dom0 gets and puts what `xl save` and `xl restore` do of a vCPU beside its
 * context: extended registers, registers of its model, callbacks. An image is a
 * stranger's word: what the processor would fault on is refused, and changes
 * nothing.
 */
#include <xen/domctl.h>
#include <xen/errno.h>

#include "guests/lib/control.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"

#define WORDS   1024u      /* of an image, with room behind it */
#define HEADER  (2u + 64u) /* index of XSTATE_BV in it */
#define AVX_END 832u       /* of an area with AVX: SDM 1, 13.4 */
#define TSC_AUX 0xc0000103u

static domid_t child;
static uint64_t image[WORDS], again[WORDS];

static void make_child(void)
{
    struct xen_domctl op = { .u.createdomain = { .max_vcpus = 1,
                                                 .max_evtchn_port = 1023,
                                                 .max_grant_frames = 4,
                                                 .max_maptrack_frames = 4,
                                                 .grant_opts = 1 } };
    struct xen_domctl vcpus = { .u.max_vcpus.max = 1 };

    if (hypercall_domctl(XEN_DOMCTL_createdomain, 0, &op))
        report_error("no domain to be had");
    child = op.domain;
    check_equal(hypercall_domctl(XEN_DOMCTL_max_vcpus, child, &vcpus), 0,
                "max_vcpus");
}

/* ---- extended registers ---- */

static long extended(uint32_t cmd, uint64_t *buffer, uint64_t *size)
{
    struct xen_domctl op = { .u.vcpuextstate = { .vcpu = 0, .size = *size } };
    long rc;

    set_xen_guest_handle(op.u.vcpuextstate.buffer, buffer);
    rc = hypercall_domctl(cmd, child, &op);
    *size = op.u.vcpuextstate.size;
    return rc;
}

static long put(uint64_t size)
{
    return extended(XEN_DOMCTL_setvcpuextstate, image, &size);
}

/* With one word exchanged. */
static void refuse(unsigned word, uint64_t value, uint64_t size,
                   const char *what)
{
    uint64_t kept = image[word];

    image[word] = value;
    check_equal(put(size), -XEN_EINVAL, what);
    image[word] = kept;
}

static void test_refused(uint64_t size)
{
    refuse(0, 0, size, "an XCR0 without x87");
    refuse(0, image[1] | 1ull << 62, size, "an XCR0 that is none");
    refuse(0, image[1] | 4, size, "more than was ever in it");
    refuse(1, image[1] | 1ull << 62, size, "components that are none");
    refuse(HEADER, 1ull << 62, size, "an XSTATE_BV beyond them");
    refuse(HEADER + 1, 1ull << 63, size, "the compacted form");
    refuse(HEADER + 2, 1, size, "a header's reserved byte");
    check_equal(put(size - 8), -XEN_EINVAL, "too short");
    check_equal(put(size + 8), -XEN_EINVAL, "too long");
    check_equal(put(8), -XEN_EINVAL, "no header");
    check_equal(put(1ull << 40), -XEN_EINVAL, "a terabyte");
}

static void test_extended(void)
{
    uint64_t size = 0, same, i;

    check_equal(extended(XEN_DOMCTL_getvcpuextstate, NULL, &size), 0, "size");
    if (!size)
        return; /* a processor without XSAVE */
    check(size >= 16 + 576 && size < sizeof(image), "its size is %lu", size);
    same = size;
    check_equal(extended(XEN_DOMCTL_getvcpuextstate, image, &same), 0, "get");
    check(image[0] == 3 && image[1] == 3, "a new vCPU has %lx, %lx", image[0],
          image[1]);
    same = size - 1;
    check_equal(extended(XEN_DOMCTL_getvcpuextstate, again, &same), -XEN_EINVAL,
                "another size");
    image[2 + 20] = 0x1122334455667788; /* XMM0 */
    image[HEADER] = 3;
    image[2 + 3] = 0xffff1f80; /* MXCSR with reserved bits */
    test_refused(size);
    check_equal(put(size), 0, "put");
    check_equal(extended(XEN_DOMCTL_getvcpuextstate, again, &size), 0, "get");
    check((uint32_t)again[2 + 3] == 0x1f80, "MXCSR is %x",
          (uint32_t)again[2 + 3]);
    again[2 + 3] = image[2 + 3];
    for (i = 0; i < size / 8; i++)
        check(again[i] == image[i], "word %lu is %lx, was %lx", i, again[i],
              image[i]);
    check_equal(put(16), 0, "put without an area");
    check_equal(extended(XEN_DOMCTL_getvcpuextstate, again, &size), 0, "get");
    check(again[2 + 20] == 0, "XMM0 was not cleared");
}

/* A component that a new vCPU has never used. */
static void test_avx(void)
{
    struct xen_domctl op = { 0 };
    uint64_t size = 16 + AVX_END, has = 0, i;

    (void)hypercall_domctl(XEN_DOMCTL_getvcpuextstate, child, &op);
    if (!(op.u.vcpuextstate.xfeature_mask & 4))
        return; /* a processor without AVX */
    memset(image, 0, sizeof(image));
    image[0] = image[1] = 7;
    image[2 + 3] = 0x1f80; /* MXCSR */
    image[HEADER] = 7;
    image[2 + 72] = 0x99aabbccddeeff00; /* YMM0, its upper half */
    check_equal(put(size), 0, "put AVX");
    check_equal(extended(XEN_DOMCTL_getvcpuextstate, NULL, &has), 0, "size");
    check_equal((long)has, (long)size, "its size with AVX");
    check_equal(extended(XEN_DOMCTL_getvcpuextstate, again, &has), 0, "get");
    for (i = 0; i < size / 8; i++)
        check(again[i] == image[i], "AVX: word %lu is %lx, was %lx", i,
              again[i], image[i]);
}

/* ---- registers of its model ---- */

static long msrs(uint32_t cmd, struct xen_domctl_vcpu_msr *list, uint32_t *nr)
{
    struct xen_domctl op = { .u.vcpu_msrs = { .vcpu = 0, .msr_count = *nr } };
    long rc;

    set_xen_guest_handle(op.u.vcpu_msrs.msrs, list);
    rc = hypercall_domctl(cmd, child, &op);
    *nr = op.u.vcpu_msrs.msr_count;
    return rc;
}

static void test_msrs(void)
{
    struct xen_domctl_vcpu_msr msr[2] = { { .index = TSC_AUX, .value = 7 },
                                          { .index = 0x10 } };
    uint32_t nr = 0;

    check_equal(msrs(XEN_DOMCTL_get_vcpu_msrs, NULL, &nr), 0, "how many");
    check_equal(nr, 1, "one");
    check_equal(msrs(XEN_DOMCTL_get_vcpu_msrs, msr, &nr), 0, "a new vCPU's");
    check_equal(nr, 0, "none that is not 0");
    nr = 2;
    check_equal(msrs(XEN_DOMCTL_set_vcpu_msrs, msr, &nr), -XEN_EINVAL,
                "one that is not to be set");
    check_equal(nr, 1, "which");
    nr = 0;
    check_equal(msrs(XEN_DOMCTL_get_vcpu_msrs, msr, &nr), -XEN_ENOBUFS,
                "no room");
    check_equal(nr, 1, "how much is wanted");
    msr[0].value = 0;
    check_equal(msrs(XEN_DOMCTL_get_vcpu_msrs, msr, &nr), 0, "get");
    check(nr == 1 && msr[0].index == TSC_AUX && msr[0].value == 7,
          "%u: %x is %lx", nr, msr[0].index, msr[0].value);
    msr[0].value = 1ull << 32;
    check_equal(msrs(XEN_DOMCTL_set_vcpu_msrs, msr, &nr), -XEN_EINVAL,
                "beyond 32 bits");
    msr[0] = (struct xen_domctl_vcpu_msr){ .index = TSC_AUX, .reserved = 1 };
    nr = 1;
    check_equal(msrs(XEN_DOMCTL_set_vcpu_msrs, msr, &nr), -XEN_EINVAL,
                "a reserved field");
}

/* ---- the rest ---- */

static void test_callbacks(void)
{
    struct xen_domctl op = { 0 };

    check_equal(hypercall_domctl(XEN_DOMCTL_get_ext_vcpucontext, child, &op), 0,
                "get_ext_vcpucontext");
    check(op.u.ext_vcpucontext.size == sizeof(op.u.ext_vcpucontext) &&
              !op.u.ext_vcpucontext.syscall32_callback_eip,
          "%u bytes, %lx", op.u.ext_vcpucontext.size,
          op.u.ext_vcpucontext.syscall32_callback_eip);
    check_equal(hypercall_domctl(XEN_DOMCTL_set_ext_vcpucontext, child, &op), 0,
                "set_ext_vcpucontext");
    op.u.ext_vcpucontext.sysenter_callback_eip = 0x1000;
    check_equal(hypercall_domctl(XEN_DOMCTL_set_ext_vcpucontext, child, &op),
                -XEN_EOPNOTSUPP, "callbacks of 32-bit calls");
    op.u.ext_vcpucontext.size = 8;
    check_equal(hypercall_domctl(XEN_DOMCTL_set_ext_vcpucontext, child, &op),
                -XEN_EINVAL, "a short one");
}

/* A vCPU that is not there; one's own. */
static void test_whose(void)
{
    static const uint32_t commands[] = {
        XEN_DOMCTL_get_ext_vcpucontext, XEN_DOMCTL_set_ext_vcpucontext,
        XEN_DOMCTL_getvcpuextstate,     XEN_DOMCTL_setvcpuextstate,
        XEN_DOMCTL_get_vcpu_msrs,       XEN_DOMCTL_set_vcpu_msrs
    };
    unsigned i;

    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        struct xen_domctl op = { .u.vcpu_msrs.vcpu = 1 }; /* all begin so */

        check_equal(hypercall_domctl(commands[i], child, &op), -XEN_ESRCH,
                    "no such vCPU");
        op.u.vcpu_msrs.vcpu = 0;
        check_equal(hypercall_domctl(commands[i], 0, &op), -XEN_EINVAL,
                    "one's own");
    }
}

static bool on_metronome(void)
{
    return hypercall2(__HYPERVISOR_arch_7, 0, 0) > 0;
}

void guest_main(void)
{
    report_begin("extended");
    if (!start_is_dom0())
        report_skip("only dom0 may");
    if (!on_metronome())
        report_skip("what Xen says of the model's registers is its own");
    make_child();
    test_extended();
    test_avx();
    test_msrs();
    test_callbacks();
    test_whose();
    while (hypercall_domctl_plain(XEN_DOMCTL_destroydomain, child) ==
           -XEN_EAGAIN)
        ;
    report_end();
}
