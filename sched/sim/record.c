/*
 * record.c - see record.h.
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

/* Cycles of a nanosecond. Steps of the simulation at one time, one because of
 * the other, are told apart by a cycle: readers sort by time. */
#define RECORD_CYCLES 16u

struct record_cpu {
    uint8_t *data;
    uint32_t used;
};

struct sim_record {
    const struct sim *sim;
    FILE *out;
    uint64_t records;
    uint64_t tsc, step; /* of the latest record, */
    unsigned last_on;   /* and its CPU */
    int error;          /* errno of the first write that failed */
    uint16_t *last_cpu; /* of each vCPU, by index */
    unsigned nr_last;
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
    if (!r->error && fflush(r->out))
        r->error = errno;
}

/* The time of a record on cpu: now, and after the step before. */
static uint64_t clock_of(struct sim_record *r, unsigned cpu, ns_t now)
{
    uint64_t tsc = (uint64_t)now * RECORD_CYCLES;
    uint64_t step = r->sim->events + r->sim->decisions;

    /* In a run that is followed, an older reading than another CPU's. */
    if (unlikely(now != r->sim->at) && tsc < r->tsc)
        return tsc;
    if (tsc <= r->tsc)
        tsc = r->tsc + (cpu != r->last_on || step != r->step);
    r->tsc = tsc;
    r->step = step;
    r->last_on = cpu;
    return tsc;
}

static void emit_at(struct sim_record *r, uint32_t event, ns_t now, unsigned nr,
                    const uint32_t *words)
{
    struct record_cpu *c = &r->cpu[host_cpu()];
    uint32_t header = trace_header(event, nr);
    uint64_t tsc = clock_of(r, host_cpu(), now);

    if (unlikely(c->used + TRACE_RECORD_BYTES_MAX > RECORD_CHUNK))
        flush(r);
    memcpy(c->data + c->used, &header, 4);
    memcpy(c->data + c->used + 4, &tsc, 8);
    memcpy(c->data + c->used + 12, words, 4 * (size_t)nr);
    c->used += 12 + 4 * nr;
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

static void state_change(struct sim_record *r, uint32_t who, unsigned from,
                         unsigned to, ns_t now)
{
    if (trace_enabled(TRC_SCHED_RUNSTATE_CHANGE))
        emit_at(r, TRC_SCHED_RUNSTATE_CHANGE | from << 8 | to << 4, now, 1,
                &who);
}

static uint16_t *last_cpu_of(struct sim_record *r, const struct sim_vcpu *sv)
{
    if (sv->index >= r->nr_last) {
        unsigned want = 2 * sv->index + 64;

        r->last_cpu = realloc(r->last_cpu, want * sizeof(*r->last_cpu));
        BUG_ON(!r->last_cpu);
        while (r->nr_last < want)
            r->last_cpu[r->nr_last++] = CPUSET_NONE;
    }
    return &r->last_cpu[sv->index];
}

void record_state(struct sim_record *r, struct sim_vcpu *sv,
                  enum sched_state to, ns_t now)
{
    const struct sched_vcpu *v = &sv->v;
    uint16_t *last = last_cpu_of(r, sv);

    if (to == SCHED_STATE_BLOCKED)
        EMIT(r, TRC_SCHED_BLOCK, v->dom, v->id);
    else if (v->core.state == SCHED_STATE_BLOCKED)
        EMIT(r, TRC_SCHED_WAKE, v->dom, v->id, sv->cause, 0);
    state_change(r, trace_id(v->dom, v->id), v->core.state, to, now);
    if (*last != CPUSET_NONE && *last != v->cpu)
        EMIT(r, TRACE_SCHED_MIGRATE, trace_id(v->dom, v->id), *last, v->cpu);
    *last = (uint16_t)v->cpu;
}

void record_idle(struct sim_record *r, unsigned cpu, bool begins, ns_t now)
{
    state_change(r, trace_id(RECORD_IDLE_DOMAIN, cpu),
                 begins ? SCHED_STATE_RUNNABLE : SCHED_STATE_RUNNING,
                 begins ? SCHED_STATE_RUNNING : SCHED_STATE_RUNNABLE, now);
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
    free(r->last_cpu);
    free(r);
    sim->record = NULL;
    return records;
}
