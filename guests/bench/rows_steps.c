/*
 * Operations to be stepped through by steps.py, each between steps_begin(name)
 * and steps_end(); and steps_begin("end") at last. Each runs once before, so
 * that first-time work is not seen.
 */
#include <xen/sched.h>
#include <xen/version.h>

#include "guests/bench/bench.h"
#include "guests/bench/peer.h"
#include "guests/lib/event.h"
#include "guests/lib/grant.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/user.h"
#include "guests/lib/vcpu.h"

void steps_begin(const char *name);
void steps_end(void);

static struct {
    uint32_t port, peer_port;
    uint64_t pte;
    char *page, *other;
    struct multicall_entry calls[64];
    grant_handle_t handle;
    grant_ref_t ref;
    volatile bool stop;
    volatile unsigned turn;
} steps;

__attribute__((noinline)) void steps_begin(const char *name)
{
    __asm__ volatile("" : : "r"(name) : "memory");
}

__attribute__((noinline)) void steps_end(void)
{
    __asm__ volatile("nop" : : : "memory");
}

static void woken(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
}

static void null_call(void)
{
    (void)hypercall_xen_version(XENVER_version, NULL);
}

static void multicall(void)
{
    for (unsigned i = 0; i < 64; i++) {
        steps.calls[i].op = __HYPERVISOR_xen_version;
        steps.calls[i].args[0] = XENVER_version;
    }
    (void)hypercall_multicall(steps.calls, 64);
}

static void event(void)
{
    (void)event_send(steps.port);
}

static void iret(void)
{
    bool masked = event_mask();

    stub_iret(1);
    event_restore(masked);
}

static void pte_set(void)
{
    (void)pte_write(pte_find((unsigned long)steps.page, 1), steps.pte);
}

static void pte_clear(void)
{
    (void)pte_write(pte_find((unsigned long)steps.page, 1), 0);
}

static void pte_toggle(void)
{
    pte_clear();
    pte_set();
}

/* The same by plain stores, which fault. */
static void pte_stores(void)
{
    union {
        const uint64_t *found;
        volatile uint64_t *writable;
    } pte = { pte_find((unsigned long)steps.page, 1) };

    *pte.writable = 0;
    *pte.writable = steps.pte;
}

static void flush(void)
{
    struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

    (void)hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void map(void)
{
    (void)grant_map(0, steps.ref, steps.page, &steps.handle);
}

static void unmap(void)
{
    struct gnttab_unmap_grant_ref unmap_op = {
        .host_addr = (unsigned long)steps.page, .handle = steps.handle
    };

    (void)hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap_op, 1);
}

static void map_unmap(void)
{
    map();
    unmap();
}

static void copy(void)
{
    struct gnttab_copy op = {
        .source = { .u.ref = steps.ref, .domid = 0 },
        .dest = { .u.gmfn = virt_to_mfn(steps.other), .domid = DOMID_SELF },
        .len = (uint16_t)PAGE_SIZE,
        .flags = GNTCOPY_source_gref,
    };

    (void)hypercall_grant_table_op(GNTTABOP_copy, &op, 1);
}

static void read_msr(void)
{
    read_msrs(1);
}

static void read_cr0(void)
{
    read_cr0s(1);
}

static void user_call(void)
{
    user_calls(1);
}

static void user_call_twice(void)
{
    user_calls(2);
}

static void set_timer(void)
{
    clock_set_timer(clock_now() + NS_PER_S);
}

static void yield(void)
{
    (void)hypercall_sched_op(SCHEDOP_yield, NULL);
}

static void yields(unsigned id)
{
    (void)id;
    while (!steps.stop)
        yield();
}

static void await_turn(unsigned id)
{
    (void)event_mask();
    while (steps.turn != id && !steps.stop) {
        event_block();
        (void)event_mask();
    }
    event_unmask();
}

static void pongs(unsigned id)
{
    steps.peer_port = event_bind_ipi(id, woken, NULL);
    while (!steps.stop) {
        await_turn(1);
        steps.turn = 0;
        (void)event_send(steps.port);
    }
}

static void ping(void)
{
    steps.turn = 1;
    (void)event_send(steps.peer_port);
    await_turn(0);
}

static void step(const char *name, void (*op)(void))
{
    op();
    steps_begin(name);
    op();
    steps_end();
}

static void stop_crew(void)
{
    steps.stop = true;
    steps.turn = 1;
    if (steps.peer_port)
        (void)event_send(steps.peer_port);
    while (crew_busy())
        clock_sleep_until(clock_now() + NS_PER_MS);
    steps.stop = false;
}

static void steps_switch(void)
{
    if (crew_start(2, yields)) {
        clock_sleep_until(clock_now() + NS_PER_MS);
        step("yield and back", yield);
        stop_crew();
    }
    if (crew_start(2, pongs)) {
        while (!steps.peer_port)
            clock_sleep_until(clock_now() + NS_PER_MS);
        step("ping-pong", ping);
        stop_crew();
    }
    if (peer_command(1, PEER_YIELD, 0)) {
        clock_sleep_until(clock_now() + NS_PER_MS);
        step("yield to a domain and back", yield);
        (void)peer_command(1, PEER_IDLE, 0);
    }
}

static void steps_memory(void)
{
    step("PTE clear and set", pte_toggle);
    step("PTE clear and set by stores", pte_stores);
    step("local TLB flush", flush);
    if (grant_init()) {
        steps.ref = grant_access(0, page_alloc(), false);
        steps.other = page_alloc();
        step("grant map and unmap", map_unmap);
        step("grant copy of 4 KiB", copy);
        (void)page_unprotect(steps.page);
    }
}

static void steps_traps(void)
{
    step("emulated rdmsr", read_msr);
    step("emulated CR0 read", read_cr0);
    fault_handled_by_stub(true);
    step("page fault and back", fault_once);
    fault_handled_by_stub(false);
    if (user_init()) {
        user_handled_by_stub(true);
        step("user mode, 1 system call, #UD", user_call);
        step("user mode, 2 system calls, #UD", user_call_twice);
        user_handled_by_stub(false);
    }
}

void rows_steps(void)
{
    steps.page = page_alloc();
    steps.pte = virt_to_mfn(steps.page) << PAGE_SHIFT | PTE_DATA;
    steps.port = event_bind_ipi(0, woken, NULL);
    event_unmask();
    step("null hypercall", null_call);
    step("multicall of 64 null calls", multicall);
    step("event to self, handled", event);
    step("iret hypercall", iret);
    step("set one-shot timer", set_timer);
    clock_stop_timer();
    steps_memory();
    steps_traps();
    steps_switch();
    (void)event_mask();
    steps_begin("end");
}
