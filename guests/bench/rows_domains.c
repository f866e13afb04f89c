/* What other domains do to us: switches between domains, wake-ups, shares. */
#include <xen/sched.h>

#include "guests/bench/bench.h"
#include "guests/bench/peer.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/print.h"

#define SAMPLES 101
#define WAKEUPS 40 /* for each number of hogs */

void rows_other_domain(void)
{
    volatile struct peer_table *table = peer_table(1);
    ns_t give_up = clock_now() + 500 * NS_PER_MS;
    uint64_t start, time;

    if (!table || !peer_command(1, PEER_YIELD, 0)) {
        row_absent("yield_domain", "no second domain");
        return;
    }
    table->switches = 0;
    start = clock_tsc();
    while (table->switches < 1000 && clock_now() < give_up) {
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
        table->last = 0;
    }
    time = clock_tsc() - start;
    if (table->switches < 1000)
        row_absent("yield_domain", "yield does not switch domains");
    else
        row_value("yield_domain", clock_tsc_to_ns(time) / 1000);
    (void)peer_command(1, PEER_IDLE, 0);
}

void rows_wakeup(void)
{
    static ns_t late[8 * WAKEUPS];
    ns_t give_up = clock_now() + 4 * NS_PER_S;
    unsigned count = 0;

    for (unsigned hogs = 1; hogs <= 8; hogs++) {
        if (!peer_command(1, PEER_HOG, hogs)) {
            row_absent("wakeup_median", "no second domain");
            return;
        }
        for (unsigned i = 0; i < WAKEUPS && clock_now() < give_up; i++) {
            ns_t deadline = clock_now() + 100 * NS_PER_US;

            clock_sleep_until(deadline);
            late[count++] = clock_now() - deadline;
        }
        (void)peer_command(1, PEER_IDLE, 0);
    }
    row_value("wakeup_median", median(late, count));
    row_value("wakeup_worst", late[count - 1]);
}

static uint64_t sample_count[SAMPLES][PEER_HOGS];
static ns_t sample_time[SAMPLES];

/* Samples n counters every 20 ms; counter i by read(i). */
static void sample(unsigned samples, unsigned n, uint64_t (*read)(unsigned i))
{
    ns_t next = clock_now();

    for (unsigned s = 0; s < samples; s++) {
        clock_sleep_until(next);
        next += 20 * NS_PER_MS;
        for (unsigned i = 0; i < n; i++)
            sample_count[s][i] = read(i);
        sample_time[s] = clock_now();
    }
}

/* What counter i got between two samples minus its due, in ns, by weight. */
static ns_t excess(unsigned from, unsigned to, unsigned i, unsigned n,
                   const unsigned *weights)
{
    int64_t total = 0, weight = 0, got;
    ns_t time = sample_time[to] - sample_time[from];

    for (unsigned k = 0; k < n; k++) {
        total += (int64_t)(sample_count[to][k] - sample_count[from][k]);
        weight += weights[k];
    }
    got = (int64_t)(sample_count[to][i] - sample_count[from][i]);
    return total ? got * time / total - time * weights[i] / weight : 0;
}

static uint64_t read_domain(unsigned i)
{
    return peer_table(2 + i)->count[0];
}

static uint64_t read_vcpu(unsigned i)
{
    return peer_table(1)->count[i];
}

static ns_t magnitude(ns_t value)
{
    return value < 0 ? -value : value;
}

void rows_weights(void)
{
    const unsigned *weights = &peer_weights[2];
    ns_t worst = 0, window;
    long error = 0; /* tenths of a percent */

    for (unsigned peer = 2; peer <= 5; peer++) {
        if (!peer_command(peer, PEER_HOG, 1)) {
            row_absent("weights_error", "no further domains");
            return;
        }
    }
    sample(SAMPLES, 4, read_domain);
    window = sample_time[SAMPLES - 1] - sample_time[0];
    for (unsigned i = 0; i < 4; i++) {
        ns_t due = window * weights[i] / 1600;
        ns_t off = magnitude(excess(0, SAMPLES - 1, i, 4, weights));

        error = off * 1000 / due > error ? off * 1000 / due : error;
        print("bench: weight=%u due_ns=%ld off_ns=%ld\n", weights[i], due, off);
        for (unsigned from = 0; from < SAMPLES; from++) {
            for (unsigned to = from + 1; to < SAMPLES; to++) {
                off = magnitude(excess(from, to, i, 4, weights));
                worst = off > worst ? off : worst;
            }
        }
    }
    row_tenths("weights_error", error);
    row_value("weights_deviation", worst);
    for (unsigned peer = 2; peer <= 5; peer++)
        (void)peer_command(peer, PEER_IDLE, 0);
}

void rows_equal(void)
{
    static const unsigned weights[PEER_HOGS] = { [0 ... PEER_HOGS - 1] = 1 };
    ns_t fair, worst = 0;

    if (!peer_command(1, PEER_HOG, PEER_HOGS)) {
        row_absent("equal_deviation", "no domain of 16 vcpus");
        return;
    }
    sample(51, PEER_HOGS, read_vcpu);
    (void)peer_command(1, PEER_IDLE, 0);
    fair = (sample_time[50] - sample_time[0]) / PEER_HOGS;
    for (unsigned i = 0; i < PEER_HOGS; i++) {
        ns_t off = magnitude(excess(0, 50, i, PEER_HOGS, weights));

        worst = off > worst ? off : worst;
    }
    row_tenths("equal_deviation", worst * 1000 / fair);
    row_value("equal_deviation_time", worst);
}
