/*
 * fbvt - Fair BVT (G. Milos, Xen 2004): Borrowed-Virtual-Time without warp, but
 * with a bounded head start for those who slept.
 *
 * The idea: in plain BVT a sleeper comes back at the scheduler's virtual time,
 * however long it slept, so one that mostly waits for I/O never gets its share.
 * Here it comes back that much earlier as it slept, times `sleep_share`, but no
 * more than `head_start`: it catches up, by its own sleep and not by a setting.
 *
 * The rest is bvt's: the least A runs, until another one has it by C / w; a
 * waker with the least A of all displaces what runs at once. See sched/bvt.
 *
 * Locks: everything of a CPU, and of the vCPUs on it, under that CPU's lock;
 * only svt is also read from elsewhere.
 */
#include "sched/api/sched.h"
#include "xen/lib/vtime.h"

/* Asleep for longer (208 days), a vCPU's old A means nothing any more. */
#define FBVT_FORGET ((ns_t)1 << 54)

enum { FBVT_EV_HEAD_START, FBVT_EV_MIGRATE };

struct fbvt_sys {
    int64_t ctx_allow;   /* C, ns of CPU time */
    int64_t head_start;  /* the longest, units of A */
    int64_t sleep_share; /* of the time asleep, percent */
};

struct fbvt_dom {
    int64_t weight;
};

struct fbvt_vcpu {
    struct vtime t; /* A */
    unsigned home;  /* the CPU whose SVT it refers to */
    ns_t slept;     /* when it fell asleep */
};

struct fbvt_cpu {
    struct sched_queue queue;   /* by A */
    int64_t svt;                /* min A of the runnable, when last computed */
    ns_t since;                 /* start of what runs, or its last charge */
    ns_t until;                 /* ... gives way then, if not to a waker */
    struct sched_vcpu *last;    /* just stopped by us, not by itself */
    struct sched_vcpu *yielder; /* passes this turn */
};

static struct fbvt_cpu *fbvt_cpu(const struct sched_vcpu *v)
{
    return sched_cpu(v->sched, v->cpu);
}

static void fbvt_weigh(struct sched_vcpu *v)
{
    const struct fbvt_dom *d = v->dom_priv;

    vtime_weigh(&((struct fbvt_vcpu *)v->priv)->t, (uint64_t)d->weight);
}

/* SVT, where `a` is that of what runs, or of the last one that did. */
static int64_t fbvt_svt(struct fbvt_cpu *c, bool runs, int64_t a)
{
    const struct sched_node *n = sched_queue_first(&c->queue);

    if (n && (!runs || sched_key_before(n->key, a)))
        a = n->key;
    WRITE_ONCE(c->svt, a);
    return a;
}

static void fbvt_charge(struct sched_vcpu *v, ns_t ran, ns_t now)
{
    struct fbvt_vcpu *b = v->priv;
    struct fbvt_cpu *c = fbvt_cpu(v);

    vtime_run(&b->t, ran);
    c->since = now;
    (void)fbvt_svt(c, true, b->t.at);
}

/* ---- coming and going ---- */

static void fbvt_insert(struct fbvt_cpu *c, struct sched_vcpu *v)
{
    fbvt_weigh(v);
    sched_queue_add(&c->queue, &v->node[0],
                    ((const struct fbvt_vcpu *)v->priv)->t.at);
}

/* Its lead over SVT is here what it was there. */
static void fbvt_migrate(struct sched_vcpu *v, const struct fbvt_cpu *c,
                         unsigned cpu)
{
    struct fbvt_vcpu *b = v->priv;
    const struct fbvt_cpu *home;
    int64_t lead = 0;

    if (cpuset_has(sched_cpus(v->sched), b->home)) {
        home = sched_cpu(v->sched, b->home);
        lead = vtime_minus(b->t.at, READ_ONCE(home->svt));
    }
    b->t.at = vtime_plus(c->svt, lead);
    b->home = cpu;
    sched_trace(v->sched, FBVT_EV_MIGRATE, v, lead);
}

/* v has slept until now: the head start. */
static void fbvt_wake(struct sched_vcpu *v, int64_t svt, ns_t now)
{
    const struct fbvt_sys *sys = sched_sys(v->sched);
    struct fbvt_vcpu *b = v->priv;
    ns_t slept = now - b->slept;
    int64_t start = slept / 100 * sys->sleep_share +
                    slept % 100 * sys->sleep_share / 100;

    if (start > sys->head_start)
        start = sys->head_start;
    svt = vtime_minus(svt, start);
    if (slept <= FBVT_FORGET && !sched_key_before(b->t.at, svt))
        return;
    b->t.at = svt;
    sched_trace(v->sched, FBVT_EV_HEAD_START, v, start);
}

