/*
 * sim.c - the engine: a heap of events, CPUs that run vCPUs, loads.
 *
 * After each event the CPUs that were poked decide, lowest number first, until
 * none is poked; all of that takes no simulated time. Events at the same time
 * happen in the order in which they were made.
 *
 * An event that no longer counts stays in the heap and is recognised by its
 * number when it comes up.
 */
#include <stdlib.h>
#include <string.h>
#include "sched/sim/sim_private.h"
#include "xen/lib/bug.h"

enum event_kind {
    EVENT_TIMER, /* of a CPU */
    EVENT_DONE,  /* what runs on a CPU has done its work */
    EVENT_ALARM, /* of a vCPU that sleeps */
};

struct sim_event {
    ns_t time;
    uint64_t seq;
    uint32_t kind;
    uint32_t index; /* of the CPU or vCPU */
};

/* ---- the heap ---- */

static bool event_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->time != b->time ? a->time < b->time : a->seq < b->seq;
}

static uint64_t event_push(struct sim *sim, ns_t time, enum event_kind kind,
                           unsigned index)
{
    struct sim_event e = { time, ++sim->seq, kind, index };
    size_t i = sim->nr_events++, up;

    if (i == sim->room_events) {
        sim->room_events = sim->room_events ? 2 * sim->room_events : 64;
        sim->heap = realloc(sim->heap, sim->room_events * sizeof(e));
        BUG_ON(!sim->heap);
    }
    for (; i; i = up) {
        up = (i - 1) / 2;
        if (!event_before(&e, &sim->heap[up]))
            break;
        sim->heap[i] = sim->heap[up];
    }
    sim->heap[i] = e;
    return e.seq;
}

static struct sim_event event_pop(struct sim *sim)
{
    struct sim_event top = sim->heap[0], e = sim->heap[--sim->nr_events];
    size_t i = 0, down;

    for (;; i = down) {
        down = 2 * i + 1;
        if (down >= sim->nr_events)
            break;
        if (down + 1 < sim->nr_events &&
            event_before(&sim->heap[down + 1], &sim->heap[down]))
            down++;
        if (!event_before(&sim->heap[down], &e))
            break;
        sim->heap[i] = sim->heap[down];
    }
    sim->heap[i] = e;
    return top;
}

void sim_program(struct sim *sim, unsigned cpu, ns_t when)
{
    struct sim_cpu *c = &sim->cpus[cpu];

    if (when == c->timer)
        return;
    c->timer = when;
    c->timer_seq = 0;
    if (when < FOREVER)
        c->timer_seq = event_push(
            sim, (when < sim->now ? sim->now : when) + sim->conf.timer_late,
            EVENT_TIMER, cpu);
}

/* ---- states ---- */

static void latency_add(struct sim_vcpu *sv, ns_t latency)
{
    sv->wakes++;
    sv->latency_sum += latency;
    if (latency > sv->latency_max)
        sv->latency_max = latency;
    if (sv->nr_latency == sv->room_latency) {
        sv->room_latency = sv->room_latency ? 2 * sv->room_latency : 64;
        sv->latency = realloc(sv->latency,
                              sv->room_latency * sizeof(*sv->latency));
        BUG_ON(!sv->latency);
    }
    sv->latency[sv->nr_latency++] = latency;
}

static void hash_add(struct sim *sim, uint64_t x)
{
    sim->hash = (sim->hash ^ x) * 0x100000001b3u; /* FNV-1a, by words */
    sim->hash ^= sim->hash >> 29;
}

void sim_state_change(struct sim_vcpu *sv, enum sched_state to, ns_t now)
{
    struct sim *sim = sv->sim;
    enum sched_state from = (enum sched_state)sv->v.core.state;

    if (sim->watch)
        sim->watch(sv, to, now, sim->watch_arg);
    hash_add(sim, (uint64_t)now);
    hash_add(sim, (uint64_t)sv->v.dom << 32 | (uint64_t)sv->v.id << 16 |
                      (uint64_t)sv->v.cpu << 4 | to);
    sv->in[from] += now - sv->entered;
    if (from == SCHED_STATE_BLOCKED && to == SCHED_STATE_RUNNABLE)
        sv->waking = true;
    else if (to == SCHED_STATE_RUNNING && sv->waking)
        latency_add(sv, now - sv->entered);
    if (to != SCHED_STATE_RUNNABLE)
        sv->waking = false;
    sv->entered = now;
}

/* ---- CPUs ---- */

/* Bring `remaining` of what runs on c up to date. */
static void cpu_progress(struct sim *sim, struct sim_cpu *c)
{
    if (c->running && sim->now > c->progress) {
        c->running->remaining -= sim->now - c->progress;
        c->progress = sim->now;
    }
}

static void cpu_expect(struct sim *sim, unsigned cpu)
{
    struct sim_cpu *c = &sim->cpus[cpu];
    ns_t from = c->progress > sim->now ? c->progress : sim->now;

    c->done_seq = event_push(sim, from + c->running->remaining, EVENT_DONE,
                             cpu);
}

static void cpu_decide(struct sim *sim, unsigned cpu)
{
    struct sim_cpu *c = &sim->cpus[cpu];
    struct sim_vcpu *prev = c->running;

    c->poked = false;
    sim_host_cpu(cpu);
    cpu_progress(sim, c);
    c->running = (struct sim_vcpu *)sched_schedule(cpu, sim->now);
    sched_scheduled(cpu);
    sim->decisions++;
    if (c->running == prev)
        return;
    c->done_seq = 0;
    if (!c->running)
        return;
    c->progress = sim->now + sim->conf.switch_cost;
    cpu_expect(sim, cpu);
}

