/* vCPUs: bringing them up, events between them, going down again. */
#include <stddef.h>

#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/vcpu.h"

#define ROUNDS 200

static struct {
    volatile unsigned started, ended, received[VCPU_MAX];
    volatile uint32_t port[VCPU_MAX];
} state;

static void received(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
    state.received[vcpu_self()->id]++;
}

static bool wait_for(volatile unsigned *word, unsigned value)
{
    ns_t give_up = clock_now() + 500 * NS_PER_MS;

    while (*word < value && clock_now() < give_up)
        clock_sleep_until(clock_now() + 100 * NS_PER_US);
    return *word >= value;
}

static void other(void *arg)
{
    unsigned id = vcpu_self()->id;

    (void)arg;
    state.port[id] = event_bind_ipi(id, received, NULL);
    __atomic_fetch_add(&state.started, 1, __ATOMIC_SEQ_CST);
    event_unmask();
    while (state.received[id] < ROUNDS) {
        (void)event_mask();
        if (state.received[id] < ROUNDS)
            event_block();
        event_unmask();
    }
    __atomic_fetch_add(&state.ended, 1, __ATOMIC_SEQ_CST);
}

static void test_events(unsigned count)
{
    for (unsigned id = 1; id < count; id++)
        check_equal(vcpu_start(id, other, NULL), 0, "start a vcpu");
    check(wait_for(&state.started, count - 1), "%u of %u came up",
          state.started, count - 1);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        for (unsigned id = 1; id < count; id++)
            (void)event_send(state.port[id]);
        for (unsigned id = 1; id < count; id++)
            if (!wait_for(&state.received[id], round)) {
                check(false, "vcpu %u: event %u never came", id, round);
                return;
            }
    }
    check(wait_for(&state.ended, count - 1), "%u of %u ended", state.ended,
          count - 1);
}

static void test_down(unsigned count)
{
    clock_sleep_until(clock_now() + 5 * NS_PER_MS);
    check_equal(hypercall_vcpu_op(VCPUOP_is_up, 0, NULL), 1, "vcpu 0 is up");
    for (unsigned id = 1; id < count; id++)
        check_equal(hypercall_vcpu_op(VCPUOP_is_up, id, NULL), 0,
                    "a vcpu that went down");
    check_equal(hypercall_vcpu_op(VCPUOP_is_up, 100, NULL), -XEN_ENOENT,
                "a vcpu that never was");
    check(vcpu_start(1, other, NULL) == -XEN_EEXIST,
          "a vcpu was initialised twice");
    check_equal(hypercall_vcpu_op(999, 0, NULL), -XEN_ENOSYS,
                "an unknown operation");
}

/* A context of user mode wants a page table of the user's. */
static void test_contexts(void)
{
    static struct vcpu_guest_context context;

    context.flags = VGCF_online;
    context.ctrlreg[3] = xen_pfn_to_cr3(
        virt_to_mfn((const void *)start_info()->pt_base));
    check_equal(hypercall_vcpu_op(VCPUOP_initialise, 1, &context), -XEN_EINVAL,
                "user mode without a user's page table");
    context.flags |= VGCF_in_kernel;
    context.event_callback_eip = 1UL << 63;
    check_equal(hypercall_vcpu_op(VCPUOP_initialise, 1, &context), -XEN_EINVAL,
                "a callback at no canonical address");
}

/* The vcpu_info record moves to a page of ours and goes on working there. */
static void test_vcpu_info(void)
{
    char *page = page_alloc();
    struct vcpu_register_vcpu_info where = { .mfn = virt_to_mfn(page),
                                             .offset = 128 };
    struct vcpu_register_vcpu_info bad = { .mfn = virt_to_mfn(page),
                                           .offset = 4090 };
    ns_t before = clock_now();

    check(hypercall_vcpu_op(VCPUOP_register_vcpu_info, 0, &bad) < 0,
          "a record over the page's end");
    (void)event_mask(); /* an upcall must find the record that is in use */
    if (!check(hypercall_vcpu_op(VCPUOP_register_vcpu_info, 0, &where) == 0,
               "register_vcpu_info refused"))
        return;
    vcpu_self()->info = (void *)(page + 128);
    event_unmask();
    check(vcpu_self()->info->time.tsc_to_system_mul != 0,
          "the new record has no time");
    check(clock_now() > before && clock_now() < before + NS_PER_S,
          "the clock jumped");
    clock_sleep_until(clock_now() + NS_PER_MS);
    check(hypercall_vcpu_op(VCPUOP_register_vcpu_info, 0, &where) < 0,
          "registered twice");
}

void guest_main(void)
{
    unsigned count = vcpu_count();

    report_begin("vcpu");
    if (count < 2)
        report_skip("one vcpu only");
    event_unmask();
    test_contexts();
    test_events(count);
    test_down(count);
    test_vcpu_info();
    report_end();
}
