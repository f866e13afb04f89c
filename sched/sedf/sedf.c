/*
 * sedf - Simple Earliest Deadline First: (period, slice, latency, extra,
 * weight), as users of Xen 3 knew it, with what it lacked: admission control,
 * a wake-up rule that keeps everybody's guarantee, placement.
 *
 * The idea: a reserved vCPU gets `slice` of CPU in each `period`; of those that
 * have budget left, the one with the earliest deadline (end of its period)
 * runs, and as no CPU is booked beyond 1, each gets its slice in time. What is
 * left over, the extra time, goes by weight to the vCPUs that may have it and
 * have no budget: the least virtual time (CPU time / weight) first.
 *
 * A vCPU that waits is in `ready` (budget left), or in `waiting` (for its next
 * period) and, if it may have extra time, in `extra` as well; without a
 * reservation only in `extra`. wake.c has the periods, admit.c the booking.
 *
 * Invariants: nothing on extra time runs beyond the next begin of a period on
 * its CPU; budget used beyond the end (an overrun) is paid from the next.
 *
 * Locks: all of a CPU under its lock, but for the sum of what is booked there.
 */
#include "sched/sedf/sedf_private.h"

#define SEDF_SCALE      256 /* units of virtual time per ns, at weight 1 */
#define SEDF_WEIGHT_MAX 65535

enum { SEDF_MAIN, SEDF_EXTRA }; /* what node[] is for */

static bool before(int64_t a, int64_t b)
{
    return sched_key_before(a, b);
}

/* ---- the queues ---- */

static void insert_extra(struct sedf_cpu *c, struct sched_vcpu *v)
{
    struct sedf_vcpu *b = v->priv;

    if (b->extra_cpu != v->cpu || before(b->extra, c->extra_now))
        b->extra = c->extra_now; /* nothing is saved up, or brought along */
    b->extra_cpu = v->cpu;
    sched_queue_add(&c->extra, &v->node[SEDF_EXTRA], b->extra);
}

static void insert(struct sedf_cpu *c, struct sched_vcpu *v)
{
    const struct sedf_dom *d = v->dom_priv;
    const struct sedf_vcpu *b = v->priv;
    bool reserved = sedf_reserved(v);

    if (reserved)
        sched_queue_add(b->budget > 0 ? &c->ready : &c->waiting,
                        &v->node[SEDF_MAIN], b->deadline);
    if (!reserved || (b->budget <= 0 && d->extra))
        insert_extra(c, v);
}

static void withdraw(struct sedf_cpu *c, struct sched_vcpu *v)
{
    if (sched_queued(&v->node[SEDF_MAIN]))
        sched_queue_del(&v->node[SEDF_MAIN]);
    if (sched_queued(&v->node[SEDF_EXTRA]))
        sched_queue_del(&v->node[SEDF_EXTRA]);
    if (c->yielder == v)
        c->yielder = NULL;
    if (c->passed == v)
        c->passed = NULL;
}

void sedf_requeue(struct sched_vcpu *v, ns_t now)
{
    (void)now;
    if (!sched_queued(&v->node[SEDF_MAIN]) &&
        !sched_queued(&v->node[SEDF_EXTRA]))
        return;
    withdraw(sedf_cpu(v), v);
    insert(sedf_cpu(v), v);
}

/* ---- time used ---- */

static void charge_extra(struct sched_vcpu *v, ns_t ran)
{
    uint64_t weight = (uint64_t)((const struct sedf_dom *)v->dom_priv)->weight;
    struct sedf_cpu *c = sedf_cpu(v);
    struct sedf_vcpu *b = v->priv;
    uint64_t n = (uint64_t)ran * SEDF_SCALE + b->rest;
    const struct sched_node *first = sched_queue_first(&c->extra);

    b->extra = (int64_t)((uint64_t)b->extra + n / weight);
    b->rest = n % weight;
    /* The least virtual time of those that want extra time. */
    c->extra_now = first && before(first->key, b->extra) ? first->key
                                                         : b->extra;
}

