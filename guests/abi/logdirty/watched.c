/*
 * watched.c - see logdirty.h.
 */
#include "guests/abi/logdirty/logdirty.h"

#include <xen/domctl.h>
#include <xen/sched.h>

#include "guests/lib/clock.h"
#include "guests/lib/control.h"
#include "guests/lib/report.h"
#include "guests/lib/string.h"

#define CHILD_VIRT 0x400000UL
#define STRUCT     256u /* where a call's argument stands in the mailbox */

enum { STORE = 1, LOAD, CALL, USER, ADD, STORES, AND };

/* A mailbox, as child.S has it. */
struct mail {
    uint64_t command, a, b, c, d, e, result, done, faults, code, stack;
};

extern const uint8_t child_begin[], child_end_of[], child_fault[],
    child_syscall[];

static domid_t child;
static uint64_t frame[NR_FRAMES];
static unsigned long *window;
static volatile struct mail *mail[2];
static uint64_t asked[2], faults_seen;
static struct vcpu_guest_context context;

domid_t child_id(void)
{
    return child;
}

uint64_t child_virt(unsigned f)
{
    return CHILD_VIRT + f * PAGE_SIZE;
}

uint64_t child_frame(unsigned f)
{
    return frame[f];
}

/* ---- its frames, as we see them ---- */

static bool look_at(volatile void *page, uint64_t mfn, uint64_t flags)
{
    return hypercall4(__HYPERVISOR_update_va_mapping_otherdomain,
                      (unsigned long)page, mfn << PAGE_SHIFT | flags,
                      UVMF_INVLPG | UVMF_ALL, child) == 0;
}

static void look_away(volatile void *page)
{
    check_equal(hypercall_update_va_mapping((unsigned long)page, 0,
                                            UVMF_INVLPG | UVMF_ALL),
                0, "unmapping");
}

static uint64_t word_of(unsigned f, unsigned index)
{
    uint64_t word;

    if (!check(look_at(window, frame[f], PTE_READ), "looking at frame %u", f))
        return 0;
    word = window[index];
    look_away(window);
    return word;
}

static void fill(unsigned f, unsigned index, uint64_t value)
{
    if (!check(look_at(window, frame[f], PTE_DATA), "mapping frame %u", f))
        return;
    window[index] = value;
    look_away(window);
}

uint64_t child_peek(unsigned f)
{
    return word_of(f, 0);
}

uint64_t child_entry(unsigned f)
{
    return word_of(L1, f);
}

uint64_t child_entry_at(unsigned f)
{
    return (frame[L1] << PAGE_SHIFT) + f * 8;
}

uint64_t child_alias_at(unsigned i)
{
    return (frame[L2] << PAGE_SHIFT) + ((CHILD_VIRT >> 21 & 511) + i) * 8;
}

/* ---- making it ---- */

static long populate(void)
{
    static xen_pfn_t list[NR_FRAMES];
    struct xen_memory_reservation r = { .nr_extents = NR_FRAMES,
                                        .domid = child };
    unsigned i;
    long rc;

    for (i = 0; i < NR_FRAMES; i++)
        list[i] = i;
    set_xen_guest_handle(r.extent_start, list);
    rc = hypercall_memory_op(XENMEM_populate_physmap, &r);
    for (i = 0; i < NR_FRAMES; i++)
        frame[i] = list[i];
    return rc;
}

static void make_domain(void)
{
    struct xen_domctl op = { .u.createdomain = { .max_vcpus = 2,
                                                 .max_evtchn_port = 1023,
                                                 .max_grant_frames = 4,
                                                 .max_maptrack_frames = 4,
                                                 .grant_opts = 1 } };
    struct xen_domctl memory = { .u.max_mem.max_memkb = NR_FRAMES << 2 };
    struct xen_domctl vcpus = { .u.max_vcpus.max = 2 };

    if (hypercall_domctl(XEN_DOMCTL_createdomain, 0, &op))
        report_error("no domain to be had");
    child = op.domain;
    if (hypercall_domctl(XEN_DOMCTL_max_mem, child, &memory) ||
        hypercall_domctl(XEN_DOMCTL_max_vcpus, child, &vcpus) ||
        populate() != NR_FRAMES)
        report_error("no memory or no vCPUs to be had");
}