static void decide_all(struct sim *sim)
{
    unsigned cpu = 0;

    while (cpu < sim->conf.nr_cpus) {
        if (!sim->cpus[cpu].poked) {
            cpu++;
            continue;
        }
        cpu_decide(sim, cpu);
        cpu = 0;
    }
}

/* ---- loads ---- */

void sim_notify(struct sim_vcpu *sv)
{
    if (!sched_blocked(&sv->v)) {
        sv->pending = true;
        return;
    }
    sv->alarm = 0;
    sched_wake_slow(&sv->v, sv->sim->now);
}

/* What runs on cpu has done what it was told. */
static void load_next(struct sim *sim, unsigned cpu)
{
    struct sim_vcpu *sv = sim->cpus[cpu].running;
    struct sim_act act;

    for (;;) {
        act = sv->load(sv, sim->now);
        switch (act.act) {
        case SIM_NOTIFY:
            sim_notify(act.peer);
            continue;
        case SIM_COMPUTE:
            sv->remaining = act.time;
            cpu_expect(sim, cpu);
            return;
        case SIM_YIELD:
            sched_will_yield(&sv->v);
            break;
        case SIM_SLEEP:
            if (act.time <= sim->now)
                continue;
            sv->alarm = event_push(sim, act.time, EVENT_ALARM, sv->index);
            sv->pending = false;
            sched_will_block(&sv->v);
            break;
        case SIM_BLOCK:
            if (sv->pending) {
                sv->pending = false;
                continue;
            }
            sched_will_block(&sv->v);
            break;
        }
        /* The work may be over at once when it runs again. */
        sv->remaining = 0;
        sim->cpus[cpu].poked = true;
        cpu_expect(sim, cpu);
        return;
    }
}

static void event_do(struct sim *sim, const struct sim_event *e)
{
    struct sim_cpu *c = &sim->cpus[e->index];
    struct sim_vcpu *sv;

    switch ((enum event_kind)e->kind) {
    case EVENT_TIMER:
        if (e->seq != c->timer_seq)
            return;
        c->timer = FOREVER;
        sim_host_cpu(e->index);
        sched_timer(e->index, sim->now);
        break;
    case EVENT_DONE:
        if (e->seq != c->done_seq)
            return;
        sim_host_cpu(e->index);
        cpu_progress(sim, c);
        load_next(sim, e->index);
        break;
    case EVENT_ALARM:
        sv = sim->vcpus[e->index];
        if (e->seq != sv->alarm)
            return;
        sim_host_cpu(sv->v.cpu);
        sim_notify(sv);
        break;
    }
}

/* Does one wait that an idle CPU might run? */
static bool wasting(const struct sim *sim)
{
    const struct sched_vcpu *v;
    unsigned cpu, i;

    for (cpu = 0; cpu < sim->conf.nr_cpus; cpu++)
        for (i = 0; !sim->cpus[cpu].running && i < sim->nr_vcpus; i++) {
            v = &sim->vcpus[i]->v;
            if (v->core.state == SCHED_STATE_RUNNABLE &&
                cpuset_has(&v->affinity, cpu))
                return true;
        }
    return false;
}

void sim_run(struct sim *sim, ns_t until)
{
    decide_all(sim);
    while (!sim->breach && sim->nr_events && sim->heap[0].time <= until) {
        struct sim_event e = event_pop(sim);

        if (sim->conf.conserve && e.time > sim->now && wasting(sim))
            sim->lost += e.time - sim->now;
        sim->now = e.time;
        event_do(sim, &e);
        decide_all(sim);
    }
    if (sim->now < until && !sim->breach)
        sim->now = until;
}

/* ---- making and ending ---- */

struct sim *sim_create(const struct sim_conf *conf)
{
    const struct sched_ops *ops = sched_find(conf->sched);
    struct sim *sim;
    unsigned cpu;

    if (!ops || !conf->nr_cpus || conf->nr_cpus > CPUSET_MAX)
        return NULL;
    BUG_ON(sched_check(ops));
    sim = calloc(1, sizeof(*sim));
    BUG_ON(!sim);
    sim->conf = *conf;
    sim->random = conf->seed * 2 + 1;
    sim->hash = 0xcbf29ce484222325u;
    sim->cpus = calloc(conf->nr_cpus, sizeof(*sim->cpus));
    BUG_ON(!sim->cpus);
    sim_host_is(sim);
    sim->sched = sched_create(ops, conf->seed);
    BUG_ON(!sim->sched);
    for (cpu = 0; cpu < conf->nr_cpus; cpu++) {
        sim->cpus[cpu].timer = FOREVER;
        BUG_ON(sched_cpu_up(sim->sched, cpu, 0));
    }
    return sim;
}

void sim_destroy(struct sim *sim)
{
    unsigned i;

    sim->watch = NULL;
    sim->trace = NULL;
    for (i = 0; i < sim->nr_vcpus; i++)
        if (sim->vcpus[i]->joined)
            sim_pause(sim->vcpus[i]);
    decide_all(sim);
    for (i = 0; i < sim->nr_vcpus; i++) {
        sim_leave(sim->vcpus[i]);
        sched_vcpu_fini(&sim->vcpus[i]->v);
        free(sim->vcpus[i]->latency);
        free(sim->vcpus[i]);
    }
    for (i = 0; i < sim->nr_domains; i++)
        sched_domain_fini(sim->domains[i]), free(sim->domains[i]);
    for (i = 0; i < sim->conf.nr_cpus; i++)
        (void)sched_cpu_drain(i, sim->now);
    decide_all(sim);
    for (i = 0; i < sim->conf.nr_cpus; i++)
        BUG_ON(sched_cpu_down(i, sim->now));
    sched_destroy(sim->sched);
    sim_host_is(NULL);
    free(sim->domains);
    free(sim->vcpus);
    free(sim->cpus);
    free(sim->heap);
    free(sim);
}
