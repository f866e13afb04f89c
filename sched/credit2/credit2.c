/*
 * credit2 - Xen's Credit2 (G. Dunlap, 2009 on): shares by weight, caps, several
 * CPUs to a runqueue, balance between runqueues.
 *
 * The idea: a vCPU burns credit as it runs, the faster the smaller its weight;
 * who has most credit runs next, until somebody else has as much. When the one
 * to run next has none left, everybody in the runqueue gets the same amount of
 * new credit. There are no classes and no boost: who slept has its credit, and
 * so comes first.
 *
 * runq.c has credits, resets and loads; cap.c the budgets of capped domains.
 *
 * Invariant: a vCPU that waits stands in the runqueue of its v->cpu, which it
 * may use; or among the parked of its domain.
 *
 * Locks: one for all CPUs, whatever the runqueues.
 */
#include "sched/credit2/credit2_private.h"

static struct credit2_cpu *credit2_cpu(const struct sched_vcpu *v)
{
    return sched_cpu(v->sched, v->cpu);
}

static void credit2_weigh(struct sched_vcpu *v)
{
    const struct credit2_dom *d = v->dom_priv;

    vtime_weigh(&((struct credit2_vcpu *)v->priv)->t, (uint64_t)d->weight);
}

static void credit2_charge(struct sched_vcpu *v, ns_t ran, ns_t now)
{
    struct credit2_vcpu *b = v->priv;

    vtime_run(&b->t, ran);
    b->grant -= ran;
    credit2_cpu(v)->since = now;
}

/* ---- who displaces whom ---- */

/* How much v likes cpu: preferred, then of the same runqueue, then the last. */
static unsigned credit2_liking(const struct sched_vcpu *v, unsigned cpu)
{
    const struct credit2_vcpu *b = v->priv;

    return (cpuset_has(&v->soft_affinity, cpu) ? 4u : 0u) +
           (credit2_runq_at(v->sched, cpu) == b->runq ? 2u : 0u) +
           (cpu == v->cpu ? 1u : 0u);
}

/* Does v like no CPU better than that where it was last? Then if that is idle
 * there is no need to look at the others. */
static bool credit2_likes_last(const struct sched_vcpu *v)
{
    return cpuset_has(&v->affinity, v->cpu) &&
           credit2_runq_at(v->sched, v->cpu) ==
               ((const struct credit2_vcpu *)v->priv)->runq &&
           (cpuset_has(&v->soft_affinity, v->cpu) ||
            sched_next_cpu(v->sched, &v->soft_affinity, 0) == CPUSET_NONE);
}

/* Of the CPUs that share v's runqueue: an idle one, one that v prefers first;
 * else that which runs the one with the least credit, if v has more. */
static unsigned credit2_target(const struct sched_vcpu *v, ns_t now)
{
    unsigned cpu, best = CPUSET_NONE, idle = CPUSET_NONE;
    const struct credit2_vcpu *b = v->priv;
    const struct sched_vcpu *running;
    const struct credit2_cpu *last = sched_cpu(v->sched, v->cpu);
    int64_t credit, least = credit2_credit(v);

    if (!sched_running(v->sched, v->cpu) && !last->tickled &&
        credit2_likes_last(v))
        return v->cpu;
    for_each_cpu_of (cpu, v->sched, &v->affinity) {
        const struct credit2_cpu *c = sched_cpu(v->sched, cpu);

        if (c->tickled || c->runq != b->runq)
            continue;
        running = sched_running(v->sched, cpu);
        if (!running) {
            if (idle == CPUSET_NONE ||
                credit2_liking(v, cpu) > credit2_liking(v, idle))
                idle = cpu;
            continue;
        }
        credit = credit2_running(running, cpu, now);
        if (cpu != v->cpu)
            credit += CREDIT2_RESIST;
        if (credit < least) {
            least = credit;
            best = cpu;
        }
    }
    return idle != CPUSET_NONE ? idle : best;
}

/* v waits now: where it shall run soon. */
static void credit2_tickle(struct sched_vcpu *v, ns_t now)
{
    const struct credit2_sys *sys = sched_sys(v->sched);
    unsigned cpu = credit2_target(v, now);
    struct credit2_cpu *c;
    ns_t when = now;

    if (cpu == CPUSET_NONE)
        return;
    c = sched_cpu(v->sched, cpu);
    c->tickled = true;
    if (sched_running(v->sched, cpu) && c->start + sys->ratelimit > now)
        when = c->start + sys->ratelimit;
    sched_trace(v->sched, CREDIT2_EV_TICKLE, v, (int64_t)cpu);
    sched_resched(v->sched, cpu, when);
}