static void fill_tables(void)
{
    uint64_t va = CHILD_VIRT;
    unsigned f;

    fill(L4, va >> 39 & 511, frame[L3] << PAGE_SHIFT | PTE_TABLE);
    fill(L4_USER, va >> 39 & 511, frame[L3] << PAGE_SHIFT | PTE_TABLE);
    fill(L3, va >> 30 & 511, frame[L2] << PAGE_SHIFT | PTE_TABLE);
    fill(L2, va >> 21 & 511, frame[L1] << PAGE_SHIFT | PTE_TABLE);
    for (f = 0; f < NR_FRAMES; f++)
        fill(L1, f, frame[f] << PAGE_SHIFT | (f > CODE ? PTE_DATA : PTE_READ));
}

/* Its shared info: no handler for events. */
static void mask_events(void)
{
    struct xen_domctl op = { 0 };
    struct shared_info *shared = (struct shared_info *)window;

    check_equal(hypercall_domctl(XEN_DOMCTL_getdomaininfo, child, &op), 0,
                "getdomaininfo");
    if (!check(look_at(window, op.u.getdomaininfo.shared_info_frame, PTE_DATA),
               "its shared info"))
        return;
    shared->vcpu_info[0].evtchn_upcall_mask = 1;
    shared->vcpu_info[1].evtchn_upcall_mask = 1;
    look_away(window);
}

static uint64_t code_at(const uint8_t *label)
{
    return child_virt(CODE) + (uint64_t)(label - child_begin);
}

static void set_context(unsigned vcpu)
{
    struct xen_domctl op = { .u.vcpucontext.vcpu = vcpu };
    uint64_t stack = child_virt(STACK + vcpu) + PAGE_SIZE;

    context = (struct vcpu_guest_context){ .flags = VGCF_in_kernel |
                                                    VGCF_online };
    context.user_regs.rip = child_virt(CODE);
    context.user_regs.rbx = child_virt(MAIL + vcpu);
    context.user_regs.rsp = context.kernel_sp = stack;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.kernel_ss = FLAT_KERNEL_SS;
    context.user_regs.rflags = 1 << 9;
    context.trap_ctxt[14].vector = 14;
    context.trap_ctxt[14].cs = FLAT_KERNEL_CS;
    context.trap_ctxt[14].address = code_at(child_fault);
    context.syscall_callback_eip = code_at(child_syscall);
    context.ctrlreg[3] = frame[L4] << PAGE_SHIFT;
    context.ctrlreg[1] = frame[L4_USER] << PAGE_SHIFT;
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
    if (hypercall_domctl(XEN_DOMCTL_setvcpucontext, child, &op))
        report_error("no context for vCPU %u", vcpu);
}

void child_make(void)
{
    unsigned i;

    make_domain();
    if (!window)
        window = page_alloc();
    fill_tables();
    if (!look_at(window, frame[CODE], PTE_DATA))
        report_error("its code cannot be written");
    memcpy(window, child_begin, (size_t)(child_end_of - child_begin));
    look_away(window);
    mask_events();
    for (i = 0; i < 2; i++) {
        if (!mail[i])
            mail[i] = page_alloc();
        if (!look_at(mail[i], frame[MAIL + i], PTE_DATA))
            report_error("no mailbox of vCPU %u", i);
        mail[i]->stack = child_virt(STACK + i) + PAGE_SIZE;
        asked[i] = 0;
        set_context(i);
    }
    faults_seen = 0;
    child_unpause();
    for (i = DATA; i < NR_FRAMES; i++) /* accessed and dirty, all of them */
        child_store(i, 0);
}

void child_end(void)
{
    long rc;

    look_away(mail[0]);
    look_away(mail[1]);
    do
        rc = hypercall_domctl_plain(XEN_DOMCTL_destroydomain, child);
    while (rc == -XEN_EAGAIN);
    check_equal(rc, 0, "destroydomain");
}

void child_pause(void)
{
    check_equal(hypercall_domctl_plain(XEN_DOMCTL_pausedomain, child), 0,
                "pausedomain");
}

void child_unpause(void)
{
    check_equal(hypercall_domctl_plain(XEN_DOMCTL_unpausedomain, child), 0,
                "unpausedomain");
}

void child_wait_change(unsigned f, uint64_t from)
{
    ns_t end = clock_now() + 5 * NS_PER_S;

    while (clock_now() < end && child_peek(f) == from)
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
    check(child_peek(f) != from, "frame %u stays %lu", f, from);
}

/* ---- what it is to do ---- */

