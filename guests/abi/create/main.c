/*
 * dom0 makes a domain as the toolstack does, runs it to its end, and takes it
 * away: createdomain, max_mem, max_vcpus, populate_physmap, foreign mappings,
 * a pin, setvcpucontext, unpause, VIRQ_DOM_EXC, destroydomain. What must be
 * refused is tried beside what must work; the machine's free memory is the same
 * at the end, again and again.
 */
#include <xen/domctl.h>
#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/sysctl.h>

#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/control.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"
#include "xen/include/metronome.h"

#define CHILD_VIRT 0x400000UL
#define NR_FRAMES  8u
#define ROUNDS     25u

enum frame { L4, L3, L2, L1, CODE, DATA, CALLS, SPARE };

extern const uint8_t child_begin[], child_end[];

static uint64_t frame[NR_FRAMES];
static unsigned long *window; /* a page of ours, through which we see theirs */
static domid_t child;
static unsigned exceptions;

static struct vcpu_guest_context context;

/* ---- hypercalls ---- */

static struct xen_domctl_getdomaininfo info(void)
{
    struct xen_domctl op = { 0 };

    check_equal(hypercall_domctl(XEN_DOMCTL_getdomaininfo, child, &op), 0,
                "getdomaininfo");
    check_equal(op.domain, child, "the domain that getdomaininfo is about");
    return op.u.getdomaininfo;
}

/* ---- createdomain ---- */

static struct xen_domctl wishes(void)
{
    return (struct xen_domctl){ .u.createdomain = { .max_vcpus = 2,
                                                    .max_evtchn_port = 1023,
                                                    .max_grant_frames = 4,
                                                    .max_maptrack_frames = 4,
                                                    .grant_opts = 1 } };
}

static void refuse_creation(struct xen_domctl op, domid_t id, long error,
                            const char *what)
{
    check_equal(hypercall_domctl(XEN_DOMCTL_createdomain, id, &op), error,
                what);
}

static void test_refused(void)
{
    struct xen_domctl op = wishes();

    refuse_creation(op, child, -XEN_EEXIST, "an id that is taken");
    op.u.createdomain.max_vcpus = 0;
    refuse_creation(op, 0, -XEN_EINVAL, "no vCPU");
    op.u.createdomain.max_vcpus = 100000;
    refuse_creation(op, 0, -XEN_EINVAL, "too many vCPUs");
    op = wishes();
    op.u.createdomain.flags = XEN_DOMCTL_CDF_nested_virt;
    refuse_creation(op, 0, -XEN_EINVAL, "nested without hvm");
    op.u.createdomain.flags = 1u << 31;
    refuse_creation(op, 0, -XEN_EINVAL, "an unknown flag");
    op = wishes();
    op.u.createdomain.arch.emulation_flags = XEN_X86_EMU_LAPIC;
    refuse_creation(op, 0, -XEN_EOPNOTSUPP, "emulated devices");
    op = wishes();
    op.u.createdomain.grant_opts = 0;
    refuse_creation(op, 0, -XEN_EINVAL, "grant tables without a version");
    op = wishes();
    op.u.createdomain.max_grant_frames = 1 << 30;
    refuse_creation(op, 0, -XEN_EINVAL, "too many grant frames");
    op = wishes();
    op.u.createdomain.cpupool_id = 77;
    refuse_creation(op, 0, -XEN_ESRCH, "a pool that is none");
}

static void create(void)
{
    struct xen_domctl op = wishes();

    check_equal(hypercall_domctl(XEN_DOMCTL_createdomain, 0, &op), 0,
                "createdomain");
    child = op.domain;
    check(child > 0 && child < DOMID_FIRST_RESERVED, "its id is %u", child);
}

static void test_new(void)
{
    struct xen_domctl_getdomaininfo i = info();

    check(i.flags & XEN_DOMINF_paused, "a new domain is not paused");
    check_equal((long)i.tot_pages, 0, "its pages");
    check_equal((long)i.max_pages, 0, "the most it may have");
    check_equal(i.max_vcpu_id, XEN_INVALID_MAX_VCPU_ID, "max_vcpu_id");
}

/* ---- memory ---- */

