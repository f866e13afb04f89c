/*
 * tableau - a table says who runs when; who has no turn shares what is left.
 *
 * M. Vanga, A. Gujarati, B. Brandenburg, "Tableau: a high-throughput and
 * predictable VM scheduler for high-density workloads", EuroSys 2018: a planner
 * gives each vCPU fixed places in a table that each CPU repeats, so that a
 * decision is to look up the time in it; a second level gives the places that
 * their owners leave, or that nobody has, to those who wait.
 *
 * Here the planner is in the plug-in, and simple: a vCPU that joins with a slot
 * gets one place, behind the others', in the table of the first CPU it may use
 * that has room; without room it does not join.
 */
#include "sched/api/sched.h"

#define TABLEAU_SLOTS  64u    /* places in a CPU's table */
#define TABLEAU_LEAST  US(10) /* a shorter slot is switches and nothing else */
#define TABLEAU_EINVAL 22
#define TABLEAU_ENOSPC 28
#define HOMELESS       CPUSET_NONE
#define NO_CPU         CPUSET_NONE

struct tableau_sys {
    int64_t length, slice;      /* parameters */
    struct sched_queue waiting; /* by `given` */
    int64_t floor;              /* `given` of the last one that was */
};

struct tableau_dom {
    int64_t slot; /* parameter, ns: of each of its vCPUs */
};

struct tableau_cpu {
    unsigned n;
    int64_t used; /* ns of the table */
    struct tableau_slot {
        int64_t from; /* ns after the table's beginning */
        struct sched_vcpu *v;
    } slot[TABLEAU_SLOTS];
};

struct tableau_vcpu {
    unsigned home; /* whose table it stands in, or HOMELESS */
    bool own;      /* it was picked for its own time */
    int64_t given; /* others' time that it has had, ns; no less than the floor
                    * when it begins to wait, so that nobody saves any up */
};

static const struct sched_param tableau_params[] = {
    { "length", "ns", "of the table", SCHED_PER_SYSTEM,
      offsetof(struct tableau_sys, length), US(100), S(1), MS(20) },
    { "slice", "ns", "turn of one that is given others' time", SCHED_PER_SYSTEM,
      offsetof(struct tableau_sys, slice), US(100), S(1), MS(10) },
    { "slot", "ns", "its own time in each table; 0: none", SCHED_PER_DOMAIN,
      offsetof(struct tableau_dom, slot), 0, S(1), 0 },
    { .name = NULL },
};

static int64_t slot_of(const struct sched_vcpu *v)
{
    return ((const struct tableau_dom *)v->dom_priv)->slot;
}

static struct tableau_vcpu *place_of(const struct sched_vcpu *v)
{
    return v->priv;
}

/* The places stand one behind the other; what is left is at the end. */
static void lay_out(struct tableau_cpu *c)
{
    unsigned i;

    c->used = 0;
    for (i = 0; i < c->n; i++) {
        c->slot[i].from = c->used;
        c->used += slot_of(c->slot[i].v);
    }
}

static void leave_table(struct sched_vcpu *v)
{
    struct tableau_cpu *c;
    unsigned i, kept = 0;

    if (place_of(v)->home == HOMELESS)
        return;
    c = sched_cpu(v->sched, place_of(v)->home);
    for (i = 0; i < c->n; i++) {
        if (c->slot[i].v != v)
            c->slot[kept++] = c->slot[i];
    }
    c->n = kept;
    lay_out(c);
    place_of(v)->home = HOMELESS;
}

/* 0, or a negative errno. */
static int enter_table(struct sched_vcpu *v, unsigned but)
{
    const struct tableau_sys *sys = sched_sys(v->sched);
    struct tableau_cpu *c;
    unsigned cpu;

    if (!slot_of(v))
        return 0;
    if (slot_of(v) < TABLEAU_LEAST)
        return -TABLEAU_EINVAL;
    for_each_cpu_of (cpu, v->sched, &v->affinity) {
        c = sched_cpu(v->sched, cpu);
        if (cpu == but || c->n == TABLEAU_SLOTS ||
            c->used + slot_of(v) > sys->length)
            continue;
        c->slot[c->n++].v = v;
        place_of(v)->home = cpu;
        lay_out(c);
        return 0;
    }
    return -TABLEAU_ENOSPC;
}

