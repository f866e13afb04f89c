/*
 * account.c - credits: who is given how many, and when that is noticed.
 *
 * Every 30 ms the time of all CPUs is given out by weight to the active vCPUs,
 * up to a peak each: one CPU, or the cap. That is a level which rises until
 * the sum is given: who has weight w gets w times its rise, or its peak.
 *
 * Nobody is visited for that. A vCPU's part is known from sys->level and from
 * its domain, whose vCPUs have weight and peak in common, and is added, with
 * what follows from it (bounds, class), when the vCPU is looked at: before it
 * runs, waits, or is shown. What cannot wait for that is looked for:
 *
 *   - the domains that reach their peak, in an order of their own. Each takes
 *     1 % of a CPU at least, so there are no more than 200 for each CPU;
 *   - who waits and will become OVER: at the next accounting;
 *   - who will cease to be OVER, or parked, on each CPU in order of the level
 *     at which that is (credit_cpu.later), foreseen to about an accounting's
 *     rise: so many share one. If it was too early, because of that or of a
 *     peak, it is computed anew;
 *   - who sleeps and has its fill. A hand goes round the members, CREDIT_TURNS
 *     for each CPU each time; what one has got too much of is given out then.
 *     In one round that is a fourth of a period's credits, on average.
 *
 * Up to CREDIT_LOOKS members are all looked at each time. So one accounting is
 * O(CPUs * log n), and that of no more than CREDIT_LOOKS + CREDIT_JOINS vCPUs,
 * however many there are.
 *
 * Units: credits are ns. The level and what comes from it are 2^-20 ns, modulo
 * 2^64: differences count, and no vCPU is given 4 hours between two looks.
 *
 * Locks: members, domains, level and epoch are written with all CPUs' locks
 * held, so one suffices to read. Who becomes active is pushed, without a lock,
 * on sys->fresh, whence the accounting collects it; surplus is atomic.
 */
#include "sched/credit/credit_private.h"

#define CREDIT_UNIT  20 /* bits of a ns */
#define CREDIT_JOINS 512

static struct credit_dom *credit_dom(const struct credit_vcpu *b)
{
    return b->v->dom_priv;
}

/* ---- a domain ---- */

/* The most credits that a vCPU of d can use up in a period. */
static int64_t credit_peak(const struct credit_dom *d)
{
    int64_t cap;

    if (!d->cap)
        return CREDIT_PERIOD;
    cap = CREDIT_PERIOD * d->cap / 100;
    if (d->nr_members)
        cap /= (int64_t)d->nr_members;
    return cap < CREDIT_PERIOD ? cap : CREDIT_PERIOD;
}

/* All that each vCPU of d would have got, had it always been a member. */
static uint64_t credit_given(const struct credit_sys *sys,
                             const struct credit_dom *d)
{
    return d->given + (uint64_t)d->weight * (sys->level - d->level);
}

/* Before something changes that credit_given() goes by. */
static void credit_catch_up(const struct credit_sys *sys, struct credit_dom *d)
{
    d->given = credit_given(sys, d);
    d->level = sys->level;
}

/* d's place among those that have members. */
static void credit_rank(struct credit_sys *sys, struct credit_dom *d)
{
    uint64_t peak = (uint64_t)credit_peak(d) << CREDIT_UNIT;

    if (sched_queued(&d->node))
        sched_queue_del(&d->node);
    if (d->nr_members)
        sched_queue_add(&sys->domains, &d->node,
                        (int64_t)(peak / (uint64_t)d->weight));
}

/* ---- who is active ---- */