static long populate(unsigned n)
{
    static xen_pfn_t list[NR_FRAMES];
    struct xen_memory_reservation r = { .nr_extents = n, .domid = child };
    unsigned i;
    long rc;

    for (i = 0; i < n; i++)
        list[i] = i;
    set_xen_guest_handle(r.extent_start, list);
    rc = hypercall_memory_op(XENMEM_populate_physmap, &r);
    for (i = 0; i < n; i++)
        frame[i] = list[i];
    return rc;
}

static void set_max_mem(uint64_t pages)
{
    struct xen_domctl op = { .u.max_mem.max_memkb = pages << 2 };

    check_equal(hypercall_domctl(XEN_DOMCTL_max_mem, child, &op), 0, "max_mem");
}

/* See a frame of the child's in our window; false: refused. */
static bool look(uint64_t mfn, uint64_t flags)
{
    return hypercall4(__HYPERVISOR_update_va_mapping_otherdomain,
                      (unsigned long)window, mfn << PAGE_SHIFT | flags,
                      UVMF_INVLPG | UVMF_ALL, child) == 0;
}

static void look_away(void)
{
    check_equal(hypercall_update_va_mapping((unsigned long)window, 0,
                                            UVMF_INVLPG | UVMF_ALL),
                0, "unmapping");
}

static void fill(enum frame f, unsigned index, uint64_t value)
{
    if (!check(look(frame[f], PTE_DATA), "mapping frame %u", f))
        return;
    window[index] = value;
    look_away();
}

static void build(void)
{
    uint64_t va = CHILD_VIRT;

    fill(L4, va >> 39 & 511, frame[L3] << PAGE_SHIFT | PTE_TABLE);
    fill(L3, va >> 30 & 511, frame[L2] << PAGE_SHIFT | PTE_TABLE);
    fill(L2, va >> 21 & 511, frame[L1] << PAGE_SHIFT | PTE_TABLE);
    fill(L1, 0, frame[CODE] << PAGE_SHIFT | PTE_READ);
    fill(L1, 1, frame[DATA] << PAGE_SHIFT | PTE_DATA);
    fill(DATA, 2, SHUTDOWN_suspend);
    if (check(look(frame[CODE], PTE_DATA), "mapping the code")) {
        memcpy(window, child_begin, (size_t)(child_end - child_begin));
        look_away();
    }
}

static long pin(unsigned cmd, uint64_t mfn)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

    return hypercall_mmuext_op(&op, 1, NULL, child);
}

static uint64_t type_of(uint64_t mfn)
{
    struct xen_domctl op = { .u.getpageframeinfo3.num = 1 };

    set_xen_guest_handle(op.u.getpageframeinfo3.array, &mfn);
    check_equal(hypercall_domctl(XEN_DOMCTL_getpageframeinfo3, child, &op), 0,
                "getpageframeinfo3");
    return mfn;
}

static void test_memory(void)
{
    check_equal(populate(NR_FRAMES), 0, "populate beyond max_mem");
    set_max_mem(NR_FRAMES);
    check_equal(populate(NR_FRAMES), NR_FRAMES, "populate_physmap");
    check_equal((long)info().tot_pages, NR_FRAMES, "tot_pages");
    check(!look(virt_to_mfn(&context), PTE_DATA),
          "a frame that is not its own");
    build();
}

static void test_pin(void)
{
    uint64_t foreign = virt_to_mfn(window);

    check_equal(pin(MMUEXT_PIN_L4_TABLE, foreign), -XEN_EINVAL,
                "a pin of a frame of ours in the child");
    check_equal(pin(MMUEXT_PIN_L4_TABLE, frame[L4]), 0, "a pin of its L4");
    check(!look(frame[L1], PTE_DATA), "a page table can be mapped writable");
    if (check(look(frame[L1], PTE_READ), "a page table to be read"))
        look_away();
    check_equal((long)type_of(frame[L4]),
                (long)(XEN_DOMCTL_PFINFO_L4TAB | XEN_DOMCTL_PFINFO_LPINTAB),
                "the type of its L4");
    check_equal((long)type_of(frame[L1]), (long)XEN_DOMCTL_PFINFO_L1TAB,
                "the type of its L1");
    check_equal((long)type_of(frame[DATA]), XEN_DOMCTL_PFINFO_NOTAB,
                "the type of its data");
    check_equal((long)type_of(foreign), (long)XEN_DOMCTL_PFINFO_XTAB,
                "the type of a frame of ours");
}

