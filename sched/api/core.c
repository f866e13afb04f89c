/*
 * core.c - the three hands: every move of a vCPU, and a CPU's turns.
 *
 * A vCPU's hand is v->core.hand, under the lock of v->cpu. A CPU's turn is
 * decided in one piece under its lock: charge who ran, put it back (to the
 * plug-in if it may run, else to the core), pick, check, take. The lock is
 * held until the stacks are switched, so a vCPU is never in two places.
 *
 * One reading of the clock ends one run and begins the next: no time is lost.
 */
#include "sched/api/core_private.h"

struct sched_pcpu sched_pcpus[CPUSET_MAX];

/* The compiler shall not work out p anew, time and again. */
#define keep_in_register(p) __asm__("" : "+r"(p))

static inline unsigned lock_vcpu(const struct sched_vcpu *v)
{
    for (;;) {
        unsigned cpu = READ_ONCE(v->cpu);
        unsigned lock = READ_ONCE(sched_pcpus[cpu].lock);

        host_lock(lock);
        if (likely(cpu == READ_ONCE(v->cpu) &&
                   lock == READ_ONCE(sched_pcpus[cpu].lock)))
            return cpu;
        host_unlock(lock);
    }
}

unsigned sched_lock_vcpu(const struct sched_vcpu *v)
{
    return lock_vcpu(v);
}

static inline bool queued_anywhere(const struct sched_vcpu *v)
{
    unsigned i;

    for (i = 0; i < SCHED_NODES; i++)
        if (sched_queued(&v->node[i]))
            return true;
    return false;
}

/* ---- the moves ---- */

void sched_move_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct sched *s = v->sched;

    v->core.hand = SCHED_HAND_CORE;
    sched_pcpus[v->cpu].waiting--;
    if (unlikely(s->broken))
        return;
    s->ops->dequeue(v, why, now);
    if (unlikely(queued_anywhere(v)))
        sched_breach(s, v->cpu, v, "dequeue() left the vCPU in a queue");
}

static inline void charge(const struct sched_ops *ops, struct sched_vcpu *v,
                          ns_t now)
{
    ns_t ran = now - v->core.since;

    if (likely(ran >= 0))
        v->core.since = now;
    else /* it was taken by an older reading: take() */
        ran = 0;
    if (likely(ops->charge != NULL))
        ops->charge(v, ran, now);
}

void sched_charge(struct sched_pcpu *p, ns_t now)
{
    if (likely(!p->sched->broken))
        charge(p->sched->ops, p->running, now);
    else
        p->running->core.since = now;
}

/* What runs on p stops running: to the plug-in, or to the core. */
static void put_back(struct sched_pcpu *p, const struct sched_ops *ops,
                     unsigned cpu, ns_t now)
{
    struct sched_vcpu *v = p->running;
    enum sched_why why;

    charge(ops, v, now);
    if (ops->tick && unlikely(p->tick_at <= now))
        ops->tick(p->sched, cpu, now);
    why = v->core.yielding ? SCHED_YIELD : SCHED_PREEMPT;
    v->core.yielding = false;
    if (v->core.blocked && host_pending(v))
        v->core.blocked = false;
    if (likely(sched_may_run(v) && cpuset_has(&v->affinity, cpu))) {
        sched_hand_over(p, v, now);
        ops->enqueue(v, why, now);
        return;
    }
    v->core.hand = SCHED_HAND_CORE;
    if (sched_may_run(v))
        p->leaving = v;
    else if (ops->sleep)
        ops->sleep(v, v->core.blocked, now);
}

/* After a breach: what ran is taken to run on, until another plug-in rules. */
static void undo_put_back(struct sched_pcpu *p)
{
    struct sched_vcpu *v = p->running;

    if (!v)
        return;
    p->leaving = NULL;
    if (v->core.hand == SCHED_HAND_PLUGIN)
        p->waiting--;
    v->core.hand = SCHED_HAND_CPU;
}

static const char *check_pick(const struct sched_pcpu *p, unsigned cpu,
                              struct sched_pick pick)
{
    const struct sched *s = p->sched;
    const struct sched_vcpu *v = pick.v;

