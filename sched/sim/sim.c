/*
 * sim.c - the engine: CPUs that run vCPUs, from event to event.
 *
 * A CPU has up to three events to come: what runs has done its work, the core's
 * timer, and a poke on its way. The earliest stands in the course of CPUs
 * (agenda.h); a vCPU that sleeps has an alarm. After each event the CPUs that
 * were poked decide, lowest number first, until none is poked; all of that
 * takes no simulated time.
 *
 * At the same time: CPUs come first, lowest number first, then alarms; and on a
 * CPU the end of work comes before the timer: who needs exactly the time that
 * was granted is not interrupted.
 */
#include <stdlib.h>
#include <string.h>
#include "sched/api/warm.h"
#include "sched/sim/record.h"
#include "sched/sim/sim_private.h"
#include "sched/sim/spread.h"
#include "trace/events.h"
#include "xen/lib/bug.h"

/* ---- the CPUs' next events ---- */

static void cpu_refresh(struct sim *sim, unsigned cpu)
{
    const struct sim_cpu *c = &sim->cpus[cpu];
    ns_t next = c->done_at < c->timer_at ? c->done_at : c->timer_at;

    course_set(&sim->course, cpu, c->poke_at < next ? c->poke_at : next);
}

/* c's timer has read the clock already, and acts when it has the lock. */
static bool timer_began(const struct sim *sim, const struct sim_cpu *c)
{
    return unlikely(c->fired != NULL) && c->timer_at < FOREVER &&
           sim_reading(c->fired, c->timer_at) < sim->at;
}

void sim_program(struct sim *sim, unsigned cpu, ns_t when)
{
    struct sim_cpu *c = &sim->cpus[cpu];

    if (when == c->timer)
        return;
    if (cpu != sim->busy && timer_began(sim, c)) {
        if (when < c->timer_then)
            c->timer_then = when;
        return;
    }
    c->timer = when;
    if (when < FOREVER)
        when = sim_followed(sim, c->fired, when < sim->now ? sim->now : when,
                            sim->conf.timer_late);
    c->timer_at = when;
    if (cpu != sim->busy)
        cpu_refresh(sim, cpu);
}

/* c is poked already. A decision that read the clock before this poke is not
 * the one that answers it: that comes afterwards. */
static NOINLINE void poke_again(struct sim_cpu *c, ns_t at)
{
    ns_t first = c->poke_at;

    if (at < first) {
        c->poke_at = at;
        at = first;
    }
    if (at > c->poke_at && at < c->again_at)
        c->again_at = at;
}

/* What was due up to now is done. */
static void poke_done(struct sim *sim, struct sim_cpu *c)
{
    c->poke_at = c->again_at > sim->at ? c->again_at : FOREVER;
    c->again_at = FOREVER;
}

void sim_poke(struct sim *sim, unsigned cpu, ns_t delay)
{
    struct sim_cpu *c = &sim->cpus[cpu];

    if (likely(!delay)) {
        cpuset_add(&sim->poked, cpu);
        sim->poked_words |= (uint64_t)1 << (cpu / 64);
    } else if (c->poke_at == FOREVER) {
        c->poke_at = sim->at + delay;
        if (cpu != sim->busy)
            cpu_refresh(sim, cpu);
    } else if (unlikely(c->decided != NULL)) {
        poke_again(c, sim->at + delay);
        if (cpu != sim->busy)
            cpu_refresh(sim, cpu);
    }
}

/* ---- states ---- */

static NOINLINE void latency_keep(struct sim_vcpu *sv, ns_t latency)
{
    if (sv->nr_latency == sv->room_latency) {
        sv->room_latency = sv->room_latency ? 2 * sv->room_latency : 64;
        sv->latency = realloc(sv->latency,
                              sv->room_latency * sizeof(*sv->latency));
        BUG_ON(!sv->latency);
    }
    sv->latency[sv->nr_latency++] = latency;
}

static void latency_add(struct sim *sim, struct sim_vcpu *sv, ns_t latency)
{
    sv->wakes++;
    sv->latency_sum += latency;
    if (latency > sv->latency_max)
        sv->latency_max = latency;
    if (sv->spread)
        spread_add(sv->spread, latency);
    if (!sim->conf.forget)
        latency_keep(sv, latency);
}