/* v stops having the CPU although its period is over: its slice, or what it
 * wanted of it, came late. */
static void check_late(struct sched_vcpu *v, ns_t now)
{
    struct sedf_vcpu *b = v->priv;
    ns_t late = now - b->deadline;

    if (likely(late <= 0))
        return;
    b->misses++;
    if (late > b->late)
        b->late = late;
    sched_trace(v->sched, SEDF_EV_LATE, v, late);
}

static void sedf_charge(struct sched_vcpu *v, ns_t ran, ns_t now)
{
    struct sedf_vcpu *b = v->priv;

    sedf_cpu(v)->since = now;
    if (b->on_extra) {
        charge_extra(v, ran);
        return;
    }
    b->budget -= ran;
    if (b->budget <= 0)
        check_late(v, now);
}

/* ---- coming and going ---- */

/* v waits now. When must this CPU pick again because of it? */
static void preempt(struct sched_vcpu *v, ns_t now)
{
    const struct sedf_sys *sys = sched_sys(v->sched);
    const struct sched_vcpu *running = sched_running(v->sched, v->cpu);
    const struct sedf_vcpu *b = v->priv, *r;
    const struct sedf_cpu *c = sedf_cpu(v);
    ns_t turn_end = c->since + sys->quantum;

    if (!running) {
        sched_resched(v->sched, v->cpu, now);
        return;
    }
    r = running->priv;
    if (sedf_reserved(v)) {
        if (b->budget <= 0)
            sched_resched(v->sched, v->cpu, b->deadline);
        else if (r->on_extra || b->deadline < r->deadline)
            sched_resched(v->sched, v->cpu, now);
    }
    if (sched_queued(&v->node[SEDF_EXTRA]) && r->on_extra)
        sched_resched(v->sched, v->cpu, turn_end > now ? turn_end : now);
}

static void sedf_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    const struct sedf_dom *d = v->dom_priv;
    struct sedf_cpu *c = sedf_cpu(v);

    if (why == SCHED_PREEMPT || why == SCHED_YIELD) {
        insert(c, v);
        if (why == SCHED_YIELD)
            c->yielder = v;
        return;
    }
    if (unlikely(d->slice && !sedf_reserved(v)))
        sedf_rehome(v);
    if (why != SCHED_MOVE && sedf_reserved(v))
        sedf_wake(v, now);
    insert(c, v);
    preempt(v, now);
}

static void sedf_sleep(struct sched_vcpu *v, bool voluntary, ns_t now)
{
    struct sedf_vcpu *b = v->priv;

    (void)voluntary;
    if (!b->on_extra && b->budget > 0)
        check_late(v, now);
    b->slept = now;
}

static void sedf_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why;
    withdraw(sedf_cpu(v), v);
    ((struct sedf_vcpu *)v->priv)->slept = now;
}

/* ---- the decision ---- */

/* Begin the periods whose time has come. Returns when the next one does. */
static ns_t release_due(struct sedf_cpu *c, ns_t now)
{
    struct sched_node *n;
    struct sched_vcpu *v;

    while ((n = sched_queue_first(&c->waiting)) != NULL && n->key <= now) {
        v = n->vcpu;
        withdraw(c, v);
        sedf_release(v, now);
        insert(c, v);
    }
    return n ? n->key : FOREVER;
}

/* Who let another pass competes again. */
static void take_back(struct sedf_cpu *c, ns_t now)
{
    struct sched_vcpu *v = c->passed;

    if (likely(!v))
        return;
    c->passed = NULL;
    if (v->node[SEDF_MAIN].queue != &c->ready)
        return;
    withdraw(c, v);
    sedf_return(v, now);
    insert(c, v);
}

static struct sched_vcpu *head_but(const struct sched_queue *q,
                                   const struct sched_vcpu *skip)
{
    struct sched_node *n = sched_queue_first(q);

    if (n && n->vcpu == skip)
        n = sched_queue_next(n);
    return n ? n->vcpu : NULL;
}

