/*
 * synth.c - a machine's memory with traces in it, for tests of the readers.
 *
 * A small round robin of CPU hogs and one vCPU that wakes every millisecond,
 * on each of two CPUs, written by the hypervisor's own ring and anchor. With
 * `boost` the waker preempts at once. The true totals of each runstate, kept
 * by the generator itself, go to stdout for comparison: "dom vcpu state ns".
 *
 * Usage: synth RAMFILE MILLISECONDS SEED [boost] [small]
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/vcpu.h>

#include "trace/events.h"
#include "trace/setup.h"
#include "trace/trace.h"

#define NR_CPUS    2u
#define NR_VCPUS   5u /* of each CPU; the last one is the idle one */
#define IDLE_DOM   32767u
#define ANCHOR_AT  0x100000u
#define RING_AT    0x200000u
#define RAM_BYTES  (64u << 20)
#define SLICE      10000000ull /* ns; the TSC counts 2 of them a ns */
#define BURST      50000ull
#define PERIOD     1000000ull
#define TSC_PER_NS 2u
#define TSC_ZERO   777777u

struct vcpu {
    uint32_t dom, id;
    unsigned state;
    uint64_t since, total[4];
};

static struct cpu {
    struct trace_ring ring;
    struct vcpu v[NR_VCPUS];
    unsigned running;
    uint64_t now, wake_at, left; /* left: of the waker's burst */
} cpus[NR_CPUS];

static struct cpu *this;

static struct trace_ring *trace_this_ring(void)
{
    return &this->ring;
}

static uint64_t trace_clock(void)
{
    return TSC_ZERO + this->now * TSC_PER_NS;
}

#include "trace/put.def"

static void change(struct vcpu *v, unsigned state)
{
    v->total[v->state] += this->now - v->since;
    trace_runstate(v->dom, v->id, v->state, state, trace_clock());
    v->state = state;
    v->since = this->now;
}

/* In the hypervisor's order: changes, pick, who leaves and who comes. */
static void switch_to(unsigned next, unsigned old_state)
{
    struct vcpu *from = &this->v[this->running], *to = &this->v[next];
    bool idles = next == NR_VCPUS - 1;
    uint32_t ran = (uint32_t)(this->now - from->since);
    uint32_t waited = (uint32_t)(this->now - to->since);

    if (from != to) {
        change(from, old_state);
        change(to, RUNSTATE_running);
    }
    trace_3(TRACE_SCHED_PICK, trace_id(to->dom, to->id),
            idles ? UINT32_MAX : (uint32_t)SLICE, idles ? INT32_MAX : 0);
    if (from == to) {
        trace_1(TRC_SCHED_CONTINUE_RUNNING, trace_id(to->dom, to->id));
        return;
    }
    trace_4(TRC_SCHED_SWITCH_INFPREV, from->dom, from->id, ran,
            (uint32_t)SLICE);
    trace_4(TRC_SCHED_SWITCH_INFNEXT, to->dom, to->id, waited, (uint32_t)SLICE);
    trace_4(TRC_SCHED_SWITCH, from->dom, from->id, to->dom, to->id);
    trace_3(trace_plugin_event(TRACE_SCHED_ID_BVT, 1),
            trace_id(to->dom, to->id), (uint32_t)this->now, 0);
    this->running = next;
    this->now += 300; /* a switch is not free */
}

/* Who is next in turn after the running one. */
static unsigned turn(void)
{
    for (unsigned i = 1; i <= NR_VCPUS; i++) {
        unsigned n = (this->running + i) % NR_VCPUS;

        if (n != NR_VCPUS - 1 && (this->v[n].state == RUNSTATE_runnable ||
                                  this->v[n].state == RUNSTATE_running))
            return n;
    }
    return NR_VCPUS - 1;
}

static void wake(bool boost)
{
    struct vcpu *v = &this->v[0];

    trace_4(TRC_SCHED_WAKE, v->dom, v->id, TRACE_CAUSE_TIMER, 0);
    change(v, RUNSTATE_runnable);
    this->left = BURST / 2 + (uint64_t)random() % BURST;
    this->wake_at += PERIOD;
    if (boost || this->running == NR_VCPUS - 1)
        switch_to(0, RUNSTATE_runnable);
}