void child_wait(unsigned vcpu)
{
    ns_t end = clock_now() + 5 * NS_PER_S;

    while (clock_now() < end && mail[vcpu]->done != asked[vcpu])
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
    if (mail[vcpu]->done != asked[vcpu])
        report_error("vCPU %u does not end its command %lu", vcpu,
                     mail[vcpu]->command);
}

static void ask(unsigned vcpu, unsigned command)
{
    asked[vcpu]++;
    __atomic_store_n(&mail[vcpu]->command, command, __ATOMIC_RELEASE);
}

static void one(unsigned command, uint64_t a, uint64_t b)
{
    mail[0]->a = a;
    mail[0]->b = b;
    ask(0, command);
    child_wait(0);
}

void child_store_at(uint64_t virt, uint64_t value)
{
    one(STORE, virt, value);
}

void child_stores(uint64_t virt, uint64_t value, uint64_t stride,
                  unsigned times)
{
    mail[0]->c = stride;
    mail[0]->d = times;
    one(STORES, virt, value);
}

void child_store(unsigned f, uint64_t value)
{
    one(STORE, child_virt(f), value);
}

void child_store_as_user(unsigned f, uint64_t value)
{
    one(USER, child_virt(f), value);
}

uint64_t child_load(unsigned f)
{
    one(LOAD, child_virt(f), 0);
    return mail[0]->result;
}

long child_call(unsigned long number, uint64_t a, uint64_t b, uint64_t c,
                uint64_t d)
{
    mail[0]->c = b;
    mail[0]->d = c;
    mail[0]->e = d;
    one(CALL, number, a);
    return (long)mail[0]->result;
}

static uint64_t put_struct(const void *arg, size_t size)
{
    memcpy((uint8_t *)(uintptr_t)mail[0] + STRUCT, arg, size);
    return child_virt(MAIL) + STRUCT;
}

long child_call_with(unsigned long number, uint64_t a, uint64_t b,
                     const void *arg, size_t size)
{
    return child_call(number, a, b, put_struct(arg, size), 0);
}

long child_update(uint64_t machine, uint64_t value)
{
    struct mmu_update request = { .ptr = machine, .val = value };

    return child_call(__HYPERVISOR_mmu_update,
                      put_struct(&request, sizeof(request)), 1, 0, DOMID_SELF);
}

long child_update_aliases(uint64_t value)
{
    static struct mmu_update list[NR_ALIASES];
    unsigned i;

    for (i = 1; i < NR_ALIASES; i++)
        list[i] = (struct mmu_update){ .ptr = child_alias_at(i), .val = value };
    return child_call(__HYPERVISOR_mmu_update,
                      put_struct(list + 1, (NR_ALIASES - 1) * sizeof(list[0])),
                      NR_ALIASES - 1, 0, DOMID_SELF);
}

long child_extended(unsigned cmd, uint64_t arg)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = arg };

    return child_call(__HYPERVISOR_mmuext_op, put_struct(&op, sizeof(op)), 1, 0,
                      DOMID_SELF);
}

long child_faults(void)
{
    uint64_t before = faults_seen;

    faults_seen = mail[0]->faults;
    return (long)(faults_seen - before);
}

uint64_t child_error_code(void)
{
    return mail[0]->code;
}

static void second(unsigned command, unsigned f, uint64_t value)
{
    mail[1]->a = child_virt(f);
    mail[1]->b = value;
    ask(1, command);
}

void child_count(unsigned f)
{
    second(ADD, f, 1);
}

void child_touch(unsigned f)
{
    second(AND, f, 0);
}

unsigned child_faults_of(unsigned vcpu)
{
    return (unsigned)mail[vcpu]->faults;
}

/* ---- its grant table ---- */

bool child_grant(unsigned f)
{
    xen_pfn_t list[1];
    struct gnttab_setup_table op = { .dom = child, .nr_frames = 1 };
    struct grant_entry_v1 *entry;

    set_xen_guest_handle(op.frame_list, list);
    if (hypercall_grant_table_op(GNTTABOP_setup_table, &op, 1) || op.status ||
        !look_at(window, list[0], PTE_DATA))
        return false;
    entry = (struct grant_entry_v1 *)window + GRANT_REF;
    entry->domid = 0;
    entry->frame = (uint32_t)frame[f];
    entry->flags = GTF_permit_access;
    look_away(window);
    return true;
}