/* ---- coming and going ---- */

static void credit2_insert(struct sched_vcpu *v)
{
    sched_queue_add(&credit2_runq_of(v)->waiting, &v->node[0],
                    ((const struct credit2_vcpu *)v->priv)->t.at);
}

void credit2_wait(struct sched_vcpu *v, ns_t now)
{
    credit2_assign(v, credit2_runq_at(v->sched, v->cpu));
    credit2_count(v, true, now);
    credit2_insert(v);
    credit2_tickle(v, now);
}

static void credit2_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct credit2_vcpu *b = v->priv;
    struct credit2_cpu *c = credit2_cpu(v);

    credit2_assign(v, c->runq);
    credit2_weigh(v);
    if (!credit2_settle(v, now)) {
        credit2_count(v, false, now);
        credit2_park(v);
        return;
    }
    if (why == SCHED_PREEMPT || why == SCHED_YIELD) {
        *(why == SCHED_YIELD ? &c->yielder : &c->last) = v;
        credit2_count(v, true, now);
        credit2_insert(v);
        return;
    }
    if (why == SCHED_NEW)
        b->t.at = vtime_minus(credit2_runq_of(v)->base, CREDIT2_INIT);
    else if (now - b->slept > CREDIT2_FORGET)
        b->t.at = vtime_minus(credit2_runq_of(v)->base, CREDIT2_MOST);
    else
        credit2_clip(v);
    credit2_wait(v, now);
}

static void credit2_sleep(struct sched_vcpu *v, bool voluntary, ns_t now)
{
    (void)voluntary;
    ((struct credit2_vcpu *)v->priv)->slept = now;
    credit2_count(v, false, now);
    (void)credit2_settle(v, now);
}

static void credit2_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why;
    ((struct credit2_vcpu *)v->priv)->slept = now;
    credit2_count(v, false, now);
    if (credit2_is_parked(v))
        credit2_unlink_parked(v);
    else
        sched_queue_del(&v->node[0]);
}

/* ---- the decision ---- */

/* The one with most credit here that may run on cpu, but for skip. */
static struct sched_vcpu *credit2_first(const struct sched *s, unsigned cpu,
                                        const struct sched_vcpu *skip)
{
    const struct credit2_runq *q = credit2_runq(s, credit2_runq_at(s, cpu));
    struct sched_node *n = sched_queue_first(&q->waiting);

    while (n && (n->vcpu == skip || !cpuset_has(&n->vcpu->affinity, cpu)))
        n = sched_queue_next(n);
    return n ? n->vcpu : NULL;
}

/* What has run goes on: it is protected by the rate limit, or the other would
 * have to change its CPU for too little. */
static bool credit2_goes_on(const struct credit2_cpu *c,
                            const struct sched_vcpu *other, unsigned cpu,
                            ns_t now)
{
    const struct credit2_sys *sys;
    const struct sched_vcpu *last = c->last;

    if (!last || last == other || !sched_queued(&last->node[0]) ||
        credit2_is_parked(last))
        return false;
    sys = sched_sys(last->sched);
    if (now < c->start + sys->ratelimit) {
        sched_trace(last->sched, CREDIT2_EV_RATELIMIT, last,
                    c->start + sys->ratelimit - now);
        return true;
    }
    return other->cpu != cpu &&
           credit2_credit(other) < credit2_credit(last) + CREDIT2_RESIST;
}

/* Whom to run, taken out; a capped one has budget. NULL: nobody. */
static struct sched_vcpu *credit2_choose(struct sched *s, unsigned cpu,
                                         ns_t now)
{
    struct credit2_cpu *c = sched_cpu(s, cpu);
    struct sched_vcpu *v, *pulled;

    for (;;) {
        v = credit2_first(s, cpu, c->yielder);
        if (!v && c->yielder && sched_queued(&c->yielder->node[0]) &&
            !credit2_is_parked(c->yielder))
            v = c->yielder;
        if (v && credit2_goes_on(c, v, cpu, now))
            v = c->last;
        pulled = NULL;
        if (!v || credit2_credit(v) <= 0)
            pulled = credit2_pull(s, cpu, !v, now);
        if (pulled)
            v = pulled;
        else if (v)
            sched_queue_del(&v->node[0]);
        if (!v || !((const struct credit2_dom *)v->dom_priv)->cap ||
            credit2_grant(v, now))
            return v;
        credit2_count(v, false, now);
        credit2_park(v);
    }
}

/* Until its credit is used up, or no more than the next one's; but not too
 * short, counted from when it began to run. A cap's limits are hard. */