/* sv goes to state `to` at now: one step of a hash like FNV-1a, by words. */
static void hash_add(struct sim *sim, const struct sim_vcpu *sv,
                     enum sched_state to, ns_t now)
{
    uint64_t who = (uint64_t)sv->index << 16 | sv->v.cpu << 4 | to;

    sim->hash = (sim->hash ^ (uint64_t)now) * 0x100000001b3u + who;
    sim->hash ^= sim->hash >> 29;
}

void sim_state_change(struct sim_vcpu *sv, enum sched_state to, ns_t now)
{
    struct sim *sim = sv->sim;
    enum sched_state from = (enum sched_state)sv->v.core.state;

    /* Another CPU's reading may have come first: no time is negative. */
    if (unlikely(now < sv->entered))
        now = sv->entered;
    if (unlikely(sim->watch != NULL))
        sim->watch(sv, to, now, sim->watch_arg);
    if (unlikely(sim->record != NULL))
        record_state(sim->record, sv, to, now);
    hash_add(sim, sv, to, now);
    sv->in[from] += now - sv->entered;
    if (from == SCHED_STATE_BLOCKED && to == SCHED_STATE_RUNNABLE)
        sv->waking = true;
    else if (to == SCHED_STATE_RUNNING && sv->waking)
        latency_add(sim, sv, now - sv->entered);
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

/* When what runs on c will have done its work. */
static void cpu_expect(struct sim *sim, struct sim_cpu *c)
{
    ns_t from = c->progress > sim->now ? c->progress : sim->now;

    c->done_at = from + c->running->remaining;
}

/* What runs on c makes no progress for so long. */
static void cpu_steal(struct sim *sim, struct sim_cpu *c, ns_t time)
{
    if (!c->running || !time)
        return;
    cpu_progress(sim, c);
    if (c->progress < sim->now)
        c->progress = sim->now;
    c->progress += time;
    if (c->done_at < FOREVER)
        cpu_expect(sim, c);
}

/* Another one runs on cpu than before: what the change costs. */
static void cpu_switched(struct sim *sim, unsigned cpu)
{
    struct sim_cpu *c = &sim->cpus[cpu];
    struct sim_vcpu *sv = c->running;

    c->done_at = FOREVER;
    if (!sv)
        return;
    sim->switches++;
    sv->runs++;
    sv->picked = sim->now;
    c->progress = sim->now + sim->conf.switch_cost;
    if (sv->ran_on != cpu) {
        if (sv->ran_on != CPUSET_NONE)
            c->progress += sim->conf.cost.migrate;
        sv->ran_on = cpu;
    }
    cpu_expect(sim, c);
}

/* What ran on c, if anything, goes on. */
static void cpu_go_on(struct sim *sim, struct sim_cpu *c)
{
    cpu_steal(sim, c, sim->conf.cost.keep);
    if (c->running && c->done_at == FOREVER) /* it was about to stop */
        cpu_expect(sim, c);
}

static void cpu_decide(struct sim *sim, unsigned cpu)
{
    struct sim_cpu *c = &sim->cpus[cpu];
    struct sim_vcpu *prev = c->running;
    struct sched_vcpu *next;

    sim_host_cpu(cpu);
    sim->busy = cpu;
    sim->now = sim_reading(c->decided, sim->at);
    poke_done(sim, c);
    cpu_progress(sim, c);
    sim->decisions++;
    next = sched_schedule(cpu, sim->now);
    c->running = next ? sim_vcpu_of(next) : NULL;
    if (unlikely(sim->record != NULL))
        record_decision(sim->record, prev, c->running, sim->now);
    sched_scheduled(cpu);
    if (c->running != prev)
        cpu_switched(sim, cpu);
    else
        cpu_go_on(sim, c);
    sim->now = sim->at;
    sim->busy = CPUSET_NONE;
    cpu_refresh(sim, cpu);
}

void sim_decide(struct sim *sim)
{
    unsigned w, cpu;

    while (sim->poked_words) {
        w = (unsigned)__builtin_ctzll(sim->poked_words);
        cpu = w * 64 + (unsigned)__builtin_ctzll(sim->poked.word[w]);
        sim->poked.word[w] &= sim->poked.word[w] - 1;
        if (!sim->poked.word[w])
            sim->poked_words &= sim->poked_words - 1;
        cpu_decide(sim, cpu);
    }
}

/* ---- loads ---- */

static void wake(struct sim_vcpu *sv, unsigned on, uint8_t cause)
{
    struct sim *sim = sv->sim;

    if (!sched_blocked(&sv->v)) {
        sv->pending = true;
        return;
    }
    alarm_clear(&sim->alarms, sv->index);
    if (sim->conf.cost.wake) {
        cpu_steal(sim, &sim->cpus[on], sim->conf.cost.wake);
        if (on != sim->busy)
            cpu_refresh(sim, on);
    }
    sv->cause = cause;
    sched_wake_slow(&sv->v, sim->now);
}

void sim_notify(struct sim_vcpu *sv)
{
    wake(sv, host_cpu(), TRACE_CAUSE_EVENT);
}

void sim_stop_spin(struct sim_vcpu *sv)
{
    struct sim *sim = sv->sim;
    struct sim_cpu *c = &sim->cpus[sv->v.cpu];

    if (!sv->spinning)
        return;
    sv->spinning = false;
    if (c->running == sv) {
        cpu_progress(sim, c);
        sv->remaining = 0;
        cpu_expect(sim, c);
        if (sv->v.cpu != sim->busy)
            cpu_refresh(sim, sv->v.cpu);
    }
    sv->remaining = 0;
}

/* sv, which runs, is told to stop running. False: it goes on after all. */
static bool load_stop(struct sim *sim, struct sim_vcpu *sv, struct sim_act act)
{
    if (act.act == SIM_YIELD) {
        if (unlikely(sim->record != NULL))
            record_yield(sim->record, sv);
        sched_will_yield(&sv->v);
        return true;
    }
    if (act.act == SIM_SLEEP) {
        if (act.time <= sim->now)
            return false;
        alarm_set(&sim->alarms, sv->index, act.time + sim->conf.alarm_late);
    } else if (sv->pending) {
        sv->pending = false;
        return false;
    }
    sv->pending = false;
    sched_will_block(&sv->v);
    return true;
}

/* What runs on cpu has done what it was told. */
static void load_next(struct sim *sim, unsigned cpu)
{
    struct sim_cpu *c = &sim->cpus[cpu];
    struct sim_vcpu *sv = c->running;
    struct sim_act act;

    for (;;) {
        act = sv->load(sv, sim->now);
        switch (act.act) {
        case SIM_NOTIFY:
            wake(act.peer, cpu, TRACE_CAUSE_EVENT);
            continue;
        case SIM_SPIN:
            sv->spinning = true;
            sv->remaining = SIM_FOR_LONG;
            cpu_expect(sim, c);
            return;
        case SIM_COMPUTE:
            sv->remaining = act.time;
            cpu_expect(sim, c);
            return;
        case SIM_YIELD:
        case SIM_SLEEP:
        case SIM_BLOCK:
            if (!load_stop(sim, sv, act))
                continue;
            /* The work is over at once when it runs again. */
            sv->remaining = 0;
            c->done_at = FOREVER;
            sim_poke(sim, cpu, sim_delay(sim, cpu, sim->now, 0));
            return;
        }
    }
}

/* ---- events ---- */

/* Has the decision to come read the clock before what runs on c is done? Then
 * it waits for a lock, and what runs has left the CPU already. */
static bool decision_began(const struct sim_cpu *c)
{
    return unlikely(c->decided != NULL) && c->poke_at < FOREVER &&
           sim_reading(c->decided, c->poke_at) < c->done_at;
}

static void cpu_event(struct sim *sim, unsigned cpu)
{
    struct sim_cpu *c = &sim->cpus[cpu];

    sim_host_cpu(cpu);
    sim->busy = cpu;
    if (c->done_at <= sim->now && decision_began(c)) {
        c->done_at = FOREVER; /* it runs no more: cpu_go_on() */
    } else if (c->done_at <= sim->now) {
        sim->now = c->done_at;
        cpu_progress(sim, c);
        load_next(sim, cpu);
        sim->now = sim->at;
    } else if (c->timer_at <= sim->now) {
        c->timer = c->timer_at = FOREVER;
        sim->now = sim_reading(c->fired, sim->at);
        if (unlikely(sim->record != NULL))
            record_timer(sim->record);
        sim->timing = true;
        sched_timer(cpu, sim->now);
        sim->timing = false;
        sim->now = sim->at;
        if (unlikely(c->timer_then < c->timer))
            sim_program(sim, cpu, c->timer_then);
        c->timer_then = FOREVER;
    } else {
        sim_poke(sim, cpu, 0); /* done: poke_done() */
    }
    sim->busy = CPUSET_NONE;
    if (!cpuset_has(&sim->poked, cpu)) /* else its decision will do it */
        cpu_refresh(sim, cpu);
}

/* So few vCPUs are in the cache anyhow. */
#define COLD_FROM 256

/* Have the vCPU that wakes next in the cache when it does, and where it is to
 * be found of those that may come after it. */
static NOINLINE void warm_up(struct sim *sim)
{
    const struct alarm *next = alarm_first(&sim->alarms);
    const struct sim_vcpu *sv;
    unsigned i;

    if (!next)
        return;
    for (i = 1; i < alarm_soon(&sim->alarms); i++) {
        alarm_warm(&sim->alarms, &next[i]);
        __builtin_prefetch(&sim->vcpus[next[i].index]);
    }
    sv = sim->vcpus[next->index];
    sched_warm(&sv->v.node[0]);
    __builtin_prefetch(&sv->spread, 1);
    __builtin_prefetch(&sv->st.worst, 1);
}

/* Where sv was woken in the run that is followed, and by which reading. */
static NOINLINE void as_followed(struct sim *sim, const struct sim_vcpu *sv)
{
    if (sv->waker != CPUSET_NONE)
        sim_host_cpu(sv->waker);
    if (sv->reading)
        sim->now = sv->reading;
}

static void alarm_event(struct sim *sim, uint32_t index)
{
    struct sim_vcpu *sv = sim->vcpus[index];

    alarm_take_out(&sim->alarms, index);
    if (sim->nr_vcpus >= COLD_FROM) {
        __builtin_prefetch(sv->work);
        warm_up(sim);
    }
    sim_host_cpu(sv->v.cpu);
    if (unlikely(sv->unborn)) {
        sim_born(sv);
        return;
    }
    if (unlikely(sim->cpus[0].decided != NULL))
        as_followed(sim, sv);
    wake(sv, host_cpu(), TRACE_CAUSE_TIMER);
    sim->now = sim->at;
}

/* Does a vCPU of s wait that an idle CPU might run? */
static bool wasting(const struct sim *sim, const struct sched *s)
{
    const struct sched_vcpu *v;
    unsigned cpu, i;

    for (cpu = 0; cpu < sim->conf.nr_cpus; cpu++)
        for (i = 0; !sim->cpus[cpu].running && i < sim->nr_vcpus; i++) {
            v = &sim->vcpus[i]->v;
            if (v->core.state == SCHED_STATE_RUNNABLE && v->sched == s &&
                cpuset_has(&v->affinity, cpu))
                return true;
        }
    return false;
}

/* So much time passes as things are. */
static NOINLINE void conserve(struct sim *sim, ns_t time)
{
    bool any = false;
    unsigned i;

    for (i = 0; i < sim->nr_pools; i++)
        if (wasting(sim, sim->pools[i].sched)) {
            sim->pools[i].lost += time;
            any = true;
        }
    if (any)
        sim->lost += time;
}

bool sim_run_some(struct sim *sim, ns_t until, uint64_t events)
{
    const ns_t last = until < FOREVER ? until : FOREVER - 1;
    const struct alarm *alarm;
    unsigned cpu;
    ns_t time;

    sim_decide(sim);
    while (events-- && likely(!sim->breach)) {
        cpu = course_first(&sim->course);
        time = sim->course.time[cpu];
        alarm = alarm_first(&sim->alarms);
        if (alarm && alarm->time < time)
            time = alarm->time;
        else
            alarm = NULL;
        if (time > last) {
            if (sim->now < until)
                sim->now = sim->at = until;
            return true;
        }
        if (unlikely(sim->conf.conserve) && time > sim->now)
            conserve(sim, time - sim->now);
        if (unlikely(time < sim->at)) /* decided by an older reading */
            time = sim->at;
        sim->now = sim->at = time;
        sim->events++;
        if (alarm)
            alarm_event(sim, alarm->index);
        else
            cpu_event(sim, cpu);
        sim_decide(sim);
    }
    return sim->breach != NULL;
}

void sim_run(struct sim *sim, ns_t until)
{
    while (!sim_run_some(sim, until, UINT64_MAX))
        ;
}
