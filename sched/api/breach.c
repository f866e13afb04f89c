/*
 * breach.c - a plug-in broke a rule: who, which, and how to go on.
 *
 * From the breach on the core keeps the hands by itself and doesn't call the
 * plug-in. The next sched_schedule() of any CPU of the instance takes all its
 * locks, has the host note what there is to report, and puts the fallback in
 * force: the areas are emptied, and who waited waits in the fallback's hand.
 */
#include "sched/api/core_private.h"

void sched_breach(struct sched *s, unsigned cpu, const struct sched_vcpu *v,
                  const char *rule)
{
    if (s->broken)
        return;
    s->broken_cpu = cpu;
    s->broken_v = v;
    s->broken = rule;
    sched_pcpus[cpu].counts.breaches++;
    host_poke(cpu);
}

void sched_mend(struct sched *s, ns_t now)
{
    struct sched_breach b = { .sched = s };

    sched_lock_all(s);
    if (!s->broken) { /* another CPU has mended it */
        sched_unlock_all(s);
        return;
    }
    b.plugin = s->ops->name;
    b.rule = s->broken;
    b.cpu = s->broken_cpu;
    b.v = s->broken_v;
    b.can_fall_back = s->fallback && s->fallback != s->ops;
    s->held = true;
    host_breach(&b);
    s->held = false;
    BUG_ON(!b.can_fall_back);
    sched_install(s, s->fallback, now); /* pokes them all */
}
