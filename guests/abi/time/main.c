/*
 * Time: the clock never goes back, runstates add up to it, timers are never
 * early, and VIRQ_TIMER can be periodic.
 */
#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/vcpu.h"

static volatile unsigned timer_events;

static void count_event(void)
{
    timer_events++;
}

static void test_monotonic(void)
{
    ns_t last = clock_now(), now;
    unsigned back = 0;

    for (unsigned i = 0; i < 200000; i++) {
        now = clock_now();
        back += now < last;
        last = now;
    }
    check_equal(back, 0, "readings that went back");
    check(start_shared_info()->wc_sec != 0, "the wall clock is not set");
}

/* The sum of runstates minus system time, which must stay the same. */
static ns_t runstate_offset(void)
{
    struct vcpu_runstate_info info;
    ns_t before = clock_now(), after, sum = 0;

    (void)hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, &info);
    after = clock_now();
    for (unsigned i = 0; i < 4; i++)
        sum += (ns_t)info.time[i];
    check_equal(info.state, RUNSTATE_running, "our own runstate");
    return sum - (before + after) / 2;
}

static void test_runstates(void)
{
    ns_t first = runstate_offset(), second;
    struct vcpu_runstate_info info;

    clock_sleep_until(clock_now() + 20 * NS_PER_MS);
    clock_spin_until(clock_now() + 20 * NS_PER_MS);
    second = runstate_offset();
    check(second - first < 20 * NS_PER_US && first - second < 20 * NS_PER_US,
          "runstates drift from system time by %ld ns", second - first);
    (void)hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, &info);
    check(info.time[RUNSTATE_blocked] > 15 * NS_PER_MS,
          "blocked for 20 ms, counted %lu ns", info.time[RUNSTATE_blocked]);
    check(info.time[RUNSTATE_running] > 15 * NS_PER_MS,
          "ran for 20 ms, counted %lu ns", info.time[RUNSTATE_running]);
}

static void test_oneshot(void)
{
    struct vcpu_set_singleshot_timer past = { 1, VCPU_SSHOTTMR_future };

    clock_set_handler(count_event);
    event_unmask();
    for (unsigned i = 0; i < 20; i++) {
        ns_t deadline = clock_now() + 300 * NS_PER_US;
        ns_t give_up = deadline + 200 * NS_PER_MS;

        timer_events = 0;
        clock_set_timer(deadline);
        while (!timer_events && clock_now() < give_up)
            continue;
        check(timer_events == 1, "one shot: %u events", timer_events);
        check(clock_now() >= deadline, "the timer was early");
    }
    /* The flag "can be ignored by the hypervisor" (vcpu.h). */
    long error = hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 0, &past);

    check(error == -XEN_ETIME || !error, "a past deadline gives %ld", error);
    check_equal(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 31, &past),
                -XEN_ENOENT, "another vcpu's timer");
}

static void test_periodic(void)
{
    struct vcpu_set_periodic_timer period = { .period_ns = 2 * NS_PER_MS };
    struct vcpu_set_periodic_timer tiny = { .period_ns = 1 };

    timer_events = 0;
    check_equal(hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, &period), 0,
                "set_periodic_timer");
    clock_spin_until(clock_now() + 50 * NS_PER_MS);
    check_equal(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0,
                "stop_periodic_timer");
    check(timer_events >= 22 && timer_events <= 27,
          "%u events in 50 ms of a period of 2 ms", timer_events);
    timer_events = 0;
    clock_spin_until(clock_now() + 10 * NS_PER_MS);
    check_equal(timer_events, 0, "events after the timer was stopped");
    check_equal(hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, &tiny),
                -XEN_EINVAL, "a period of 1 ns");
}

void guest_main(void)
{
    report_begin("time");
    test_monotonic();
    test_runstates();
    test_oneshot();
    test_periodic();
    report_end();
}
