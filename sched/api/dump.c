/*
 * dump.c - showing what an instance does, for a debug key or a broken rule.
 *
 * Locks are only tried, so that a dump works in any state of the machine.
 */
#include "sched/api/core_private.h"

static const char *hand_name(const struct sched_vcpu *v)
{
    static const char *const names[] = { "core", "waits", "runs", "apart",
                                         "leaves" };

    return v->core.hand < ARRAY_SIZE(names) ? names[v->core.hand] : "?";
}

static void dump_vcpu(struct sched_vcpu *v, ns_t now, bool whole)
{
    const struct sched_ops *ops = v->sched->ops;
    int64_t view[SCHED_VIEW_MAX] = { 0 };
    unsigned i;

    sched_print("  d%uv%u %s cpu%u", v->dom, v->id, hand_name(v), v->cpu);
    if (v->core.blocked)
        sched_print(" blocked");
    if (v->core.pauses)
        sched_print(" paused:%u", v->core.pauses);
    if (v->core.hand == SCHED_HAND_PLUGIN)
        sched_print(" since %lld us",
                    (long long)(now - v->core.waiting) / 1000);
    if (whole && ops->view && ops->view_names) {
        ops->view(v, now, view);
        for (i = 0; i < SCHED_VIEW_MAX && ops->view_names[i]; i++)
            sched_print(" %s=%lld", ops->view_names[i], (long long)view[i]);
    }
    sched_print("\n");
}

static void dump_cpu(struct sched *s, unsigned cpu, ns_t now)
{
    const struct sched_pcpu *p = &sched_pcpus[cpu];
    const struct sched_vcpu *v = p->running;
    unsigned lock = p->lock;
    bool locked = s->held || host_trylock(lock);

    sched_print(" cpu%u%s: ", cpu, locked ? "" : " (busy)");
    if (v)
        sched_print("d%uv%u runs", v->dom, v->id);
    else
        sched_print("idle");
    sched_print(", %u wait, %llu schedules, %llu switches, %llu steals\n",
                p->waiting, (unsigned long long)p->counts.schedules,
                (unsigned long long)p->counts.switches,
                (unsigned long long)p->counts.steals);
    if (locked && s->ops->dump && (!s->broken || s->sound))
        s->ops->dump(s, cpu, now);
    if (locked && !s->held)
        host_unlock(lock);
}

void sched_dump(struct sched *s, ns_t now)
{
    struct sched_domain *d;
    struct sched_vcpu *v;
    unsigned cpu;

    for_each_cpu (cpu, &s->cpus)
        dump_cpu(s, cpu, now);
    for_each_domain_of(d, s) for_each_vcpu_of(v, d)
        dump_vcpu(v, now, !s->broken || s->sound);
}

void sched_count(unsigned cpu, struct sched_counts *out)
{
    *out = sched_pcpus[cpu].counts;
}
