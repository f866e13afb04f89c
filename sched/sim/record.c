/*
 * record.c - see record.h.
 *
 * Readers sort by time, and a simulation does many things at one time: 100,000
 * vCPUs may wake at once, on 1,024 CPUs. A nanosecond is RECORD_CYCLES cycles,
 * and a step (what one event or one decision does on one CPU) has one of them
 * for all its records: not before the last step on its CPU, and after the last
 * one of each vCPU that it moves. So each vCPU's states follow one another, on
 * whatever CPUs, and steps that have nothing to do with each other share a
 * cycle. Whom a step moves shows only in its course: its records are put later
 * where that is found out.
 */
#include "sched/sim/record.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sched/sim/sim_private.h"
#include "trace/record.h"
#include "trace/trace.h"
#include "xen/lib/bug.h"

#define RECORD_IDLE_DOMAIN 32767u
#define RECORD_CHUNK       (64u * 1024)

#define RECORD_CYCLES 64u
/* A step that would write beyond the end of a chunk begins another one. */
#define RECORD_STEP_BYTES 4096u

struct record_cpu {
    uint8_t *data;
    uint32_t used;
    uint64_t tsc; /* the latest */
};

/* A vCPU, or a CPU's idle one: its last change of state. */
struct record_seen {
    uint64_t tsc;
    uint64_t step;
    uint16_t cpu; /* CPUSET_NONE: none yet */
};

/* The step that is under way. */
struct record_step {
    uint64_t nr;
    uint64_t events; /* of the engine, where it began */
    unsigned cpu;
    ns_t now;
    uint64_t tsc;
    uint32_t from; /* its first record in the CPU's data */
    unsigned nr_moved, room;
    unsigned *moved; /* whose state it changed, by index of seen[] */
};

struct sim_record {
    const struct sim *sim;
    FILE *out;
    uint64_t records;
    int error; /* errno of the first write that failed */
    struct record_step step;
    struct record_seen *seen; /* CPUs' idle ones, then vCPUs by index */
    unsigned nr_seen;
    struct record_cpu cpu[CPUSET_MAX];
};

/* ---- writing ---- */

static void put(struct sim_record *r, const void *data, size_t bytes)
{
    if (!r->error && fwrite(data, 1, bytes, r->out) != bytes)
        r->error = errno;
}

static void flush(struct sim_record *r)
{
    unsigned cpu;

    for (cpu = 0; cpu < r->sim->conf.nr_cpus; cpu++) {
        struct record_cpu *c = &r->cpu[cpu];
        uint32_t change[3] = { TRC_TRACE_CPU_CHANGE | 2u << TRACE_EXTRA_SHIFT,
                               cpu, c->used };

        if (!c->used)
            continue;
        put(r, change, sizeof(change));
        put(r, c->data, c->used);
        c->used = 0;
    }
    r->step.from = 0;
    if (!r->error && fflush(r->out))
        r->error = errno;
}

/* ---- at one time ---- */

/* The cycle of a step on a CPU: not before the last one there. In a run that is
 * followed, a reading may be older than what was written last. */
static uint64_t cycle_after(ns_t now, uint64_t last)
{
    uint64_t tsc = (uint64_t)now * RECORD_CYCLES;

    return last / RECORD_CYCLES == (uint64_t)now && last > tsc ? last : tsc;
}

static void begin_step(struct sim_record *r, unsigned cpu, ns_t now,
                       uint64_t events)
{
    struct record_step *s = &r->step;

    if (unlikely(r->cpu[cpu].used + RECORD_STEP_BYTES > RECORD_CHUNK))
        flush(r);
    s->nr++;
    s->events = events;
    s->cpu = cpu;
    s->now = now;
    s->tsc = cycle_after(now, r->cpu[cpu].tsc);
    s->from = r->cpu[cpu].used;
    s->nr_moved = 0;
}

/* To which step does a record belong: the one under way, or the next one? */
static struct record_step *step_of(struct sim_record *r, ns_t now)
{
    uint64_t events = r->sim->events + r->sim->decisions;
    const struct record_step *s = &r->step;

    if (s->events != events || s->cpu != host_cpu() || s->now != now)
        begin_step(r, host_cpu(), now, events);
    return &r->step;
}

/* All that the step has written is of this cycle. */
static void put_step(struct sim_record *r, uint64_t tsc)
{
    struct record_step *s = &r->step;
    struct record_cpu *c = &r->cpu[s->cpu];
    uint32_t at = s->from, header;
    unsigned i;

    s->tsc = tsc;
    for (i = 0; i < s->nr_moved; i++)
        r->seen[s->moved[i]].tsc = tsc;
    while (at < c->used) {
        memcpy(&header, c->data + at, 4);
        memcpy(c->data + at + 4, &tsc, 8);
        at += 12 + 4 * (header >> TRACE_EXTRA_SHIFT & 7);
    }
}