/* Whose time it is on `cpu`, or NULL; *left: for how long. */
static struct sched_vcpu *owner(struct sched *s, unsigned cpu, ns_t now,
                                ns_t *left)
{
    const struct tableau_sys *sys = sched_sys(s);
    const struct tableau_cpu *c = sched_cpu(s, cpu);
    int64_t phase = now % sys->length;
    unsigned low = 0, high = c->n, middle;

    if (phase >= c->used) {
        *left = sys->length - phase;
        return NULL;
    }
    while (high - low > 1) {
        middle = (low + high) / 2;
        if (c->slot[middle].from <= phase)
            low = middle;
        else
            high = middle;
    }
    *left = c->slot[low].from + slot_of(c->slot[low].v) - phase;
    return c->slot[low].v;
}

static void tableau_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    struct tableau_sys *sys = sched_sys(s);

    (void)cpu, (void)now;
    if (!sys->waiting.length)
        sched_queue_init(&sys->waiting);
}

/* Those of its table move to where there is room, or lose their place. */
static void tableau_cpu_down(struct sched *s, unsigned cpu, ns_t now)
{
    const struct tableau_cpu *c = sched_cpu(s, cpu);
    struct sched_vcpu *v;

    (void)now;
    while (c->n) {
        v = c->slot[0].v;
        leave_table(v);
        (void)enter_table(v, cpu);
    }
}

static int tableau_vcpu_up(struct sched_vcpu *v, ns_t now)
{
    (void)now;
    place_of(v)->home = HOMELESS;
    return enter_table(v, NO_CPU);
}

static void tableau_vcpu_down(struct sched_vcpu *v, ns_t now)
{
    (void)now;
    leave_table(v);
}

/* All tables have their places within the length. */
static bool all_fit(struct sched *s)
{
    const struct tableau_sys *sys = sched_sys(s);
    unsigned cpu;

    for_each_cpu_of (cpu, s, sched_cpus(s)) {
        if (((struct tableau_cpu *)sched_cpu(s, cpu))->used > sys->length)
            return false;
    }
    return true;
}

static void lay_out_all(struct sched *s)
{
    unsigned cpu;

    for_each_cpu_of (cpu, s, sched_cpus(s))
        lay_out(sched_cpu(s, cpu));
}

static void leave_all(struct sched_vcpu *first)
{
    struct sched_vcpu *v;

    for (v = first; v; v = sched_sibling(v))
        leave_table(v);
}

/* A slot grows and shrinks where it stands; the first one is a new place. */
static int slot_set(struct sched *s, struct sched_vcpu *first, int64_t old)
{
    struct tableau_dom *d = first->dom_priv;
    int64_t slot = d->slot;
    struct sched_vcpu *v;
    int rc = 0;

    for (v = first; !old && v && !rc; v = sched_sibling(v))
        rc = enter_table(v, NO_CPU);
    if (rc || !slot)
        leave_all(first);
    if (old && slot && slot < TABLEAU_LEAST)
        return -TABLEAU_EINVAL;
    lay_out_all(s);
    if (rc || all_fit(s))
        return rc;
    d->slot = old; /* as the core will have it */
    lay_out_all(s);
    return -TABLEAU_ENOSPC;
}

static int tableau_param_set(struct sched *s, struct sched_vcpu *v,
                             const struct sched_param *p, int64_t old, ns_t now)
{
    int rc = 0;

    (void)p;
    if (v)
        rc = slot_set(s, v, old);
    else if (!all_fit(s))
        rc = -TABLEAU_ENOSPC;
    if (!rc)
        sched_resched_all(s, now);
    return rc;
}

/* It is v's own time now, on a CPU that it may use, other than `but`. */
static bool awaited(const struct sched_vcpu *v, unsigned but, ns_t now)
{
    unsigned home = place_of(v)->home;
    ns_t left;

    return home != HOMELESS && home != but && cpuset_has(&v->affinity, home) &&
           owner(v->sched, home, now, &left) == v;
}

static void tableau_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct tableau_sys *sys = sched_sys(v->sched);
    struct tableau_vcpu *t = place_of(v);

    (void)why;
    if (t->given < sys->floor)
        t->given = sys->floor;
    sched_queue_add(&sys->waiting, &v->node[0], t->given);
    if (awaited(v, NO_CPU, now))
        sched_resched(v->sched, place_of(v)->home, now);
}

static void tableau_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why, (void)now;
    sched_queue_del(&v->node[0]);
}

/* Of those who wait the one with the least that may run here and is not awaited
 * elsewhere; these are one for each CPU at most. */
