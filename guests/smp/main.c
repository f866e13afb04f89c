/*
 * smp: all vCPUs of a domain work on one thing: they take turns at a lock, or
 * meet at a barrier. Both suffer when one that the others wait for has no CPU.
 *
 * mode=spin|forkjoin
 * work=T (100us)   CPU time of each vCPU between two locks, or barriers
 * extra=T (0)      give or take so much, by chance
 * hold=T (10us)    spin: CPU time in the lock
 * wait=spin|block (block)  forkjoin: who is there early
 * period=T (0: at once)    forkjoin: between the beginnings of two rounds
 * start=T (0)  duration=T (10s; 0: no limit)  count=N (0: no limit) of rounds,
 * or of each vCPU's locks  seed=N (1)
 *
 * The lock is handed on in the order of asking (a ticket lock), also to one
 * that is not running; who waits for it computes and does not yield. So a
 * holder that loses its CPU, or a next one that has none, holds up all the
 * others.
 *
 * Output: smp: mode=spin vcpus=N locks=N late=N wait_min=.. .. held_min=.. ..
 * (from asking until it has it; from there until it gives it back; late: held
 * for more than twice `hold`: it was preempted there), or
 * smp: mode=forkjoin vcpus=N rounds=N round_min=.. ..
 */
#include <stddef.h>

#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/histogram.h"
#include "guests/lib/options.h"
#include "guests/lib/print.h"
#include "guests/lib/random.h"
#include "guests/lib/runstate.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"
#include "guests/lib/vcpu.h"

static struct {
    const char *mode, *wait;
    long work, extra, hold, period, start, duration, count, seed;
    unsigned vcpus;
    bool waits_blocked;
    unsigned ready, running; /* vCPUs; atomic */
    ns_t begun;              /* forkjoin: this round */
    struct random random[VCPU_MAX];
    uint32_t port[VCPU_MAX];
    /* Of both modes: the first is the time that each waited, or the round's. */
    struct histogram waited, held;
    uint64_t late;
    /* The ticket lock, under which the histograms are, too. */
    unsigned next, serving;
    /* The barrier. */
    unsigned arrived;
    uint64_t round;
    bool stop;
} smp = { .mode = "spin",
          .wait = "block",
          .work = 100 * NS_PER_US,
          .hold = 10 * NS_PER_US,
          .duration = 10 * NS_PER_S,
          .seed = 1 };

static void work(void)
{
    struct random *r = &smp.random[vcpu_self()->id];
    long time = smp.work - smp.extra;

    if (smp.extra)
        time += (long)random_below(r, 2 * (uint64_t)smp.extra + 1);
    if (time > 0)
        runstate_consume(time);
}

static bool over(uint64_t done)
{
    return (smp.count && done >= (uint64_t)smp.count) ||
           (smp.duration && clock_now() >= smp.start + smp.duration);
}

/* ---- the lock ---- */

static void take_turn(void)
{
    ns_t asked = clock_now(), got, given;
    unsigned ticket = __atomic_fetch_add(&smp.next, 1, __ATOMIC_SEQ_CST);

    while (__atomic_load_n(&smp.serving, __ATOMIC_ACQUIRE) != ticket)
        __asm__ volatile("pause");
    got = clock_now();
    runstate_consume(smp.hold);
    given = clock_now();
    histogram_add(&smp.waited, got - asked);
    histogram_add(&smp.held, given - got);
    if (given - got > 2 * smp.hold)
        smp.late++;
    __atomic_store_n(&smp.serving, ticket + 1, __ATOMIC_RELEASE);
}

static void spin(void)
{
    for (uint64_t done = 0; !over(done); done++) {
        work();
        take_turn();
    }
}

/* ---- the barrier ---- */

static void woken(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
}

/* The last one: the next round begins, or there is none. */
static void open_barrier(void)
{
    unsigned self = vcpu_self()->id;
    ns_t now = clock_now();

    histogram_add(&smp.waited, now - smp.begun);
    smp.begun = smp.period ? smp.begun + smp.period : now;
    smp.stop = (smp.count && smp.round + 1 >= (uint64_t)smp.count) ||
               (smp.duration && now >= smp.start + smp.duration);
    smp.arrived = 0;
    __atomic_add_fetch(&smp.round, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; smp.waits_blocked && i < smp.vcpus; i++)
        if (i != self)
            (void)event_send(smp.port[i]);
}

