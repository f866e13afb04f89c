/*
 * timeline.c - `xentrace timeline`: each run of a vCPU as a line of text, in
 * the order in which they end; a mark where records are missing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <xen/vcpu.h>

#include "xentrace/command.h"
#include "xentrace/events.h"
#include "xentrace/whos.h"

struct vcpu {
    uint32_t who; /* first: whos.h */
    unsigned state;
    uint64_t since, waited; /* cycles; since: 0 if not seen */
};

static struct timeline {
    const struct args *args;
    const struct trace_meta *meta;
    struct whos vcpus;
} state = { .vcpus.bytes = sizeof(struct vcpu) };

static double us_of(const struct trace_meta *m, uint64_t cycles)
{
    return m->tsc_khz ? (double)cycles * 1e3 / (double)m->tsc_khz
                      : (double)cycles;
}

static void print_run(const struct timeline *t, const struct vcpu *v,
                      const struct rec *r, unsigned new, bool torn)
{
    char name[40];

    snprintf(name, sizeof(name), "%s.%u", command_domain(t->meta, v->who >> 16),
             v->who & 0xffff);
    printf("%15.3f%5u  %-16s%14.3f%14.3f  %s%s\n",
           meta_ns(t->meta, v->since) / 1e3, r->cpu, name,
           us_of(t->meta, r->tsc - v->since), us_of(t->meta, v->waited),
           new == RUNSTATE_runnable ? "preempted" : event_state(new),
           torn ? " (records are missing)" : "");
}

static void take(struct timeline *t, const struct stream *st,
                 const struct rec *r)
{
    unsigned new = r->event >> 4 & 3;
    struct vcpu *v;

    if ((r->event & 0x0ffff00f) != TRC_SCHED_RUNSTATE_CHANGE || !r->nr)
        return;
    v = whos_get(&t->vcpus, r->word[0]);
    if (v->since && v->state == RUNSTATE_running &&
        meta_ns(t->meta, r->tsc) >= t->args->from &&
        meta_ns(t->meta, v->since) < t->args->until)
        print_run(t, v, r, new, stream_torn(st, v->since));
    v->waited = v->since && v->state == RUNSTATE_runnable ? r->tsc - v->since
                                                          : 0;
    v->state = new;
    v->since = r->tsc;
}

int command_timeline(const struct args *a)
{
    static struct source s;
    struct timeline *t = &state;
    struct stream st;
    const struct rec *r;

    if (!command_open(&s, &st, a->argv[0], &r))
        return EXIT_CANNOT;
    t->args = a;
    t->meta = &s.meta;
    printf("%15s%5s  %-16s%14s%14s  %s\n", s.meta.tsc_khz ? "us" : "cycles",
           "CPU", "runs", "for", "waited", "then");
    for (; r; r = stream_next(&st))
        take(t, &st, r);
    return command_close(&s, &st);
}