    if (unlikely(pick.run_for <= 0))
        return "pick() granted no time";
    if (!v)
        return p->waiting && !(s->ops->flags & SCHED_MAY_IDLE)
                   ? "pick() left its CPU idle beside a waiting vCPU"
                   : NULL;
    if (unlikely(v->core.hand != SCHED_HAND_PLUGIN || v->sched != s))
        return "pick() gave a vCPU that the plug-in does not hold";
    if (unlikely(queued_anywhere(v)))
        return "pick() left the vCPU in a queue";
    if (likely(v->cpu == cpu)) /* the core let it wait nowhere else: it may */
        return NULL;
    if (!cpuset_has(&v->affinity, cpu))
        return "pick() gave a vCPU that may not run on this CPU";
    if (v->cpu != p->peer && s->one_lock == CPUSET_NONE)
        return "pick() took a vCPU without the lock of its CPU";
    return NULL;
}

/* cpu has nothing to run, whoever may have been sent there. */
static void free_again(struct sched *s, unsigned cpu)
{
    uint64_t bit = (uint64_t)1 << (cpu % 64);

    if (!(READ_ONCE(s->idle.word[cpu / 64]) & bit))
        (void)__atomic_fetch_or(&s->idle.word[cpu / 64], bit, __ATOMIC_RELAXED);
}

static void set_idle(struct sched *s, unsigned cpu, bool idle, ns_t now)
{
    host_idle(cpu, idle, now);
    if (idle)
        free_again(s, cpu);
    else
        (void)sched_claim_idle(s, cpu);
}

/* v goes from the plug-in's hand onto the CPU. */
static void take(struct sched_pcpu *p, unsigned cpu, struct sched_vcpu *v,
                 ns_t now)
{
    if (unlikely(v->cpu != cpu)) {
        sched_pcpus[v->cpu].waiting--;
        WRITE_ONCE(v->cpu, cpu);
        p->counts.steals++;
    } else {
        p->waiting--;
    }
    v->core.hand = SCHED_HAND_CPU;
    v->core.started = true;
    /* Its last run may have ended by a newer reading, which had its lock first:
     * that time is charged already. */
    if (likely(now > v->core.since))
        v->core.since = now;
}

static void release_peer(struct sched_pcpu *p)
{
    if (likely(p->peer == CPUSET_NONE))
        return;
    if (p->peer_locked)
        host_unlock(sched_pcpus[p->peer].lock);
    p->peer = CPUSET_NONE;
    p->peer_locked = false;
}

/* Nobody ran here, and nobody is going to. */
static NOINLINE void stay_idle(struct sched_pcpu *p, unsigned cpu, ns_t now)
{
    if (p->leaving) { /* not idle so far */
        p->counts.switches++;
        p->counts.idles++;
        set_idle(p->sched, cpu, true, now);
    } else { /* who was to run here was stolen meanwhile */
        free_again(p->sched, cpu);
    }
}

static NOINLINE void end_idle(struct sched_pcpu *p, unsigned cpu, ns_t now)
{
    if (!p->leaving)
        set_idle(p->sched, cpu, false, now);
}

static NOINLINE void begin_idle(struct sched_pcpu *p, unsigned cpu, ns_t now)
{
    p->counts.idles++;
    set_idle(p->sched, cpu, true, now);
}

/* v has ceased to run. */
static void rest(struct sched *s, struct sched_vcpu *v, ns_t now)
{
    if (v->core.hand != SCHED_HAND_PLUGIN) {
        sched_state_to(v, sched_rest_state(v), now);
        return;
    }
    sched_state_to(v, SCHED_STATE_RUNNABLE, now);
    if (s->nr_cpus > 1)
        sched_offer_idle(v);
}

/* Tell the host who changed state, and count. */
static void settle(struct sched_pcpu *p, struct sched *s, unsigned cpu,
                   struct sched_vcpu *prev, ns_t now)
{
    struct sched_vcpu *next = p->running;

    p->counts.schedules++;
    if (next == prev) {
        if (!next)
            stay_idle(p, cpu, now);
        return;
    }
    p->counts.switches++;
    if (likely(prev != NULL))
        rest(s, prev, now);
    else
        end_idle(p, cpu, now);
    if (likely(next != NULL))
        sched_state_to(next, SCHED_STATE_RUNNING, now);
    else
        begin_idle(p, cpu, now);
}

