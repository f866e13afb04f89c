/*
 * defect.c - a plug-in that keeps the rules, or breaks the one it is told to,
 * by its parameter `defect`: the tests see whether the core notices.
 */
#include "tests/sched_core/defect.h"

struct defect_sys {
    int64_t defect;
    int64_t grant;
    int64_t room; /* vCPUs that may join; 0: any number */
    int64_t nr;   /* that have */
};

struct defect_cpu {
    struct sched_queue queue;
};

struct defect_dom {
    int64_t weight;
    int64_t share; /* percent; above 90 refused by param_set */
};

static const struct sched_param params[] = {
    { .name = "defect",
      .unit = "count",
      .help = "which rule to break",
      .scope = SCHED_PER_SYSTEM,
      .offset = offsetof(struct defect_sys, defect),
      .min = 0,
      .max = DEFECTS,
      .initial = 0 },
    { .name = "grant",
      .unit = "ns",
      .help = "time of a turn",
      .scope = SCHED_PER_SYSTEM,
      .offset = offsetof(struct defect_sys, grant),
      .min = US(100),
      .max = MS(100),
      .initial = MS(1) },
    { .name = "weight",
      .unit = "count",
      .help = "a weight",
      .scope = SCHED_PER_DOMAIN,
      .offset = offsetof(struct defect_dom, weight),
      .min = 1,
      .max = 65535,
      .initial = 256 },
    { .name = "share",
      .unit = "percent",
      .help = "a share",
      .scope = SCHED_PER_DOMAIN,
      .offset = offsetof(struct defect_dom, share),
      .min = 0,
      .max = 100,
      .initial = 50 },
    { .name = "room",
      .unit = "count",
      .help = "how many vCPUs are admitted",
      .scope = SCHED_PER_SYSTEM,
      .offset = offsetof(struct defect_sys, room),
      .min = 0,
      .max = 1000,
      .initial = 0 },
    { .name = NULL },
};

static bool defective(struct sched *s, int64_t which)
{
    return ((struct defect_sys *)sched_sys(s))->defect == which;
}

static void cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    struct defect_cpu *c = sched_cpu(s, cpu);

    (void)now;
    sched_queue_init(&c->queue);
}

static void enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct defect_cpu *c = sched_cpu(v->sched, v->cpu);

    (void)why, (void)now;
    sched_queue_add(&c->queue, &v->node[0], 0);
}

static void dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why, (void)now;
    if (!defective(v->sched, DEFECT_DEQUEUE_KEEPS))
        sched_queue_del(&v->node[0]);
}

static struct sched_vcpu *take(struct sched *s, unsigned from, unsigned cpu)
{
    struct defect_cpu *c = sched_cpu(s, from);

    return sched_queue_take(&c->queue, cpu);
}

static struct sched_vcpu *take_unlocked(struct sched *s, unsigned cpu)
{
    const struct cpuset *cpus = sched_cpus(s);
    struct sched_vcpu *v = NULL;
    unsigned from;

    for_each_cpu (from, cpus)
        if (!v && from != cpu)
            v = take(s, from, cpu);
    return v;
}

static struct sched_pick pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct defect_sys *sys = sched_sys(s);
    struct defect_cpu *c = sched_cpu(s, cpu);
    struct sched_pick p = { .v = NULL, .run_for = FOREVER };

    (void)now;
    if (defective(s, DEFECT_IDLES))
        return p;
    if (defective(s, DEFECT_PICK_KEEPS) && sched_queue_head(&c->queue))
        return (struct sched_pick){ sched_queue_head(&c->queue), MS(1) };
    if (defective(s, DEFECT_PICKS_OTHERS) && sched_running(s, cpu ^ 1))
        return (struct sched_pick){ sched_running(s, cpu ^ 1), MS(1) };
    if (defective(s, DEFECT_STARVES) && c->queue.length > 1) {
        struct sched_node *n = sched_queue_next(c->queue.first);

        sched_queue_del(n);
        return (struct sched_pick){ n->vcpu, MS(1) };
    }
    p.v = sched_queue_take(&c->queue, cpu);
    if (!p.v && defective(s, DEFECT_STEALS_UNLOCKED))
        p.v = take_unlocked(s, cpu);
    else if (!p.v)
        p = sched_steal(s, cpu, take);
    if (p.v)
        p.run_for = defective(s, DEFECT_GRANTS_NOTHING) ? 0 : sys->grant;
    return p;
}

static int vcpu_up(struct sched_vcpu *v, ns_t now)
{
    struct defect_sys *sys = sched_sys(v->sched);

    (void)now;
    if (sys->room && sys->nr == sys->room)
        return -28;
    sys->nr++;
    return 0;
}

static void vcpu_down(struct sched_vcpu *v, ns_t now)
{
    (void)now;
    ((struct defect_sys *)sched_sys(v->sched))->nr--;
}

static unsigned place(const struct sched_vcpu *v, ns_t now)
{
    (void)now;
    return defective(v->sched, DEFECT_PLACES_BADLY) ? 999 : v->cpu;
}

static int param_set(struct sched *s, struct sched_vcpu *v,
                     const struct sched_param *p, int64_t old, ns_t now)
{
    const struct defect_dom *d;

    (void)s, (void)old, (void)now;
    if (!v || p != &params[3])
        return 0;
    d = v->dom_priv;
    return d->share > 90 ? -28 : 0;
}

const struct sched_ops defect_ops = {
    .name = "defect",
    .about = "breaks rules on request",
    .class_ = 7,
    .sys_size = sizeof(struct defect_sys),
    .cpu_size = sizeof(struct defect_cpu),
    .dom_size = sizeof(struct defect_dom),
    .params = params,
    .cpu_up = cpu_up,
    .enqueue = enqueue,
    .dequeue = dequeue,
    .pick = pick,
    .vcpu_up = vcpu_up,
    .vcpu_down = vcpu_down,
    .param_set = param_set,
};

static const struct sched_ops misplacing_ops = {
    .name = "misplacing",
    .about = "defect, with a place() of its own",
    .class_ = 7,
    .sys_size = sizeof(struct defect_sys),
    .cpu_size = sizeof(struct defect_cpu),
    .dom_size = sizeof(struct defect_dom),
    .params = params,
    .cpu_up = cpu_up,
    .enqueue = enqueue,
    .dequeue = dequeue,
    .pick = pick,
    .place = place,
};

static const struct sched_ops single_ops = {
    .name = "single",
    .about = "defect, with one lock for all",
    .class_ = 7,
    .flags = SCHED_ONE_LOCK,
    .sys_size = sizeof(struct defect_sys),
    .cpu_size = sizeof(struct defect_cpu),
    .dom_size = sizeof(struct defect_dom),
    .params = params,
    .cpu_up = cpu_up,
    .enqueue = enqueue,
    .dequeue = dequeue,
    .pick = pick,
};
SCHED_PLUGIN(defect_ops);
SCHED_PLUGIN(single_ops);
SCHED_PLUGIN(misplacing_ops);
