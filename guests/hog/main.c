/*
 * hog: every vCPU computes and never blocks.
 *
 * start=T     begin at this system time (default 0: at once); blocked until
 * then duration=T  stop after T of system time (default 0: never) report=T    a
 * line every T (default 0: only at the end)
 *
 * Output: hog: vcpu=0 loops=N time_ns=T  (a loop is always the same work)
 */
#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/lock.h"
#include "guests/lib/options.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/lib/vcpu.h"

#define SPINS_PER_LOOP 10000

static struct {
    long start, duration, report;
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

void guest_main(void)
{
    static const struct option table[] = {
        { "start", &hog.start, NULL, "begin at this system time" },
        { "duration", &hog.duration, NULL, "stop after this time" },
        { "report", &hog.report, NULL, "print a line this often" },
    };

    options_parse("hog", table, sizeof(table) / sizeof(*table));
    clock_sleep_until(hog.start);
    hog.running = vcpu_count();
    for (unsigned i = 1; i < vcpu_count(); i++) {
        if (vcpu_start(i, run, NULL))
            guest_fail("hog: cannot start vcpu %u", i);
    }
    run(NULL);
    while (__atomic_load_n(&hog.running, __ATOMIC_SEQ_CST))
        clock_sleep_until(clock_now() + NS_PER_MS);
}