/* v has just become runnable: when does it displace what runs, whose A is
 * run_a now? At once if v has the least A of all; else when C is used up. */
static void fbvt_preempt(struct sched_vcpu *v, const struct sched_vcpu *running,
                         int64_t run_a, ns_t now)
{
    const struct fbvt_sys *sys = sched_sys(v->sched);
    const struct fbvt_vcpu *rb = running->priv;
    struct fbvt_cpu *c = fbvt_cpu(v);
    int64_t a = v->node[0].key;
    ns_t until = now;

    if (sched_queue_head(&c->queue) != v)
        return;
    if (!sched_key_before(a, run_a))
        until = c->since + vtime_until(&rb->t, vtime_minus(a, rb->t.at)) +
                sys->ctx_allow;
    if (until >= c->until)
        return;
    c->until = until;
    sched_resched(v->sched, v->cpu, until);
}

static void fbvt_arrive(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    const struct sched_vcpu *running = sched_running(v->sched, v->cpu);
    struct fbvt_cpu *c = fbvt_cpu(v);
    struct fbvt_vcpu *b = v->priv;
    int64_t run_a = c->svt, svt;
    uint64_t rest;

    if (running)
        run_a = vtime_after(&((const struct fbvt_vcpu *)running->priv)->t,
                            now - c->since, &rest);
    svt = fbvt_svt(c, running != NULL, run_a);
    if (b->home != v->cpu)
        fbvt_migrate(v, c, v->cpu);
    if (why == SCHED_NEW)
        b->t.at = svt;
    else if (why != SCHED_MOVE)
        fbvt_wake(v, svt, now);
    fbvt_insert(c, v);
    if (running)
        fbvt_preempt(v, running, run_a, now);
}

static void fbvt_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct fbvt_cpu *c = fbvt_cpu(v);

    if (why != SCHED_PREEMPT && why != SCHED_YIELD) {
        fbvt_arrive(v, why, now);
        return;
    }
    *(why == SCHED_YIELD ? &c->yielder : &c->last) = v;
    fbvt_insert(c, v);
}

static void fbvt_sleep(struct sched_vcpu *v, bool voluntary, ns_t now)
{
    (void)voluntary;
    ((struct fbvt_vcpu *)v->priv)->slept = now;
}

static void fbvt_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why;
    sched_queue_del(&v->node[0]);
    ((struct fbvt_vcpu *)v->priv)->slept = now;
}

/* ---- the decision ---- */

static struct sched_vcpu *fbvt_take(struct sched *s, unsigned from,
                                    unsigned cpu)
{
    return sched_queue_take(&((struct fbvt_cpu *)sched_cpu(s, from))->queue,
                            cpu);
}

/* The CPU time until v, which waited, has to give way to one at `key`; by its
 * weight as it is now. Not above 0: at once. */
static ns_t fbvt_turn(struct sched_vcpu *v, int64_t key, ns_t allow)
{
    fbvt_weigh(v);
    return vtime_until(&((const struct fbvt_vcpu *)v->priv)->t,
                       vtime_minus(key, v->node[0].key)) +
           allow;
}

/* Whom to run of those that wait here, and until when. What has run goes on if
 * this decision comes before it has to give way. */
static struct sched_vcpu *fbvt_choose(struct fbvt_cpu *c, ns_t allow, ns_t now,
                                      ns_t *until)
{
    struct sched_node *n = sched_queue_first(&c->queue), *next;
    struct sched_vcpu *v;
    ns_t turn = FOREVER / 2;

    if (n && n->vcpu == c->yielder && sched_queue_next(n))
        n = sched_queue_next(n);
    if (!n)
        return NULL;
    v = n->vcpu;
    if (unlikely(c->last && c->last != v && now < c->until)) {
        turn = fbvt_turn(c->last, n->key, allow);
        if (turn > 0) {
            sched_queue_del(&c->last->node[0]);
            *until = now + turn;
            return c->last;
        }
        turn = FOREVER / 2;
    }
    sched_queue_del(n);
    next = sched_queue_first(&c->queue);
    if (next)
        turn = fbvt_turn(v, next->key, allow);
    if (turn < allow) /* beside one that yielded */
        turn = allow;
    *until = now + turn;
    return v;
}

