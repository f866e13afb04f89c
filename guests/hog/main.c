/*
 * hog: every vCPU computes and never blocks.
 *
 * start=T     begin at this system time (default 0: at once); blocked until
 * then duration=T  stop after T of system time (default 0: never) report=T    a
 * line every T (default 0: only at the end)
 * stuck=1     vCPU 0 makes one multicall instead, which would take days
 *
 * Output: hog: vcpu=0 loops=N time_ns=T  (a loop is always the same work)
 */
#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/lock.h"
#include "guests/lib/options.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/lib/vcpu.h"

#define SPINS_PER_LOOP 10000

static struct {
    long start, duration, report, stuck;
    unsigned running; /* vCPUs that have not finished; atomic */
} hog;

static void work(void)
{
    for (unsigned i = 0; i < SPINS_PER_LOOP; i++)
        barrier();
}

static void run(void *arg)
{
    unsigned id = vcpu_self()->id;
    ns_t start = clock_now(), now = start, next = start + hog.report;
    uint64_t loops = 0;

    (void)arg;
    do {
        work();
        loops++;
        if (!hog.duration && !hog.report)
            continue;
        now = clock_now();
        if (hog.report && now >= next) {
            print("hog: vcpu=%u loops=%lu time_ns=%ld\n", id, loops,
                  now - start);
            next += hog.report;
        }
    } while (!hog.duration || now - start < hog.duration);
    print("hog: vcpu=%u loops=%lu time_ns=%ld\n", id, loops, now - start);
    __atomic_fetch_sub(&hog.running, 1, __ATOMIC_SEQ_CST);
}

/* A table whose 512 entries are all the same. */
static uint64_t table_of(uint64_t entry)
{
    uint64_t *table = page_alloc();

    for (unsigned i = 0; i < 512; i++)
        table[i] = entry;
    (void)page_protect(table);
    return virt_to_mfn(table) << PAGE_SHIFT | PTE_TABLE;
}

/* 512 GiB of addresses, all of one page, which holds updates that are carried
 * out; so one call can be given two thousand million of them. */
static void get_stuck(void)
{
    static struct multicall_entry list[1000];
    unsigned long region = 300UL << 39 | 0xffffUL << 48;
    struct mmu_update *updates = page_alloc();
    void *page = page_alloc();
    uint64_t entry = virt_to_mfn(updates) << PAGE_SHIFT | PTE_READ;

    for (unsigned i = 0; i < PAGE_SIZE / sizeof(*updates); i++) {
        updates[i].ptr = virt_to_machine(pte_find((unsigned long)page, 1));
        updates[i].val = virt_to_mfn(page) << PAGE_SHIFT | PTE_DATA;
    }
    if (pte_write(pte_find(region, 4), table_of(table_of(table_of(entry)))))
        guest_fail("hog: cannot map its region");
    for (unsigned i = 0; i < 1000; i++) {
        list[i].op = __HYPERVISOR_mmu_update;
        list[i].args[0] = region;
        list[i].args[1] = 0x7fffffff;
        list[i].args[3] = DOMID_SELF;
    }
    print("hog: stuck in a multicall\n");
    print("hog: the multicall gave %ld\n", hypercall_multicall(list, 1000));
}

void guest_main(void)
{
    static const struct option table[] = {
        { "start", &hog.start, NULL, "begin at this system time" },
        { "duration", &hog.duration, NULL, "stop after this time" },
        { "report", &hog.report, NULL, "print a line this often" },
        { "stuck", &hog.stuck, NULL, "vCPU 0 makes a multicall of days" },
    };

    options_parse("hog", table, sizeof(table) / sizeof(*table));
    clock_sleep_until(hog.start);
    hog.running = vcpu_count();
    for (unsigned i = 1; i < vcpu_count(); i++) {
        if (vcpu_start(i, run, NULL))
            guest_fail("hog: cannot start vcpu %u", i);
    }
    if (hog.stuck)
        get_stuck();
    run(NULL);
    while (__atomic_load_n(&hog.running, __ATOMIC_SEQ_CST))
        clock_sleep_until(clock_now() + NS_PER_MS);
}
