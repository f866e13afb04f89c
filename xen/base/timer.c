/*
 * timer.c - see timer.h.
 *
 * `armed` is what the clock event is set for. It is only ever moved earlier;
 * when it has passed, the softirq sets it for what is then first. So setting a
 * timer that is not the first, and stopping one, touch no hardware.
 *
 * Locks: timers.lock (rank TIMER, interrupts off) protects a CPU's tree and the
 * state of the timers in it. `armed` and `turn` are the CPU's own; another CPU
 * leaves a turn in `turn_remote` and raises the softirq.
 */
#include "xen/base/timer.h"

#include "xen/arch/x86/clock.h"
#include "xen/arch/x86/fatal.h"
#include "xen/arch/x86/irq.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/console.h"
#include "xen/base/softirq.h"
#include "xen/base/time.h"
#include "xen/base/turn.h"
#include "xen/lib/bug.h"

RB_HEAD(timer_tree, timer);

struct timers {
    struct spinlock lock;
    struct timer_tree tree;
    struct timer *first;   /* of the tree */
    struct timer *running; /* whose fn runs, or NULL */
    ns_t first_expires;    /* of first, or FOREVER; hint to other CPUs */
    ns_t turn_remote;      /* atomic; FOREVER: none */
};

static DEFINE_PER_CPU_SHARED(struct timers, timers);
DEFINE_PER_CPU(struct timer_own, timer_own);
static void (*turn_fn)(unsigned cpu, ns_t now);

static int timer_cmp(const struct timer *a, const struct timer *b)
{
    if (a->expires != b->expires)
        return a->expires < b->expires ? -1 : 1;
    return (a > b) - (a < b);
}

#define TREE_LINKAGE __attribute__((unused)) static
RB_PROTOTYPE_INTERNAL(timer_tree, timer, entry, timer_cmp, TREE_LINKAGE)
RB_GENERATE_INTERNAL(timer_tree, timer, entry, timer_cmp, TREE_LINKAGE)

/* Have the clock event come by `when`. This CPU, interrupts off. */
static inline void arm(ns_t when)
{
    struct timer_own *own = &this_cpu(timer_own);

    if (when < own->armed) {
        own->armed = when;
        clock_event_set(when);
    }
}

static struct timers *lock_of(const struct timer *t, uint64_t *flags)
{
    for (;;) {
        unsigned at = READ_ONCE(t->cpu);
        struct timers *ts = &cpu(at, timers);

        *flags = spin_lock_irqsave(&ts->lock);
        if (likely(at == READ_ONCE(t->cpu)))
            return ts;
        spin_unlock_irqrestore(&ts->lock, *flags);
    }
}

/* The first of the tree, as most are that leave it. It has no left child; so
 * what it has to the right is one red node, which comes next and takes over its
 * place. Without one its parent comes next, and a red leaf, or the only one,
 * goes without a trace. False: a black leaf below others. */
static bool take_first(struct timers *ts, struct timer *t)
{
    struct timer *parent = RB_PARENT(t, entry), *child = RB_RIGHT(t, entry);
    struct timer *next = child ? child : parent;

    ts->first = next;
    ts->first_expires = next ? next->expires : FOREVER;
    if (child) {
        RB_COLOR(child, entry) = RB_BLACK;
        RB_PARENT(child, entry) = parent;
    } else if (parent && RB_COLOR(t, entry) == RB_BLACK) {
        return false;
    }
    if (parent)
        RB_LEFT(parent, entry) = child;
    else
        RB_ROOT(&ts->tree) = child;
    return true;
}

static void take_out(struct timers *ts, struct timer *t)
{
    t->state = TIMER_IDLE;
    if (ts->first != t || !take_first(ts, t))
        (void)timer_tree_RB_REMOVE(&ts->tree, t);
}

static void put_in(struct timers *ts, struct timer *t)
{
    t->state = TIMER_ARMED;
    (void)timer_tree_RB_INSERT(&ts->tree, t);
    /* By the tree's own order: of two that expire together, the one that
     * stands before the other must be the first, or it is never seen again. */
    if (ts->first && timer_cmp(t, ts->first) > 0)
        return;
    ts->first = t;
    ts->first_expires = t->expires;
    if (t->cpu == this_cpu_id() && t->expires <= time_now())
        softirq_raise(SOFTIRQ_TIMER); /* the way out looks at it */
    else if (t->cpu == this_cpu_id())
        arm(t->expires);
    else
        softirq_raise_on(t->cpu, SOFTIRQ_TIMER);
}

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg, unsigned cpu)
{
    *t = (struct timer){ .fn = fn, .arg = arg, .cpu = cpu };
}

void timer_set(struct timer *t, ns_t expires)
{
    uint64_t flags;
    struct timers *ts = lock_of(t, &flags);

    if (t->state != TIMER_DEAD) {
        if (t->state == TIMER_ARMED)
            take_out(ts, t);
        t->expires = expires;
        put_in(ts, t);
    }
    spin_unlock_irqrestore(&ts->lock, flags);
}

