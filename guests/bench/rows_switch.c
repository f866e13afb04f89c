/* Switches between the vCPUs of one domain on one CPU. */
#include "guests/bench/bench.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/lock.h"
#include "guests/lib/vcpu.h"

#define PATIENCE (500 * NS_PER_MS)

static struct {
    volatile bool stop;
    volatile unsigned last; /* who ran last */
    volatile uint64_t switches;
    volatile uint64_t stamp; /* involuntary: the last reading of anyone */
    volatile ns_t gaps[64];
    volatile unsigned gap_count;
    uint32_t port[2];
    volatile unsigned turn;
} sw;

static void note_turn(unsigned id)
{
    if (sw.last != id) {
        sw.last = id;
        sw.switches = sw.switches + 1;
    }
}

static void yield_job(unsigned id)
{
    while (!sw.stop) {
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
        note_turn(id);
    }
}

/* Lets the crew see the stop; by yielding, whatever the scheduler. */
static void stop_crew(void)
{
    sw.stop = true;
    while (crew_busy())
        clock_sleep_until(clock_now() + NS_PER_MS);
    sw.stop = false;
}

static void yield_row(const char *name, unsigned vcpus)
{
    ns_t times[5];
    ns_t start_time = clock_now();

    if (!crew_start(vcpus, yield_job)) {
        row_absent(name, "not so many vcpus");
        return;
    }
    clock_sleep_until(clock_now() + 2 * NS_PER_MS); /* all are in their loops */
    for (unsigned i = 0; i < 5; i++) {
        uint64_t start = clock_tsc();

        sw.switches = 0;
        while (sw.switches < 1024 && clock_now() - start_time < PATIENCE) {
            (void)hypercall_sched_op(SCHEDOP_yield, NULL);
            note_turn(0);
        }
        times[i] = clock_tsc_to_ns(clock_tsc() - start) /
                   (ns_t)(sw.switches ? sw.switches : 1);
    }
    if (sw.switches < 1024)
        row_absent(name, "yield does not switch");
    else
        row_value(name, median(times, 5));
    stop_crew();
}

void rows_switch(void)
{
    yield_row("yield_switch_2", 2);
    yield_row("yield_switch_32", 32);
}

/* Each spins; a gap between one's last reading and the other's first one is
 * the switch. */
static void spin_job(unsigned id)
{
    while (!sw.stop) {
        uint64_t before = sw.stamp, now = clock_tsc();
        unsigned last = sw.last;

        sw.stamp = now;
        if (last != id) {
            sw.last = id;
            if (before && sw.gap_count < 64) {
                sw.gaps[sw.gap_count] = (ns_t)(now - before);
                sw.gap_count = sw.gap_count + 1;
            }
        }
    }
}

void rows_involuntary(void)
{
    ns_t values[64], deadline = clock_now() + 1000 * NS_PER_MS;
    unsigned count;

    sw.last = 0;
    sw.stamp = 0;
    sw.gap_count = 0;
    if (!crew_start(2, spin_job)) {
        row_absent("involuntary_switch", "one vcpu");
        return;
    }
    while (sw.gap_count < 15 && clock_now() < deadline) {
        uint64_t before = sw.stamp, now = clock_tsc();

        if (sw.last != 0) {
            sw.last = 0;
            if (before && sw.gap_count < 64) {
                sw.gaps[sw.gap_count] = (ns_t)(now - before);
                sw.gap_count = sw.gap_count + 1;
            }
        }
        sw.stamp = now;
    }
    count = sw.gap_count;
    for (unsigned i = 0; i < count; i++)
        values[i] = clock_tsc_to_ns((uint64_t)sw.gaps[i]);
    stop_crew();
    if (count < 5)
        row_absent("involuntary_switch", "too few switches in 1 s");
    else
        row_value("involuntary_switch", median(values, count));
}

static void woken(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
}

/* Blocks until it is our turn, upcalls masked between test and block. */
static void await_turn(unsigned id)
{
    (void)event_mask();
    while (sw.turn != id && !sw.stop) {
        event_block();
        (void)event_mask();
    }
    event_unmask();
}

static void pong_job(unsigned id)
{
    sw.port[1] = event_bind_ipi(id, woken, NULL);
    while (!sw.stop) {
        await_turn(1);
        sw.turn = 0;
        (void)event_send(sw.port[0]);
    }
    (void)event_close(sw.port[1]);
    sw.port[1] = 0;
}

static void pings(unsigned count)
{
    while (count--) {
        sw.turn = 1;
        (void)event_send(sw.port[1]);
        await_turn(0);
    }
}

void rows_pingpong(void)
{
    sw.port[0] = event_bind_ipi(0, woken, NULL);
    if (!sw.port[0] || !crew_start(2, pong_job)) {
        row_absent("pingpong", "no second vcpu");
        return;
    }
    while (!sw.port[1])
        clock_sleep_until(clock_now() + NS_PER_MS);
    row_value("pingpong", measure(pings, 200));
    sw.stop = true;
    sw.turn = 1;
    (void)event_send(sw.port[1]);
    (void)event_mask();
    stop_crew();
    (void)event_close(sw.port[0]);
}