/* One without a reservation, which is bound to a CPU, from a peer. */
static struct sched_vcpu *sedf_take(struct sched *s, unsigned from,
                                    unsigned cpu)
{
    struct sedf_cpu *c = sched_cpu(s, from);
    const struct sedf_cpu *here = sched_cpu(s, cpu);
    struct sched_node *n = sched_queue_first(&c->extra);
    struct sedf_vcpu *b;

    while (n && (sched_queued(&n->vcpu->node[SEDF_MAIN]) ||
                 !cpuset_has(&n->vcpu->affinity, cpu)))
        n = sched_queue_next(n);
    if (!n)
        return NULL;
    withdraw(c, n->vcpu);
    b = n->vcpu->priv;
    b->extra = here->extra_now;
    b->extra_cpu = cpu;
    return n->vcpu;
}

static struct sched_vcpu *choose(struct sedf_cpu *c, bool *on_extra)
{
    struct sched_vcpu *v = head_but(&c->ready, c->yielder);

    *on_extra = !v;
    if (!v)
        v = head_but(&c->extra, c->yielder);
    if (!v && c->yielder) {
        v = c->yielder;
        *on_extra = v->node[SEDF_MAIN].queue != &c->ready;
        if (*on_extra && !sched_queued(&v->node[SEDF_EXTRA]))
            v = NULL;
    }
    return v;
}

static struct sched_pick sedf_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct sedf_sys *sys = sched_sys(s);
    struct sedf_cpu *c = sched_cpu(s, cpu);
    ns_t next = release_due(c, now), most = FOREVER;
    bool on_extra, yielded = c->yielder != NULL;
    struct sched_pick pick = { NULL, FOREVER };
    struct sedf_vcpu *b;

    take_back(c, now);
    pick.v = choose(c, &on_extra);
    c->passed = pick.v == c->yielder ? NULL : c->yielder;
    c->yielder = NULL;
    if (pick.v) {
        withdraw(c, pick.v);
    } else {
        pick = sched_steal(s, cpu, sedf_take);
        most = pick.run_for;
    }
    c->since = now;
    if (pick.v) {
        b = pick.v->priv;
        b->on_extra = on_extra;
        if (on_extra || yielded)
            most = sys->quantum;
        if (!on_extra && b->budget < most)
            most = b->budget;
    }
    pick.run_for = next == FOREVER || next - now > most ? most : next - now;
    return pick;
}

/* ---- looking ---- */

static void sedf_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    struct sedf_cpu *c = sched_cpu(s, cpu);

    c->since = now;
    sched_queue_init(&c->ready);
    sched_queue_init(&c->waiting);
    sched_queue_init(&c->extra);
}

/* One that is booked gets its slice in each period: at the begin of one, and at
 * the end of the next; but nothing while it pays for an overrun. Extra time
 * goes by weight, a quantum at a time, where nobody is booked; elsewhere there
 * may be none. */
static ns_t sedf_may_wait(const struct sched_vcpu *v, ns_t since)
{
    const struct sedf_sys *sys = sched_sys(v->sched);
    const struct sedf_dom *d = v->dom_priv;
    const struct sedf_vcpu *b = v->priv;
    ns_t paying = b->paid > since ? b->paid - since : 0;

    if (sedf_reserved(v)) /* the current period is one of former parameters */
        return paying + d->period +
               (b->period > d->period ? b->period : d->period);
    if (READ_ONCE(sedf_cpu(v)->used))
        return FOREVER;
    return sys->quantum * (SEDF_WEIGHT_MAX / d->weight + 1);
}

static void sedf_view(const struct sched_vcpu *v, ns_t now, int64_t *out)
{
    const struct sedf_vcpu *b = v->priv;

    (void)now;
    out[0] = b->deadline;
    out[1] = b->budget;
    out[2] = b->extra;
    out[3] = b->home == CPUSET_NONE ? -1 : (int64_t)b->home;
    out[4] = (int64_t)b->misses;
    out[5] = b->late;
}

