/*
 * rtds - Real-Time Deferrable Server: global EDF over all CPUs of the pool.
 *
 * Each vCPU has a budget of CPU time in each of its periods. Of those with
 * budget left, the ones with the earliest deadlines (ends of period) run, on
 * whichever CPU. The server is deferrable: a sleeper's budget waits for it
 * until the period ends. Budget that a period leaves is lost; who has used it
 * up waits for the next period, or, with `extratime`, gets another budget one
 * priority level below: level 0 of anybody runs before level 1 of anybody.
 *
 * Queues: `ready` (level 0) by deadline; `extra` (below) by level, then
 * deadline; all that wait, those without budget too, in `refill` by deadline.
 * What runs is stopped at its deadline, or when its budget ends, whichever is
 * first; so only who waits needs a timer for its next period. That is the
 * alarm: one CPU decides again when the first of `refill` is due.
 *
 * Invariant: the alarm's CPU decides no later than `alarm`, and that is no
 * later than the first deadline in `refill`. Nobody who waits is more urgent
 * than what runs on a CPU that he may use, unless that CPU is `tickled`:
 * deciding soon.
 *
 * Locks: one for all CPUs.
 */
#include "sched/api/sched.h"

#define RTDS_EINVAL 22
#define RTDS_YIELD  US(500) /* the most that one gets of another's yield */

/* `extra` orders by level, then deadline in 1.024 us: 15 and 48 bits of a key.
 * Beyond level 32767, or 9 years of uptime, those of a level come in turn. */
#define RTDS_LEVELS 32767
#define RTDS_COARSE 10
#define RTDS_LATEST (((int64_t)1 << 48) - 1)

enum { RTDS_RUN, RTDS_REFILL }; /* what node[] is for */

/* Numbered as in Xen, where Xen has the event. */
enum { RTDS_EV_TICKLE = 1, RTDS_EV_BURN = 3, RTDS_EV_REFILL = 4 };

struct rtds_sys {
    struct sched_queue ready, extra, refill;
    struct cpuset tickled; /* CPUs that we have told to decide */
    ns_t alarm;            /* FOREVER: not set */
    unsigned alarm_cpu;
};

struct rtds_cpu {
    struct sched_vcpu *last;    /* just stopped by us, not by itself */
    struct sched_vcpu *yielder; /* passes this turn */
    bool renewed;               /* last has a new period */
};

struct rtds_vcpu {
    int64_t period, budget, extratime; /* parameters */
    ns_t deadline;                     /* end of the current period */
    ns_t left;                         /* of the budget; below 0: overrun */
    int64_t level;                     /* budgets used in this period */
    ns_t paid; /* until then it pays for an overrun, or paid */
    struct sched_vcpu *released; /* the next one, in rtds_pick() */
};

/* ---- budgets ---- */

/* A new period, if the last one is over, however many went by: to the next
 * multiple of its length, so that those of equal length have equal deadlines
 * and take turns, however close to each other they joined. The first one, and
 * the first of another length, is shorter by that, and so is its budget. An
 * overrun is paid from the budgets that come. */
static void rtds_refresh(struct sched_vcpu *v, ns_t now)
{
    struct rtds_vcpu *b = v->priv;
    ns_t length, budget = b->budget;
    int64_t missed; /* whole periods */

    if (likely(now < b->deadline))
        return;
    length = (now / b->period + 1) * b->period - b->deadline;
    missed = (length - 1) / b->period;
    if (unlikely(length < b->period)) /* by 16: of two of 10 s it fits */
        budget = budget / 16 * length / b->period * 16;
    b->deadline += length;
    if (b->level || -b->left / b->budget < missed)
        b->left = 0;
    b->left = (b->left < 0 ? b->left + missed * b->budget : 0) + budget;
    b->level = 0;
    if (unlikely(b->left <= 0))
        b->paid = b->deadline;
    sched_trace(v->sched, RTDS_EV_REFILL, v, b->deadline);
}

/* The budget is used up: one level down with another one, if it may. */
static void rtds_deplete(struct sched_vcpu *v)
{
    struct rtds_vcpu *b = v->priv;
    int64_t budgets;

    if (!b->extratime)
        return;
    budgets = 1 - b->left / b->budget;
    b->level += budgets;
    b->left += budgets * b->budget;
}

static void rtds_charge(struct sched_vcpu *v, ns_t ran, ns_t now)
{
    struct rtds_vcpu *b = v->priv;

    (void)now;
    b->left -= ran;
    if (b->left > 0)
        return;
    rtds_deplete(v);
    sched_trace(v->sched, RTDS_EV_BURN, v, b->level);
}

