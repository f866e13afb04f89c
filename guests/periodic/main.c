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
 * extra=T (0) seed=N (1): each release up to so much later than the period
 * vary=T (0): each job has up to so much more work, by chance
 * key=N (0: none): the first job and each Nth after it has all of `vary`, as a
 * film's key frames are the longest
 * burn=1: it computes between its jobs, too
 * pause=T (0): the next job comes so long after the end of the last one,
 * instead of in step
 * runaway=T (0: never): so long after its start it computes for ever, as a
 * player does that hangs
 *
 * Output, one line: periodic: jobs=N misses=N period=.. work=.. deadline=..
 * latency_min=.. .. response_max=.. (all in ns): latency is release to start of
 * work, response is release to its end.
 *
 * A player is this: a job decodes a frame, the deadline is as many periods as
 * frames are buffered, and a miss is an underrun. guests/README.md has an audio
 * and a video player.
 */
#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/histogram.h"
#include "guests/lib/lock.h"
#include "guests/lib/options.h"
#include "guests/lib/print.h"
#include "guests/lib/random.h"
#include "guests/lib/runstate.h"
#include "guests/lib/start.h"

static struct {
    long start, period, work, deadline, count, duration;
    long extra, seed, burn, pause, runaway, vary, key;
    struct random random;
    uint64_t misses;
    struct histogram latency, response;
} task = { .period = 10 * NS_PER_MS,
           .work = NS_PER_MS,
           .duration = 10 * NS_PER_S,
           .seed = 1 };

static ns_t work_of(long job)
{
    ns_t more = 0;

    if (task.key && job % task.key == 0)
        more = task.vary;
    else if (task.vary)
        more = (ns_t)random_below(&task.random, (uint64_t)task.vary + 1);
    return task.work + more;
}

static void run_job(long job, ns_t release)
{
    ns_t end;

    if (task.burn)
        clock_spin_until(release);
    else
        clock_sleep_until(release);
    histogram_add(&task.latency, clock_now() - release);
    runstate_consume(work_of(job));
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

static void jobs(ns_t start)
{
    ns_t release = start + task.period;

    for (long k = 0; !task.count || k < task.count; k++) {
        if (task.duration && release > start + task.duration)
            break;
        if (task.runaway && clock_now() >= start + task.runaway) {
            report(); /* it will not come to it any more */
            for (;;)
                barrier();
        }
        run_job(k, release);
        release = task.pause ? clock_now() + task.pause : release + task.period;
        if (task.extra)
            release += (ns_t)random_below(&task.random, (uint64_t)task.extra);
    }
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
        { "extra", &task.extra, NULL, "by which a release may be later" },
        { "seed", &task.seed, NULL, "of what chance there is" },
        { "vary", &task.vary, NULL, "more work of a job, up to this" },
        { "key", &task.key, NULL, "each such job has all of it" },
        { "burn", &task.burn, NULL, "compute between jobs" },
        { "pause", &task.pause, NULL, "between jobs, instead of a period" },
        { "runaway", &task.runaway, NULL, "then compute for ever" },
    };

    options_parse("periodic", table, sizeof(table) / sizeof(*table));
    if (task.period <= 0 || task.work < 0 || task.deadline < 0 ||
        task.extra < 0 || task.pause < 0 || task.vary < 0 || task.key < 0)
        guest_fail("periodic: period= must be above 0, others not below");
    if (!task.deadline)
        task.deadline = task.period;
    if (!runstate_register())
        guest_fail("periodic: no runstate area");
    event_unmask();
    clock_sleep_until(task.start);
    random_seed(&task.random, (uint64_t)task.seed);
    jobs(clock_now());
    report();
}