static struct sched_vcpu *others_time(struct sched *s, unsigned cpu, ns_t now)
{
    struct tableau_sys *sys = sched_sys(s);
    struct sched_node *node = sched_queue_first(&sys->waiting);

    while (node && (!cpuset_has(&node->vcpu->affinity, cpu) ||
                    awaited(node->vcpu, cpu, now)))
        node = sched_queue_next(node);
    if (!node)
        return NULL;
    if (node->key > sys->floor)
        sys->floor = node->key;
    sched_queue_del(node);
    place_of(node->vcpu)->own = false;
    return node->vcpu;
}

static struct sched_pick tableau_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct tableau_sys *sys = sched_sys(s);
    struct sched_pick pick = { NULL, 0 };
    struct sched_vcpu *v = owner(s, cpu, now, &pick.run_for);

    if (v && cpuset_has(&v->affinity, cpu)) {
        if (sched_queued(&v->node[0])) {
            sched_queue_del(&v->node[0]);
            place_of(v)->own = true;
            pick.v = v;
            return pick;
        }
        if (sched_running(s, v->cpu) == v) /* on others' time: it comes here */
            sched_resched(s, v->cpu, now);
    }
    pick.v = others_time(s, cpu, now);
    if (pick.v && pick.run_for > sys->slice)
        pick.run_for = sys->slice;
    return pick;
}

static void tableau_charge(struct sched_vcpu *v, ns_t ran, ns_t now)
{
    (void)now;
    if (!place_of(v)->own)
        place_of(v)->given += ran;
}

/* Home, or where the core would have it. */
static unsigned tableau_place(const struct sched_vcpu *v, ns_t now)
{
    unsigned cpu, home = place_of(v)->home;

    (void)now;
    if (home != HOMELESS && cpuset_has(&v->affinity, home))
        return home;
    if (cpuset_has(&v->affinity, v->cpu) && sched_idle(v->sched, v->cpu))
        return v->cpu;
    for_each_cpu_of (cpu, v->sched, &v->affinity) {
        if (sched_idle(v->sched, cpu))
            return cpu;
    }
    return cpuset_has(&v->affinity, v->cpu)
               ? v->cpu
               : sched_next_cpu(v->sched, &v->affinity, 0);
}

/* A place comes round in each table; others' time is promised to nobody. */
static ns_t tableau_may_wait(const struct sched_vcpu *v, ns_t since)
{
    const struct tableau_sys *sys = sched_sys(v->sched);
    unsigned home = place_of(v)->home;

    (void)since;
    if (home == HOMELESS || !cpuset_has(&v->affinity, home))
        return FOREVER;
    return sys->length;
}

static const char *const tableau_view_names[] = { "home", "slot", NULL };

static void tableau_view(const struct sched_vcpu *v, ns_t now, int64_t *out)
{
    (void)now;
    out[0] = place_of(v)->home == HOMELESS ? -1 : (int64_t)place_of(v)->home;
    out[1] = slot_of(v);
}

static void tableau_dump(struct sched *s, unsigned cpu, ns_t now)
{
    const struct tableau_cpu *c = sched_cpu(s, cpu);
    unsigned i;

    (void)now;
    for (i = 0; i < c->n; i++)
        sched_print("  d%uv%u: %lld ns from %lld\n", c->slot[i].v->dom,
                    c->slot[i].v->id, (long long)slot_of(c->slot[i].v),
                    (long long)c->slot[i].from);
}

static const struct sched_ops tableau_ops = {
    .name = "tableau",
    .about = "a table of fixed times, Tableau, EuroSys 2018",
    .class_ = 7,
    .flags = SCHED_ONE_LOCK | SCHED_MAY_IDLE, /* in a place that is left */
    .sys_size = sizeof(struct tableau_sys),
    .cpu_size = sizeof(struct tableau_cpu),
    .dom_size = sizeof(struct tableau_dom),
    .vcpu_size = sizeof(struct tableau_vcpu),
    .params = tableau_params,
    .view_names = tableau_view_names,
    .enqueue = tableau_enqueue,
    .dequeue = tableau_dequeue,
    .pick = tableau_pick,
    .charge = tableau_charge,
    .cpu_up = tableau_cpu_up,
    .cpu_down = tableau_cpu_down,
    .vcpu_up = tableau_vcpu_up,
    .vcpu_down = tableau_vcpu_down,
    .param_set = tableau_param_set,
    .place = tableau_place,
    .may_wait = tableau_may_wait,
    .view = tableau_view,
    .dump = tableau_dump,
};
SCHED_PLUGIN(tableau_ops);