void credit_start(struct sched_vcpu *v)
{
    struct credit_sys *sys = sched_sys(v->sched);
    struct credit_vcpu *b = v->priv;

    b->active = true;
    b->below = __atomic_load_n(&sys->fresh, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&sys->fresh, &b->below, b, true,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
    sched_trace(v->sched, CREDIT_EV_ACCT_START, v, b->credit);
}

static void credit_join(struct credit_sys *sys, struct credit_vcpu *b)
{
    struct credit_dom *d = credit_dom(b);

    credit_catch_up(sys, d);
    LIST_INSERT_HEAD(&sys->members, b, link);
    b->member = true;
    b->seen = d->given;
    sys->nr_members++;
    sys->weights += d->weight;
    if (d->nr_members++ == 0 || d->cap)
        credit_rank(sys, d);
}

static void credit_leave(struct credit_sys *sys, struct credit_vcpu *b)
{
    struct credit_dom *d = credit_dom(b);

    credit_catch_up(sys, d);
    if (sys->hand == b)
        sys->hand = LIST_NEXT(b, link);
    LIST_REMOVE(b, link);
    b->member = b->active = false;
    sys->nr_members--;
    sys->weights -= d->weight;
    if (--d->nr_members == 0 || d->cap)
        credit_rank(sys, d);
}

/* All locks held: nobody pushes. */
static void credit_collect(struct credit_sys *sys, unsigned most)
{
    struct credit_vcpu *b;

    while (most-- && (b = sys->fresh)) {
        sys->fresh = b->below;
        credit_join(sys, b);
    }
}

void credit_vcpu_down(struct sched_vcpu *v, ns_t now)
{
    struct credit_sys *sys = sched_sys(v->sched);
    struct credit_vcpu *b = v->priv;

    (void)now;
    if (b->active && !b->member)
        credit_collect(sys, UINT32_MAX);
    if (b->member)
        credit_leave(sys, b);
}

void credit_changed(struct sched_vcpu *v, int64_t old_weight)
{
    struct credit_sys *sys = sched_sys(v->sched);
    struct credit_dom *d = v->dom_priv;

    d->given += (uint64_t)old_weight * (sys->level - d->level);
    d->level = sys->level;
    sys->weights += (d->weight - old_weight) * (int64_t)d->nr_members;
    credit_rank(sys, d);
    for (; v; v = sched_sibling(v))
        if (sched_queued(&v->node[1]))
            credit_look_later(v);
}

/* ---- one vCPU's credits ---- */

static bool credit_sleeps(const struct sched_vcpu *v)
{
    return !sched_queued(&v->node[0]) && sched_running(v->sched, v->cpu) != v;
}

/* What v keeps of its credits. */
static int64_t credit_bounded(const struct credit_vcpu *b)
{
    const struct credit_dom *d = credit_dom(b);
    int64_t most = d->cap ? credit_peak(d) : CREDIT_PERIOD;

    if (b->credit <= most)
        return b->credit;
    /* It sleeps, and does not use its share: half is kept as a start. */
    if (credit_sleeps(b->v))
        return most / 2;
    if (!d->cap)
        most = CREDIT_SAVED;
    return b->credit < most ? b->credit : most;
}

/* b is given what it has not seen. A debt of more than a period's credits is
 * remitted when the first part of that has come. */
static void credit_receive(const struct credit_sys *sys, struct credit_vcpu *b)
{
    uint64_t got = (credit_given(sys, credit_dom(b)) - b->seen) >> CREDIT_UNIT;
    int64_t first;

    b->seen += got << CREDIT_UNIT;
    if (unlikely(b->credit < -CREDIT_PERIOD)) {
        first = (int64_t)got / (sys->epoch - b->epoch);
        if (b->credit + first < -CREDIT_PERIOD)
            b->credit = -CREDIT_PERIOD - first;
    }
    b->credit += (int64_t)got;
}

/* Returns what b had too much of. *idle: because it sleeps. */
static int64_t credit_settle(const struct credit_sys *sys,
                             struct credit_vcpu *b, bool *idle)
{
    int64_t had, kept;

    *idle = false;
    if (b->member)
        credit_receive(sys, b);
    had = b->credit;
    kept = credit_bounded(b);
    b->credit = kept;
    b->class_ = kept < 0 ? CREDIT_OVER : CREDIT_UNDER;
    if (kept == had)
        return 0;
    *idle = credit_sleeps(b->v);
    /* One with a cap that wants its time and has not come to it must not feed
     * those who kept it waiting. */
    return credit_dom(b)->cap && !*idle ? 0 : had - kept;
}

bool credit_update_now(struct credit_sys *sys, struct sched_vcpu *v)
{
    struct credit_vcpu *b = v->priv;
    int64_t excess;
    bool idle;

    if (!b->active) {
        b->epoch = sys->epoch;
        return false;
    }
    excess = credit_settle(sys, b, &idle);
    b->epoch = sys->epoch;
    if (excess)
        __atomic_fetch_add(&sys->surplus, excess, __ATOMIC_RELAXED);
    return idle;
}

struct credit_vcpu credit_preview(const struct sched_vcpu *v)
{
    const struct credit_sys *sys = sched_sys(v->sched);
    struct credit_vcpu b = *(const struct credit_vcpu *)v->priv;
    bool idle;

    if (b.active && b.epoch != sys->epoch)
        (void)credit_settle(sys, &b, &idle);
    return b;
}

/* The level at which v, which owes or is parked, changes class or may run. */
static uint64_t credit_foresee(const struct credit_sys *sys,
                               const struct sched_vcpu *v)
{
    const struct credit_dom *d = v->dom_priv;
    const struct credit_vcpu *b = v->priv;
    int64_t need = -b->credit, rise = 1;
    uint64_t key;

    if (need > CREDIT_PERIOD) /* so much is never owed for long */
        need = CREDIT_PERIOD;
    need = (need + b->parked) * ((int64_t)1 << CREDIT_UNIT);
    if (b->member)
        need -= (int64_t)(credit_given(sys, d) - b->seen);
    if (need > 0 && (b->parked ? d->cap : b->class_ == CREDIT_OVER))
        rise = (need + d->weight - 1) / d->weight;
    key = (sys->level + (uint64_t)rise) >> sys->grain << sys->grain;
    return (int64_t)(key - sys->level) > 0 ? key : sys->level + 1;
}

void credit_look_later(struct sched_vcpu *v)
{
    const struct credit_sys *sys = sched_sys(v->sched);
    const struct credit_vcpu *b = v->priv;
    struct credit_cpu *c = credit_cpu(v);

    if (sched_queued(&v->node[1]))
        sched_queue_del(&v->node[1]);
    if (b->parked || b->credit < 0)
        sched_queue_add(b->parked ? &c->parked : &c->later, &v->node[1],
                        (int64_t)credit_foresee(sys, v));
}

/* ---- accounting ---- */

/* The level rises until total is given. Returns what nobody could take. */
static int64_t credit_give(struct credit_sys *sys, int64_t total)
{
    uint64_t rest = (uint64_t)total, rise = 0;
    uint64_t weights = (uint64_t)sys->weights, peak, all;
    struct sched_node *n, *end;
    struct credit_dom *d;

    /* Who comes to its peak before that. */
    for (n = sched_queue_first(&sys->domains); n; n = sched_queue_next(n)) {
        if ((rest << CREDIT_UNIT) / weights < (uint64_t)n->key)
            break;
        d = container_of(n, struct credit_dom, node);
        credit_catch_up(sys, d);
        peak = (uint64_t)credit_peak(d);
        d->given += peak << CREDIT_UNIT;
        all = peak * d->nr_members;
        rest -= all < rest ? all : rest;
        weights -= (uint64_t)d->weight * d->nr_members;
        rise = (uint64_t)n->key;
    }
    end = n;
    if (weights) { /* rounded up: who is due a whole number gets it */
        rise = ((rest << CREDIT_UNIT) + weights - 1) / weights;
        rest = 0;
    }
    sys->level += rise;
    sys->grain = rise ? 63 - (unsigned)__builtin_clzll(rise) : 0;
    for (n = sched_queue_first(&sys->domains); n != end;
         n = sched_queue_next(n))
        container_of(n, struct credit_dom, node)->level = sys->level;
    return (int64_t)rest;
}

/* The time that has passed, and what was left over, is given out. */
static void credit_give_out(struct credit_sys *sys, int64_t nr_cpus, ns_t now)
{
    ns_t since = sys->accounted ? now - sys->accounted : CREDIT_PERIOD;
    int64_t total, extra, left;

    if (since > CREDIT_SAVED) /* more than anybody could take */
        since = CREDIT_SAVED;
    sys->accounted = now;
    total = nr_cpus * since;
    extra = sys->surplus < total ? sys->surplus : total;
    left = credit_give(sys, total + extra);
    sys->surplus += left - extra;
    if (sys->surplus > nr_cpus * CREDIT_PERIOD) /* of idle time: worthless */
        sys->surplus = nr_cpus * CREDIT_PERIOD;
}

/* Some of the members in turn: credits, class, and whether they sleep. */
static void credit_look_round(struct sched *s, unsigned looks, ns_t now)
{
    struct credit_sys *sys = sched_sys(s);
    struct credit_vcpu *b, *next;

    if (sys->nr_members <= CREDIT_LOOKS || sys->nr_members <= looks) {
        looks = sys->nr_members;
        sys->hand = NULL;
    }
    for (b = sys->hand; looks--; b = next) {
        if (!b)
            b = LIST_FIRST(&sys->members);
        next = LIST_NEXT(b, link);
        if (b->epoch != sys->epoch && credit_update_now(sys, b->v)) {
            credit_leave(sys, b);
            sched_trace(s, CREDIT_EV_ACCT_STOP, b->v, b->credit);
        } else if (credit_renew(b->v)) {
            credit_preempt(b->v, now);
        }
    }
    sys->hand = b;
}

/* Whom the new level takes out of its park or out of OVER, on one CPU. */
static void credit_raise(struct sched *s, unsigned cpu, ns_t now)
{
    const struct credit_sys *sys = sched_sys(s);
    const struct credit_cpu *c = sched_cpu(s, cpu);
    struct sched_vcpu *v = sched_running(s, cpu);
    unsigned i;

    if (v)
        credit_update(v);
    for (i = 0; i < CREDIT_STEPS && (v = credit_due(sys, c, true)); i++)
        if (credit_renew(v))
            credit_preempt(v, now);
    if (credit_due(sys, c, true))
        sched_resched(s, cpu, now);
}

void credit_account(struct sched *s, ns_t now)
{
    struct credit_sys *sys = sched_sys(s);
    unsigned cpu, nr_cpus = 0;

    for_each_cpu_of (cpu, s, sched_cpus(s))
        nr_cpus++;
    credit_collect(sys, CREDIT_JOINS);
    credit_give_out(sys, nr_cpus, now);
    sys->epoch++;
    credit_look_round(s, CREDIT_TURNS * nr_cpus, now);
    for_each_cpu_of (cpu, s, sched_cpus(s))
        credit_raise(s, cpu, now);
}
