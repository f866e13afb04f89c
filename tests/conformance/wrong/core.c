/*
 * core.c - faults of the core, not of a plug-in: only it can break these rules.
 *
 * Two of its functions are wrapped by the linker (conformance.mk), and do the
 * wrong thing for the two plug-ins below, which are as right as fifo.c.
 */
#include <string.h>
#include "sched/api/core_private.h"
#include "tests/conformance/wrong/fifo.h"

int __real_sched_cpu_down(unsigned cpu, ns_t now);
int __wrap_sched_cpu_down(unsigned cpu, ns_t now);
void __real_sched_breach(struct sched *s, unsigned cpu,
                         const struct sched_vcpu *v, const char *rule);
void __wrap_sched_breach(struct sched *s, unsigned cpu,
                         const struct sched_vcpu *v, const char *rule);

/* ---- cpu-down: a drained CPU stays busy, as long as there is a domain ---- */

static const struct sched_ops down_ops = { FIFO_OPS("down"),
                                           .enqueue = fifo_enqueue,
                                           .dequeue = fifo_dequeue,
                                           .pick = fifo_pick };
SCHED_PLUGIN(down_ops);

static bool is(const struct sched *s, const char *name)
{
    return s && !strcmp(s->ops->name, name);
}

int __wrap_sched_cpu_down(unsigned cpu, ns_t now)
{
    const struct sched *s = sched_pcpus[cpu].sched;

    if (is(s, "wrong_down") && !LIST_EMPTY(&s->domains))
        return -SCHED_EBUSY;
    return __real_sched_cpu_down(cpu, now);
}

/* ---- core: it reports what the kit has no name for ---- */

static struct sched_pick news_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct sched_pick pick = fifo_pick(s, cpu, now);

    if (now >= MS(3))
        pick.run_for = 0;
    return pick;
}

static const struct sched_ops news_ops = { FIFO_OPS("news"),
                                           .enqueue = fifo_enqueue,
                                           .dequeue = fifo_dequeue,
                                           .pick = news_pick };
SCHED_PLUGIN(news_ops);

void __wrap_sched_breach(struct sched *s, unsigned cpu,
                         const struct sched_vcpu *v, const char *rule)
{
    __real_sched_breach(s, cpu, v,
                        is(s, "wrong_news") ? "pick() was rude" : rule);
}