static struct sched_pick fbvt_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct fbvt_sys *sys = sched_sys(s);
    struct fbvt_cpu *c = sched_cpu(s, cpu);
    struct sched_pick pick = { NULL, FOREVER };

    c->since = now;
    pick.v = fbvt_choose(c, sys->ctx_allow, now, &c->until);
    c->last = c->yielder = NULL;
    if (pick.v) {
        pick.run_for = c->until - now;
        return pick;
    }
    pick = sched_steal(s, cpu, fbvt_take);
    if (pick.v)
        fbvt_migrate(pick.v, c, cpu);
    c->until = FOREVER;
    return pick;
}

/* ---- joining, changing, looking ---- */

static void fbvt_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    struct fbvt_cpu *c = sched_cpu(s, cpu);

    c->since = now;
    sched_queue_init(&c->queue);
}

static int fbvt_vcpu_up(struct sched_vcpu *v, ns_t now)
{
    struct fbvt_vcpu *b = v->priv;

    fbvt_weigh(v);
    b->home = v->cpu;
    b->slept = now;
    return 0;
}

/* Decide everywhere; what runs goes on, and is charged by the new weight. */
static int fbvt_param_set(struct sched *s, struct sched_vcpu *v,
                          const struct sched_param *p, int64_t old, ns_t now)
{
    (void)v, (void)p, (void)old;
    sched_resched_all(s, now);
    return 0;
}

static void fbvt_view(const struct sched_vcpu *v, ns_t now, int64_t *out)
{
    const struct fbvt_cpu *c = fbvt_cpu(v);
    const struct fbvt_vcpu *b = v->priv;
    uint64_t rest;

    out[0] = b->t.at;
    if (sched_running(v->sched, v->cpu) == v)
        out[0] = vtime_after(&b->t, now - c->since, &rest);
    out[1] = c->svt;
}

static void fbvt_dump(struct sched *s, unsigned cpu, ns_t now)
{
    const struct fbvt_cpu *c = sched_cpu(s, cpu);
    struct sched_node *n;

    sched_print("fbvt cpu%u: svt %lld, running for %lld ns\n", cpu,
                (long long)c->svt, (long long)(now - c->since));
    for (n = sched_queue_first(&c->queue); n; n = sched_queue_next(n))
        sched_print("  d%uv%u avt %lld\n", n->vcpu->dom, n->vcpu->id,
                    (long long)n->key);
}

static const struct sched_param fbvt_params[] = {
    { "ctx_allow", "ns", "C: how far one may run ahead of its equals",
      SCHED_PER_SYSTEM, offsetof(struct fbvt_sys, ctx_allow), US(10), S(1),
      US(500) },
    { "head_start", "ns",
      "the longest, in CPU time at weight 256; 0: plain BVT", SCHED_PER_SYSTEM,
      offsetof(struct fbvt_sys, head_start), 0, S(10), MS(10) },
    { "sleep_share", "percent", "of the time asleep, given as a head start",
      SCHED_PER_SYSTEM, offsetof(struct fbvt_sys, sleep_share), 0, 100, 50 },
    { "weight", "count", "share of the CPU, against the others' weights",
      SCHED_PER_DOMAIN, offsetof(struct fbvt_dom, weight), 1, 65535, 256 },
    { .name = NULL },
};

static const char *const fbvt_events[] = { "head_start", "migrate", NULL };
static const char *const fbvt_view_names[] = { "avt", "svt", NULL };

static const struct sched_ops fbvt_ops = {
    .name = "fbvt",
    .about = "Fair BVT: a bounded head start for those who slept, Xen 2004",
    .class_ = 7,
    .sys_size = sizeof(struct fbvt_sys),
    .cpu_size = sizeof(struct fbvt_cpu),
    .dom_size = sizeof(struct fbvt_dom),
    .vcpu_size = sizeof(struct fbvt_vcpu),
    .params = fbvt_params,
    .events = fbvt_events,
    .view_names = fbvt_view_names,
    .enqueue = fbvt_enqueue,
    .dequeue = fbvt_dequeue,
    .pick = fbvt_pick,
    .charge = fbvt_charge,
    .sleep = fbvt_sleep,
    .cpu_up = fbvt_cpu_up,
    .vcpu_up = fbvt_vcpu_up,
    .param_set = fbvt_param_set,
    .view = fbvt_view,
    .dump = fbvt_dump,
};
SCHED_PLUGIN(fbvt_ops);