static struct record_seen *seen_of(struct sim_record *r, unsigned index)
{
    if (index >= r->nr_seen) {
        unsigned want = 2 * index + 64;

        r->seen = realloc(r->seen, want * sizeof(*r->seen));
        BUG_ON(!r->seen);
        while (r->nr_seen < want)
            r->seen[r->nr_seen++] = (struct record_seen){ .cpu = CPUSET_NONE };
    }
    return &r->seen[index];
}

static void add_moved(struct record_step *s, unsigned index)
{
    if (s->nr_moved == s->room) {
        s->room = 2 * s->room + 16;
        s->moved = realloc(s->moved, s->room * sizeof(*s->moved));
        BUG_ON(!s->moved);
    }
    s->moved[s->nr_moved++] = index;
}

/* The step under way moves it, at now: after what happened to it before. */
static void moves(struct sim_record *r, unsigned index, ns_t now)
{
    struct record_seen *seen = seen_of(r, index);
    struct record_step *s = step_of(r, now);
    uint64_t end = ((uint64_t)now + 1) * RECORD_CYCLES - 1;

    if (seen->step == s->nr)
        return;
    if (seen->tsc >= s->tsc && seen->tsc < end)
        put_step(r, seen->tsc + 1);
    seen->tsc = s->tsc;
    seen->step = s->nr;
    add_moved(s, index);
}

static void emit_at(struct sim_record *r, uint32_t event, ns_t now, unsigned nr,
                    const uint32_t *words)
{
    uint64_t tsc = step_of(r, now)->tsc;
    struct record_cpu *c = &r->cpu[host_cpu()];
    uint32_t header = trace_header(event, nr);

    if (unlikely(c->used + TRACE_RECORD_BYTES_MAX > RECORD_CHUNK))
        flush(r);
    memcpy(c->data + c->used, &header, 4);
    memcpy(c->data + c->used + 4, &tsc, 8);
    memcpy(c->data + c->used + 12, words, 4 * (size_t)nr);
    c->used += 12 + 4 * nr;
    c->tsc = tsc > c->tsc ? tsc : c->tsc;
    r->records++;
}

static void emit(struct sim_record *r, uint32_t event, unsigned nr,
                 const uint32_t *words)
{
    emit_at(r, event, r->sim->now, nr, words);
}

#define EMIT(r, event, ...)                                                    \
    do {                                                                       \
        const uint32_t words_[] = { __VA_ARGS__ };                             \
        if (trace_enabled(event))                                              \
            emit(r, event, sizeof(words_) / 4, words_);                        \
    } while (0)

/* ---- the events, as in xen/sched/ ---- */

static void state_change(struct sim_record *r, unsigned index, uint32_t who,
                         uint32_t event, ns_t now)
{
    if (!trace_enabled(TRC_SCHED_RUNSTATE_CHANGE))
        return;
    moves(r, index, now);
    emit_at(r, event, now, 1, &who);
}

void record_state(struct sim_record *r, struct sim_vcpu *sv,
                  enum sched_state to, ns_t now)
{
    const struct sched_vcpu *v = &sv->v;
    unsigned index = r->sim->conf.nr_cpus + sv->index, was = v->core.state;
    uint16_t *last;

    if (to == SCHED_STATE_BLOCKED)
        EMIT(r, TRC_SCHED_BLOCK, v->dom, v->id);
    else if (was == SCHED_STATE_BLOCKED)
        EMIT(r, TRC_SCHED_WAKE, v->dom, v->id, sv->cause, 0);
    state_change(r, index, trace_id(v->dom, v->id),
                 TRC_SCHED_RUNSTATE_CHANGE | was << 8 | to << 4, now);
    last = &seen_of(r, index)->cpu;
    if (*last != CPUSET_NONE && *last != v->cpu)
        EMIT(r, TRACE_SCHED_MIGRATE, trace_id(v->dom, v->id), *last, v->cpu);
    *last = (uint16_t)v->cpu;
}

void record_idle(struct sim_record *r, unsigned cpu, bool begins, ns_t now)
{
    unsigned from = begins ? SCHED_STATE_RUNNABLE : SCHED_STATE_RUNNING;
    unsigned to = begins ? SCHED_STATE_RUNNING : SCHED_STATE_RUNNABLE;

    state_change(r, cpu, trace_id(RECORD_IDLE_DOMAIN, cpu),
                 TRC_SCHED_RUNSTATE_CHANGE | from << 8 | to << 4, now);
}

static uint32_t dom_of(const struct sim_vcpu *sv)
{
    return sv ? sv->v.dom : RECORD_IDLE_DOMAIN;
}

static uint32_t id_of(const struct sim_vcpu *sv)
{
    return sv ? sv->v.id : host_cpu();
}

static uint32_t word_of(ns_t span)
{
    return span > INT32_MAX ? INT32_MAX : (uint32_t)span;
}