/* ---- the queues ---- */

static int64_t rtds_extra_key(const struct rtds_vcpu *b)
{
    int64_t level = b->level < RTDS_LEVELS ? b->level : RTDS_LEVELS;
    int64_t late = b->deadline >> RTDS_COARSE;

    return level << 48 | (late < RTDS_LATEST ? late : RTDS_LATEST);
}

static void rtds_insert(struct sched_vcpu *v)
{
    struct rtds_sys *sys = sched_sys(v->sched);
    const struct rtds_vcpu *b = v->priv;

    sched_queue_add(&sys->refill, &v->node[RTDS_REFILL], b->deadline);
    if (b->left <= 0)
        return;
    if (!b->level)
        sched_queue_add(&sys->ready, &v->node[RTDS_RUN], b->deadline);
    else
        sched_queue_add(&sys->extra, &v->node[RTDS_RUN], rtds_extra_key(b));
}

static void rtds_withdraw(struct sched_vcpu *v)
{
    sched_queue_del(&v->node[RTDS_REFILL]);
    if (sched_queued(&v->node[RTDS_RUN]))
        sched_queue_del(&v->node[RTDS_RUN]);
}

/* ---- who displaces whom ---- */

static bool rtds_urgent(const struct sched_vcpu *v, const struct sched_vcpu *w)
{
    const struct rtds_vcpu *a = v->priv, *b = w->priv;

    return a->level != b->level ? a->level < b->level
                                : a->deadline < b->deadline;
}

/* A CPU where v should run now, if there is one: idle, one that v prefers or
 * was on first; else that which runs the least urgent, if v is more so. */
static unsigned rtds_target(const struct sched_vcpu *v, unsigned except)
{
    const struct rtds_sys *sys = sched_sys(v->sched);
    const struct sched_vcpu *running, *least = NULL;
    unsigned cpu, target = CPUSET_NONE, idle = CPUSET_NONE;

    for_each_cpu_of (cpu, v->sched, &v->affinity) {
        if (cpu == except || cpuset_has(&sys->tickled, cpu))
            continue;
        running = sched_running(v->sched, cpu);
        if (!running) {
            if (idle == CPUSET_NONE || cpu == v->cpu)
                idle = cpu;
            if (cpuset_has(&v->soft_affinity, cpu))
                return cpu;
        } else if (!least || rtds_urgent(least, running)) {
            least = running;
            target = cpu;
        }
    }
    if (idle != CPUSET_NONE)
        return idle;
    return least && rtds_urgent(v, least) ? target : CPUSET_NONE;
}

/* v waits now, with budget. `except` is deciding anyway. */
static void rtds_tickle(struct sched_vcpu *v, unsigned except, ns_t now)
{
    struct rtds_sys *sys = sched_sys(v->sched);
    unsigned cpu;

    if (!sched_queued(&v->node[RTDS_RUN]))
        return;
    cpu = rtds_target(v, except);
    if (cpu == CPUSET_NONE)
        return;
    cpuset_add(&sys->tickled, cpu);
    sched_trace(v->sched, RTDS_EV_TICKLE, v, (int64_t)cpu);
    sched_resched(v->sched, cpu, now);
}

/* ---- coming and going ---- */

static void rtds_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct rtds_sys *sys = sched_sys(v->sched);
    struct rtds_cpu *c = sched_cpu(v->sched, v->cpu);
    const struct rtds_vcpu *b = v->priv;
    ns_t before = b->deadline;

    rtds_refresh(v, now);
    rtds_insert(v);
    if (why == SCHED_PREEMPT || why == SCHED_YIELD) {
        *(why == SCHED_YIELD ? &c->yielder : &c->last) = v;
        c->renewed = b->deadline != before;
        return;
    }
    if (b->deadline < sys->alarm) {
        sys->alarm = b->deadline;
        sys->alarm_cpu = v->cpu;
        sched_resched(v->sched, v->cpu, b->deadline);
    }
    rtds_tickle(v, CPUSET_NONE, now);
}

static void rtds_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why, (void)now;
    rtds_withdraw(v);
}

/* ---- the decision ---- */

/* Begin the periods whose time has come. Returns whose, as a chain. */
static struct sched_vcpu *rtds_release(struct rtds_sys *sys, ns_t now)
{
    struct sched_vcpu *v, *all = NULL;
    struct sched_node *n;

