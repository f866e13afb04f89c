/*
 * victim: watches over itself while others misbehave. Each round it checks
 *
 *   memory     512 pages of known contents, and page-table entries of its own
 *   time       never back; runstates add up to it
 *   registers  general registers and SSE (AVX where there is) across a yield
 *              and across spinning
 *
 * duration=T (10s; 0: no limit)  rounds=N (0: no limit)  pause=T (1ms)
 *
 * Output: victim: rounds=N faults=N ok   or   victim: ROUND: WHAT changed
 */
#include <stddef.h>

#include "guests/lib/avx.h"
#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/options.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/random.h"
#include "guests/lib/runstate.h"
#include "guests/lib/start.h"

#define PAGES 512
#define WORDS (PAGE_SIZE / 8)

/* As registers.S knows it. */
struct registers_test {
    uint64_t spins, yield, unused[2];
    uint64_t vectors[16][4];
};

int registers_survive(const struct registers_test *test, uint64_t seed,
                      bool avx);

static uint64_t memory[PAGES][WORDS]
    __attribute__((section(".bss.pages"), aligned(4096)));

static struct {
    long duration, rounds, pause;
    unsigned long faults;
    long round;
    ns_t last, offset;
    bool avx;
    struct random random;
} victim = { .duration = 10 * NS_PER_S, .pause = NS_PER_MS };

static uint64_t expected(unsigned page, unsigned word)
{
    return (page * WORDS + word) * 0x9e3779b97f4a7c15UL + 12345;
}

static void fault(const char *what, uint64_t got, uint64_t wanted)
{
    victim.faults++;
    print("victim: %ld: %s changed: %lx, was %lx\n", victim.round, what, got,
          wanted);
}

static void fill_memory(void)
{
    for (unsigned p = 0; p < PAGES; p++)
        for (unsigned w = 0; w < WORDS; w++)
            memory[p][w] = expected(p, w);
}

/* 64 pages a round, all in eight. */
static void check_memory(void)
{
    unsigned first = (unsigned)(victim.round % 8) * 64;

    for (unsigned p = first; p < first + 64; p++) {
        const uint64_t *entry = pte_find(address_of(memory[p]), 1);
        uint64_t frame = virt_to_mfn(memory[p]);

        if ((*entry & PTE_FRAME) >> PAGE_SHIFT != frame)
            fault("page-table entry", *entry, frame);
        for (unsigned w = 0; w < WORDS; w++)
            if (memory[p][w] != expected(p, w))
                fault("memory", memory[p][w], expected(p, w));
    }
}

/* Runstates' sum minus time: stays within a few microseconds. */
static ns_t offset(void)
{
    struct vcpu_runstate_info info;
    ns_t sum = 0, before = clock_now();

    (void)hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, &info);
    for (unsigned i = 0; i < 4; i++)
        sum += (ns_t)info.time[i];
    return sum - before;
}

/* The two readings of an offset are pulled apart when we lose the CPU between
 * them: the smallest of some is meant. */
static ns_t best_offset(void)
{
    ns_t best = offset();

    for (unsigned i = 0; i < 9; i++) {
        ns_t next = offset();

        best = next < best ? next : best;
    }
    return best;
}

static void check_time(void)
{
    ns_t now = clock_now(), best = best_offset();

    if (now < victim.last)
        fault("time", (uint64_t)now, (uint64_t)victim.last);
    victim.last = now;
    if (best > victim.offset + 100 * NS_PER_US ||
        best < victim.offset - 100 * NS_PER_US)
        fault("sum of runstates", (uint64_t)best, (uint64_t)victim.offset);
}

static void check_registers(void)
{
    static struct registers_test test __attribute__((aligned(32)));
    static const char *const names[] = { "", "a general register",
                                         "an SSE register", "an AVX register" };
    uint64_t seed = random_next(&victim.random);
    int bad;

    test.spins = 10000;
    test.yield = SCHEDOP_yield;
    for (unsigned i = 0; i < 64; i++)
        test.vectors[i / 4][i % 4] = random_next(&victim.random);
    bad = registers_survive(&test, seed, victim.avx);
    if (bad)
        fault(names[bad], seed, seed);
}

static bool over(ns_t start)
{
    return (victim.rounds && victim.round >= victim.rounds) ||
           (victim.duration && clock_now() - start > victim.duration);
}

void guest_main(void)
{
    static const struct option table[] = {
        { "duration", &victim.duration, NULL, "system time" },
        { "rounds", &victim.rounds, NULL, "how many" },
        { "pause", &victim.pause, NULL, "between rounds" },
    };
    ns_t start;

    options_parse("victim", table, sizeof(table) / sizeof(*table));
    random_seed(&victim.random, 4711);
    fill_memory();
    victim.avx = avx_enable();
    event_unmask();
    start = victim.last = clock_now();
    victim.offset = best_offset();
    while (!over(start) && victim.faults < 20) {
        check_memory();
        check_time();
        check_registers();
        victim.round++;
        if (victim.pause)
            clock_sleep_until(clock_now() + victim.pause);
    }
    print("victim: rounds=%ld faults=%lu avx=%d %s\n", victim.round,
          victim.faults, victim.avx, victim.faults ? "HARMED" : "ok");
}