static void dump_queue(const char *what, const struct sched_queue *q, ns_t now)
{
    struct sched_node *n;

    for (n = sched_queue_first(q); n; n = sched_queue_next(n))
        sched_print("  %s d%uv%u key %lld (%+lld) budget %lld ns\n", what,
                    n->vcpu->dom, n->vcpu->id, (long long)n->key,
                    (long long)(n->key - now),
                    (long long)((struct sedf_vcpu *)n->vcpu->priv)->budget);
}

static void sedf_dump(struct sched *s, unsigned cpu, ns_t now)
{
    const struct sedf_cpu *c = sched_cpu(s, cpu);

    sched_print("sedf cpu%u: %lld ppm booked\n", cpu,
                (long long)(c->used * 1000000 / SEDF_ONE));
    dump_queue("ready", &c->ready, now);
    dump_queue("waiting", &c->waiting, now);
    dump_queue("extra", &c->extra, now);
}

static const struct sched_param sedf_params[] = {
    { "overhead", "ppm", "of each CPU, never given away", SCHED_PER_SYSTEM,
      offsetof(struct sedf_sys, overhead), 0, 900000, 10000 },
    { "quantum", "ns", "of extra time at a turn", SCHED_PER_SYSTEM,
      offsetof(struct sedf_sys, quantum), US(50), MS(100), US(500) },
    { "wake", "count",
      "wake-up rule: 0 CBS; to study: 1, 2 = 2a, 3 = 2b, 4 = 2c, 5 = broken",
      SCHED_PER_SYSTEM, offsetof(struct sedf_sys, wake), SEDF_WAKE_CBS,
      SEDF_WAKE_3, SEDF_WAKE_CBS },
    { "period", "ns", "in each of which `slice` is guaranteed",
      SCHED_PER_DOMAIN, offsetof(struct sedf_dom, period), US(10), S(10),
      MS(100) },
    { "slice", "ns", "CPU time guaranteed in each period; 0: none",
      SCHED_PER_DOMAIN, offsetof(struct sedf_dom, slice), 0, S(10), 0 },
    { "latency", "ns", "first period after a sleep, by wake-up rule 2c",
      SCHED_PER_DOMAIN, offsetof(struct sedf_dom, latency), 0, S(10), 0 },
    { "extra", "flag", "may have time that nobody reserved, too",
      SCHED_PER_DOMAIN, offsetof(struct sedf_dom, extra), 0, 1, 1 },
    { "weight", "count", "share of the extra time, against others' weights",
      SCHED_PER_DOMAIN, offsetof(struct sedf_dom, weight), 1, SEDF_WEIGHT_MAX,
      256 },
    { .name = NULL },
};

static const char *const sedf_events[] = { "release", "late", "admit", "refuse",
                                           NULL };
static const char *const sedf_view_names[] = { "deadline", "budget", "extra_vt",
                                               "home",     "misses", "late",
                                               NULL };

static const struct sched_ops sedf_ops = {
    .name = "sedf",
    .about = "earliest deadline first, with constant-bandwidth servers",
    .xen_id = 4,
    .class_ = 2,
    .flags = SCHED_MAY_IDLE, /* beside one that waits for its period */
    .sys_size = sizeof(struct sedf_sys),
    .cpu_size = sizeof(struct sedf_cpu),
    .dom_size = sizeof(struct sedf_dom),
    .vcpu_size = sizeof(struct sedf_vcpu),
    .params = sedf_params,
    .events = sedf_events,
    .view_names = sedf_view_names,
    .enqueue = sedf_enqueue,
    .dequeue = sedf_dequeue,
    .pick = sedf_pick,
    .charge = sedf_charge,
    .sleep = sedf_sleep,
    .cpu_up = sedf_cpu_up,
    .vcpu_up = sedf_vcpu_up,
    .vcpu_down = sedf_vcpu_down,
    .param_set = sedf_param_set,
    .place = sedf_place,
    .may_wait = sedf_may_wait,
    .view = sedf_view,
    .dump = sedf_dump,
};
SCHED_PLUGIN(sedf_ops);
