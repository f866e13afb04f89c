/*
 * Long hypercalls of a vCPU that another one stops again and again: each is
 * carried out whole, and once. They end early and are made again for what is
 * left, which only the argument registers show.
 */
#include <xen/memory.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "guests/lib/grant.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/vcpu.h"

#define UPDATES 4096u
#define ENTRIES 64u
#define COPIES  512u
#define FRAMES  256u
#define ROUNDS  6u

static struct {
    bool over;
    unsigned stops; /* of vCPU 0 by vCPU 1 */
    unsigned again; /* calls that were seen to be made again */
} state;

static struct mmu_update updates[UPDATES];
static struct mmuext_op flushes[UPDATES];
static struct multicall_entry list[ENTRIES];
static unsigned done[ENTRIES];
static struct gnttab_copy copies[COPIES];
static xen_pfn_t frames[FRAMES];

/* Registering an area for another vCPU stops it for a moment. */
static void stop_vcpu0(void *arg)
{
    static struct vcpu_runstate_info area;
    struct vcpu_register_runstate_memory_area op = { .addr.v = &area };

    (void)arg;
    while (!__atomic_load_n(&state.over, __ATOMIC_RELAXED))
        if (!hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &op))
            state.stops++;
}

/* A call of mmu_update or mmuext_op that shows whether it was made again. */
static long counted(unsigned long number, const void *what, unsigned count,
                    unsigned *pdone)
{
    register unsigned long r10 __asm__("r10") = DOMID_SELF;
    unsigned long a = address_of(what), b = count, c = address_of(pdone);
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)
                     : "0"(number)
                     : "rcx", "r11", "memory");
    state.again += a != address_of(what);
    return result;
}

/* The entry that maps `page` goes to and fro; at last it is as it was. */
static void fill_updates(void)
{
    void *page = page_alloc(), *other = page_alloc();
    uint64_t entry = virt_to_machine(pte_find((unsigned long)page, 1));

    for (unsigned i = 0; i < UPDATES; i++) {
        updates[i].ptr = entry | MMU_NORMAL_PT_UPDATE;
        updates[i].val = virt_to_mfn(i % 2 ? page : other) << PAGE_SHIFT |
                         PTE_DATA;
        flushes[i].cmd = MMUEXT_TLB_FLUSH_LOCAL;
    }
}

static void test_batches(void)
{
    unsigned n = 0;

    check_equal(counted(__HYPERVISOR_mmu_update, updates, UPDATES, &n), 0,
                "mmu_update");
    check_equal(n, UPDATES, "updates done");
    n = 0;
    check_equal(counted(__HYPERVISOR_mmuext_op, flushes, UPDATES, &n), 0,
                "mmuext_op");
    check_equal(n, UPDATES, "flushes done");
}

static void test_multicall(void)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < ENTRIES; i++) {
        list[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version,
                                            .result = 77 };
        done[i] = 0;
        if (i % 4)
            continue;
        list[i].op = __HYPERVISOR_mmu_update;
        list[i].args[0] = address_of(updates);
        list[i].args[1] = UPDATES;
        list[i].args[2] = address_of(&done[i]);
        list[i].args[3] = DOMID_SELF;
    }
    check_equal(hypercall_multicall(list, ENTRIES), 0, "a multicall");
    for (unsigned i = 0; i < ENTRIES; i++) {
        wrong += i % 4 ? (long)list[i].result != (4 << 16 | 17)
                       : list[i].result != 0 || done[i] != UPDATES;
        state.again += i % 4 == 0 && list[i].args[0] != address_of(updates);
    }
    check_equal(wrong, 0, "wrong results of a multicall");
}

static void test_copies(grant_ref_t ref, const char *to)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < COPIES; i++)
        copies[i] = (struct gnttab_copy){
            .source = { .u.ref = ref, .domid = DOMID_SELF },
            .dest = { .u.gmfn = virt_to_mfn(to), .domid = DOMID_SELF },
            .len = PAGE_SIZE,
            .flags = GNTCOPY_source_gref,
            .status = 77,
        };
    check_equal(hypercall_grant_table_op(GNTTABOP_copy, copies, COPIES), 0,
                "grant copies");
    for (unsigned i = 0; i < COPIES; i++)
        wrong += copies[i].status != GNTST_okay;
    check_equal(wrong, 0, "copies not done");
}

/* Frames come, each once, and go. */
static void test_reservations(void)
{
    struct xen_memory_reservation r = { .nr_extents = FRAMES,
                                        .domid = DOMID_SELF };
    unsigned wrong = 0;
    long before, got;

    set_xen_guest_handle(r.extent_start, frames);
    for (unsigned i = 0; i < FRAMES; i++)
        frames[i] = 0;
    before = hypercall_memory_op(XENMEM_current_reservation, &r.domid);
    got = hypercall_memory_op(XENMEM_increase_reservation, &r);
    check_equal(hypercall_memory_op(XENMEM_current_reservation, &r.domid),
                before + got, "frames after increase_reservation");
    for (long i = 0; i < got; i++)
        wrong += frames[i] == 0;
    check_equal(wrong, 0, "frames not told");
    r.nr_extents = (unsigned long)got;
    check_equal(hypercall_memory_op(XENMEM_decrease_reservation, &r), got,
                "decrease_reservation");
    check_equal(hypercall_memory_op(XENMEM_current_reservation, &r.domid),
                before, "frames at last");
}

void guest_main(void)
{
    grant_ref_t ref;
    char *to = page_alloc();

    report_begin("again");
    if (vcpu_count() < 2)
        report_skip("one vcpu only");
    if (!grant_init())
        report_error("no grant table");
    ref = grant_access(0, page_alloc(), true);
    fill_updates();
    if (vcpu_start(1, stop_vcpu0, NULL))
        report_error("cannot start a vcpu");
    for (unsigned round = 0; round < ROUNDS; round++) {
        test_batches();
        test_multicall();
        test_copies(ref, to);
        test_reservations();
    }
    check(state.stops, "vcpu 0 was never stopped");
    check(state.again, "no call was made again");
    __atomic_store_n(&state.over, true, __ATOMIC_RELAXED);
    report_end();
}