static void meet(void)
{
    uint64_t mine = __atomic_load_n(&smp.round, __ATOMIC_SEQ_CST);

    if (__atomic_add_fetch(&smp.arrived, 1, __ATOMIC_SEQ_CST) == smp.vcpus) {
        open_barrier();
        return;
    }
    (void)event_mask();
    while (__atomic_load_n(&smp.round, __ATOMIC_SEQ_CST) == mine) {
        if (!smp.waits_blocked) {
            __asm__ volatile("pause");
            continue;
        }
        event_block();
        (void)event_mask();
    }
    event_unmask();
}

static void forkjoin(void)
{
    while (!smp.stop) {
        clock_sleep_until(smp.begun);
        work();
        meet();
    }
}

/* ---- both ---- */

/* Each vCPU gets its runstates and port, then all begin together. */
static void run(void *arg)
{
    unsigned self = vcpu_self()->id;

    (void)arg;
    if (!runstate_register())
        guest_fail("smp: no runstate area");
    random_seed(&smp.random[self], (uint64_t)smp.seed + self);
    smp.port[self] = event_bind_ipi(self, woken, NULL);
    event_unmask();
    __atomic_add_fetch(&smp.ready, 1, __ATOMIC_SEQ_CST);
    clock_sleep_until(smp.start);
    while (__atomic_load_n(&smp.ready, __ATOMIC_SEQ_CST) < smp.vcpus)
        clock_sleep_until(clock_now() + 100 * NS_PER_US);
    if (!strcmp(smp.mode, "spin"))
        spin();
    else
        forkjoin();
    __atomic_sub_fetch(&smp.running, 1, __ATOMIC_SEQ_CST);
}

static void report(void)
{
    bool lock = !strcmp(smp.mode, "spin");

    print("smp: mode=%s vcpus=%u %s=%lu", smp.mode, smp.vcpus,
          lock ? "locks" : "rounds", smp.waited.count);
    if (lock)
        print(" late=%lu", smp.late);
    histogram_print(lock ? "wait" : "round", &smp.waited);
    if (lock)
        histogram_print("held", &smp.held);
    print("\n");
}

static void check_options(void)
{
    if (strcmp(smp.mode, "spin") && strcmp(smp.mode, "forkjoin"))
        guest_fail("smp: mode=spin|forkjoin");
    if (strcmp(smp.wait, "spin") && strcmp(smp.wait, "block"))
        guest_fail("smp: wait=spin|block");
    if (smp.extra >= smp.work)
        smp.extra = smp.work ? smp.work - 1 : 0;
    smp.waits_blocked = !strcmp(smp.wait, "block");
}

void guest_main(void)
{
    static const struct option table[] = {
        { "mode", NULL, &smp.mode, "spin or forkjoin" },
        { "work", &smp.work, NULL, "CPU time between" },
        { "extra", &smp.extra, NULL, "give or take" },
        { "hold", &smp.hold, NULL, "CPU time in the lock" },
        { "wait", NULL, &smp.wait, "spin or block" },
        { "period", &smp.period, NULL, "of rounds" },
        { "start", &smp.start, NULL, "begin at this system time" },
        { "duration", &smp.duration, NULL, "system time" },
        { "count", &smp.count, NULL, "rounds, or locks of each" },
        { "seed", &smp.seed, NULL, "of what chance there is" },
    };

    options_parse("smp", table, sizeof(table) / sizeof(*table));
    check_options();
    event_unmask();
    smp.vcpus = smp.running = vcpu_count();
    if (!smp.start)
        smp.start = clock_now() + NS_PER_MS;
    smp.begun = smp.start;
    for (unsigned i = 1; i < smp.vcpus; i++)
        if (vcpu_start(i, run, NULL))
            guest_fail("smp: cannot start vcpu %u", i);
    run(NULL);
    while (__atomic_load_n(&smp.running, __ATOMIC_SEQ_CST))
        clock_sleep_until(clock_now() + NS_PER_MS);
    report();
}