    while ((n = sched_queue_first(&sys->refill)) != NULL && n->key <= now) {
        v = n->vcpu;
        rtds_withdraw(v);
        rtds_refresh(v, now);
        rtds_insert(v);
        ((struct rtds_vcpu *)v->priv)->released = all;
        all = v;
    }
    return all;
}

/* The first that may run on cpu, but for skip. */
static struct sched_vcpu *rtds_first(const struct sched_queue *q, unsigned cpu,
                                     const struct sched_vcpu *skip)
{
    struct sched_node *n = sched_queue_first(q);

    while (n && (n->vcpu == skip || !cpuset_has(&n->vcpu->affinity, cpu)))
        n = sched_queue_next(n);
    return n ? n->vcpu : NULL;
}

static struct sched_vcpu *rtds_choose(const struct rtds_sys *sys, unsigned cpu,
                                      struct sched_vcpu *yielder)
{
    struct sched_vcpu *v = rtds_first(&sys->ready, cpu, yielder);

    if (!v)
        v = rtds_first(&sys->extra, cpu, yielder);
    if (!v && yielder && sched_queued(&yielder->node[RTDS_RUN]))
        v = yielder;
    return v;
}

/* Stopped, but its period goes on: who is not more urgent waits on. */
static bool rtds_stays(const struct sched_vcpu *last, unsigned cpu,
                       const struct sched_vcpu *first)
{
    return first && sched_queued(&last->node[RTDS_RUN]) &&
           cpuset_has(&last->affinity, cpu) && !rtds_urgent(first, last);
}

/* See to it that a CPU, this one if need be, decides again in time. */
static ns_t rtds_wind(struct rtds_sys *sys, unsigned cpu)
{
    const struct sched_node *n = sched_queue_first(&sys->refill);
    ns_t due = n ? n->key : FOREVER;

    if (sys->alarm_cpu != cpu && sys->alarm <= due)
        return FOREVER;
    sys->alarm_cpu = cpu;
    sys->alarm = due;
    return due;
}

static struct sched_pick rtds_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct rtds_sys *sys = sched_sys(s);
    struct rtds_cpu *c = sched_cpu(s, cpu);
    struct sched_vcpu *released, *last = c->last, *yielder = c->yielder;
    struct sched_pick pick = { NULL, FOREVER };
    const struct rtds_vcpu *b;
    ns_t until = FOREVER, due;

    c->last = c->yielder = NULL;
    cpuset_remove(&sys->tickled, cpu);
    released = rtds_release(sys, now);
    if (released && last) { /* who waited comes before it, deadlines alike */
        rtds_withdraw(last);
        rtds_insert(last);
    }
    pick.v = rtds_choose(sys, cpu, yielder);
    if (last && !released && !c->renewed && rtds_stays(last, cpu, pick.v))
        pick.v = last;
    if (pick.v) {
        b = pick.v->priv;
        rtds_withdraw(pick.v);
        until = b->left < b->deadline - now ? now + b->left : b->deadline;
        if (yielder && pick.v != yielder && until - now > RTDS_YIELD)
            until = now + RTDS_YIELD;
    }
    due = rtds_wind(sys, cpu);
    if (due < until)
        until = due;
    if (until < FOREVER)
        pick.run_for = until - now;
    /* Those with new budgets, and who lost this CPU, may get another. */
    for (; released; released = ((struct rtds_vcpu *)released->priv)->released)
        rtds_tickle(released, cpu, now);
    if (last && last != pick.v)
        rtds_tickle(last, cpu, now);
    return pick;
}

/* ---- joining, leaving, changing ---- */

static void rtds_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    struct rtds_sys *sys = sched_sys(s);

    (void)now;
    sys->alarm = FOREVER; /* the core has this CPU decide: it sets it */
    sys->alarm_cpu = cpu;
}

static void rtds_cpu_down(struct sched *s, unsigned cpu, ns_t now)
{
    struct rtds_sys *sys = sched_sys(s);
    unsigned other = cpuset_next(sched_cpus(s), 0);

    cpuset_remove(&sys->tickled, cpu);
    if (sys->alarm_cpu != cpu || other == CPUSET_NONE)
        return;
    sys->alarm = FOREVER;
    sched_resched(s, other, now);
}

static int rtds_check(const struct rtds_vcpu *b)
{
    return b->budget > b->period ? -RTDS_EINVAL : 0;
}

static int rtds_vcpu_up(struct sched_vcpu *v, ns_t now)
{
    struct rtds_vcpu *b = v->priv;

    b->deadline = now; /* its first period begins when it can run */
    return rtds_check(b);
}

