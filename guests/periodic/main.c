/*
 * periodic: a task with a period and a deadline.
 *
 * Job k is released at start + k * period; the guest sleeps until then,
 * consumes `work` of CPU time (its own runstate clock) and is late when it
 * ends after release + deadline. A job that overruns delays the next one, whose
 * latency counts from its own release.
 *
 * start=T (0: at once): system time at which it begins
 * period=T (10ms)  work=T (1ms)  deadline=T (the period)
 * count=N (0: no limit)  duration=T (10s; 0: no limit)
 *
 * Output, one line: periodic: jobs=N misses=N period=.. work=.. deadline=..
 * latency_min=.. .. response_max=.. (all in ns): latency is release to start of
 * work, response is release to its end.
 */
#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/histogram.h"
#include "guests/lib/options.h"
#include "guests/lib/print.h"
#include "guests/lib/runstate.h"
#include "guests/lib/start.h"

static struct {
    long start, period, work, deadline, count, duration;
    uint64_t misses;
    struct histogram latency, response;
} task = { .period = 10 * NS_PER_MS,
           .work = NS_PER_MS,
           .duration = 10 * NS_PER_S };

static void run_job(ns_t release)
{
    ns_t end;

    clock_sleep_until(release);
    histogram_add(&task.latency, clock_now() - release);
    runstate_consume(task.work);
    end = clock_now();
    histogram_add(&task.response, end - release);
    if (end > release + task.deadline)
        task.misses++;
}

static void report(void)
{
    print("periodic: jobs=%lu misses=%lu period=%ld work=%ld deadline=%ld",
          task.latency.count, task.misses, task.period, task.work,
          task.deadline);
    histogram_print("latency", &task.latency);
    histogram_print("response", &task.response);
    print("\n");
}

void guest_main(void)
{
    static const struct option table[] = {
        { "start", &task.start, NULL, "begin at this system time" },
        { "period", &task.period, NULL, "time between releases" },
        { "work", &task.work, NULL, "CPU time per job" },
        { "deadline", &task.deadline, NULL, "from release" },
        { "count", &task.count, NULL, "jobs" },
        { "duration", &task.duration, NULL, "system time" },
    };
    ns_t start, release;

    options_parse("periodic", table, sizeof(table) / sizeof(*table));
    if (task.period <= 0 || task.work < 0 || task.deadline < 0)
        guest_fail("periodic: period= must be above 0");
    if (!task.deadline)
        task.deadline = task.period;
    if (!runstate_register())
        guest_fail("periodic: no runstate area");
    event_unmask();
    clock_sleep_until(task.start);
    start = clock_now();
    release = start + task.period;
    for (long k = 0; !task.count || k < task.count; k++) {
        if (task.duration && release > start + task.duration)
            break;
        run_job(release);
        release += task.period;
    }
    report();
}