static void test_calls_page(void)
{
    struct xen_domctl op = { .u.hypercall_init.gmfn = frame[CALLS] };

    check_equal(hypercall_domctl(XEN_DOMCTL_hypercall_init, child, &op), 0,
                "hypercall_init");
    op.u.hypercall_init.gmfn = virt_to_mfn(window);
    check(hypercall_domctl(XEN_DOMCTL_hypercall_init, child, &op) < 0,
          "hypercall_init of a frame of ours");
    if (check(look(frame[CALLS], PTE_READ), "the hypercall page"))
        check(window[0] != 0, "it is empty");
    look_away();
}

/* ---- vCPUs ---- */

static long set_context(uint32_t vcpu)
{
    struct xen_domctl op = { .u.vcpucontext.vcpu = vcpu };

    set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
    return hypercall_domctl(XEN_DOMCTL_setvcpucontext, child, &op);
}

static void make_context(void)
{
    context = (struct vcpu_guest_context){ .flags = VGCF_in_kernel |
                                                    VGCF_online };
    context.user_regs.rip = CHILD_VIRT;
    context.user_regs.rbx = CHILD_VIRT + PAGE_SIZE;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.user_regs.rflags = 1 << 9;
    context.ctrlreg[3] = frame[L4] << PAGE_SHIFT;
}

static long max_vcpus(uint32_t n)
{
    struct xen_domctl op = { .u.max_vcpus.max = n };

    return hypercall_domctl(XEN_DOMCTL_max_vcpus, child, &op);
}

static void test_vcpus(void)
{
    struct xen_domctl op = { .u.vcpucontext.vcpu = 0 };

    make_context();
    check_equal(set_context(0), -XEN_EINVAL, "a context without a vCPU");
    check_equal(max_vcpus(3), -XEN_EINVAL, "another number of vCPUs");
    check_equal(max_vcpus(2), 0, "max_vcpus");
    check_equal(info().max_vcpu_id, 1, "max_vcpu_id");
    check_equal(set_context(2), -XEN_EINVAL, "a vCPU that is none");
    context.ctrlreg[3] = virt_to_mfn(window) << PAGE_SHIFT;
    check_equal(set_context(0), -XEN_EINVAL, "page tables of ours");
    context.ctrlreg[3] = frame[DATA] << PAGE_SHIFT;
    check_equal(set_context(0), -XEN_EINVAL, "writable page tables");
    make_context();
    check_equal(set_context(0), 0, "setvcpucontext");
    context = (struct vcpu_guest_context){ 0 };
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
    check_equal(hypercall_domctl(XEN_DOMCTL_getvcpucontext, child, &op), 0,
                "getvcpucontext");
    check_equal((long)context.user_regs.rip, CHILD_VIRT, "its rip");
    check_equal((long)(context.ctrlreg[3] >> PAGE_SHIFT), (long)frame[L4],
                "its page tables");
    check(context.flags & VGCF_online, "it is not online");
}

static void test_little_things(void)
{
    struct xen_domctl op = { 0 };

    check_equal(hypercall_domctl(XEN_DOMCTL_get_address_size, child, &op), 0,
                "get_address_size");
    check_equal(op.u.address_size.size, 64, "address size");
    op.u.address_size.size = 17;
    check_equal(hypercall_domctl(XEN_DOMCTL_set_address_size, child, &op),
                -XEN_EINVAL, "an address size of 17");
    check_equal(hypercall_domctl(XEN_DOMCTL_gettscinfo, child, &op), 0,
                "gettscinfo");
    check_equal(op.u.tsc_info.tsc_mode, 0, "tsc_mode");
    check_equal(hypercall_domctl_plain(XEN_DOMCTL_createdomain + 30, child),
                -XEN_ENOSYS, "an operation that is none");
}

/* ---- events ---- */

/* As the toolstack leaves it: the child has no handler yet. */
static void mask_events(void)
{
    struct shared_info *shared = (struct shared_info *)window;
    unsigned i;

    if (!check(look(info().shared_info_frame, PTE_DATA), "its shared info"))
        return;
    for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
    look_away();
}