static ns_t credit2_turn(struct sched_vcpu *v, unsigned cpu, ns_t now)
{
    const struct credit2_sys *sys = sched_sys(v->sched);
    const struct credit2_cpu *c = sched_cpu(v->sched, cpu);
    const struct sched_vcpu *next = credit2_first(v->sched, cpu, NULL);
    const struct credit2_vcpu *b = v->priv;
    int64_t lead = credit2_credit(v);
    ns_t least = CREDIT2_SLICE, turn;

    if (next && credit2_credit(next) > 0)
        lead -= credit2_credit(next);
    turn = vtime_until(&b->t, lead);
    if (turn > CREDIT2_TURN)
        turn = CREDIT2_TURN;
    if (least < sys->ratelimit)
        least = sys->ratelimit;
    least = c->start + least - now;
    if (least < CREDIT2_BREATH)
        least = CREDIT2_BREATH;
    if (turn < least)
        turn = least;
    if (((const struct credit2_dom *)v->dom_priv)->cap) {
        if (turn > b->grant)
            turn = b->grant;
        if (turn > b->grant_until - now)
            turn = b->grant_until - now;
    }
    return turn;
}

/* Nobody in v's runqueue has credit left: not v, which is going to run, nor
 * those that wait. */
static bool credit2_exhausted(const struct sched_vcpu *v)
{
    const struct sched_vcpu *best = sched_queue_head(
        &credit2_runq_of(v)->waiting);

    return credit2_credit(v) <= 0 && (!best || credit2_credit(best) <= 0);
}

static struct sched_pick credit2_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct credit2_cpu *c = sched_cpu(s, cpu);
    struct sched_pick pick = { NULL, FOREVER };
    const struct sched_vcpu *before = sched_running(s, cpu);

    c->tickled = false;
    pick.v = credit2_choose(s, cpu, now);
    c->since = now;
    if (pick.v) {
        if (pick.v != before)
            c->start = now;
        credit2_weigh(pick.v);
        if (credit2_exhausted(pick.v))
            credit2_reset(pick.v, now);
        pick.run_for = credit2_turn(pick.v, cpu, now);
    }
    c->last = c->yielder = NULL;
    return pick;
}

/* Of the CPUs with nothing to do the one that v likes best, or none. */
static unsigned credit2_idle(const struct sched_vcpu *v)
{
    unsigned cpu, best = CPUSET_NONE;

    if (sched_idle(v->sched, v->cpu) && credit2_likes_last(v))
        return v->cpu;
    for_each_cpu_of (cpu, v->sched, &v->affinity)
        if (sched_idle(v->sched, cpu) &&
            (best == CPUSET_NONE ||
             credit2_liking(v, cpu) > credit2_liking(v, best)))
            best = cpu;
    return best;
}

/* An idle CPU first, near the last one; else, of the CPUs that v prefers (or
 * may use), one of the runqueue with the least load, if that pays. */
static unsigned credit2_place(const struct sched_vcpu *v, ns_t now)
{
    const struct credit2_vcpu *b = v->priv;
    unsigned cpu = credit2_idle(v), best = CPUSET_NONE, liking = 0, here;
    unsigned runq = CREDIT2_NONE;
    int64_t load = 0, least = 0;

    if (cpu != CPUSET_NONE)
        return cpu;
    for_each_cpu_of (cpu, v->sched, &v->affinity) {
        here = credit2_liking(v, cpu);
        if (credit2_runq_at(v->sched, cpu) != runq) {
            runq = credit2_runq_at(v->sched, cpu);
            load = credit2_load(credit2_runq(v->sched, runq), now) -
                   (runq == b->runq ? CREDIT2_LOAD_ONE / 8 : 0);
        }
        if (best == CPUSET_NONE || here / 4 > liking / 4 ||
            (here / 4 == liking / 4 &&
             (load == least ? here > liking : load < least))) {
            best = cpu;
            liking = here;
            least = load;
        }
    }
    return best;
}

/* ---- joining, leaving, changing ---- */

static int credit2_vcpu_up(struct sched_vcpu *v, ns_t now)
{
    struct credit2_dom *d = v->dom_priv;
    struct credit2_vcpu *b = v->priv;

    b->slept = now;
    b->runq = credit2_runq_at(v->sched, v->cpu);
    b->counted = CREDIT2_NONE;
    b->t.at = vtime_minus(credit2_runq_of(v)->base, CREDIT2_INIT);
    credit2_weigh(v);
    d->nr_vcpus++;
    return 0;
}