/* Whose turn it is becomes p->running. False: the plug-in has broken a rule. */
static bool decide(struct sched_pcpu *p, unsigned cpu, ns_t now)
{
    struct sched *s = p->sched;
    const struct sched_ops *ops = s->ops;
    struct sched_vcpu *prev = p->running, *next;
    struct sched_pick pick;
    const char *rule;
    ns_t until;

    p->deciding = true;
    if (prev)
        put_back(p, ops, cpu, now);
    p->resched_at = FOREVER;
    pick = ops->pick(s, cpu, now);
    p->deciding = false;
    rule = check_pick(p, cpu, pick);
    if (unlikely(rule || s->broken)) {
        release_peer(p);
        undo_put_back(p);
        if (rule)
            sched_breach(s, cpu, pick.v, rule);
        return false;
    }
    next = pick.v;
    if (likely(next != NULL)) {
        take(p, cpu, next, now);
        next->core.granted = pick.run_for;
        if (ops->tick && p->tick_at <= now)
            p->tick_at = now - now % ops->tick_ns + ops->tick_ns;
    }
    release_peer(p);
    until = sched_add(now, pick.run_for);
    if (until < p->resched_at)
        p->resched_at = until;
    p->running = next;
    settle(p, s, cpu, prev, now);
    sched_program_for(p, ops, cpu);
    return true;
}

static unsigned lock_both(unsigned cpu, const struct sched_vcpu *v)
{
    unsigned a, b, at;

    for (;;) {
        a = READ_ONCE(sched_pcpus[cpu].lock);
        at = READ_ONCE(v->cpu);
        b = READ_ONCE(sched_pcpus[at].lock);
        host_lock(a < b ? a : b);
        if (a != b)
            host_lock(a < b ? b : a);
        if (likely(a == READ_ONCE(sched_pcpus[cpu].lock) &&
                   at == READ_ONCE(v->cpu) &&
                   b == READ_ONCE(sched_pcpus[at].lock)))
            return a == b ? CPUSET_NONE : b;
        host_unlock(a);
        if (a != b)
            host_unlock(b);
    }
}

/* What ran here was moved to another instance, and its time on this CPU ends
 * now. Its stack is ours until the switch. The lock of cpu is held. */
static ns_t __attribute__((noinline))
end_stay(struct sched_pcpu *p, unsigned cpu, ns_t now)
{
    struct sched_vcpu *v = p->leaving;
    unsigned other;

    host_unlock(p->lock);
    other = lock_both(cpu, v);
    now = sched_clamp(p, now);
    if (v->core.state == SCHED_STATE_RUNNING) {
        v->core.yielding = false;
        if (v->core.blocked && host_pending(v))
            v->core.blocked = false;
        sched_state_to(
            v, sched_may_run(v) ? SCHED_STATE_RUNNABLE : sched_rest_state(v),
            now);
    }
    if (other != CPUSET_NONE)
        host_unlock(other);
    return now;
}

/* The plug-in has broken a rule: go over to the fallback, and ask that. */
static NOINLINE struct sched_vcpu *schedule_anew(struct sched *s, unsigned cpu,
                                                 ns_t now)
{
    sched_unlock_cpu(cpu);
    sched_mend(s, now);
    return sched_schedule(cpu, now);
}

struct sched_vcpu *sched_schedule(unsigned cpu, ns_t now)
{
    struct sched_pcpu *p = &sched_pcpus[cpu];
    struct sched *s;

    keep_in_register(p);
    sched_lock_cpu(cpu);
    s = p->sched;
    if (unlikely(!s)) {
        host_timer(cpu, FOREVER); /* see host.h */
        return NULL;
    }
    now = sched_clamp(p, now);
    if (unlikely(p->leaving != NULL))
        now = end_stay(p, cpu, now);
    if (unlikely(s->broken != NULL || !decide(p, cpu, now)))
        return schedule_anew(s, cpu, now);
    return p->running;
}

/* ---- waking, pausing ---- */

/* v waits on cpu, its own, from now on. */
static inline void wait_here(struct sched_pcpu *p, struct sched_vcpu *v,
                             unsigned cpu, enum sched_why why, ns_t now)
{
    now = sched_clamp(p, now);
    sched_state_to(v, SCHED_STATE_RUNNABLE, now);
    sched_move_enqueue(p, v, v->core.started ? why : SCHED_NEW, now);
    sched_announce(p, cpu, v);
}

/* ... where place() says. The lock of cpu is held, and released here. */
static void wait_somewhere(struct sched_vcpu *v, unsigned cpu,
                           enum sched_why why, ns_t now)
{
    bool chosen = false;

    while (v->core.hand == SCHED_HAND_CORE && sched_may_run(v)) {
        unsigned target = cpu;

        if (!chosen || unlikely(!cpuset_has(&v->affinity, cpu)))
            target = sched_place(v, now);
        chosen = true;
        if (target == cpu) {
            wait_here(&sched_pcpus[cpu], v, cpu, why, now);
            break;
        }
        sched_pcpus[cpu].counts.moves++;
        WRITE_ONCE(v->cpu, target);
        sched_unlock_cpu(cpu);
        cpu = sched_lock_vcpu(v);
    }
    sched_unlock_cpu(cpu);
}

