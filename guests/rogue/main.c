/*
 * rogue: computes while nobody looks.
 *
 * In each period, from start + offset on, it computes for `work` of time by the
 * clock, whatever it gets of it, and sleeps for the rest. A scheduler that
 * charges whoever runs at its tick, and nobody else, never sees one that sleeps
 * over each tick (Zhou et al., arXiv 1103.0759).
 *
 * start=T (0)  period=T (10ms)  work=T (9.5ms)  offset=T (0)
 * duration=T (0: no limit)
 *
 * Output: rogue: periods=N cpu_ns=T time_ns=T
 */
#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/options.h"
#include "guests/lib/print.h"
#include "guests/lib/runstate.h"
#include "guests/lib/start.h"

static struct {
    long start, period, work, offset, duration;
} rogue = { .period = 10 * NS_PER_MS, .work = 9500 * NS_PER_US };

static void run(void)
{
    ns_t first = rogue.start + rogue.offset, now, begin, cpu;
    unsigned long periods = 0;

    clock_sleep_until(first);
    cpu = runstate_cpu_time();
    for (now = clock_now(); !rogue.duration || now < first + rogue.duration;
         now = clock_now()) {
        begin = now - (now - first) % rogue.period;
        clock_spin_until(begin + rogue.work);
        clock_sleep_until(begin + rogue.period);
        periods++;
    }
    print("rogue: periods=%lu cpu_ns=%ld time_ns=%ld\n", periods,
          runstate_cpu_time() - cpu, now - first);
}

void guest_main(void)
{
    static const struct option table[] = {
        { "start", &rogue.start, NULL, "begin at this system time" },
        { "period", &rogue.period, NULL, "of the scheduler's tick" },
        { "work", &rogue.work, NULL, "computes for this time of each" },
        { "offset", &rogue.offset, NULL, "into the tick's period" },
        { "duration", &rogue.duration, NULL, "system time" },
    };

    options_parse("rogue", table, sizeof(table) / sizeof(*table));
    if (rogue.period <= 0 || rogue.work <= 0 || rogue.work > rogue.period)
        guest_fail("rogue: 0 < work= <= period= is needed");
    if (!runstate_register())
        guest_fail("rogue: no runstate area");
    event_unmask();
    run();
}