static void credit2_vcpu_down(struct sched_vcpu *v, ns_t now)
{
    credit2_count(v, false, now);
    ((struct credit2_dom *)v->dom_priv)->nr_vcpus--;
}

static int credit2_param_set(struct sched *s, struct sched_vcpu *v,
                             const struct sched_param *p, int64_t old, ns_t now)
{
    (void)old;
    if (v && p->offset == offsetof(struct credit2_dom, cap))
        credit2_cap_changed(v, now);
    else if (!v && p->offset == offsetof(struct credit2_sys, runqueue))
        credit2_arrange(s, now);
    sched_resched_all(s, now);
    return 0;
}

static void credit2_view(const struct sched_vcpu *v, ns_t now, int64_t *out)
{
    const struct credit2_vcpu *b = v->priv;
    const struct credit2_dom *d = v->dom_priv;

    out[0] = sched_running(v->sched, v->cpu) == v
                 ? credit2_running(v, v->cpu, now)
                 : credit2_credit(v);
    out[1] = b->runq;
    out[2] = credit2_is_parked(v);
    out[3] = d->pool;
}

static void credit2_dump(struct sched *s, unsigned cpu, ns_t now)
{
    const struct credit2_cpu *c = sched_cpu(s, cpu);
    struct credit2_runq *q = credit2_runq(s, c->runq);
    struct sched_node *n;

    sched_print("credit2 cpu%u: runqueue %u, load %u, on average %lld/1000\n",
                cpu, c->runq, q->load,
                (long long)(credit2_load(q, now) * 1000 / CREDIT2_LOAD_ONE));
    for (n = sched_queue_first(&q->waiting); n; n = sched_queue_next(n))
        if (n->vcpu->cpu == cpu)
            sched_print("  d%uv%u credit %lld ns\n", n->vcpu->dom, n->vcpu->id,
                        (long long)credit2_credit(n->vcpu));
}

static const struct sched_param credit2_params[] = {
    { "ratelimit", "ns", "what runs is not preempted before", SCHED_PER_SYSTEM,
      offsetof(struct credit2_sys, ratelimit), 0, MS(500), US(1000) },
    { "runqueue", "count", "CPUs in a row that share a runqueue",
      SCHED_PER_SYSTEM, offsetof(struct credit2_sys, runqueue), 1, CPUSET_MAX,
      16 },
    { "weight", "count", "share of the CPUs of each vCPU, against the others'",
      SCHED_PER_DOMAIN, offsetof(struct credit2_dom, weight), 1, 65535, 256 },
    { "cap", "percent", "the most that the domain gets, of one CPU; 0: no cap",
      SCHED_PER_DOMAIN, offsetof(struct credit2_dom, cap), 0, 100 * 1024, 0 },
    { .name = NULL },
};

static const char *const credit2_events[] = {
    "none",         "tick",       "runq_pos",     "credit_burn", "credit_add",
    "tickle_check", "tickle",     "reset",        "tasklet",     "update_load",
    "runq_assign",  "vcpu_load",  "runq_load",    "tickle_new",  "max_weight",
    "migrate",      "load_check", "load_balance", "none18",      "picked_cpu",
    "candidate",    "schedule",   "ratelimit",    "cand_check",  "park",
    "unpark",       NULL,
};
static const char *const credit2_view_names[] = { "credit", "runqueue",
                                                  "parked", "pool", NULL };

static const struct sched_ops credit2_ops = {
    .name = "credit2",
    .about = "Xen's Credit2: weights, caps, shared runqueues",
    .xen_id = 6,
    .class_ = 1,
    .flags = SCHED_ONE_LOCK | SCHED_MAY_IDLE, /* beside parked ones */
    .sys_size = sizeof(struct credit2_sys),
    .cpu_size = sizeof(struct credit2_cpu),
    .dom_size = sizeof(struct credit2_dom),
    .vcpu_size = sizeof(struct credit2_vcpu),
    .params = credit2_params,
    .events = credit2_events,
    .view_names = credit2_view_names,
    .enqueue = credit2_enqueue,
    .dequeue = credit2_dequeue,
    .pick = credit2_pick,
    .charge = credit2_charge,
    .sleep = credit2_sleep,
    .cpu_up = credit2_cpu_up,
    .cpu_down = credit2_cpu_down,
    .vcpu_up = credit2_vcpu_up,
    .vcpu_down = credit2_vcpu_down,
    .param_set = credit2_param_set,
    .place = credit2_place,
    .account_ns = CREDIT2_PERIOD,
    .account = credit2_account,
    .view = credit2_view,
    .dump = credit2_dump,
};
SCHED_PLUGIN(credit2_ops);