/* A budget holds from the next period on; that begins after the new length of
 * a period at the latest. Extra time is given and taken at once. */
static int rtds_param_set(struct sched *s, struct sched_vcpu *v,
                          const struct sched_param *p, int64_t old, ns_t now)
{
    struct rtds_vcpu *b = v->priv;
    bool waits = sched_queued(&v->node[RTDS_REFILL]);

    (void)p, (void)old;
    if (rtds_check(b))
        return -RTDS_EINVAL;
    if (waits)
        rtds_withdraw(v);
    if (b->deadline > now + b->period)
        b->deadline = now + b->period;
    if (b->level && !b->extratime) {
        b->level = 0;
        b->left = 0;
    } else if (b->left <= 0) {
        rtds_deplete(v);
    }
    if (waits)
        rtds_insert(v);
    sched_resched_all(s, now);
    return 0;
}

/* Right before its deadline nobody's is earlier, but for those of equal ones
 * that have waited longer: a period for each, and the current one. So it is
 * however much all ask for together. But nothing comes while it pays for an
 * overrun. */
static ns_t rtds_may_wait(const struct sched_vcpu *v, ns_t since)
{
    const struct rtds_vcpu *b = v->priv;

    return 2 * b->period + (b->paid > since ? b->paid - since : 0);
}

static void rtds_view(const struct sched_vcpu *v, ns_t now, int64_t *out)
{
    const struct rtds_vcpu *b = v->priv;

    (void)now;
    out[0] = b->deadline;
    out[1] = b->left;
    out[2] = b->level;
}

static void rtds_dump_queue(const char *what, const struct sched_queue *q,
                            ns_t now)
{
    const struct rtds_vcpu *b;
    struct sched_node *n;

    for (n = sched_queue_first(q); n; n = sched_queue_next(n)) {
        b = n->vcpu->priv;
        sched_print("  %s d%uv%u level %lld, %lld ns left, deadline in %lld\n",
                    what, n->vcpu->dom, n->vcpu->id, (long long)b->level,
                    (long long)b->left, (long long)(b->deadline - now));
    }
}

static void rtds_dump(struct sched *s, unsigned cpu, ns_t now)
{
    const struct rtds_sys *sys = sched_sys(s);

    if (cpu != cpuset_next(sched_cpus(s), 0))
        return;
    sched_print("rtds: alarm on cpu%u in %lld ns\n", sys->alarm_cpu,
                (long long)(sys->alarm - now));
    rtds_dump_queue("ready", &sys->ready, now);
    rtds_dump_queue("extra", &sys->extra, now);
    rtds_dump_queue("waiting", &sys->refill, now);
}

static const struct sched_param rtds_params[] = {
    { "period", "ns", "in each of which the vCPU has `budget`", SCHED_PER_VCPU,
      offsetof(struct rtds_vcpu, period), US(10), S(10), MS(10) },
    { "budget", "ns", "CPU time in each period; at most the period",
      SCHED_PER_VCPU, offsetof(struct rtds_vcpu, budget), US(10), S(10),
      MS(4) },
    { "extratime", "flag", "may have more, after all others' budgets",
      SCHED_PER_VCPU, offsetof(struct rtds_vcpu, extratime), 0, 1, 1 },
    { .name = NULL },
};

static const char *const rtds_events[] = { "none", "tickle", "runq_pick",
                                           "burn", "refill", NULL };
static const char *const rtds_view_names[] = { "deadline", "budget", "level",
                                               NULL };

static const struct sched_ops rtds_ops = {
    .name = "rtds",
    .about = "global EDF of deferrable servers, RT-Xen 2.0, EMSOFT 2014",
    .xen_id = 8,
    .class_ = 4,
    .flags = SCHED_ONE_LOCK | SCHED_MAY_IDLE, /* beside one without budget */
    .sys_size = sizeof(struct rtds_sys),
    .cpu_size = sizeof(struct rtds_cpu),
    .vcpu_size = sizeof(struct rtds_vcpu),
    .params = rtds_params,
    .events = rtds_events,
    .view_names = rtds_view_names,
    .enqueue = rtds_enqueue,
    .dequeue = rtds_dequeue,
    .pick = rtds_pick,
    .charge = rtds_charge,
    .cpu_up = rtds_cpu_up,
    .cpu_down = rtds_cpu_down,
    .vcpu_up = rtds_vcpu_up,
    .param_set = rtds_param_set,
    .may_wait = rtds_may_wait,
    .view = rtds_view,
    .dump = rtds_dump,
};
SCHED_PLUGIN(rtds_ops);