static uint32_t granted_to(const struct sim_vcpu *sv)
{
    return sv ? word_of(sv->v.core.granted) : 0;
}

void record_decision(struct sim_record *r, const struct sim_vcpu *prev,
                     const struct sim_vcpu *next, ns_t now)
{
    ns_t granted = next ? next->v.core.granted : FOREVER;
    uint32_t who = trace_id(dom_of(next), id_of(next));
    ns_t ran = prev ? now - prev->picked : 0;

    EMIT(r, TRACE_SCHED_PICK, who, (uint32_t)granted, (uint32_t)(granted >> 32),
         (uint32_t)now, (uint32_t)(now >> 32), (uint32_t)(r->sim->at - now));
    if (next == prev) {
        EMIT(r, TRC_SCHED_CONTINUE_RUNNING, who);
        if (next)
            EMIT(r, TRC_SCHED_SWITCH_INFCONT, next->v.dom, next->v.id,
                 word_of(ran), granted_to(next));
        return;
    }
    EMIT(r, TRC_SCHED_SWITCH_INFPREV, dom_of(prev), id_of(prev), word_of(ran),
         granted_to(prev));
    EMIT(r, TRC_SCHED_SWITCH_INFNEXT, dom_of(next), id_of(next),
         next ? word_of(now - next->v.core.waiting) : 0, granted_to(next));
    EMIT(r, TRC_SCHED_SWITCH, dom_of(prev), id_of(prev), dom_of(next),
         id_of(next));
}

void record_timer(struct sim_record *r)
{
    EMIT(r, TRC_SCHED_S_TIMER_FN, (uint32_t)r->sim->now,
         (uint32_t)(r->sim->now >> 32), (uint32_t)(r->sim->at - r->sim->now));
}

void record_yield(struct sim_record *r, const struct sim_vcpu *sv)
{
    EMIT(r, TRC_SCHED_YIELD, sv->v.dom, sv->v.id);
}

void record_plugin(struct sim_record *r, const struct sched *s, unsigned event,
                   const struct sched_vcpu *v, int64_t a)
{
    EMIT(r, trace_plugin_event(sched_ops_of(s)->class_, event),
         v ? trace_id(v->dom, v->id) : ~0u, (uint32_t)a,
         (uint32_t)((uint64_t)a >> 32));
}

/* ---- beginning and ending ---- */

struct sim_record *record_begin(struct sim *sim, const char *file,
                                uint32_t mask)
{
    struct sim_record *r = calloc(1, sizeof(*r));
    unsigned cpu;

    BUG_ON(!r);
    r->sim = sim;
    r->out = fopen(file, "wb");
    if (!r->out) {
        free(r);
        return NULL;
    }
    trace_set_mask(mask);
    for (cpu = 0; cpu < sim->conf.nr_cpus; cpu++) {
        r->cpu[cpu].data = malloc(RECORD_CHUNK);
        BUG_ON(!r->cpu[cpu].data);
    }
    sim->record = r;
    for (cpu = 0; cpu < sim->conf.nr_cpus; cpu++) {
        sim_host_cpu(cpu);
        record_idle(r, cpu, true, sim->now);
    }
    return r;
}

static void write_info(FILE *out, const struct sim *sim,
                       const char *const *domain_name)
{
    const struct sched_ops *ops = sched_ops_of(sim->sched);
    unsigned i;

    fprintf(out, "metronome-trace %u\n", TRACE_ANCHOR_VERSION);
    fprintf(out, "tsc_khz %u\ntsc_zero 0\n", RECORD_CYCLES * 1000000);
    fprintf(out, "scheduler %s %u\n", ops->name, ops->class_);
    for (i = 0; ops->events && ops->events[i]; i++)
        fprintf(out, "event %u %s\n", i, ops->events[i]);
    for (i = 0; i < sim->nr_domains; i++)
        if (sim->domains[i])
            fprintf(out, "domain %u %u %.23s\n", i, sim->next_id[i],
                    domain_name[i]);
}

int record_info(const struct sim *sim, const char *file,
                const char *const *domain_name)
{
    size_t length = strlen(file) + sizeof(".info");
    char *name = malloc(length);
    FILE *out;

    BUG_ON(!name);
    (void)snprintf(name, length, "%s.info", file);
    out = fopen(name, "w");
    free(name);
    if (!out)
        return -1;
    write_info(out, sim, domain_name);
    return fclose(out) ? -1 : 0;
}

int64_t record_end(struct sim *sim)
{
    struct sim_record *r = sim->record;
    int64_t records;
    unsigned cpu;

    flush(r);
    if (fclose(r->out) && !r->error)
        r->error = errno;
    for (cpu = 0; cpu < sim->conf.nr_cpus; cpu++)
        free(r->cpu[cpu].data);
    records = r->error ? -1 : (int64_t)r->records;
    errno = r->error;
    free(r->seen);
    free(r->step.moved);
    free(r);
    sim->record = NULL;
    return records;
}