void sched_make_runnable(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    wait_somewhere(v, sched_lock_vcpu(v), why, now);
}

void sched_send_away(unsigned cpu)
{
    struct sched_pcpu *p = &sched_pcpus[cpu];
    struct sched_vcpu *leaving = p->leaving;
    ns_t now = p->now;

    p->leaving = NULL;
    sched_unlock_cpu(cpu);
    cpu = lock_vcpu(leaving);
    if (leaving->core.hand == SCHED_HAND_AWAY) {
        leaving->core.hand = SCHED_HAND_CORE;
        if (!sched_may_run(leaving))
            sched_state_to(leaving, sched_rest_state(leaving),
                           sched_clamp(&sched_pcpus[cpu], now));
    }
    wait_somewhere(leaving, cpu, SCHED_MOVE, now);
}

/* v's lock (that of cpu) is held, and released here. */
static NOINLINE void wake_anyhow(struct sched_vcpu *v, unsigned cpu, ns_t now)
{
    if (v->core.blocked) {
        v->core.blocked = false;
        sched_pcpus[cpu].counts.wakes++;
        if (v->core.hand == SCHED_HAND_CORE) {
            if (v->core.pauses)
                sched_state_to(v, sched_rest_state(v),
                               sched_clamp(&sched_pcpus[cpu], now));
            wait_somewhere(v, cpu, SCHED_WAKE, now);
            return;
        }
    }
    sched_unlock_cpu(cpu);
}

void sched_wake_slow(struct sched_vcpu *v, ns_t now)
{
    unsigned cpu = lock_vcpu(v);
    struct sched_pcpu *p = &sched_pcpus[cpu];

    keep_in_register(p);
    if (unlikely(!v->core.blocked || v->core.hand != SCHED_HAND_CORE ||
                 v->core.pauses || v->sched->nr_up > 1)) {
        wake_anyhow(v, cpu, now);
        return;
    }
    v->core.blocked = false; /* and it can only wait here: no CPU that is
                              * drained, but not yet down, is left either */
    p->counts.wakes++;
    wait_here(p, v, cpu, SCHED_WAKE, now);
    host_unlock(p->lock);
}

void sched_pause(struct sched_vcpu *v, ns_t now)
{
    unsigned cpu = sched_lock_vcpu(v);
    struct sched_pcpu *p = &sched_pcpus[cpu];

    now = sched_clamp(p, now);
    v->core.pauses++;
    if (v->core.hand == SCHED_HAND_CPU) {
        host_poke(cpu);
    } else if (v->core.hand == SCHED_HAND_PLUGIN && !sched_may_run(v)) {
        sched_move_dequeue(v, SCHED_SLEEP, now);
        sched_state_to(v, sched_rest_state(v), now);
    } else if (v->core.hand == SCHED_HAND_CORE) {
        sched_state_to(v, sched_rest_state(v), now);
    }
    sched_unlock_cpu(cpu);
}

void sched_unpause(struct sched_vcpu *v, ns_t now)
{
    unsigned cpu = sched_lock_vcpu(v);

    ASSERT(v->core.pauses > 0);
    v->core.pauses--;
    wait_somewhere(v, cpu, SCHED_UNPAUSE, now);
}

bool sched_is_running(const struct sched_vcpu *v)
{
    uint8_t hand = READ_ONCE(v->core.hand);

    return hand == SCHED_HAND_CPU || hand == SCHED_HAND_AWAY;
}

int sched_set_affinity(struct sched_vcpu *v, const struct cpuset *hard,
                       const struct cpuset *soft, ns_t now)
{
    unsigned cpu;

    if (cpuset_empty(hard))
        return -SCHED_EINVAL;
    cpu = sched_lock_vcpu(v);
    v->cold.hard = *hard;
    if (soft)
        v->soft_affinity = *soft;
    else
        v->soft_affinity = (struct cpuset){ 0 };
    sched_effective_affinity(v);
    if (cpuset_has(&v->affinity, cpu)) {
        if (v->core.hand == SCHED_HAND_PLUGIN)
            sched_offer(v); /* an idle CPU may be open to it now */
        sched_unlock_cpu(cpu);
        return 0;
    }
    if (v->core.hand == SCHED_HAND_CPU)
        host_poke(cpu);
    else if (v->core.hand == SCHED_HAND_PLUGIN)
        sched_move_dequeue(v, SCHED_MOVE, sched_clamp(&sched_pcpus[cpu], now));
    wait_somewhere(v, cpu, SCHED_MOVE, now);
    return 0;
}