/* Run until the next thing happens: slice over, burst over, or a wake-up. */
static void step(bool boost)
{
    uint64_t until = this->now + SLICE;
    bool awake = this->v[0].state != RUNSTATE_blocked;
    bool bursts = this->running == 0;

    if (bursts && this->now + this->left < until)
        until = this->now + this->left;
    if (!awake && this->wake_at < until) {
        this->now = this->wake_at > this->now ? this->wake_at : this->now;
        wake(boost);
        return;
    }
    if (bursts)
        this->left -= until - this->now;
    this->now = until;
    if (bursts && !this->left) {
        trace_2(TRC_SCHED_BLOCK, this->v[0].dom, 0);
        while (this->wake_at <= this->now)
            this->wake_at += PERIOD;
        switch_to(turn(), RUNSTATE_blocked);
        return;
    }
    switch_to(turn(), RUNSTATE_runnable);
}

static void begin(struct cpu *c, unsigned n)
{
    this = c;
    c->now = 1000;
    c->wake_at = 500000 + 3000 * n;
    for (unsigned i = 0; i < NR_VCPUS; i++) {
        c->v[i] = (struct vcpu){ .dom = 1 + i + 4 * n,
                                 .since = 1000,
                                 .state = RUNSTATE_runnable };
        if (i == NR_VCPUS - 1) {
            c->v[i].dom = IDLE_DOM;
            c->v[i].id = n;
        }
    }
    c->v[0].state = RUNSTATE_blocked;
    c->v[1].state = RUNSTATE_running;
    c->running = 1;
    switch_to(2, RUNSTATE_runnable);
}

static void finish(uint64_t end)
{
    for (unsigned i = 0; i < NR_VCPUS; i++) {
        struct vcpu *v = &this->v[i];

        this->now = end;
        v->total[v->state] += end - v->since;
        for (unsigned s = 0; s < 4; s++)
            printf("%u %u %u %lu\n", v->dom, v->id, s,
                   (unsigned long)v->total[s]);
    }
}

int main(int argc, char **argv)
{
    static const char *const events[] = { "warp", "pick", NULL };
    uint8_t *ram = calloc(1, RAM_BYTES);
    bool boost = argc > 4 && !strcmp(argv[4], "boost");
    bool small = argc > 4 && !strcmp(argv[argc - 1], "small");
    uint32_t bytes = small ? 16 * 4096 : 16u << 20;
    uint64_t end;
    FILE *out;

    if (argc < 4 || !ram)
        return 1;
    end = strtoull(argv[2], NULL, 0) * 1000000;
    srandom((unsigned)atoi(argv[3]));
    trace_set_mask(TRC_ALL);
    trace_anchor_begin((struct trace_anchor *)(ram + ANCHOR_AT), ANCHOR_AT, 0);
    trace_anchor_clock(TSC_PER_NS * 1000000ull, TSC_ZERO);
    trace_anchor_scheduler("bvt", TRACE_SCHED_ID_BVT, events);
    for (unsigned c = 0; c < NR_CPUS; c++) {
        uint32_t at = RING_AT + c * (16u << 20);
        char name[16];

        trace_anchor_add_ring(c, &cpus[c].ring, ram + at, at, bytes);
        for (unsigned i = 0; i + 1 < NR_VCPUS; i++) {
            snprintf(name, sizeof(name), i ? "hog%u" : "lat%u", i + 4 * c);
            trace_anchor_domain(1 + i + 4 * c, 1, name);
        }
    }
    trace_anchor_publish();
    for (unsigned c = 0; c < NR_CPUS; c++) {
        begin(&cpus[c], c);
        while (cpus[c].now < end)
            step(boost);
        finish(cpus[c].now);
    }
    out = fopen(argv[1], "wb");
    if (!out || fwrite(ram, 1, RAM_BYTES, out) != RAM_BYTES || fclose(out))
        return 1;
    free(ram);
    return 0;
}