static void test_events(void)
{
    struct evtchn_alloc_unbound op = { .dom = child, .remote_dom = 0 };
    uint32_t port;

    check_equal(hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &op), 0,
                "alloc_unbound for the child");
    port = event_bind_interdomain(child, op.port, NULL, NULL);
    check(port != 0, "binding to it");
    check_equal(event_send(port), 0, "sending to it");
    check_equal(event_close(port), 0, "closing it");
}

static void domain_exception(uint32_t port, void *arg)
{
    (void)port, (void)arg;
    exceptions++;
}

/* ---- its life ---- */

static void wait_for_exception(unsigned before)
{
    unsigned tries;

    for (tries = 0; exceptions == before && tries < 1000000; tries++)
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
    check(exceptions > before, "VIRQ_DOM_EXC does not come");
}

static void run(void)
{
    unsigned before = exceptions;
    struct xen_domctl_getdomaininfo i;

    check_equal(hypercall_domctl_plain(XEN_DOMCTL_unpausedomain, child), 0,
                "unpausedomain");
    wait_for_exception(before);
    i = info();
    check(i.flags & XEN_DOMINF_shutdown, "it has not shut down");
    check_equal((i.flags >> XEN_DOMINF_shutdownshift) & 255, SHUTDOWN_suspend,
                "the reason");
    if (!check(look(frame[DATA], PTE_DATA), "mapping its data"))
        return;
    check_equal((long)window[0], 1000, "its count");
    check_equal((long)window[3], 0, "it went on after its shutdown");
    look_away();
}

static void destroy(void)
{
    long rc;

    do
        rc = hypercall_domctl_plain(XEN_DOMCTL_destroydomain, child);
    while (rc == -XEN_EAGAIN);
    check_equal(rc, 0, "destroydomain");
}

/* A frame that we still see stays ours to see, and then goes. */
static void end(void)
{
    unsigned before = exceptions;

    check(look(frame[DATA], PTE_DATA), "mapping its data");
    destroy();
    wait_for_exception(before);
    window[0]++;
    check_equal((long)window[0], 1001, "a frame that outlives its domain");
    look_away();
}

/* Without a word, and without checks of each step: whatever was left undone. */
static void round_trip(unsigned steps)
{
    create();
    if (steps > 0)
        set_max_mem(NR_FRAMES);
    if (steps > 1)
        (void)populate(NR_FRAMES);
    if (steps > 2)
        build();
    if (steps > 3)
        (void)pin(MMUEXT_PIN_L4_TABLE, frame[L4]);
    if (steps > 4)
        (void)max_vcpus(2);
    make_context();
    if (steps > 5)
        (void)set_context(0);
    if (steps > 6) {
        mask_events();
        run();
    }
    destroy();
}

/* Xen frees some things later. */
static uint64_t settled_pages(void)
{
    ns_t end = clock_now() + 300 * NS_PER_MS;

    while (clock_now() < end)
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
    return free_pages();
}

static bool on_metronome(void)
{
    return hypercall2(__HYPERVISOR_metronome, METRONOMEOP_scheduler_page, 0) >
           0;
}

static void test_no_leak(void)
{
    uint64_t before, after;
    unsigned i;

    for (i = 0; i < 8; i++) /* what is kept for the next time is there now */
        round_trip(i);
    before = settled_pages();
    for (i = 0; i < ROUNDS; i++)
        round_trip(i % 8);
    after = settled_pages();
    /* Xen's own heap may grow by a little. */
    if (!on_metronome())
        check(after + ROUNDS > before, "%lu pages free, %lu before", after,
              before);
    else
        check_equal((long)after, (long)before, "free pages at the end");
}

void guest_main(void)
{
    report_begin("create");
    window = page_alloc();
    if (!event_bind_virq(VIRQ_DOM_EXC, 0, domain_exception, NULL))
        report_error("VIRQ_DOM_EXC cannot be bound");
    event_unmask();
    create();
    test_refused();
    test_new();
    test_memory();
    test_pin();
    test_calls_page();
    test_vcpus();
    test_little_things();
    mask_events();
    test_events();
    run();
    end();
    test_no_leak();
    report_end();
}