void timer_stop(struct timer *t)
{
    struct timers *ts;
    uint64_t flags;

    if (!timer_armed(t))
        return;
    ts = lock_of(t, &flags);
    if (t->state == TIMER_ARMED)
        take_out(ts, t);
    spin_unlock_irqrestore(&ts->lock, flags);
}

void timer_migrate(struct timer *t, unsigned to)
{
    struct timers *ts;
    uint64_t flags;
    bool armed;

    if (READ_ONCE(t->cpu) == to)
        return;
    ts = lock_of(t, &flags);
    armed = t->state == TIMER_ARMED;
    if (armed)
        take_out(ts, t);
    WRITE_ONCE(t->cpu, to);
    spin_unlock_irqrestore(&ts->lock, flags);
    if (armed)
        timer_set(t, t->expires);
}

void timer_kill(struct timer *t)
{
    struct timers *ts;
    uint64_t flags;
    bool busy;

    if (!t->fn)
        return; /* never initialised */
    for (;;) {
        ts = lock_of(t, &flags);
        if (t->state == TIMER_ARMED)
            take_out(ts, t);
        t->state = TIMER_DEAD;
        busy = ts->running == t && ts != &this_cpu(timers);
        spin_unlock_irqrestore(&ts->lock, flags);
        if (!busy)
            return;
        __builtin_ia32_pause();
    }
}

/* ---- the turn ---- */

void timer_open_turn(void (*fn)(unsigned cpu, ns_t now))
{
    turn_fn = fn;
}

void timer_set_turn_remote(unsigned on, ns_t when)
{
    __atomic_store_n(&cpu(on, timers).turn_remote, when, __ATOMIC_RELEASE);
    softirq_raise_on(on, SOFTIRQ_TIMER);
}

static inline void look_at_turn(struct timers *ts, struct timer_own *own,
                                ns_t now)
{
    ns_t remote;

    if (unlikely(READ_ONCE(ts->turn_remote) != FOREVER)) {
        remote = __atomic_exchange_n(&ts->turn_remote, FOREVER,
                                     __ATOMIC_ACQ_REL);
        if (remote < own->turn)
            own->turn = remote;
    }
    if (own->turn > now)
        return;
    own->turn = FOREVER;
    if (turn_fn)
        turn_fn(this_cpu_id(), now);
}

/* ---- the softirq ---- */

/* Run what has expired. Interrupts off on entry and exit. */
static void run_expired(struct timers *ts, ns_t now)
{
    struct timer *t;
    void (*fn)(void *arg);
    void *arg;

    while (ts->first_expires <= now) {
        spin_lock(&ts->lock);
        t = ts->first;
        if (!t || t->expires > now) {
            spin_unlock(&ts->lock);
            return;
        }
        take_out(ts, t);
        fn = t->fn;
        arg = t->arg;
        ts->running = t;
        spin_unlock(&ts->lock);
        irq_enable();
        fn(arg);
        irq_disable();
        __atomic_store_n(&ts->running, NULL, __ATOMIC_RELEASE);
    }
}

static void timer_softirq(void)
{
    struct timers *ts = &this_cpu(timers);
    struct timer_own *own = &this_cpu(timer_own);
    ns_t now = time_now();

    irq_disable();
    look_at_turn(ts, own, now);
    run_expired(ts, now);
    if (this_cpu(softirq).local & 1u << SOFTIRQ_SCHEDULE) {
        own->left = ts->first_expires; /* timer_set_turn() is coming */
    } else {
        own->left = FOREVER;
        arm(ts->first_expires < own->turn ? ts->first_expires : own->turn);
    }
    irq_enable();
}

/* The clock event has come, perhaps early: the softirq sets it again. */
static void clock_event(struct cpu_user_regs *regs)
{
    (void)regs;
    this_cpu(timer_own).armed = FOREVER;
    softirq_raise(SOFTIRQ_TIMER);
}

void timer_start_cpu(void)
{
    struct timers *ts = &this_cpu(timers);
    struct timer_own *own = &this_cpu(timer_own);

    *ts = (struct timers){ .first_expires = FOREVER, .turn_remote = FOREVER };
    own->armed = own->turn = own->left = FOREVER;
    softirq_open(SOFTIRQ_TIMER, timer_softirq);
    irq_set_handler(VECTOR_TIMER, clock_event);
}

void timer_dump(void)
{
    const struct timers *ts = &this_cpu(timers);
    const struct timer_own *own = &this_cpu(timer_own);
    struct timer *t;
    unsigned n = 0;

    console_print("timers of CPU%u: now %lld, clock event %lld, turn %lld\n",
                  this_cpu_id(), (long long)time_now(), (long long)own->armed,
                  (long long)own->turn);
    for (t = ts->first; t && n < 64; t = timer_tree_RB_NEXT(t), n++) {
        char name[64];

        fatal_name(name, sizeof(name), (uintptr_t)t->fn);
        console_print("  %lld: %s(%p)\n", (long long)t->expires, name, t->arg);
    }
}
